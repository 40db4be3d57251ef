/** One image template: its values filled, checked by the rules of its api-version, in the newest version's shape. */
import { NEWEST_API_VERSION, API_VERSIONS, atLeast, isStrict } from '../api-versions/api-versions.ts';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import { upgrade } from '../api-versions/upgrade.ts';
import type { PlanWarning } from '../build-plan.ts';
import { checkExtent } from '../../arm-template/expressions/values.ts';
import { describeValue, formatPath } from '../../arm-template/problems.ts';
import type { TemplateProblem } from '../../arm-template/problems.ts';
import { imageTemplate } from '../schema/image-template.ts';
import type { ImageTemplateBody, ImageTemplateProperties } from '../schema/image-template.ts';
import { describeIssues } from './describe-issues.ts';
import type { Found } from './find-resources.ts';
import { forgive } from './forgive.ts';
import { checkIdentity } from './identities.ts';
import { isJson } from '../../arm-template/expressions/values.ts';
import { OF_A_DEPLOYMENT, settle, withIdentity } from './settle.ts';
import type { FromCommand } from './settle.ts';
import { UNFILLED } from '../../arm-template/unfilled.ts';
import { tellError } from '../../arm-template/world.ts';

export const IMAGE_TEMPLATE = 'Microsoft.VirtualMachineImages/imageTemplates';

export interface ReadTemplate {
  template: ImageTemplateBody & { properties: ImageTemplateProperties };
  apiVersion: ApiVersion;
  warnings: PlanWarning[];
  /** Where it stands in the file; empty for a bare body. */
  path: PropertyKey[];
  subscriptionId: string;
  resourceGroup: string;
}

export function isImageTemplate(type: unknown): boolean {
  if (typeof type !== 'string') return false;
  return ['microsoft.virtualmachineimages/imagetemplates', 'microsoft.virtualmachineimages'].includes(
    type.toLowerCase(),
  );
}

/** Undefined where something is wrong; what it is, is among the problems of the file. */
export function readTemplate(
  { resource, path, scope, loop, bare }: Found,
  options: FromCommand,
): ReadTemplate | undefined {
  const { world } = scope;
  const { secrets } = world;
  const read = bare ? resource : omit(resource, OF_A_DEPLOYMENT);
  // The resource of a loop has its index everywhere in it.
  const filled = scope.within(loop, () => scope.fill(read, path));
  if (!isJson(filled)) return undefined;
  try {
    checkExtent(filled);
  } catch (error) {
    tellError(world, path, error);
    return undefined;
  }
  const before = world.problems.length;
  const warnings: PlanWarning[] = [];
  const version = readVersion(filled, bare, warnings);
  const told = version.problems;
  told.push(...checkType(filled, bare, warnings));

  const apiVersion = version.apiVersion ?? NEWEST_API_VERSION;
  // Rules that were only guessed are not held against the template.
  const strict = version.apiVersion !== undefined && isStrict(apiVersion);
  const { identity, ...body } = settle(filled, bare, apiVersion, options, warnings);
  const schema = imageTemplate(apiVersion);
  const checked = { ...body, ...(atLeast(apiVersion, '2019-05-01-preview') ? withIdentity(identity) : {}) };
  const forgiven = forgive(schema, checked, { apiVersion, strict, warnings });
  const parsed = schema.safeParse(forgiven);
  if (!parsed.success) told.push(...describeIssues(schema, parsed.error.issues, forgiven, secrets));
  told.push(...checkIdentity(identity, apiVersion, warnings));
  told.push(...checkStaging(forgiven, world));

  const prefix = path.length === 0 ? '' : formatPath(path);
  world.problems.push(
    ...dropFollowing(told).map((problem) => ({
      ...problem,
      path: joined(prefix, problem.path),
      ...(version.apiVersion === undefined ? {} : { apiVersion }),
    })),
  );
  if (world.problems.length > before || !parsed.success || !isJson(forgiven)) return undefined;
  const { subscriptionId, resourceGroup } = world;
  const properties = isJson(forgiven['properties']) ? upgrade(apiVersion, forgiven['properties']) : {};
  const upgraded = { ...forgiven, properties, identity };
  const newest = imageTemplate(NEWEST_API_VERSION);
  const template = newest.safeParse(upgraded);
  if (template.success && template.data.properties !== undefined) {
    const whole = { ...template.data, properties: template.data.properties };
    return { template: whole, apiVersion, warnings, path, subscriptionId, resourceGroup };
  }
  // What the older rules do not look at: an identity in a version that had none.
  const issues = template.error?.issues ?? [];
  for (const problem of describeIssues(newest, issues, upgraded, secrets)) {
    world.problems.push({ ...problem, path: joined(prefix, problem.path), apiVersion });
  }
  return undefined;
}

const omit = (from: Record<string, unknown>, names: string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));

const joined = (prefix: string, path: string): string =>
  prefix === '' || path === '' ? prefix + path : path.startsWith('[') ? prefix + path : `${prefix}.${path}`;

/** A missing identity is told once, with what mends it. */
function dropFollowing(problems: TemplateProblem[]): TemplateProblem[] {
  const mended = problems.some(({ path, message }) => path === 'identity' && message.includes('--identity'));
  return problems.filter(({ path, message }) => !mended || path !== 'identity' || message.includes('--identity'));
}

function readVersion(
  body: Record<string, unknown>,
  bare: boolean,
  warnings: PlanWarning[],
): { apiVersion: ApiVersion | undefined; problems: TemplateProblem[] } {
  const field =
    body['apiVersion'] === undefined && bare && body['api-version'] !== undefined ? 'api-version' : 'apiVersion';
  const value = body[field];
  if (value === UNFILLED) return { apiVersion: undefined, problems: [] };
  if (value === undefined || value === null) {
    const message = `no apiVersion is given, so it is read by the rules of ${NEWEST_API_VERSION}`;
    warnings.push({ path: 'apiVersion', message });
    return { apiVersion: NEWEST_API_VERSION, problems: [] };
  }
  if (bare) {
    warnings.push({
      path: field,
      message: 'belongs to the request and not to the body; its rules are read by all the same',
    });
  }
  const known = typeof value === 'string' ? API_VERSIONS.find((one) => one === value.toLowerCase()) : undefined;
  if (known !== undefined) return { apiVersion: known, problems: [] };
  const got = describeValue(value);
  const message = `expected one of ${API_VERSIONS.join(', ')}`;
  return { apiVersion: undefined, problems: [{ path: field, message, ...(got === undefined ? {} : { value: got }) }] };
}

function checkType(body: Record<string, unknown>, bare: boolean, warnings: PlanWarning[]): TemplateProblem[] {
  const { type } = body;
  if (type === undefined || type === UNFILLED) return [];
  if (isImageTemplate(type)) {
    if (typeof type === 'string' && type.toLowerCase() !== IMAGE_TEMPLATE.toLowerCase()) {
      warnings.push({ path: 'type', message: `${type} is read as ${IMAGE_TEMPLATE}` });
    }
    return [];
  }
  const got = describeValue(type);
  return bare
    ? [{ path: 'type', message: `expected ${IMAGE_TEMPLATE}`, ...(got === undefined ? {} : { value: got }) }]
    : [];
}

/** The group must be one that this build can empty: in its own subscription, and not where the template is. */
function checkStaging(
  body: unknown,
  { subscriptionId, resourceGroup }: { subscriptionId: string; resourceGroup: string },
): TemplateProblem[] {
  const properties = isJson(body) ? body['properties'] : undefined;
  const given = isJson(properties) ? properties['stagingResourceGroup'] : undefined;
  const match = typeof given === 'string' ? /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)$/i.exec(given) : null;
  if (match === null) return [];
  const [, subscription = '', group = ''] = match;
  const path = 'properties.stagingResourceGroup';
  const value = JSON.stringify(given);
  if (subscription.toLowerCase() !== subscriptionId.toLowerCase()) {
    return [{ path, message: `expected a group in the template's own subscription ${subscriptionId}`, value }];
  }
  if (group.toLowerCase() === resourceGroup.toLowerCase()) {
    return [{ path, message: "expected an empty group, not the template's own", value }];
  }
  return [];
}
