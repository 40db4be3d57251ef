/**
 * How a long-running operation shows on the wire: the headers of an accepted request, and the answers at the addresses
 * that those headers give. `…&monitor=true` marks the Location form, which answers 202 until the operation has ended.
 */
import { createHash } from 'node:crypto';
import {
  ArmError,
  type ArmResponse,
  type AsyncForm,
  type Json,
  type Operation,
  type ResourceStore,
  type TimeProfile,
} from './core.ts';
import { azureTime } from './azure-time.ts';
import type { OperationEngine } from './operations.ts';

interface PollPause {
  /** For the first poll, the second and so on. */
  seconds: number[];
  /** All that come after have the last, too. */
  always?: true;
}

/**
 * Retry-After of polls by the operation's kind, the first that fits; all others are answered without one. Where it is
 * told with the first polls only, it is where the answer to the request told it too.
 */
const POLL_PAUSES: Array<[RegExp, PollPause]> = [
  [/^microsoft\.compute\/virtualmachines\/write$/, { seconds: [35, 30] }],
  [/^microsoft\.compute\/virtualmachines\/(deallocate|delete)$/, { seconds: [30] }],
  [/^microsoft\.compute\/virtualmachines\/start$/, { seconds: [9] }],
  [/^microsoft\.compute\/(disks|snapshots)\/write$/, { seconds: [10] }],
  [/^microsoft\.compute\/galleries\/images\/versions\//, { seconds: [60], always: true }],
  [/^microsoft\.network\//, { seconds: [10], always: true }],
  [/^microsoft\.storage\//, { seconds: [17], always: true }],
  [/^microsoft\.resources\//, { seconds: [15], always: true }],
];

/** Services that say that they would notify Resource Manager of the end. */
const NOTIFIES = /^(microsoft\.network\/|microsoft\.compute\/(virtualmachines|images|galleries)\/)/;

interface Reached {
  origin: string;
  apiVersion: string;
}

export function asyncHeaders(
  operation: Operation,
  form: AsyncForm,
  context: Reached & { profile: TimeProfile },
): Record<string, string> {
  const retryAfter = context.profile.retryAfter(form.retryAfter);
  const notifies =
    form.headers !== 'location' &&
    NOTIFIES.test(operation.kind.toLowerCase()) &&
    context.apiVersion >= (form.notifiesSince ?? '');
  return {
    ...(form.headers === 'location' ? {} : { 'Azure-AsyncOperation': statusUrl(operation, form.segment, context) }),
    ...(notifies ? { 'Azure-AsyncNotification': 'Enabled' } : {}),
    ...(form.headers === 'azure-async' ? {} : { Location: resultUrl(operation, form.segment, context) }),
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
  };
}

const isNetwork = ({ kind }: Operation): boolean => /^microsoft\.network\//i.test(kind);

/** Where the result will be; Microsoft.Network has a place of its own for results. */
function resultUrl(operation: Operation, segment: string, context: Reached): string {
  if (segment === 'operationresults') return statusUrl(operation, segment, context);
  return isNetwork(operation)
    ? statusUrl(operation, 'operationResults', context)
    : `${statusUrl(operation, segment, context)}&monitor=true`;
}

function statusUrl(operation: Operation, segment: string, context: Reached): string {
  const subscription = `${context.origin}/subscriptions/${operation.subscriptionId}`;
  if (segment === 'operationresults') {
    const job = Buffer.from(JSON.stringify({ jobId: operation.id, jobLocation: operation.location }));
    return `${subscription}/operationresults/${job.toString('base64url')}?api-version=${context.apiVersion}`;
  }
  const namespace = operation.kind.split('/')[0];
  // The part of Microsoft.Compute that has the resource; images and galleries are in none.
  const partition = /^(operations|diskoperations)$/i.test(segment) && !isNetwork(operation);
  // Since 2023 Azure signs these addresses; clients must carry the query along without reading it.
  const stamp = String(Date.parse(operation.startTime));
  const signature = `c=${CERTIFICATE}&s=${digest(operation.id, 4)}&h=${digest(operation.id, 1).slice(0, 43)}`;
  const place =
    segment === 'operations' && !isNetwork(operation) ? computeName(operation.location) : operation.location;
  return (
    `${subscription}/providers/${namespace}/locations/${place}/${segment}/${operation.id}?` +
    (partition ? `p=${PARTITION}&` : '') +
    `api-version=${context.apiVersion}&t=${stamp}&${signature}`
  );
}

/** The service that has the machines calls itself otherwise in one region. */
const computeName = (location: string): string => (location === 'westus3' ? 'WestUS3' : location);

/** 86 letters a part. */
function digest(text: string, parts: number): string {
  const part = (index: number): string => createHash('sha512').update(`${text}${index}`).digest('base64url');
  return Array.from({ length: parts }, (_, index) => part(index)).join('');
}

/** As long as the one that Azure puts into each of these addresses, which are some 3.5 kB with it. */
const CERTIFICATE = `MII${digest('certificate', 30)}`;

const PARTITION = '0a1b2c3d-0000-4000-8000-00000000a55e';

const STATUS_PATH =
  /^\/subscriptions\/[^/]+\/(?:providers\/[^/]+\/locations\/[^/]+\/(?<segment>[^/]*operations|operationresults)\/(?<id>[0-9a-f-]{36})|(?<results>operationresults)\/(?<job>[\w-]+=*))$/i;

export function isStatusPath(path: string): boolean {
  return STATUS_PATH.test(path);
}

/** The operation that a poll's path names. */
export function operationIdOf(path: string): string | undefined {
  const groups = STATUS_PATH.exec(path)?.groups;
  return groups === undefined ? undefined : (groups['id'] ?? jobId(groups['job'] ?? ''));
}

/** Answers a poll. Throws ArmError 404 for an operation that is not known, or the operation's own failure at a Location url. */
export function answerStatus(
  path: string,
  request: { query: URLSearchParams; url: string },
  services: { operations: OperationEngine; store: ResourceStore; profile: TimeProfile },
): ArmResponse {
  const groups = STATUS_PATH.exec(path)?.groups ?? {};
  const id = operationIdOf(path) ?? '';
  const operation = services.operations.get(id);
  if (operation === undefined) {
    throw new ArmError(404, 'NotFound', `The operation '${id}' was not found.`);
  }
  const segment = (groups['segment'] ?? groups['results'] ?? '').toLowerCase();
  const later = pauseHeader(operation, services);
  const monitor = /^(operationresults|asyncoperations)$/.test(segment) || request.query.get('monitor') === 'true';

  if (!monitor) {
    return { status: 200, body: statusBody(operation), headers: operation.status === 'InProgress' ? later : {} };
  }
  if (operation.status === 'InProgress') {
    return { status: 202, headers: { ...later, Location: request.url } };
  }
  if (operation.status !== 'Succeeded') {
    const { code, message, target } = operation.error ?? {
      code: 'OperationPreempted',
      message: 'The operation was canceled.',
    };
    throw new ArmError(operation.failureStatus ?? 409, code, message, target);
  }
  if (operation.kind === 'Microsoft.Resources/deployments/delete') return { status: 204 };
  if (isNetwork(operation) && operation.kind.endsWith('/delete')) {
    const form: AsyncForm = { segment: 'operations', headers: 'both' };
    const reached = { origin: new URL(request.url).origin, apiVersion: request.query.get('api-version') ?? '' };
    return { status: 204, headers: asyncHeaders(operation, form, { ...reached, profile: services.profile }) };
  }
  const resource = services.store.get(operation.resourceId);
  const body: Json | undefined = operation.output ?? (operation.kind.endsWith('/write') ? resource?.body : undefined);
  // Recorded: the result of a network's operation says again where it is.
  const headers: Record<string, string> = isNetwork(operation) ? { Location: request.url } : {};
  return { status: 200, headers, ...(body === undefined ? {} : { body }) };
}

function pauseHeader(
  operation: Operation,
  { operations, profile, store }: { operations: OperationEngine; profile: TimeProfile; store: ResourceStore },
): Record<string, string> {
  const poll = operations.countPoll(operation.id);
  const pause = POLL_PAUSES.find(([kind]) => kind.test(operation.kind.toLowerCase()))?.[1];
  if (pause === undefined || !(pause.always || operation.input['paced'] === true)) return {};
  // Of a Windows machine it is told once.
  const { seconds } = pause;
  const windows = store.get(operation.resourceId)?.hidden['osType'] === 'Windows';
  const told = pause.always ? seconds.at(-1) : windows && poll > 1 ? undefined : seconds[poll - 1];
  const wait = told === undefined ? undefined : profile.retryAfter(told);
  return wait === undefined ? {} : { 'Retry-After': String(wait) };
}

function jobId(job: string): string {
  try {
    const { jobId: id } = JSON.parse(Buffer.from(job, 'base64url').toString()) as { jobId?: unknown };
    return typeof id === 'string' ? id : job;
  } catch {
    return job;
  }
}

function statusBody(operation: Operation): Json {
  const { status, error, output, startTime, endTime, id } = operation;
  if (isNetwork(operation)) return { status, ...(error === undefined ? {} : { error: { ...error, details: [] } }) };
  const outcome = { status, ...(error === undefined ? {} : { error }) };
  return {
    startTime: azureTime(startTime),
    ...(endTime === undefined ? {} : { endTime: azureTime(endTime) }),
    ...outcome,
    name: id,
    ...(output === undefined || output === null ? {} : { properties: { output } }),
  };
}
