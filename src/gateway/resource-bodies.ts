/** Templates, run outputs, triggers and operations as Resource Manager shows them. */
import { shownIn } from '../template/index.ts';
import type { BuildStatus, OutputStatus, Stage } from '../workflows/messages.ts';
import type { OperationView, TemplateView, TriggerView } from '../workflows/template-messages.ts';

const TYPE = 'Microsoft.VirtualMachineImages/imageTemplates';
/** Since when a distributor has `targetRegions`. */
const REGIONS_SINCE = '2022-07-01';
/** What the service answers of a run that has not ended. */
const NO_TIME = '0001-01-01T00:00:00Z';

export interface Named {
  id: string;
  name: string;
  type: string;
  properties: object;
}

/** Azure shows ids of this provider so. */
const shownId = ({ id }: TemplateView): string => id.replace(/\/resourceGroups\//i, '/resourcegroups/');

/** @param build of the run that is under way, where there is one */
export function templateBody(view: TemplateView, build: BuildStatus | undefined, apiVersion: string): object {
  const { resource, name, provisioningError, exactVersion, stagingResourceGroup, provisioningState } = view;
  const { properties, location, tags, identity } = resource;
  const lastRunStatus = runStatus(view, build);
  return {
    properties: shownIn(apiVersion, {
      buildTimeoutInMinutes: 0,
      stagingResourceGroup: '',
      ...withDefaults(apiVersion < REGIONS_SINCE ? beforeRegions(properties) : properties),
      source: sourceOf(properties['source'], exactVersion),
      provisioningState,
      ...(provisioningError === undefined ? {} : { provisioningError }),
      ...(lastRunStatus === undefined ? {} : { lastRunStatus }),
      exactStagingResourceGroup: stagingResourceGroup ?? '',
    }),
    identity,
    tags,
    location,
    id: shownId(view),
    name,
    type: TYPE,
  };
}

/** Nothing is shown as the service shows it: an empty size, no tags. */
function withDefaults(properties: Record<string, unknown>): Record<string, unknown> {
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
function beforeRegions(properties: Record<string, unknown>): Record<string, unknown> {
  const { distribute } = properties;
  if (!Array.isArray(distribute)) return properties;
  return { ...properties, distribute: distribute.map(namedRegions) };
}

function namedRegions(distributor: Record<string, unknown>): Record<string, unknown> {
  const { targetRegions, versioning: _versioning, ...known } = distributor;
  if (!Array.isArray(targetRegions)) return distributor;
  return { ...known, replicationRegions: (targetRegions as Array<{ name: string }>).map(({ name }) => name) };
}

function sourceOf(source: unknown, exactVersion: string | undefined): unknown {
  if (typeof source !== 'object' || source === null || exactVersion === undefined) return source;
  return 'type' in source && source.type === 'ManagedImage' ? source : { ...source, exactVersion };
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

/** Outputs that the last run made, or is making. */
export function runOutputBodies(view: TemplateView): Named[] {
  return (view.runs[0]?.outputs ?? []).filter(isThere).map((output) => {
    const { runOutputName: name, artifactId, artifactUri, state } = output;
    return {
      properties: {
        ...(artifactId === undefined ? {} : { artifactId }),
        ...(artifactUri === undefined ? {} : { artifactUri }),
        provisioningState: state === 'Succeeded' ? 'Succeeded' : 'Failed',
      },
      id: `${shownId(view)}/runOutputs/${name}`,
      name,
      type: `${TYPE}/runOutputs`,
    };
  });
}

const isThere = ({ artifactId, artifactUri }: OutputStatus): boolean =>
  artifactId !== undefined || artifactUri !== undefined;

export function triggerBody(view: TemplateView, { name, kind, status }: TriggerView): Named {
  return {
    properties: { kind, status, provisioningState: 'Succeeded' },
    id: `${shownId(view)}/triggers/${name}`,
    name,
    type: `${TYPE}/triggers`,
  };
}

export function operationBody({ id, status, startTime, endTime, error }: OperationView): object {
  return {
    name: id.toUpperCase(),
    status,
    startTime,
    ...(endTime === undefined ? {} : { endTime }),
    ...(error === undefined ? {} : { error }),
  };
}

/** What the provider can do, as clients and role definitions name it. */
export function providerOperations(): object {
  const described = (path: string, operation: string, verb: string, isDataAction = false): object => ({
    name: `Microsoft.VirtualMachineImages/${path}/${verb}`,
    display: { provider: 'Microsoft Virtual Machine Images', resource: path, operation, description: operation },
    isDataAction,
  });
  return {
    value: [
      described('imageTemplates', 'Get an image template', 'read'),
      described('imageTemplates', 'Create or change an image template', 'write'),
      described('imageTemplates', 'Delete an image template', 'delete'),
      described('imageTemplates', 'Run an image template', 'run/action'),
      described('imageTemplates', 'Cancel the run of an image template', 'cancel/action'),
      described('imageTemplates/runOutputs', 'Get what a run made', 'read'),
      described('imageTemplates/triggers', 'Get a trigger', 'read'),
      described('imageTemplates/triggers', 'Create a trigger', 'write'),
      described('imageTemplates/triggers', 'Delete a trigger', 'delete'),
      described('locations/operations', 'Get an operation', 'read'),
    ],
  };
}
