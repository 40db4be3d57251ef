/** An image template as a request to Resource Manager carries it: the body, with everything else in the address. */
import { API_VERSIONS } from './api-versions/api-versions.ts';
import type { BuildPlan } from './build-plan.ts';
import { fillLocalFiles, localFilesOf, NO_LOCAL_FILES } from './plan/local-files.ts';
import { planTemplate } from './plan/plan-template.ts';
import type { TemplateProblem } from '../arm-template/problems.ts';
import { readFile } from './read/read-file.ts';
import type { ReadTemplate } from './read/read-template.ts';

export interface ResourceAddress {
  subscriptionId: string;
  resourceGroup: string;
  name: string;
  apiVersion: string;
}

/** What was written, in the newest api-version's spelling and without what is read-only. */
export interface WrittenTemplate {
  location: string;
  tags: Record<string, string>;
  identity: object;
  properties: Record<string, unknown>;
}

/** Temporal takes at most 2 MB. */
const MAX_KEPT_BYTES = 1_500_000;

/** Read by Azure, never written; sent back by clients that send all that they got. */
const READ_ONLY = ['provisioningState', 'provisioningError', 'lastRunStatus', 'exactStagingResourceGroup'];

/**
 * The plan's run id and staging names are for whoever runs it to replace. Pure, and it never throws.
 * @param former the plan that this one takes the place of: files beside the template are known from it
 */
export function planResource(
  body: Record<string, unknown>,
  { subscriptionId, resourceGroup, name, apiVersion }: ResourceAddress,
  former?: BuildPlan,
): { ok: true; plan: BuildPlan; resource: WrittenTemplate } | { ok: false; problems: TemplateProblem[] } {
  const { templates, problems } = readFile(JSON.stringify({ ...body, name, apiVersion }), {
    subscriptionId,
    resourceGroup,
    location: undefined,
    given: {},
    identities: [],
    customizeFirst: [],
    buildTimeoutInMinutes: undefined,
    defaultName: name,
    now: new Date(0),
    newGuid: () => '00000000-0000-4000-8000-000000000000',
  });
  const [read] = templates;
  if (read === undefined) return { ok: false, problems };
  const warnings = read.warnings.filter(({ path }) => path !== 'apiVersion');
  const planned = { plan: planTemplate({ ...read, warnings }, 'template'), resource: writtenOf(read) };
  const known = former === undefined ? [] : localFilesOf(former).map(({ file }) => file);
  const missing = fillLocalFiles(
    planned.plan,
    (path, folder) => known.find((file) => file.path === path) ?? NO_LOCAL_FILES(path, folder),
  );
  if (missing.length > 0) return { ok: false, problems: missing };
  const large = tooLargeToKeep(planned);
  return large === undefined ? { ok: true, ...planned } : { ok: false, problems: [large] };
}

/** A template that stays is kept with its plan, and both must fit into one payload of Temporal's, with room for runs. */
export function tooLargeToKeep(template: { plan: BuildPlan; resource: WrittenTemplate }): TemplateProblem | undefined {
  if (Buffer.byteLength(JSON.stringify(template)) <= MAX_KEPT_BYTES) return undefined;
  const message = 'the template is too large to be kept (1.5 MB with its plan): move long inline scripts to scriptUri';
  return { path: 'properties.customize', message };
}

export function writtenOf({ template }: ReadTemplate): WrittenTemplate {
  const { location, tags = {}, identity, properties } = template;
  const written = Object.entries(properties).filter(([field]) => !READ_ONLY.includes(field));
  return { location, tags, identity: writtenIdentity(identity), properties: Object.fromEntries(written) };
}

/** Without what Azure tells of each. */
function writtenIdentity(identity: object): object {
  const { userAssignedIdentities } = identity as { userAssignedIdentities?: object };
  if (userAssignedIdentities === undefined) return identity;
  const ids = Object.keys(userAssignedIdentities).map((id) => [id, {}]);
  return { ...identity, userAssignedIdentities: Object.fromEntries(ids) as object };
}

/** Those in which a template is a resource that a client can manage; the previews are gone. */
export const RESOURCE_API_VERSIONS = API_VERSIONS.filter((version) => !version.endsWith('-preview'));
/** In whose spelling a template is kept. */
export const NEWEST_API_VERSION = API_VERSIONS[API_VERSIONS.length - 1] ?? '';
