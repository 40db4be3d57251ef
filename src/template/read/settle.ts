/** A template's own fields: without what a file or deployment has beside them, and with what comes from the command. */
import { isJson } from '../../arm-template/expressions/values.ts';
import { atLeast } from '../api-versions/api-versions.ts';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import type { PlanWarning } from '../build-plan.ts';
import { imageTemplate } from '../schema/image-template.ts';
import { withIdentities } from './identities.ts';

/** What a deployment takes for itself: it says nothing to a build, so it need not have a value before one. */
export const OF_A_DEPLOYMENT = ['dependsOn', 'comments', 'condition', 'copy', 'zones', 'scope', 'metadata', 'asserts'];
/** What stands in files of a bare body beside the template. */
const BESIDE_A_BODY = ['$schema', 'apiVersion', 'api-version', 'type', 'comments', 'contentVersion', 'dependsOn'];
/** What the Azure CLI shows of any resource beside what is in it. */
const SHOWN = ['resourceGroup', 'changedTime', 'createdTime', 'etag'];

export interface FromCommand {
  /** Added to the template's own. */
  identities: string[];
  /** Customizers that come before the template's own. */
  customizeFirst: object[];
  /** For a template that names none. */
  buildTimeoutInMinutes: number | undefined;
  location: string | undefined;
  /** A bare body without a name is called so. */
  defaultName: string;
}

/** Fills what comes from the command, and leaves out what is there for others. */
export function settle(
  filled: Record<string, unknown>,
  bare: boolean,
  apiVersion: ApiVersion,
  options: FromCommand,
  warnings: PlanWarning[],
): Record<string, unknown> {
  const beside = bare ? BESIDE_A_BODY : ['type', 'apiVersion', ...OF_A_DEPLOYMENT];
  const body = Object.fromEntries(
    Object.entries(filled).filter(([key, value]) => {
      if (key === 'resources' && value !== undefined) {
        warnings.push({ path: 'resources', message: 'the children of the image template are left alone' });
        return false;
      }
      if (bare && value !== null && SHOWN.includes(key) && !isFlat(filled)) {
        warnings.push({ path: key, message: 'is shown by the Azure CLI beside a template, and is ignored' });
        return false;
      }
      return !beside.includes(key) && value !== null;
    }),
  );
  if (bare && isFlat(body)) return settle(unflattened(body, apiVersion, warnings), bare, apiVersion, options, warnings);
  if (bare) body['name'] ??= nameFrom(options.defaultName, apiVersion);
  if (options.location !== undefined) body['location'] ??= options.location;
  const identity = withIdentities(body['identity'], options.identities);
  return { ...body, ...withProperties(body['properties'], options), ...withIdentity(identity) };
}

function withProperties(
  properties: unknown,
  { customizeFirst, buildTimeoutInMinutes: minutes }: FromCommand,
): { properties?: unknown } {
  if (!isJson(properties)) return {};
  const { customize = [] } = properties;
  return {
    properties: {
      ...(minutes === undefined ? {} : { buildTimeoutInMinutes: minutes }),
      ...properties,
      ...(customizeFirst.length > 0 && Array.isArray(customize)
        ? { customize: [...customizeFirst, ...(customize as unknown[])] }
        : {}),
    },
  };
}

/** As the Azure CLI shows a template: what Azure has in `properties` beside the name and location. */
const isFlat = ({ properties, source, distribute }: Record<string, unknown>): boolean =>
  properties === undefined && source !== undefined && distribute !== undefined;

function unflattened(
  { resourceGroup: _shownToo, ...body }: Record<string, unknown>,
  apiVersion: ApiVersion,
  warnings: PlanWarning[],
): Record<string, unknown> {
  const top = new Set(Object.keys(imageTemplate(apiVersion).shape));
  warnings.push({ path: 'properties', message: 'is made of the fields beside it, as the Azure CLI shows a template' });
  const fields = Object.entries(body);
  return {
    ...Object.fromEntries(fields.filter(([name]) => top.has(name) || name === 'identity')),
    properties: Object.fromEntries(fields.filter(([name]) => !top.has(name) && name !== 'identity')),
  };
}

/** A file's name need not be one that a template may have. */
function nameFrom(fileName: string, apiVersion: ApiVersion): string {
  const unusual = atLeast(apiVersion, '2019-05-01-preview') ? /[^A-Za-z0-9\-_.]+/g : /[^A-Za-z0-9\-_]+/g;
  return fileName.replaceAll(unusual, '-').slice(0, 64) || 'template';
}

export const withIdentity = (identity: unknown): { identity?: unknown } => (identity === undefined ? {} : { identity });
