/** How an answer differs from the recorded one: status, headers, keys, types and values, those of the moment aside. */
import type { Json } from './recordings.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Json | undefined;
}

const ASYNC_HEADERS = ['azure-asyncoperation', 'location', 'retry-after', 'azure-asyncnotification'];
const RATE_HEADERS = [
  'x-ms-ratelimit-remaining-resource',
  'x-ms-ratelimit-remaining-subscription-reads',
  'x-ms-ratelimit-remaining-subscription-writes',
  'x-ms-ratelimit-remaining-subscription-deletes',
];
/** Words and numbers that are Azure's own affair, or the moment's. */
const FREE = new Set([
  'message',
  'description',
  'script',
  'exactVersion',
  'typeHandlerVersion',
  'sizeInGb',
  'sizeInBytes',
  'accessSAS',
  'internalDomainNameSuffix',
  'currentValue',
  'limit',
  'resourceGuid',
  'vmAgentVersion',
  'osVersion',
  'macAddress',
  'ipPrefix',
  'runSubState',
]);

/** @param kept headers that the recorder kept */
export function differences(recorded: Answer, local: Answer, kept: Set<string>): string[] {
  if (local.status !== recorded.status) {
    return [`status ${local.status}${codeOf(local)} instead of ${recorded.status}${codeOf(recorded)}`];
  }
  const headers = [...ASYNC_HEADERS, ...RATE_HEADERS]
    .filter((name) => kept.has(name))
    .flatMap((name) => compareHeader(name, recorded.headers[name], local.headers[name]));
  return [...headers, ...compareBodies(recorded.body, local.body)];
}

function codeOf({ body }: Answer): string {
  const error = (body as { error?: { code?: string } } | undefined)?.error;
  return error?.code === undefined ? '' : ` ${error.code}`;
}

function compareHeader(name: string, recorded: string | undefined, local: string | undefined): string[] {
  if (recorded === undefined || local === undefined) {
    return recorded === local ? [] : [`header ${name} ${local === undefined ? 'missing' : 'not expected'}`];
  }
  const [was, is] = [headerForm(name, recorded), headerForm(name, local)];
  return was === is ? [] : [`header ${name}: ${is} instead of ${was}`];
}

/** Addresses by their shape, allowances by their names, numbers as such. */
function headerForm(name: string, value: string): string {
  if (name === 'x-ms-ratelimit-remaining-resource') {
    // Until 2023 virtual machines were counted in windows of 3 and 30 minutes, since then in buckets.
    const names = value.split(',').map((part) => part.replace(/(3Min|30Min|SubscriptionMaximum|Resource)?;.*$/, ''));
    return [...new Set(names)].toSorted().join(',');
  }
  if (/^(https:\/)?\//.test(value)) {
    const url = new URL(value, 'https://management.azure.com');
    const segments = url.pathname.replace(/(operationresults\/)ey[\w-]+=*$/i, '$1{job}').split('/');
    const path = segments.map((part, index) => (segments[index - 1] === 'subscriptions' ? '{id}' : part)).join('/');
    // Since 2021 addresses name a partition, since 2023 they are signed: t, c, s, h.
    const keys = [...url.searchParams.keys()].filter((key) => !['p', 't', 'c', 's', 'h'].includes(key)).toSorted();
    return `${withoutMoment(path)}?${keys.join('&')}`;
  }
  return value.replaceAll(/\d+/g, 'n');
}

function compareBodies(recorded: Json | undefined, local: Json | undefined): string[] {
  if (recorded === undefined || local === undefined) {
    return recorded === local ? [] : [`body ${local === undefined ? 'missing' : 'not expected'}`];
  }
  return [...new Set(compareValues('', recorded, local))];
}

const typeOf = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

function compareValues(path: string, recorded: Json, local: Json): string[] {
  if (typeOf(recorded) !== typeOf(local)) return [`${path}: ${typeOf(local)} instead of ${typeOf(recorded)}`];
  if (FREE.has(path.slice(path.lastIndexOf('.') + 1))) return [];
  if (Array.isArray(recorded) && Array.isArray(local)) return compareArrays(path, recorded, local);
  if (typeof recorded === 'object' && recorded !== null && typeof local === 'object' && local !== null) {
    return compareObjects(path, recorded as { [key: string]: Json }, local as { [key: string]: Json });
  }
  // Taken out by who recorded it.
  if (typeof recorded === 'string' && /^(Sanitized|FakeValue|\{[A-Z]+\})$/.test(recorded) && typeof local === 'string')
    return [];
  const [was, is] = [withoutMoment(recorded), withoutMoment(local)];
  return was === is ? [] : [`${path}: ${JSON.stringify(is)} instead of ${JSON.stringify(was)}`];
}

/** Lists of what the catalogue or other people have are compared by the form of their first; all else one by one. */
function compareArrays(path: string, recorded: Json[], local: Json[]): string[] {
  if (path === '' || path === '.value') {
    const [was] = recorded;
    const [is] = local;
    if (was === undefined || is === undefined)
      return was === is ? [] : [`${path}[]: ${is === undefined ? 'empty' : 'not empty'}`];
    return compareForm(`${path}[]`, was, is);
  }
  if (recorded.length !== local.length) return [`${path}[]: ${local.length} instead of ${recorded.length}`];
  return recorded.flatMap((value, index) => compareValues(`${path}[]`, value, local[index] ?? null));
}

function compareForm(path: string, recorded: Json, local: Json): string[] {
  return compareValues(path, recorded, local).filter(
    (difference) => !/ instead of "|"[^"]*" instead of|: \d+ instead of \d+$/.test(difference),
  );
}

function compareObjects(path: string, recorded: { [key: string]: Json }, local: { [key: string]: Json }): string[] {
  // Maps by resource id: the keys are values.
  const keyed = (value: { [key: string]: Json }) =>
    Object.fromEntries(
      Object.entries(value).map(([key, held]) => [key.startsWith('/subscriptions/') ? withoutMoment(key) : key, held]),
    ) as {
      [key: string]: Json;
    };
  const [was, is] = [keyed(recorded), keyed(local)];
  return [
    ...Object.keys(was)
      .filter((key) => !(key in is))
      .map((key) => `${path}.${key} missing`),
    ...Object.keys(is)
      .filter((key) => !(key in was))
      .map((key) => `${path}.${key} not expected`),
    ...Object.keys(was)
      .filter((key) => key in is)
      .flatMap((key) => compareValues(`${path}.${key}`, was[key] ?? null, is[key] ?? null)),
  ];
}

/** Named by chance, and shortened. */
const STAGING_GROUP = /\/IT_[^/]+$/;

/** A value without what is of the moment: ids, times, addresses, signatures. */
function withoutMoment(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return value
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '{guid}')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?/g, '{time}')
    .replaceAll(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?!\/)/g, '{address}')
    .replaceAll(/_[0-9a-f]{32}\b/gi, '_{hex}')
    .replace(STAGING_GROUP, '/IT_{name}')
    .replace(/^latest \(.+\)$/, 'latest ({version})')
    .replace(/^"?0x[0-9A-F]+"?$|^"[0-9a-f]{8,}"$/, '{etag}')
    .replace(/^[A-Za-z0-9+/]{86}==$/, '{key}')
    .replace(/^PT(\d+H)?(\d+M)?([\d.]+S)?$/, '{duration}')
    .replaceAll(/\b0858\d{16}\b/g, '{moment}')
    .replace(/^https:\/\/.*$/, '{url}');
}
