/** What a deployment would change, without deploying anything. */
import type { RunningDeployment } from '../../../../arm-template/expressions/evaluate.ts';
import type { Principal } from '../../../authority.ts';
import type { Json, JsonObject, StoredResource } from '../../../core.ts';
import type { InsideCalls } from '../../../inside-calls.ts';
import { isObject, objectOf, textOf } from '../../../json.ts';
import { normalizeRegion } from '../../../regions.ts';
import { groupIdOf, parseResourceId, sameId } from '../../../resource-id.ts';
import { writtenBody } from '../../../shapes/index.ts';
import type { ResourcesServices } from '../services.ts';
import { Asked, bodyOf } from './evaluate-resource.ts';
import { around } from './running.ts';
import { type PlannedResource, type Prepared, type Site } from './template.ts';

export interface WhatIf {
  site: Site;
  prepared: Prepared;
  values: Record<string, Json>;
  caller: Principal;
  /** Only which resources, and not what of them. */
  idsOnly: boolean;
}

/** `changes`, by resource id. */
export async function changesOf(
  { store }: ResourcesServices,
  calls: InsideCalls,
  { site, prepared, values, caller, idsOnly }: WhatIf,
): Promise<JsonObject[]> {
  const group = store.get(groupIdOf(site.id) ?? '');
  const planned = prepared.resources.filter(({ existing }) => !existing);
  const running = runningNothing(site, prepared, values, group);
  const changes: JsonObject[] = [];
  for (const resource of planned) {
    const answer = await calls.send('GET', `${resource.id}?api-version=${resource.apiVersion}`, caller);
    const before = answer.status < 300 ? objectOf(answer.body) : undefined;
    const after = afterOf(site, prepared, values, resource, running);
    changes.push(idsOnly ? named(resource.id, kindOf(before, after)) : change(resource.id, before, after));
  }
  const untouched = store
    .list({ under: group?.id ?? site.id })
    .filter(({ id, body }) => 'location' in body && !planned.some((one) => sameId(one.id, id)));
  for (const { id, body } of untouched) {
    changes.push(idsOnly ? named(id, 'Ignore') : { ...named(id, 'Ignore'), before: body, after: body });
  }
  return changes.toSorted((a, b) => textOf(a['resourceId']).localeCompare(textOf(b['resourceId']), 'en'));
}

const named = (resourceId: string, changeType: string): JsonObject => ({ resourceId, changeType });

function change(id: string, before: JsonObject | undefined, after: JsonObject): JsonObject {
  const changeType = kindOf(before, after);
  if (before === undefined) return { ...named(id, changeType), after };
  const delta = deltaOf(written(before), after);
  return { ...named(id, changeType), before, after: { ...before, ...after }, ...(delta.length === 0 ? {} : { delta }) };
}

function kindOf(before: JsonObject | undefined, after: JsonObject): string {
  if (before === undefined) return 'Create';
  return deltaOf(written(before), after).length === 0 ? 'NoChange' : 'Modify';
}

const written = (body: JsonObject): JsonObject => writtenBody(textOf(body['type']), body);

/** The resource as it would be; what depends on resources that are not there yet stays as the template says it. */
function afterOf(
  site: Site,
  { template }: Prepared,
  values: Record<string, Json>,
  resource: PlannedResource,
  running: RunningDeployment,
): JsonObject {
  const { id, type, apiVersion } = resource;
  const own = { id, type, name: parseResourceId(id).name, apiVersion };
  try {
    return { ...own, ...bodyOf(site, template, values, resource, running) };
  } catch (error) {
    if (!(error instanceof Asked)) throw error;
    const { properties, tags } = resource.declaration;
    return {
      ...own,
      ...(resource.location === undefined ? {} : { location: resource.location }),
      ...(tags === undefined ? {} : { tags }),
      ...(properties === undefined ? {} : { properties }),
    };
  }
}

/** Changes from one value to another; what a template does not say stays, but for tags, of which it says all. */
function deltaOf(before: JsonObject, after: JsonObject, path = ''): JsonObject[] {
  const changed = Object.entries(after).flatMap(([key, value]): JsonObject[] => {
    if (path === '' && /^(id|type|name|apiVersion)$/.test(key)) return [];
    const at = path === '' ? key : `${path}.${key}`;
    const former = before[key];
    if (former === undefined) return [{ path: at, propertyChangeType: 'Create', after: value }];
    if (isObject(value) && isObject(former)) return deltaOf(former, value, at);
    return same(at, former, value) ? [] : [{ path: at, propertyChangeType: 'Modify', before: former, after: value }];
  });
  const gone = path === 'tags' ? Object.entries(before).filter(([key]) => !(key in after)) : [];
  return [
    ...changed,
    ...gone.map(([key, value]) => ({ path: `${path}.${key}`, propertyChangeType: 'Delete', before: value })),
  ];
}

function same(path: string, before: Json, after: Json): boolean {
  if (path === 'location') return normalizeRegion(textOf(before)) === normalizeRegion(textOf(after));
  if (Array.isArray(before) && Array.isArray(after)) {
    return before.length === after.length && after.every((value, index) => covers(before[index] ?? null, value));
  }
  return JSON.stringify(before).toLowerCase() === JSON.stringify(after).toLowerCase();
}

/** Whether what is there has all that is said of it. */
function covers(before: Json, after: Json): boolean {
  if (isObject(before) && isObject(after)) return deltaOf(before, after, 'item').length === 0;
  return same('', before, after);
}

/** Nothing can be asked of resources: an expression that does is left as it is. */
function runningNothing(
  site: Site,
  prepared: Prepared,
  values: Record<string, Json>,
  group: StoredResource | undefined,
): RunningDeployment {
  const ask = (id: string, apiVersion: string | undefined): never => {
    throw new Asked(id, { apiVersion });
  };
  return {
    ...around(site, prepared.template, values, group),
    reference: (nameOrId, apiVersion) => ask(nameOrId, apiVersion),
    list: (_name, id, apiVersion) => ask(id, apiVersion),
  };
}
