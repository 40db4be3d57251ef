/**
 * `node src/gateway/main.ts`: serves until SIGTERM or SIGINT. Settings, from the environment:
 *
 * - Temporal: the SDK's own (`TEMPORAL_*`, `temporal.toml`).
 * - `KILN_AZURE_ENDPOINT`: where all else is passed on to; `https://management.azure.com`.
 * - `AZURE_AUTHORITY_HOST`, `AZURE_TENANT_ID`: whose tokens are good.
 * - `KILN_GATEWAY_CONTRIBUTORS`, `KILN_GATEWAY_READERS`: object ids, application ids, groups and application roles, comma
 *   separated; `*` is everybody with a good token.
 * - `KILN_GATEWAY_AUDIENCE`: what clients call the gateway, comma separated; its own address. Tokens for Azure's Resource
 *   Manager are good in any case.
 * - `KILN_GATEWAY_CLIENT_ID`, `KILN_GATEWAY_CLIENT_SECRET`: the application by which people sign in to the page.
 * - `KILN_GATEWAY_PAGE_PORT`: serves the page by plain http too, on this machine only.
 * - `KILN_TEMPORAL_UI`: address of Temporal's Web UI, which the page links to.
 * - `KILN_GATEWAY_HOST`, `KILN_GATEWAY_PORT`, `KILN_GATEWAY_CERT`, `KILN_GATEWAY_KEY`: the address and its certificate.
 * - `KILN_READY_FILE`: receives the process id once requests are served.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { pino } from 'pino';
import { KilnClient } from '../client/kiln-client.ts';
import { TemplateClient } from '../client/template-client.ts';
import { connectToTemporal } from '../client/temporal-connection.ts';
import { buildWorkflowId, QUERY_STATUS, TASK_QUEUE } from '../workflows/messages.ts';
import type { BuildStatus } from '../workflows/messages.ts';
import { createApp } from './app.ts';
import { createAuthenticator } from './authenticate.ts';
import { createTemplateRoutes } from './image-templates.ts';
import { createLoopbackApp } from './page/loopback.ts';
import { createPage } from './page/page.ts';

/** Without a worker, or without Temporal, a client hears of it before it gives up itself. */
const ANSWERS_WITHIN_MS = 25_000;

const { env } = process;
const log = pino({ name: 'gateway' }, pino.destination(2));

const { connectionOptions, namespace } = loadClientConnectConfig();
const connection = await connectToTemporal(connectionOptions ?? {});
const client = new Client({ connection, namespace: namespace ?? 'default' });

const endpoint = (env['KILN_AZURE_ENDPOINT'] ?? 'https://management.azure.com').replace(/\/$/, '');
const authorityHost = (env['AZURE_AUTHORITY_HOST'] ?? 'https://login.microsoftonline.com').replace(/\/$/, '');
// An Azure that is its own authority is the local one.
const local = endpoint === authorityHost;
const list = (name: string): string[] =>
  (env[name] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

const port = Number(setting('KILN_GATEWAY_PORT'));
const host = env['KILN_GATEWAY_HOST'] ?? '127.0.0.1';
const named = list('KILN_GATEWAY_AUDIENCE').map((one) => one.replace(/\/$/, ''));
const tokens = {
  authorityHost,
  tenantId: setting('AZURE_TENANT_ID'),
  audiences: named.length > 0 ? named : [host, 'localhost'].map((name) => `https://${name}:${port}`),
};

const certificate = {
  cert: readFileSync(setting('KILN_GATEWAY_CERT')),
  key: readFileSync(setting('KILN_GATEWAY_KEY')),
};
const templates = new TemplateClient(client, TASK_QUEUE, ANSWERS_WITHIN_MS);
const authenticate = createAuthenticator(tokens);
const roles = { readers: list('KILN_GATEWAY_READERS'), contributors: list('KILN_GATEWAY_CONTRIBUTORS') };
const { KILN_TEMPORAL_UI: webUi, KILN_GATEWAY_CLIENT_ID: clientId, KILN_GATEWAY_CLIENT_SECRET: clientSecret } = env;

const page = createPage({
  client,
  builds: KilnClient.over(client, connection),
  templates,
  authenticate,
  roles,
  tokens,
  privateKey: certificate.key,
  ...(clientId ? { application: { clientId, ...(clientSecret ? { clientSecret } : {}) } } : {}),
  temporalLink: ({ workflowId, executionId }) =>
    webUi
      ? `${webUi}/namespaces/${client.options.namespace}/workflows/${encodeURIComponent(workflowId)}/${executionId}/history`
      : undefined,
  log,
});

const app = createApp({
  upstream: { endpoint, keepHost: local },
  passesTokens: local,
  tokens,
  authenticate,
  roles,
  page,
  answer: createTemplateRoutes({
    templates,
    build: (runId) =>
      client.workflow
        .getHandle(buildWorkflowId(runId))
        .query<BuildStatus>(QUERY_STATUS)
        .catch(() => undefined),
  }),
  log,
});

const listener = getRequestListener(app.fetch);
const server = createServer(certificate, (request, response) => void listener(request, response));
server.listen(port, host, () => {
  log.info({ host, port, upstream: endpoint }, 'gateway ready');
  const readyFile = env['KILN_READY_FILE'];
  if (readyFile !== undefined) writeFileSync(readyFile, `${process.pid}\n`);
});

const pagePort = env['KILN_GATEWAY_PAGE_PORT'];
const pageListener = getRequestListener(createLoopbackApp(page).fetch);
const pageServer = createHttpServer((request, response) => void pageListener(request, response));
if (pagePort) pageServer.listen(Number(pagePort), '127.0.0.1');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close(() => void connection.close().then(() => process.exit(0)));
    server.closeIdleConnections();
    pageServer.close();
    pageServer.closeAllConnections();
    // A request that is under way has this long.
    setTimeout(() => server.closeAllConnections(), 5_000).unref();
  });
}

function setting(name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  log.fatal(`the gateway needs ${name}`);
  process.exit(2);
}
