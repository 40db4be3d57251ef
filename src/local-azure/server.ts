/** Composition root of the local Azure: store, operations, providers and the pipeline behind one https server. */
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:https';
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
import { loadCompute, loadMachines } from './late-parts.ts';
import { createOperations } from './operations.ts';
import { createPipeline } from './pipeline.ts';
import { createManagedIdentityProvider } from './providers/managed-identity/index.ts';
import { createNetworkProvider } from './providers/network/index.ts';
import { createResourcesProvider } from './providers/resources/index.ts';
import { createStorageProvider } from './providers/storage/index.ts';
import { putStarterContent } from './starter.ts';
import { createStore } from './store.ts';
import { createThrottle } from './throttle.ts';
import { createTimeProfile } from './time-profile.ts';
import { ensureCertificates, trust } from './tls.ts';

const HOST = '127.0.0.1';
const CLOSE_GRACE_MS = 3000;

/** Starts the server; resolves once it listens, has its starter content and has written connection.json. */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const { stateDir, cacheDir, log } = options;
  await mkdir(stateDir, { recursive: true });
  const former = await readConnection(stateDir);
  const [certificates, authority] = await Promise.all([ensureCertificates(stateDir), createAuthority(stateDir)]);
  trust(certificates.ca);

  const database = new DatabaseSync(join(stateDir, 'azure.db'));
  // Committed work outlives a kill of the process; only a crash of the whole host could lose the last moments.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  const profile = createTimeProfile(options.profile, options.timeFactor);
  const now = () => new Date();
  const operations = createOperations({ database, profile, now, log });

  const [machines, blobs] = await Promise.all([
    loadMachines({ kind: options.machine, stateDir, cacheDir, log }),
    startBlobService({ stateDir, certificates, port: await choosePort(options.blobPort, former?.blobEndpoint) }),
  ]);
  const services: Services = { store: createStore(database), operations, machines, blobs, profile, now, log, stateDir };

  const providers: Provider[] = [];
  providers.push(
    createResourcesProvider(services, providers),
    createNetworkProvider(services),
    createStorageProvider(services),
    createManagedIdentityProvider(services),
    ...(await loadCompute()).map((create) => create(services)),
  );
  const app = createPipeline({ services, operations, providers, authority, throttle: createThrottle() });
  for (const provider of providers) {
    await provider.resume?.();
  }
  operations.resume();

  const server = createServer({ cert: certificates.cert, key: certificates.key }, (request, response) => {
    void getRequestListener(app.fetch)(request, response);
  });
  const port = await choosePort(options.port, former?.endpoint);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const endpoint = `https://${HOST}:${(server.address() as AddressInfo).port}`;
  await putStarterContent({ services, authority, endpoint, fetch: (request) => app.fetch(request) });

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

  return {
    connection,
    services,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await operations.close(CLOSE_GRACE_MS);
      await blobs.close();
      await machines.close();
      database.close();
    },
  };
}
