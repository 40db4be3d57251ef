/**
 * A local Azure in a folder of its own, and the real SDK clients wired to it:
 * `const azure = await startTestAzure(t)`; it is closed and removed when the test ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { TestContext } from 'node:test';
import { ComputeManagementClient } from '@azure/arm-compute';
import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { StorageManagementClient } from '@azure/arm-storage';
import { ClientSecretCredential } from '@azure/identity';
import type { LocalAzure, LocalAzureConnection, LocalAzureOptions, Logger } from '../../src/local-azure/core.ts';
import { startLocalAzure } from '../../src/local-azure/server.ts';
import { watchBodies } from '../models/watch.ts';

/** Shows what went wrong only: a broken request or operation is worth reading in a test's output. */
const log: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: (message, fields) => process.stderr.write(`${message} ${inspect(fields)}\n`),
};

export interface TestAzure {
  readonly azure: LocalAzure;
  readonly connection: LocalAzureConnection;
  readonly clients: Clients;
  readonly stateDir: string;
  /** What was held to the published models so far, as `PUT Microsoft.Compute/disks request`; nothing where there are none. */
  readonly bodies: ReadonlySet<string>;
  /** A call without a client, with a good token unless headers say otherwise. */
  call(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  /** Closes it and starts it again on the same state. */
  restart(options?: Partial<LocalAzureOptions>): Promise<void>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: { [key: string]: unknown } & { error?: { code: string; message: string; target?: string } };
}

export type Clients = ReturnType<typeof createClients>;

/** `updateIntervalInMs` for the pollers: the default of 2 s is a long time in a test. */
export const FAST = { updateIntervalInMs: 5 };

export function createClients(connection: LocalAzureConnection) {
  const credential = new ClientSecretCredential(connection.tenantId, connection.clientId, connection.clientSecret, {
    authorityHost: connection.authorityHost,
    disableInstanceDiscovery: true,
  });
  const options = { endpoint: connection.endpoint, retryOptions: { maxRetries: 0 } };
  const { subscriptionId } = connection;
  return {
    credential,
    resources: new ResourceManagementClient(credential, subscriptionId, options),
    network: new NetworkManagementClient(credential, subscriptionId, options),
    storage: new StorageManagementClient(credential, subscriptionId, options),
    identity: new ManagedServiceIdentityClient(credential, subscriptionId, options),
    compute: new ComputeManagementClient(credential, subscriptionId, options),
  };
}

/** The local Azure in the real one's place, as a worker elsewhere is pointed at it. */
export const workerEnvironment = (connection: LocalAzureConnection): NodeJS.ProcessEnv => ({
  KILN_CLOUD: 'azure',
  KILN_AZURE_ENDPOINT: connection.endpoint,
  AZURE_AUTHORITY_HOST: connection.authorityHost,
  AZURE_TENANT_ID: connection.tenantId,
  AZURE_CLIENT_ID: connection.clientId,
  AZURE_CLIENT_SECRET: connection.clientSecret,
  AZURE_SUBSCRIPTION_ID: connection.subscriptionId,
  NODE_EXTRA_CA_CERTS: connection.caFile,
});

export async function startTestAzure(
  t: Pick<TestContext, 'after'> | undefined,
  overrides: Partial<LocalAzureOptions> = {},
): Promise<TestAzure> {
  const root = await mkdtemp(join(tmpdir(), 'kiln-azure-'));
  const watch = watchBodies();
  const options: LocalAzureOptions = {
    stateDir: join(root, 'state'),
    cacheDir: join(root, 'cache'),
    port: 0,
    blobPort: 0,
    profile: 'instant',
    machine: 'simulated',
    log,
    observe: (exchange) => watch.observe(exchange),
    ...overrides,
  };
  let azure = await startLocalAzure(options);
  let clients = createClients(azure.connection);
  let open = true;

  const test: TestAzure = {
    get azure() {
      return azure;
    },
    get connection() {
      return azure.connection;
    },
    get clients() {
      return clients;
    },
    stateDir: options.stateDir,
    bodies: watch.bodies,
    async call(method, path, { body, headers } = {}) {
      const token = await clients.credential.getToken('https://management.azure.com/.default');
      const answer = await fetch(`${azure.connection.endpoint}${path}`, {
        method,
        headers: { authorization: `Bearer ${token.token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        text,
        body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
      };
    },
    async restart(changed = {}) {
      await azure.close();
      azure = await startLocalAzure({ ...options, ...changed });
      clients = createClients(azure.connection);
    },
    async close() {
      if (open) {
        open = false;
        await endMachines(azure);
        await azure.close();
        await rm(root, { recursive: true, force: true });
        watch.verdict();
      }
    },
  };
  t?.after(() => test.close());
  return test;
}

/** Sandboxed machines outlive the server, as they should; a test leaves none behind, however it ended. */
async function endMachines({ services: { store, machines } }: LocalAzure): Promise<void> {
  for (const { hidden } of store.list({ type: 'Microsoft.Compute/virtualMachines' })) {
    if (typeof hidden['key'] === 'string') {
      await machines.remove(hidden['key']);
    }
  }
}

/** Asks again until `condition` holds; fails after `deadlineMs`. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  condition: (value: T) => boolean,
  deadlineMs = 10_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (condition(value)) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`what was waited for did not come within ${deadlineMs} ms; last seen: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of pages) {
    all.push(one);
  }
  return all;
}
