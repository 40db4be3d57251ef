/**
 * What happens to a request: context → authenticate → ours or Azure's → authorize → body → template → answer. Only health
 * and the cloud's own description need no token, and where a local authority is behind us, its tokens. The page asks for
 * its own sessions.
 */
import { randomUUID } from 'node:crypto';
import { bodyLimit } from 'hono/body-limit';
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { isOurs, targetOf } from './address.ts';
import type { Target } from './address.ts';
import { ArmError } from './arm-error.ts';
import type { Caller, TokenSettings } from './authenticate.ts';
import { authorize } from './authorize.ts';
import type { Roles } from './authorize.ts';
import { forward } from './forward.ts';
import type { Upstream } from './forward.ts';
import { createAllowances } from './allowances.ts';
import type { ArmAnswer, ArmRequest } from './image-templates.ts';

/** As Resource Manager's own. */
const MAX_BODY = 4 * 1024 * 1024;
const MAX_READ_ON = 64 * 1024 * 1024;
const RETRY_AFTER_S = '5';

export interface GatewayParts {
  upstream: Upstream;
  authenticate: (header: string | undefined) => Promise<Caller>;
  /** Whose tokens are good; clients without a tenant are told in the refusal. */
  tokens: TokenSettings;
  /** Whether clients get their tokens through us: where the authority is the upstream itself. */
  passesTokens: boolean;
  roles: Roles;
  answer: (request: ArmRequest) => Promise<ArmAnswer>;
  /** For people; under `/kiln`, and at the root. */
  page: Hono;
  log: Logger;
}

interface Environment {
  Variables: { requestId: string; correlationId: string; rateHeaders?: Record<string, string> };
}

export function createApp({
  upstream,
  authenticate,
  tokens,
  passesTokens,
  roles,
  answer,
  page,
  log,
}: GatewayParts): Hono<Environment> {
  const app = new Hono<Environment>();
  const rateHeaders = createAllowances();
  const hostOf = (c: Context): string => c.req.header('host') ?? new URL(c.req.url).host;
  const pass = (c: Context): Promise<Response> => forward(upstream, c.req.raw, hostOf(c));

  app.use(async (c, next) => {
    c.set('requestId', randomUUID());
    c.set('correlationId', c.req.header('x-ms-correlation-request-id') ?? randomUUID());
    await next();
  });
  app.onError((error, c) => {
    const known = error instanceof ArmError ? error : undefined;
    if (known === undefined) log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request broke');
    // What broke inside is for the log: it may name what the caller may not know.
    const told = known ?? new ArmError(500, 'InternalServerError', 'An internal error occurred; the log has it.');
    if (told.status === 401) {
      const host = passesTokens ? `https://${hostOf(c)}` : tokens.authorityHost;
      c.header('WWW-Authenticate', `Bearer authorization_uri="${host}/${tokens.tenantId}", error="invalid_token"`);
    }
    // What is left of the body is not read: the connection cannot be used again.
    if (told.status === 413) c.header('Connection', 'close');
    if (told.status === 503) c.header('Retry-After', RETRY_AFTER_S);
    c.header('x-ms-error-code', told.code);
    c.header('x-ms-request-id', c.get('requestId'));
    c.header('x-ms-correlation-request-id', c.get('correlationId'));
    for (const [name, value] of Object.entries(c.get('rateHeaders') ?? {})) c.header(name, value);
    return c.json(told.body(queryOf(c).get('api-version') ?? ''), told.status);
  });

  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/metadata/endpoints', pass);
  if (passesTokens) {
    app.post('/:tenant/oauth2/v2.0/token', pass);
    app.post('/:tenant/oauth2/token', pass);
    app.get('/:tenant/v2.0/.well-known/openid-configuration', pass);
    app.get('/:tenant/.well-known/openid-configuration', pass);
    app.get('/:tenant/discovery/v2.0/keys', pass);
    app.get('/common/discovery/instance', pass);
  }

  app.route('/', page);

  app.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: async (c) => {
        await readOn(c.req.raw);
        throw new ArmError(413, 'RequestContentTooLarge', `The request content is larger than ${MAX_BODY} bytes.`);
      },
    }),
  );
  app.all('*', async (c) => {
    const origin = `https://${hostOf(c)}`;
    const caller = await authenticate(c.req.header('authorization'));
    const path = decoded(new URL(c.req.url).pathname);
    if (!isOurs(path)) return pass(c);
    const target = targetOf(path);
    if (target === undefined) {
      const apiVersion = queryOf(c).get('api-version') ?? '';
      throw new ArmError(
        404,
        'InvalidResourceType',
        `The resource type could not be found in the namespace 'Microsoft.VirtualMachineImages' for api version '${apiVersion}'.`,
      );
    }
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    c.set('rateHeaders', rateHeaders(caller.objectId, method, path));
    authorize(roles, caller, actionOf(target, method), path);
    if (method === 'PUT' && target.kind === 'template') await requireScope(c, path);
    const request = {
      method,
      target,
      apiVersion: queryOf(c).get('api-version') ?? '',
      query: queryOf(c),
      body: await readBody(c),
      origin,
      path,
      clientRequestId: c.req.header('x-ms-client-request-id'),
    };
    const { status, body, headers } = await answer(request).catch(async (error: unknown) => {
      if (error instanceof ArmError && error.code === 'ResourceNotFound') await requireScope(c, path, true);
      throw error;
    });
    const none = status === 204 ? method === 'DELETE' : target.kind === 'templates' && isEmpty(body);
    if (none) await requireScope(c, path, true);
    return new Response(body === undefined || c.req.method === 'HEAD' ? null : JSON.stringify(body), {
      status,
      headers: {
        'Cache-Control': 'no-cache',
        'x-ms-request-id': c.get('requestId'),
        'x-ms-correlation-request-id': c.get('correlationId'),
        ...c.get('rateHeaders'),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' }),
        ...headers,
      },
    });
  });
  return app;

  /**
   * Azure answers whether the group or subscription is there, and whether this caller may see it.
   * @param leniently whoever may read here and not there is not told of the scope
   */
  async function requireScope(c: Context, path: string, leniently = false): Promise<void> {
    const scope = /^\/subscriptions\/[^/]+(\/resourcegroups\/[^/]+)?/i.exec(path)?.[0] ?? '';
    const url = `${upstream.endpoint}${scope.split('/').map(encodeURIComponent).join('/')}?api-version=2021-04-01`;
    const headers = { authorization: c.req.header('authorization') ?? '' };
    const response = await forward(upstream, new Request(url, { headers }), hostOf(c));
    const { status: answered } = response;
    if (response.ok || (leniently && answered !== 404)) return;
    const { error } = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
    const status = answered === 401 || answered === 403 || answered === 404 ? answered : 502;
    throw new ArmError(status, error?.code ?? 'BadGateway', error?.message ?? `Azure answered ${response.status}.`);
  }
}

const isEmpty = (body: object | undefined): boolean => (body as { value?: unknown[] } | undefined)?.value?.length === 0;

/** Their names are the same in any case. */
const queryOf = (c: Context): URLSearchParams =>
  new URLSearchParams(
    [...new URL(c.req.url).searchParams].map(([name, value]): [string, string] => [name.toLowerCase(), value]),
  );

/** As role definitions name it. */
function actionOf(target: Target, method: string): string {
  const verb = method === 'GET' ? 'read' : method === 'DELETE' ? 'delete' : 'write';
  const provider = 'Microsoft.VirtualMachineImages';
  switch (target.kind) {
    case 'operations':
      return `${provider}/operations/read`;
    case 'operation':
      return `${provider}/locations/operations/read`;
    case 'templates':
      return `${provider}/imageTemplates/read`;
    case 'template':
      return `${provider}/imageTemplates/${target.action === undefined ? verb : `${target.action}/action`}`;
    case 'runOutputs':
    case 'triggers':
      return `${provider}/imageTemplates/${target.kind}/${verb}`;
  }
}

/** Who is still sending does not hear an answer; more than this is not waited for. */
async function readOn({ body }: Request): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > MAX_READ_ON) return;
    }
  } catch {
    // It has been read in part already, or the client has gone.
  }
}

async function readBody(c: Context): Promise<Record<string, unknown> | undefined> {
  const text = await c.req.text();
  if (text.trim() === '') return undefined;
  const type = c.req.header('content-type') ?? 'application/json';
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) {
    throw new ArmError(
      415,
      'UnsupportedMediaType',
      `The content media type '${type}' is not supported. Only 'application/json' is.`,
    );
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Answered below, as for JSON that is no object.
  }
  throw new ArmError(400, 'InvalidRequestContent', 'The request content was invalid: a JSON object was expected.');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path).replace(/\/+$/, '');
  } catch {
    throw new ArmError(400, 'InvalidRequestUri', `The request path '${path}' is not a valid encoded address.`);
  }
}
