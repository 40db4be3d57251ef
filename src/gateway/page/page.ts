/**
 * The page: templates, runs and what is in them, for people. Its files hold nothing and are for everybody; every address
 * under `/kiln/api` asks who is there, except the one that answers that.
 */
import type { Client } from '@temporalio/client';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import type { KilnClient } from '../../client/kiln-client.ts';
import type { TemplateClient } from '../../client/template-client.ts';
import { ArmError } from '../arm-error.ts';
import type { Authority } from '../authenticate.ts';
import { addApi } from './api.ts';
import { readAssets } from './assets.ts';
import type { Asset } from './assets.ts';
import type { Execution } from './followed-workflow.ts';
import { Links } from './links.ts';
import { Sessions } from './sessions.ts';
import { SIGN_IN_PATH, SignIn } from './sign-in.ts';
import type { Application } from './sign-in.ts';
import { bearerOf, originOf, requireOwnPage, visitorOf } from './visitors.ts';
import type { VisitorParts } from './visitors.ts';
import type { Refusal } from './views.ts';

export interface PageParts extends Omit<VisitorParts, 'sessions'> {
  client: Client;
  builds: KilnClient;
  templates: TemplateClient;
  tokens: Authority;
  /** Of the gateway's certificate; sessions are sealed by what comes of it. */
  privateKey: string | Buffer;
  /** Registered at the authority; absent: people come in by links only. */
  application?: Application;
  temporalLink: (execution: Execution) => string | undefined;
  log: Logger;
}

const MAX_BODY = 16 * 1024;

const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
};

export function createPage(parts: PageParts): Hono {
  const { log, tokens, application, roles } = parts;
  const page = new Hono();
  const assets = readAssets();
  const sessions = new Sessions(parts.privateKey);
  const links = new Links();
  const visitors: VisitorParts = { ...parts, sessions };
  const signIn = application === undefined ? undefined : new SignIn(tokens, application, sessions);

  page.use(
    '/kiln/*',
    secureHeaders({ contentSecurityPolicy: POLICY, referrerPolicy: 'no-referrer', strictTransportSecurity: false }),
  );
  page.use('/kiln/api/*', async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  page.use('/kiln/*', bodyLimit({ maxSize: MAX_BODY }));
  page.onError((error, c) => {
    const known = error instanceof ArmError ? error : undefined;
    if (known === undefined)
      log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request of the page broke');
    const told = known ?? new ArmError(500, 'InternalServerError', 'An internal error occurred; the log has it.');
    // A person is here with a browser, and not the page's own code.
    if (c.req.path.startsWith(SIGN_IN_PATH)) return c.text(told.message, told.status);
    const refusal: Refusal = {
      error: { code: told.code, message: told.message },
      ...(told.status === 401 && signIn !== undefined ? { signIn: SIGN_IN_PATH } : {}),
    };
    return c.json(refusal, told.status);
  });

  page.get('/', (c) => c.redirect('/kiln/'));
  page.get('/kiln', (c) => c.redirect('/kiln/'));
  page.get('/kiln/', (c) => serve(c, assets.get('overview.html')));
  page.get('/kiln/runs/:run', (c) => serve(c, assets.get('run.html')));
  page.get('/kiln/assets/:file', (c) => serve(c, assets.get(c.req.param('file'))));

  page.get(SIGN_IN_PATH, (c) => {
    if (signIn === undefined) throw new ArmError(404, 'NotFound', 'This gateway has no application to sign in to.');
    return signIn.begin(c, originOf(c), c.req.query('to') ?? '/kiln/');
  });
  page.get(`${SIGN_IN_PATH}/callback`, async (c) => {
    if (signIn === undefined) throw new ArmError(404, 'NotFound', 'This gateway has no application to sign in to.');
    const { caller, to } = await signIn.end(c, originOf(c));
    await sessions.begin(c, visitorOf(roles, caller));
    return c.redirect(to);
  });

  page.post('/kiln/api/links', async (c) => {
    const visitor = await bearerOf(visitors, c);
    const { name } = (await c.req.json().catch(() => ({}))) as { name?: unknown };
    // An application has no name that means anything to the person who uses it.
    const named = typeof name === 'string' && name !== '' ? { ...visitor, name: name.slice(0, 100) } : visitor;
    return c.json(links.issue(named), 201);
  });
  page.post('/kiln/api/session', async (c) => {
    requireOwnPage(c);
    const { key } = (await c.req.json().catch(() => ({}))) as { key?: unknown };
    const visitor = typeof key === 'string' ? links.redeem(key) : undefined;
    if (visitor === undefined) throw new ArmError(401, 'LinkUsed', 'This link has been used, or is too old.');
    await sessions.begin(c, visitor);
    return c.body(null, 204);
  });
  page.delete('/kiln/api/session', (c) => {
    requireOwnPage(c);
    sessions.end(c);
    return c.body(null, 204);
  });
  addApi(page, parts, visitors);
  page.all('/kiln/*', (c) => {
    throw new ArmError(404, 'NotFound', `There is nothing at ${c.req.path}.`);
  });
  return page;
}

function serve(c: Context, asset: Asset | undefined): Response {
  if (asset === undefined) throw new ArmError(404, 'NotFound', `There is nothing at ${c.req.path}.`);
  const { type, body, etag } = asset;
  // Asked for each time, answered in full only where it has changed.
  const headers = { 'Content-Type': type, 'Cache-Control': 'no-cache', ETag: etag };
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
  return c.body(body, 200, headers);
}
