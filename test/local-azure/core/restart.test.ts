import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { Logger, LocalAzureConnection } from '../../../src/local-azure/core.ts';
import { createOperations } from '../../../src/local-azure/operations.ts';
import { createTimeProfile } from '../../../src/local-azure/time-profile.ts';
import { trust } from '../../../src/local-azure/tls.ts';
import { watchTraffic } from '../../models/watch.ts';
import { createClients, eventually, FAST, startTestAzure } from '../support.ts';

const MAIN = new URL('../../../src/local-azure/main.ts', import.meta.url).pathname;
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

test('after a restart everything is there, at the same addresses, and old tokens still hold', async (t) => {
  const azure = await startTestAzure(t);
  await azure.clients.resources.resourceGroups.createOrUpdate('lasting', { location: 'westeurope', tags: { a: 'b' } });
  const before = azure.connection;
  const { token } = await azure.clients.credential.getToken('https://management.azure.com/.default');
  await azure.restart();
  assert.deepEqual({ ...azure.connection, pid: 0 }, { ...before, pid: 0 });
  const path = `/subscriptions/${before.subscriptionId}/resourceGroups/lasting?api-version=2024-11-01`;
  const answer = await azure.call('GET', path, { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual([answer.status, answer.body['tags']], [200, { a: 'b' }]);
});

test('an operation that a former process left is run by the next', async () => {
  const database = new DatabaseSync(':memory:');
  const options = { database, now: () => new Date(), log: silent };
  const spec = {
    kind: 'Microsoft.Test/things/write',
    subscriptionId: 's',
    location: 'westeurope',
    resourceId: '/Things/1',
    input: { x: 1 },
  };
  const former = createOperations({ ...options, profile: createTimeProfile('recorded') });
  const { id } = former.begin(spec);
  await former.close(0);

  const next = createOperations({ ...options, profile: createTimeProfile('instant') });
  next.register(spec.kind, (operation) => Promise.resolve({ saw: operation.input['x'] ?? null }));
  assert.equal(next.pending('/things/1').length, 1, 'it still stands in the way of others');
  next.resume();
  const ended = await eventually(
    () => next.get(id),
    (operation) => operation?.status === 'Succeeded',
  );
  assert.deepEqual(ended?.output, { saw: 1 });
  assert.deepEqual(next.pending('/things/1'), []);
  await next.close(0);
});

test('a kill loses nothing that was acknowledged, blobs included', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'kiln-azure-'));
  const stateDir = join(root, 'state');
  const traffic = join(root, 'traffic.jsonl');
  t.after(() => rm(root, { recursive: true, force: true }));

  async function start() {
    const child = spawn(
      process.execPath,
      [
        MAIN,
        '--state-dir',
        stateDir,
        '--cache-dir',
        join(root, 'cache'),
        '--profile',
        'instant',
        '--machine',
        'simulated',
        '--traffic',
        traffic,
      ],
      { stdio: 'ignore' },
    );
    t.after(() => child.kill('SIGKILL'));
    const connection = await eventually(
      async () =>
        JSON.parse(await readFile(join(stateDir, 'connection.json'), 'utf8').catch(() => '{}')) as LocalAzureConnection,
      ({ pid }) => pid === child.pid,
      30_000,
    );
    trust(await readFile(connection.caFile, 'utf8'));
    return { child, connection };
  }
  async function containerOf(connection: LocalAzureConnection) {
    const { storage } = createClients(connection);
    const { keys } = await storage.storageAccounts.listKeys('killed', 'killedaccount');
    const credential = new StorageSharedKeyCredential('killedaccount', keys?.[0]?.value ?? '');
    return new BlobServiceClient(`${connection.blobEndpoint}/killedaccount`, credential).getContainerClient('logs');
  }

  const first = await start();
  const { resources, storage } = createClients(first.connection);
  await resources.resourceGroups.createOrUpdate('killed', { location: 'westeurope' });
  await storage.storageAccounts.create(
    'killed',
    'killedaccount',
    { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
    FAST,
  );
  const container = await containerOf(first.connection);
  await container.create();
  const blob = container.getAppendBlobClient('output');
  await blob.create();
  for (const line of ['one\n', 'two\n', 'three\n']) {
    await blob.appendBlock(line, line.length);
  }
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = await start();
  assert.equal(second.connection.endpoint, first.connection.endpoint);
  const kept = await (await containerOf(second.connection)).getAppendBlobClient('output').downloadToBuffer();
  assert.equal(kept.toString(), 'one\ntwo\nthree\n');
  second.child.kill('SIGTERM');
  assert.deepEqual(await once(second.child, 'exit'), [0, null]);
  watchTraffic(traffic).verdict();
});
