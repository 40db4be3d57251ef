/** A template as Resource Manager shows it. */
import { shownIn } from '../template/index.ts';
import type { BuildStatus, Stage } from '../workflows/messages.ts';
import type { TemplateView } from '../workflows/template-messages.ts';

export const TYPE = 'Microsoft.VirtualMachineImages/imageTemplates';
/** Since when a distributor has `targetRegions` and `versioning`. */
const REGIONS_SINCE = '2022-07-01';
/** Since when a source has `exactVersion`; before, the service wrote it beside the version. */
const EXACT_VERSION_SINCE = '2021-10-01';
/** What the service answers of a run that has not ended. */
const NO_TIME = '0001-01-01T00:00:00Z';

type Json = Record<string, unknown>;

/** Azure shows ids of this provider so. */
export const shownId = ({ id }: TemplateView): string => id.replace(/\/resourceGroups\//i, '/resourcegroups/');

/** @param build of the run that is under way, where there is one */
export function templateBody(view: TemplateView, build: BuildStatus | undefined, apiVersion: string): object {
  const { resource, name, provisioningError, stagingResourceGroup, provisioningState } = view;
  const { location, tags } = resource;
  const properties = withDigests(view);
  const lastRunStatus = runStatus(view, build);
  return {
    properties: shownIn(apiVersion, {
      buildTimeoutInMinutes: 0,
      stagingResourceGroup: '',
      ...withDefaults(apiVersion < REGIONS_SINCE ? beforeRegions(properties) : withVersioning(properties)),
      source: sourceOf(view, apiVersion),
      provisioningState,
      ...(provisioningError === undefined ? {} : { provisioningError }),
      ...(lastRunStatus === undefined ? {} : { lastRunStatus }),
      exactStagingResourceGroup: stagingResourceGroup ?? '',
    }),
    identity: identityOf(view),
    tags,
    location,
    id: shownId(view),
    name,
    type: TYPE,
  };
}

/** Nothing is shown as the service shows it: an empty size, no tags. */
function withDefaults(properties: Json): Json {
  const { vmProfile, distribute } = properties;
  return {
    ...properties,
    ...(vmProfile === undefined ? {} : { vmProfile: { vmSize: '', osDiskSizeGB: 0, ...(vmProfile as object) } }),
    ...(Array.isArray(distribute)
      ? { distribute: distribute.map((one: object) => ({ artifactTags: {}, ...one })) }
      : {}),
  };
}

/** Clients of these versions know regions only by their names, and send back what they got. */
function beforeRegions(properties: Json): Json {
  return eachDistributor(properties, ({ targetRegions, versioning: _versioning, ...known }) => {
    if (!Array.isArray(targetRegions)) return known;
    return { ...known, replicationRegions: (targetRegions as Array<{ name: string }>).map(({ name }) => name) };
  });
}

function withVersioning(properties: Json): Json {
  return eachDistributor(properties, (one) => (one['type'] === 'SharedImage' ? { versioning: null, ...one } : one));
}

function eachDistributor(properties: Json, change: (distributor: Json) => Json): Json {
  const { distribute } = properties;
  return Array.isArray(distribute) ? { ...properties, distribute: (distribute as Json[]).map(change) } : properties;
}

/** The digest of each script and file, as found at submission, where the template has none of its own. */
function withDigests({ resource, plan, digests = {} }: TemplateView): Json {
  const { customize, validate } = resource.properties as {
    customize?: Json[];
    validate?: { inVMValidations?: Json[] };
  };
  const shown = (steps: Json[], keys: Array<{ index: number; key: string }>): Json[] =>
    steps.map((step, at) => {
      const { sha256Checksum: given, ...rest } = step;
      const key = keys.find(({ index }) => index === at)?.key ?? '';
      const digest = given === undefined || given === '' ? digests[key] : given;
      return digest === undefined ? rest : { ...rest, sha256Checksum: digest };
    });
  return {
    ...resource.properties,
    ...(customize === undefined ? {} : { customize: shown(customize, plan.customize) }),
    ...(validate?.inVMValidations === undefined
      ? {}
      : {
          validate: {
            ...validate,
            inVMValidations: shown(validate.inVMValidations, plan.validate?.validators ?? []),
          },
        }),
  };
}

/** The service knows the exact version once it has looked, and says `latest` until then. */
function sourceOf({ resource, exactVersion }: TemplateView, apiVersion: string): unknown {
  const { source } = resource.properties;
  if (typeof source !== 'object' || source === null || !('type' in source)) return source;
  const version = 'version' in source ? source.version : undefined;
  if (source.type === 'PlatformImage' && apiVersion < EXACT_VERSION_SINCE) {
    const known = version === 'latest' && exactVersion !== undefined;
    return known ? { ...source, version: `latest (${exactVersion})` } : source;
  }
  const exact = exactVersion ?? version;
  return source.type === 'ManagedImage' || exact === undefined ? source : { ...source, exactVersion: exact };
}

function identityOf({ resource, identities = {} }: TemplateView): object {
  const { userAssignedIdentities, ...identity } = resource.identity as { userAssignedIdentities?: object };
  if (userAssignedIdentities === undefined) return identity;
  const shown = Object.keys(userAssignedIdentities).map((id) => [id, identities[id] ?? {}]);
  return { ...identity, userAssignedIdentities: Object.fromEntries(shown) as object };
}

const SUB_STATES: Record<Stage, string> = {
  Checking: 'Queued',
  Provisioning: 'Building',
  CopyingSource: 'Building',
  CreatingMachine: 'Building',
  Customizing: 'Customizing',
  Optimizing: 'Optimizing',
  Capturing: 'Building',
  Validating: 'Validating',
  Distributing: 'Distributing',
  CleaningUp: 'Distributing',
};

function runStatus({ runs: [run] }: TemplateView, build: BuildStatus | undefined): object | undefined {
  if (run === undefined) return undefined;
  const { startTime, endTime = NO_TIME, state, message } = run;
  return {
    startTime,
    endTime,
    // The service has no word of its own for a timeout.
    runState: state === 'TimedOut' ? 'Failed' : state,
    ...(state === 'Running' ? { runSubState: build === undefined ? 'Queued' : SUB_STATES[build.stage] } : {}),
    message,
  };
}
