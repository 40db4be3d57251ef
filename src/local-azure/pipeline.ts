/**
 * What happens to a request, in this order:
 *   context → authenticate → validate → throttle → route → handle → serialize, and errors at the end of it all.
 * Every stage is one function below. The authority and the local diagnostics stand beside it and need no token.
 */
import { randomUUID } from 'node:crypto';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { answerStatus, asyncHeaders, isStatusPath } from './async-answers.ts';
import type { Authority, Principal } from './authority.ts';
import { cloudMetadata } from './cloud-metadata.ts';
import {
  ArmError,
  LOCAL_SUBSCRIPTION,
  LOCAL_TENANT,
  type ArmRequest,
  type ArmResponse,
  type JsonObject,
  type Provider,
  type Services,
} from './core.ts';
import { createCallCounter } from './call-counter.ts';
import type { OperationEngine } from './operations.ts';
import { groupIdOf } from './resource-id.ts';
import { createRouter, type Match } from './router.ts';
import type { Throttle } from './throttle.ts';

const MAX_BODY = 4 * 1024 * 1024;
const METHODS = new Set<string>(['GET', 'PUT', 'PATCH', 'POST', 'DELETE', 'HEAD']);

interface Variables {
  requestId: string;
  correlationId: string;
  origin: string;
  path: string;
  query: URLSearchParams;
  apiVersion: string;
  principal: Principal;
  body: JsonObject | undefined;
  rateHeaders: Record<string, string>;
}
interface Environment {
  Variables: Variables;
}
type Stage = MiddlewareHandler<Environment>;

export interface PipelineParts {
  services: Services;
  operations: OperationEngine;
  providers: Provider[];
  authority: Authority;
  throttle: Throttle;
}

export function createPipeline(parts: PipelineParts): Hono<Environment> {
  const { services, operations, authority } = parts;
  const router = createRouter(parts.providers);
  const calls = createCallCounter();
  const app = new Hono<Environment>();

  app.use(context);
  app.onError((error, c) => failure(error, c, services));

  app.get('/health', (c) => c.json({ status: 'ok', machine: services.machines.description }));
  app.get('/local-azure/calls', (c) => c.json(calls.summary()));
  app.get('/local-azure/inventory', (c) => c.json(services.store.list({}).map(({ id, type }) => ({ id, type }))));
  app.get('/local-azure/operations', (c) =>
    c.json(
      operations
        .finished()
        .map(({ kind, resourceId, status, startTime, endTime }) => ({ kind, resourceId, status, startTime, endTime })),
    ),
  );
  app.get('/metadata/endpoints', (c) =>
    c.json(cloudMetadata(c.get('apiVersion'), c.get('origin'), services.blobs.endpoint, LOCAL_TENANT)),
  );
  app.route('/', authority.routes);

  app.use(authenticate(authority));
  app.use(bodyLimit({ maxSize: MAX_BODY, onError: tooLarge }));
  app.use(validate(services));
  app.use(throttle(parts.throttle));
  app.all('*', async (c) => {
    const method = c.req.method as ArmRequest['method'];
    if (isStatusPath(c.get('path')) && method === 'GET') {
      calls.count(`${method} operation status`);
      return serialize(
        c,
        answerStatus(
          c.get('path'),
          { query: c.get('query'), url: `${c.get('origin')}${c.req.url.slice(new URL(c.req.url).origin.length)}` },
          { ...services, operations },
        ),
        services,
      );
    }
    const match = router.match(method, c.get('path'), c.get('apiVersion'));
    calls.countRoute(match.route);
    return serialize(c, await match.route.handle(armRequest(c, match)), services);
  });
  return app;
}

/** Names the request: ids for the answer's headers, and the address by which the client reached us. */
const context: Stage = async (c, next) => {
  const url = new URL(c.req.url);
  c.set('requestId', randomUUID());
  c.set('correlationId', c.req.header('x-ms-correlation-request-id') ?? randomUUID());
  c.set('origin', `https://${c.req.header('host') ?? url.host}`);
  c.set('path', decode(url.pathname).replace(/\/+$/, ''));
  c.set('query', url.searchParams);
  c.set('apiVersion', url.searchParams.get('api-version') ?? '');
  c.set('rateHeaders', {});
  await next();
  c.header('x-ms-request-id', c.get('requestId'));
  c.header('x-ms-correlation-request-id', c.get('correlationId'));
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  c.header('x-ms-routing-request-id', `LOCAL:${time}:${c.get('requestId')}`);
  const clientId = c.req.header('x-ms-client-request-id');
  if (clientId !== undefined) {
    c.header('x-ms-client-request-id', clientId);
  }
};

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ArmError(400, 'InvalidRequestUri', `The request path '${path}' is not a valid encoded address.`);
  }
}

/** Who asks. Clients without a tenant find it in the WWW-Authenticate header. */
function authenticate(authority: Authority): Stage {
  return async (c, next) => {
    const header = c.req.header('authorization');
    const token = /^Bearer (.+)$/i.exec(header ?? '')?.[1];
    const authenticateHeader = `Bearer authorization_uri="${c.get('origin')}/${LOCAL_TENANT}", error="invalid_token"`;
    if (token === undefined) {
      c.header('WWW-Authenticate', authenticateHeader);
      throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
    }
    try {
      c.set('principal', await authority.verify(token, c.get('origin')));
    } catch (error) {
      c.header('WWW-Authenticate', authenticateHeader);
      throw new ArmError(401, 'InvalidAuthenticationToken', `The access token is invalid: ${(error as Error).message}`);
    }
    await next();
  };
}

function tooLarge(): never {
  throw new ArmError(413, 'RequestContentTooLarge', `The request content is larger than ${MAX_BODY} bytes.`);
}

/** What every request must have, whatever its provider: a version, a JSON body, a subscription and a group that exist. */
function validate(services: Services): Stage {
  return async (c, next) => {
    if (!METHODS.has(c.req.method)) {
      throw new ArmError(405, 'MethodNotAllowed', `The HTTP method '${c.req.method}' is not supported.`);
    }
    if (c.get('apiVersion') === '') {
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    }
    c.set('body', await readBody(c));
    const subscription = /^\/subscriptions\/([^/]+)/i.exec(c.get('path'))?.[1];
    if (subscription !== undefined && subscription.toLowerCase() !== LOCAL_SUBSCRIPTION) {
      throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
    }
    requireGroup(c, services);
    await next();
  };
}

async function readBody(c: Context<Environment>): Promise<JsonObject | undefined> {
  const text = await c.req.text();
  if (text.trim() === '') {
    return undefined;
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
      return body as JsonObject;
    }
  } catch {
    // Answered below, as for JSON that is no object.
  }
  throw new ArmError(
    400,
    'InvalidRequestContent',
    'The request content was invalid and could not be deserialized: a JSON object was expected.',
  );
}

/** What lies in a group needs the group, and a group that is going takes nothing new. */
function requireGroup(c: Context<Environment>, services: Services): void {
  const path = c.get('path');
  const groupId = groupIdOf(path);
  const own = groupId?.length === path.length;
  if (groupId === undefined || (own && c.req.method !== 'PUT')) {
    return;
  }
  const group = services.store.get(groupId);
  const name = groupId.slice(groupId.lastIndexOf('/') + 1);
  if (group === undefined && !own) {
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
  }
  const writes = c.req.method === 'PUT' || c.req.method === 'PATCH' || c.req.method === 'POST';
  if (group !== undefined && writes && services.operations.pending(groupId).length > 0) {
    throw new ArmError(
      409,
      'ResourceGroupBeingDeleted',
      `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`,
    );
  }
}

/** Tells what remains of the subscription's allowance. */
function throttle(limits: Throttle): Stage {
  return async (c, next) => {
    const verdict = limits.take(c.req.method, c.get('path'));
    c.set('rateHeaders', verdict.headers);
    if (verdict.retryAfter !== undefined) {
      c.header('Retry-After', String(verdict.retryAfter));
      throw new ArmError(
        429,
        'TooManyRequests',
        `The request is being throttled. Retry after ${verdict.retryAfter} seconds.`,
      );
    }
    await next();
  };
}

function armRequest(c: Context<Environment>, match: Match): ArmRequest {
  return {
    method: c.req.method as ArmRequest['method'],
    params: match.params,
    id: match.id,
    query: c.get('query'),
    body: c.get('body'),
    apiVersion: c.get('apiVersion'),
    subscriptionId: LOCAL_SUBSCRIPTION,
    principal: c.get('principal'),
    origin: c.get('origin'),
  };
}

function serialize(c: Context<Environment>, answer: ArmResponse, services: Services): Response {
  const headers: Record<string, string> = { 'Cache-Control': 'no-cache', ...c.get('rateHeaders'), ...answer.headers };
  if (answer.operation !== undefined) {
    const { operation, form } = answer.operation;
    const reached = { origin: c.get('origin'), apiVersion: c.get('apiVersion'), profile: services.profile };
    Object.assign(headers, asyncHeaders(operation, form, reached));
  }
  if (answer.body === undefined || c.req.method === 'HEAD' || answer.status === 204) {
    return new Response(null, { status: answer.status, headers });
  }
  headers['Content-Type'] = 'application/json; charset=utf-8';
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers });
}

function failure(error: Error, c: Context<Environment>, services: Services): Response {
  const known = error instanceof ArmError ? error : undefined;
  if (known === undefined) {
    services.log.error('a request broke', { method: c.req.method, path: c.get('path'), err: error });
  }
  const { status, code, message, target } =
    known ?? new ArmError(500, 'InternalServerError', `An internal error occurred: ${error.message}`);
  const headers: Record<string, string> = {
    'Content-Type': 'application/json; charset=utf-8',
    'x-ms-failure-cause': 'gateway',
    'x-ms-error-code': code,
    ...c.get('rateHeaders'),
  };
  // Set by the stage that failed, on the answer that never came.
  for (const name of ['WWW-Authenticate', 'Retry-After']) {
    const value = c.res.headers.get(name);
    if (value !== null) {
      headers[name] = value;
    }
  }
  const body = { error: { code, message, ...(target === undefined ? {} : { target }) } };
  return new Response(c.req.method === 'HEAD' ? null : JSON.stringify(body), { status, headers });
}
