/**
 * The stack a build needs: Temporal, an Azure, a worker. What is running is used, what is not is started; `watch` starts
 * again what dies. A Temporal of the person's own (TEMPORAL_*, temporal.toml) takes the embedded one's place.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { setDefaultCACertificates, getCACertificates } from 'node:tls';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectionOptions } from '@temporalio/client';
import type { LocalAzureConnection } from '../local-azure/core.ts';
import {
  isAlive,
  locked,
  logFile,
  readStack,
  startService,
  stoppedFile,
  stopService,
  untilReady,
  writeService,
} from './services.ts';
import { NEWEST_API_VERSION } from '../template/index.ts';
import { choosePort, portOf } from './ports.ts';
import { follow, newsOf } from './service-news.ts';
import type { ServiceRecord } from './services.ts';
import type { Settings } from './settings.ts';
import { readSettings, UsageError } from './settings.ts';
import { findTemporal, serverArguments } from './temporal-server.ts';

export interface Stack {
  connectionOptions: ConnectionOptions;
  namespace: string;
  /** Of the Web UI; undefined for a Temporal that is not ours. */
  webUi?: string;
  azure?: LocalAzureConnection;
  /** Of the gateway, where it was asked for. */
  gateway?: string;
  /** Of the page that it serves to browsers on this machine. */
  page?: string;
  /** Starts again what has died since; the names of those. The stack's addresses are then those of the new ones. */
  revive(): Promise<string[]>;
  /** What the local Azure has said to people since the last call: which image stands in for another, what it fetches. */
  news(): string[];
}

type Say = (line: string) => void;

const SOURCE = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_TEMPORAL_PORT = 7243;
const DEFAULT_UI_PORT = 8243;
const DEFAULT_GATEWAY_PORT = 7443;
const DEFAULT_PAGE_PORT = 8443;

/** @param options `gateway`: with the local one, which a build does without */
export async function ensureStack(settings: Settings, say: Say, options: { gateway?: boolean } = {}): Promise<Stack> {
  if (settings.clientOnly) return othersStack();
  return locked(settings.stateDir, async () => {
    rmSync(stoppedFile(settings.stateDir), { force: true });
    const temporal = await ensureTemporal(settings, say);
    const azure = settings.cloud === 'local' ? await ensureLocalAzure(settings, say) : undefined;
    if (azure !== undefined) trust(azure.caFile);
    await ensureWorker(settings, temporal, azure, say);
    // One that runs already must follow the others, should they have moved.
    const wanted = options.gateway === true || isAlive(readStack(settings.stateDir)['gateway']);
    const gateway = wanted && azure !== undefined ? await ensureGateway(settings, temporal, azure, say) : undefined;
    const stack: Stack = {
      ...temporal,
      ...(azure === undefined ? {} : { azure }),
      ...gateway,
      revive: tolerant(say, () => revive(stack, settings, say)),
      news: newsOf(logFile(settings.stateDir, 'azure')),
    };
    return stack;
  });
}

/** Temporal as the environment names it; whoever runs it and its workers keeps them alive. */
function othersStack(): Stack {
  const temporal = configuredTemporal();
  if (temporal === undefined) {
    throw new UsageError('--client-only needs the Temporal of others: TEMPORAL_ADDRESS, or a profile in temporal.toml');
  }
  return { ...temporal, revive: () => Promise.resolve([]), news: () => [] };
}

/** What does not start now may start at the next try; the same trouble is told once. */
function tolerant(say: Say, revived: () => Promise<string[]>): () => Promise<string[]> {
  let told = '';
  return async () => {
    try {
      const names = await revived();
      told = '';
      return names;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== told) say(message);
      told = message;
      return [];
    }
  };
}

async function revive(stack: Stack, settings: Settings, say: Say): Promise<string[]> {
  const record = readStack(settings.stateDir);
  const dead = Object.keys(record).filter(
    (name) => !isAlive(record[name]) && (name !== 'gateway' || stack.gateway !== undefined),
  );
  // Another command may have been quicker to start it again.
  const moved = stack.webUi !== undefined && record['temporal']?.address['grpc'] !== stack.connectionOptions.address;
  if (dead.length === 0 && !moved) return [];
  for (const name of dead) say(`${name} has ended; starting it again`);
  const { connectionOptions, webUi, azure } = await ensureStack(settings, () => {}, {
    gateway: record['gateway'] !== undefined,
  });
  Object.assign(stack, { connectionOptions, webUi, azure });
  return dead;
}

/** Ends every service of the embedded stack, the worker first. */
export async function stopStack(stateDir: string): Promise<string[]> {
  if (existsSync(stateDir)) writeFileSync(stoppedFile(stateDir), '');
  return locked(stateDir, async () => {
    const stack = readStack(stateDir);
    const running = ['gateway', 'worker', 'azure', 'temporal'].filter((name) => isAlive(stack[name]));
    for (const name of running) {
      const record = stack[name];
      if (record !== undefined) await stopService(record);
    }
    return running;
  });
}

interface Temporal {
  connectionOptions: ConnectionOptions;
  namespace: string;
  webUi?: string;
}

/** Undefined where the environment names none. */
function configuredTemporal(): Temporal | undefined {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  return connectionOptions?.address === undefined ? undefined : { connectionOptions, namespace };
}

/** The one of the environment, or the embedded one where it runs. */
export function knownTemporal({ stateDir, clientOnly }: Settings): Temporal | undefined {
  const configured = configuredTemporal();
  if (configured !== undefined || clientOnly) return configured;
  const known = readStack(stateDir)['temporal'];
  return known !== undefined && isAlive(known) ? embedded(known) : undefined;
}

const embedded = ({ address }: ServiceRecord): Temporal => ({
  connectionOptions: { address: address['grpc'] ?? '' },
  namespace: 'default',
  webUi: address['webUi'] ?? '',
});

async function ensureTemporal(settings: Settings, say: Say): Promise<Temporal> {
  const running = knownTemporal(settings);
  if (running !== undefined) return running;
  const { stateDir, cacheDir } = settings;
  const known = readStack(stateDir)['temporal'];
  const executable = await findTemporal(cacheDir, say);
  // Well-known ports for the one stack a person has; any others for a second one, which could be starting right now.
  const usual = stateDir === readSettings({}, {}).stateDir;
  const port = await choosePort(portOf(known?.address['grpc']), usual ? DEFAULT_TEMPORAL_PORT : undefined);
  const uiPort = await choosePort(portOf(known?.address['webUi']), usual ? DEFAULT_UI_PORT : undefined);
  const folder = join(stateDir, 'temporal');
  mkdirSync(folder, { recursive: true });
  const args = serverArguments({ port, uiPort, database: join(folder, 'temporal.db') });
  const started = startService(stateDir, 'temporal', executable, args, process.env);
  await untilReady(stateDir, 'temporal', started, () => listens(port));
  const record = { ...started, address: { grpc: `127.0.0.1:${port}`, webUi: `http://127.0.0.1:${uiPort}` } };
  writeService(stateDir, 'temporal', record);
  say(`Temporal server at ${record.address.grpc}, Web UI at ${record.address.webUi}`);
  return embedded(record);
}

async function ensureLocalAzure(settings: Settings, say: Say): Promise<LocalAzureConnection> {
  const { stateDir, cacheDir, machine, profile, timeFactor } = settings;
  const folder = join(stateDir, 'azure');
  const file = join(folder, 'connection.json');
  const read = (): LocalAzureConnection => JSON.parse(readFileSync(file, 'utf8')) as LocalAzureConnection;
  const known = readStack(stateDir)['azure'];
  if (isAlive(known) && existsSync(file)) return read();
  say('starting the local Azure');
  const args = [
    '--state-dir',
    folder,
    '--cache-dir',
    cacheDir,
    '--port',
    String(await choosePort(portOf(known?.address['resourceManager']))),
    '--blob-port',
    String(await choosePort(portOf(known?.address['blob']))),
    '--profile',
    profile,
    '--machine',
    machine,
    '--time-factor',
    String(timeFactor),
  ];
  const started = startService(
    stateDir,
    'azure',
    process.execPath,
    [join(SOURCE, 'local-azure/main.ts'), ...args],
    process.env,
  );
  const said = follow(logFile(stateDir, 'azure'), say);
  await untilReady(stateDir, 'azure', started, async () => {
    said();
    return existsSync(file) && read().pid === started.pid && listens(portOf(read().endpoint) ?? 0);
  });
  said();
  const connection = read();
  writeService(stateDir, 'azure', {
    ...started,
    address: { resourceManager: connection.endpoint, blob: connection.blobEndpoint },
  });
  say(`local Azure at ${connection.endpoint}, machines: ${connection.machine}`);
  return connection;
}

async function ensureWorker(
  settings: Settings,
  temporal: Temporal,
  azure: LocalAzureConnection | undefined,
  say: Say,
): Promise<void> {
  const { stateDir } = settings;
  const name = 'worker';
  const known = readStack(stateDir)[name];
  const serves = {
    cloud: settings.cloud,
    temporal: String(temporal.connectionOptions.address),
    ...(azure === undefined ? {} : { resourceManager: azure.endpoint }),
  };
  // A worker for another cloud must not take this one's builds; one for a former address would wait there for ever.
  if (known !== undefined && isAlive(known)) {
    if (isDeepStrictEqual(known.address, serves)) return;
    await stopService(known);
  }
  const ready = join(stateDir, 'worker.ready');
  rmSync(ready, { force: true });
  const env = workerEnvironment(settings, temporal, azure);
  const started = startService(stateDir, name, process.execPath, [join(SOURCE, 'worker/main.ts')], {
    ...env,
    KILN_READY_FILE: ready,
  });
  await untilReady(stateDir, name, started, () => Promise.resolve(existsSync(ready)));
  writeService(stateDir, name, { ...started, address: serves });
  say('worker ready');
}

/** One endpoint for a client: image templates are Kiln's, all else is passed on to the local Azure. */
async function ensureGateway(
  settings: Settings,
  temporal: Temporal,
  azure: LocalAzureConnection,
  say: Say,
): Promise<{ gateway: string; page: string }> {
  const { stateDir } = settings;
  const name = 'gateway';
  const known = readStack(stateDir)[name];
  const serves = { temporal: String(temporal.connectionOptions.address), resourceManager: azure.endpoint };
  if (known !== undefined && isAlive(known)) {
    const { endpoint = '', page = '', ...former } = known.address;
    if (isDeepStrictEqual(former, serves) && page !== '') {
      announceGateway(stateDir, endpoint);
      return { gateway: endpoint, page };
    }
    await stopService(known);
  }
  const usual = stateDir === readSettings({}, {}).stateDir;
  const port = await choosePort(portOf(known?.address['endpoint']), usual ? DEFAULT_GATEWAY_PORT : undefined);
  const pagePort = await choosePort(portOf(known?.address['page']), usual ? DEFAULT_PAGE_PORT : undefined);
  const ready = join(stateDir, 'gateway.ready');
  rmSync(ready, { force: true });
  const ports = { KILN_GATEWAY_PORT: String(port), KILN_GATEWAY_PAGE_PORT: String(pagePort) };
  const env = { ...gatewayEnvironment(settings, temporal, azure), ...ports, KILN_READY_FILE: ready };
  const started = startService(stateDir, name, process.execPath, gatewayArguments(), env);
  await untilReady(stateDir, name, started, () => Promise.resolve(existsSync(ready)));
  const endpoint = `https://127.0.0.1:${port}`;
  const page = `http://127.0.0.1:${pagePort}`;
  writeService(stateDir, name, { ...started, address: { ...serves, endpoint, page } });
  announceGateway(stateDir, endpoint);
  say(`gateway at ${endpoint}`);
  return { gateway: endpoint, page };
}

/** The local Azure then has image templates too: deployments put them, and a group takes them with it. */
function announceGateway(stateDir: string, endpoint: string): void {
  const templates = { endpoint, types: { imageTemplates: NEWEST_API_VERSION } };
  const file = join(stateDir, 'azure', 'outside-providers.json');
  writeFileSync(`${file}.new`, JSON.stringify({ 'Microsoft.VirtualMachineImages': templates }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The page's code is served with its types taken out, by a function that Node still calls experimental. */
export const gatewayArguments = (): string[] => [
  '--disable-warning=ExperimentalWarning',
  join(SOURCE, 'gateway/main.ts'),
];

/** Under the local Azure's certificate, for everybody whom it knows. */
function gatewayEnvironment(settings: Settings, temporal: Temporal, azure: LocalAzureConnection): NodeJS.ProcessEnv {
  const folder = dirname(azure.caFile);
  return {
    KILN_GATEWAY_CONTRIBUTORS: '*',
    ...workerEnvironment(settings, temporal, azure),
    ...(temporal.webUi === undefined ? {} : { KILN_TEMPORAL_UI: temporal.webUi }),
    KILN_GATEWAY_CERT: join(folder, 'server.pem'),
    KILN_GATEWAY_KEY: join(folder, 'server-key.pem'),
  };
}

export function workerEnvironment(
  settings: Settings,
  temporal: { connectionOptions: ConnectionOptions; namespace: string; webUi?: string },
  azure: LocalAzureConnection | undefined,
): NodeJS.ProcessEnv {
  const ours =
    temporal.webUi === undefined
      ? {}
      : { TEMPORAL_ADDRESS: temporal.connectionOptions.address, TEMPORAL_NAMESPACE: temporal.namespace };
  const local =
    azure === undefined
      ? {}
      : {
          KILN_AZURE_ENDPOINT: azure.endpoint,
          AZURE_AUTHORITY_HOST: azure.authorityHost,
          AZURE_TENANT_ID: azure.tenantId,
          AZURE_CLIENT_ID: azure.clientId,
          AZURE_CLIENT_SECRET: azure.clientSecret,
          AZURE_SUBSCRIPTION_ID: azure.subscriptionId,
          NODE_EXTRA_CA_CERTS: authorities(settings.stateDir, azure.caFile),
        };
  return { ...process.env, ...ours, ...local, KILN_CACHE_DIR: settings.cacheDir };
}

/** NODE_EXTRA_CA_CERTS names one file, so what the person has there already goes into ours. */
function authorities(stateDir: string, caFile: string): string {
  const own = process.env['NODE_EXTRA_CA_CERTS'];
  const bundle = join(stateDir, 'authorities.pem');
  const extra = own !== undefined && own !== bundle && existsSync(own) ? readFileSync(own, 'utf8') : '';
  writeFileSync(bundle, `${extra}\n${readFileSync(caFile, 'utf8')}`);
  return bundle;
}

/** The client itself reads logs from the local Azure's blobs. */
function trust(caFile: string): void {
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(caFile, 'utf8')]);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
