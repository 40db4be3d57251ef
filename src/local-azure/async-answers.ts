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
import type { OperationEngine } from './operations.ts';

/** Retry-After by segment for polls, in seconds; segments that are not listed send none. */
const POLL_RETRY_AFTER: Record<string, number> = {
  operations: 10,
  diskoperations: 10,
  capsoperations: 60,
  asyncoperations: 17,
  operationresults: 15,
};

export function asyncHeaders(
  operation: Operation,
  form: AsyncForm,
  context: { origin: string; apiVersion: string; profile: TimeProfile },
): Record<string, string> {
  const url = statusUrl(operation, form, context);
  const monitor = form.segment === 'operationresults' ? url : `${url}&monitor=true`;
  const retryAfter = context.profile.retryAfter(form.retryAfter);
  return {
    ...(form.headers === 'location' ? {} : { 'Azure-AsyncOperation': url, 'Azure-AsyncNotification': 'Enabled' }),
    ...(form.headers === 'azure-async' ? {} : { Location: monitor }),
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
  };
}

function statusUrl(operation: Operation, form: AsyncForm, context: { origin: string; apiVersion: string }): string {
  const subscription = `${context.origin}/subscriptions/${operation.subscriptionId}`;
  if (form.segment === 'operationresults') {
    const job = Buffer.from(JSON.stringify({ jobId: operation.id, jobLocation: operation.location }));
    return `${subscription}/operationresults/${job.toString('base64url')}?api-version=${context.apiVersion}`;
  }
  const namespace = operation.kind.split('/')[0];
  // Since 2023 Azure signs these addresses; clients must carry the query along without reading it.
  const stamp = String(Date.parse(operation.startTime));
  const signature = ['c', 's', 'h'].map((key) => `${key}=${digest(key + operation.id)}`).join('&');
  return (
    `${subscription}/providers/${namespace}/locations/${operation.location}/${form.segment}/${operation.id}` +
    `?api-version=${context.apiVersion}&t=${stamp}&${signature}`
  );
}

function digest(text: string): string {
  return createHash('sha512').update(text).digest('base64url');
}

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
  const retryAfter = services.profile.retryAfter(POLL_RETRY_AFTER[segment]);
  const later = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
  const monitor = segment === 'operationresults' || request.query.get('monitor') === 'true';

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
  // 204 would be as good, but the SDK's clients accept only 200 here.
  const body: Json | undefined = operation.output ?? services.store.get(operation.resourceId)?.body;
  return { status: 200, ...(body === undefined ? {} : { body }) };
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
  return {
    startTime: operation.startTime,
    ...(operation.endTime === undefined ? {} : { endTime: operation.endTime }),
    status: operation.status,
    name: operation.id,
    ...(operation.error === undefined ? {} : { error: operation.error }),
    ...(operation.output === undefined || operation.output === null
      ? {}
      : { properties: { output: operation.output } }),
  };
}
