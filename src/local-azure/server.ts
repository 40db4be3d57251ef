/** Composition root of the local Azure: store, operations, providers and the pipeline behind one https server. */
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { getRequestListener } from '@hono/node-server';
import { createAuthority } from './authority.ts';
import { startBlobService } from './blobs.ts';
import { choosePort, readConnection, writeConnection } from './connection.ts';
import {
  LOCAL_SUBSCRIPTION,
  LOCAL_TENANT,
  type LocalAzure,
  type LocalAzureConnection,
  type LocalAzureOptions,
  type Provider,
  type Services,
} from './core.ts';
import { createInsideCalls } from './inside-calls.ts';
import { createLimits } from './limits/index.ts';
import { createMachines } from './machines/index.ts';
import { createOperations } from './operations.ts';
import { createPipeline } from './pipeline/index.ts';
import { createStaleReads } from './pipeline/stale-reads.ts';
import { createAccess } from './providers/authorization/access.ts';
import { createAuthorizationProvider } from './providers/authorization/index.ts';
import { assignOwner } from './providers/authorization/first-owner.ts';
import { createComputeProvider } from './providers/compute/index.ts';
import { createFeaturesProvider } from './providers/features/index.ts';
import { createFederation } from './providers/managed-identity/federated-credentials.ts';
import { createManagedIdentityProvider } from './providers/managed-identity/index.ts';
import { createNetworkProvider } from './providers/network/index.ts';
import { createResourcesProvider } from './providers/resources/index.ts';
import { createBlobGuard } from './providers/storage/blob-access.ts';
import { createStorageProvider } from './providers/storage/index.ts';
import { putStarterContent } from './starter.ts';
import { createStore } from './store.ts';
import { createTimeProfile } from './time-profile.ts';
import { ensureCertificates, trust, type Certificates } from './tls.ts';

const HOST = '127.0.0.1';
const CLOSE_GRACE_MS = 3000;

/**
 * Starts the server; resolves once it listens, has its starter content and has written connection.json.
 * Where it throws, nothing stays open. Throws EADDRINUSE for a port that is taken, and SQLITE_BUSY where another
 * process serves the same state.
 */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const { stateDir, cacheDir, log } = options;
  // Closed in reverse, by close() or by a start that fails.
  const open = new AsyncDisposableStack();
  try {
    await mkdir(stateDir, { recursive: true });
    const former = await readConnection(stateDir);
    const certificates = await ensureCertificates(stateDir);
    trust(certificates.ca);
    const database = openDatabase(stateDir);
    open.defer(() => database.close());
    const store = createStore(database);
    const authority = await createAuthority(stateDir, createFederation(store));
    const profile = options.timeProfile ?? createTimeProfile(options.profile, options.timeFactor);
    const now = () => new Date();

    const machines = await createMachines({ kind: options.machine, stateDir, cacheDir, log });
    open.defer(() => machines.close());
    const blobPort = await choosePort(options.blobPort, former?.blobEndpoint);
    const guard = createBlobGuard(store, createAccess(store), authority);
    const blobs = await startBlobService({ stateDir, certificates, port: blobPort, guard });
    open.defer(() => blobs.close());
    const operations = createOperations({ database, profile, now, log });
    open.defer(() => operations.close(CLOSE_GRACE_MS));
    const { coreLimit = 1000 } = options;
    const services = { store, operations, machines, blobs, profile, now, log, stateDir, coreLimit } satisfies Services;

    const enforced = options.limits === undefined ? profile.name !== 'instant' : options.limits === 'on';
    const limits = createLimits({ enforced, pace: profile.pace, operations, subscriptionId: LOCAL_SUBSCRIPTION });
    const providers: Provider[] = [];
    const calls = createInsideCalls(authority, stateDir);
    providers.push(
      createResourcesProvider(services, providers, calls),
      createNetworkProvider(services),
      createStorageProvider(services),
      createManagedIdentityProvider(services),
      createAuthorizationProvider(services),
      createFeaturesProvider(services),
      createComputeProvider(services),
    );
    const staleReads = options.staleReads === true ? createStaleReads() : undefined;
    const app = createPipeline({
      services,
      providers,
      authority,
      limits,
      staleReads,
      ...(options.observe === undefined ? {} : { observe: options.observe }),
    });
    calls.reach((request) => app.fetch(request));
    for (const provider of providers) {
      await provider.resume?.();
    }
    operations.resume();

    const port = await choosePort(options.port, former?.endpoint);
    const server = await listen(getRequestListener(app.fetch), certificates, port);
    open.defer(() => closeServer(server));
    const endpoint = `https://${HOST}:${(server.address() as AddressInfo).port}`;
    assignOwner(store, authority.client.objectId);
    await putStarterContent({ services, authority, endpoint, fetch: (request) => app.fetch(request) });
    staleReads?.begin();

    const connection: LocalAzureConnection = {
      pid: process.pid,
      endpoint,
      authorityHost: endpoint,
      blobEndpoint: blobs.endpoint,
      tenantId: LOCAL_TENANT,
      subscriptionId: LOCAL_SUBSCRIPTION,
      clientId: authority.client.clientId,
      clientSecret: authority.client.clientSecret,
      caFile: certificates.caFile,
      machine: machines.description,
      profile: profile.name,
    };
    await writeConnection(stateDir, connection);
    return { connection, services, close: () => open.disposeAsync() };
  } catch (error) {
    await open.disposeAsync();
    throw error;
  }
}

/** Committed work outlives a kill of the process. The lock is exclusive: two servers on one state would ruin it. */
function openDatabase(stateDir: string): DatabaseSync {
  const database = new DatabaseSync(join(stateDir, 'azure.db'), { timeout: 5000 });
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  return database;
}

function listen(
  listener: ReturnType<typeof getRequestListener>,
  { cert, key }: Certificates,
  port: number,
): Promise<Server> {
  const server = createServer({ cert, key }, (request, response) => void listener(request, response));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => resolve(server));
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
