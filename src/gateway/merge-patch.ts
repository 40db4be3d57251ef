/** PATCH of a template: what the service lets a client change, and its rules. */
import type { TemplateView } from '../workflows/template-messages.ts';
import { ArmError } from './arm-error.ts';

type Json = Record<string, unknown>;

const CHANGEABLE = ['tags', 'identity', 'properties'];
const CHANGEABLE_PROPERTIES = ['distribute', 'vmProfile'];

/** The whole body after the change. @throws ArmError 400 for what cannot be changed this way */
export function mergePatch({ resource }: TemplateView, patch: Json): Json {
  refuseOthers(patch, CHANGEABLE, '');
  const { properties: given = {}, identity: newIdentity } = patch;
  const vmGiven = isObject(given) ? (given['vmProfile'] ?? {}) : {};
  const wrong = Object.entries({ properties: given, identity: newIdentity ?? {}, 'properties.vmProfile': vmGiven });
  refuseAll(wrong.flatMap(([target, value]) => (isObject(value) ? [] : [{ target, message: 'expected an object' }])));
  const changes = objectOf(given);
  refuseOthers(changes, CHANGEABLE_PROPERTIES, 'properties.');
  const { properties, location } = resource;
  const { distribute, vmProfile } = changes;
  if (distribute !== undefined) keepOutputs(properties['distribute'], distribute);
  return {
    location,
    tags: patch['tags'] ?? resource.tags,
    identity: patch['identity'] === undefined ? resource.identity : mergeIdentity(resource.identity, patch['identity']),
    properties: {
      ...properties,
      ...(distribute === undefined ? {} : { distribute }),
      ...(isObject(vmProfile) ? { vmProfile: { ...objectOf(properties['vmProfile']), ...vmProfile } } : {}),
    },
  };
}

/** An identity that is set to null goes; the others that are there stay. */
function mergeIdentity(current: object, change: unknown): unknown {
  if (!isObject(change) || !isObject(change['userAssignedIdentities'])) return change;
  const before = objectOf((current as Json)['userAssignedIdentities']);
  const changed = new Map(Object.keys(before).map((id) => [id.toLowerCase(), id]));
  const merged: Json = { ...before };
  for (const [id, value] of Object.entries(change['userAssignedIdentities'])) {
    delete merged[changed.get(id.toLowerCase()) ?? id];
    if (value !== null) merged[id] = {};
  }
  return { ...current, ...change, userAssignedIdentities: merged };
}

function keepOutputs(current: unknown, wanted: unknown): void {
  const names = (list: unknown): string[] =>
    (Array.isArray(list) ? list : []).flatMap((item: unknown) =>
      isObject(item) && typeof item['runOutputName'] === 'string' ? [item['runOutputName']] : [],
    );
  const kept = names(wanted).map((name) => name.toLowerCase());
  for (const name of names(current)) {
    if (kept.includes(name.toLowerCase())) continue;
    throw new ArmError(
      400,
      'ValidationFailed',
      `Distribute target with Runoutput name ${name} not found in the update request. Deleting a distribution target is not allowed.`,
    );
  }
}

function refuseOthers(given: Json, allowed: string[], prefix: string): void {
  const others = Object.keys(given).filter((name) => !allowed.includes(name));
  refuseAll(
    others.map((name) => ({
      target: `${prefix}${name}`,
      message: `PATCH changes ${allowed.map((one) => `${prefix}${one}`).join(', ')}; PUT changes all`,
    })),
  );
}

function refuseAll(problems: Array<{ target: string; message: string }>): void {
  if (problems.length === 0) return;
  const details = problems.map((problem) => ({ code: 'ValidationFailed', ...problem }));
  const told = details.map(({ target, message }) => `'ImageTemplate.${target}': ${message}`).join('; ');
  throw new ArmError(400, 'ValidationFailed', `Validation failed: ${told}`, details);
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
