import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TimeProfile } from '../../src/local-azure/core.ts';
import { eventually, startTestAzure, type TestAzure } from '../local-azure/support.ts';
import { startRecorder, type Recorder } from '../azure-real/recorder.ts';
import { readRecordings } from './recordings.ts';
import { replay } from './replay.ts';

/** Operations that are under way for a moment, with the headers of Azure's own times. */
const timeProfile: TimeProfile = {
  name: 'recorded',
  pace: Infinity,
  duration: () => 150,
  retryAfter: (seconds) => seconds,
};

describe('recording what `npm run test:azure` says to Azure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-recorder-'));
  let azure: TestAzure;
  let recorder: Recorder;
  let token: string;
  before(async () => {
    azure = await startTestAzure(undefined, { timeProfile, limits: 'off' });
    recorder = await startRecorder({ folder: join(folder, 'ca'), upstream: azure.connection.endpoint });
    // In this process both are trusted by what the local Azure trusts; the recorder has a certificate of its own.
    const { setDefaultCACertificates, getCACertificates } = await import('node:tls');
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(recorder.caFile, 'utf8')]);
    ({ token } = await azure.clients.credential.getToken('https://management.azure.com/.default'));
  });
  after(async () => {
    await recorder.close();
    await azure.close();
    rmSync(folder, { recursive: true });
  });

  async function ask(method: string, path: string, body?: object) {
    const answer = await fetch(path.startsWith('https:') ? path : `${recorder.endpoint}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const address = answer.headers.get('azure-asyncoperation') ?? answer.headers.get('location');
    return { status: answer.status, address, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  }

  /** As clients do: the address of the answer is asked until the operation has ended. */
  async function done(started: Awaited<ReturnType<typeof ask>>): Promise<void> {
    assert.ok(started.status < 300, JSON.stringify(started.body));
    const { address } = started;
    if (address === null) return;
    assert.ok(address.startsWith(recorder.endpoint), 'addresses lead back to the recorder');
    await eventually(
      () => ask('GET', address),
      ({ status, body }) => status !== 202 && body['status'] !== 'InProgress',
    );
  }

  it('is replayed against a new local Azure, which answers the same', async () => {
    const { subscriptionId } = azure.connection;
    const group = `/subscriptions/${subscriptionId}/resourceGroups/recorded`;
    const disk = `${group}/providers/Microsoft.Compute/disks/empty?api-version=2024-03-02`;
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/net?api-version=2024-05-01`;
    const location = 'westeurope';
    await ask('PUT', `${group}?api-version=2024-11-01`, { location });
    await done(
      await ask('PUT', disk, { location, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } }),
    );
    await ask('GET', disk);
    const addressSpace = { addressPrefixes: ['10.0.0.0/24'] };
    await done(await ask('PUT', network, { location, properties: { addressSpace } }));
    await ask('GET', network);
    await done(await ask('DELETE', disk));
    await done(await ask('DELETE', network));
    await done(await ask('DELETE', `${group}?api-version=2024-11-01`));
    await ask('GET', `${group}?api-version=2024-11-01`);

    mkdirSync(join(folder, 'recordings/azure'), { recursive: true });
    const count = recorder.save(join(folder, 'recordings/azure/resources.json'));
    const [recording, ...more] = readRecordings(join(folder, 'recordings'));
    assert.ok(recording);
    assert.deepEqual([more.length, recording.exchanges.length], [0, count]);
    assert.ok(recording.exchanges.every(({ url }) => url.startsWith('https://management.azure.com/')));
    assert.ok(
      recording.exchanges.some(({ body }) => (body as { status?: string } | undefined)?.status === 'InProgress'),
    );
    const compared = await replay(recording);
    assert.deepEqual(
      compared.filter(({ differences }) => differences.length > 0),
      [],
    );
  });

  it('keeps no secret, and nobody’s ids', async () => {
    const { subscriptionId, tenantId, clientId } = azure.connection;
    const group = `/subscriptions/${subscriptionId}/resourceGroups/golden-images`;
    const account = `${group}/providers/Microsoft.Storage/storageAccounts/recordedkeys`;
    const sku = { name: 'Standard_LRS' };
    await done(
      await ask('PUT', `${account}?api-version=2024-01-01`, { location: 'westeurope', sku, kind: 'StorageV2' }),
    );
    const { body } = await ask('POST', `${account}/listKeys?api-version=2024-01-01`);
    const [{ value: key } = { value: '' }] = body['keys'] as Array<{ value: string }>;
    const signed = await ask('POST', `${account}/listAccountSas?api-version=2024-01-01`, {
      signedServices: 'b',
      signedResourceTypes: 'o',
      signedPermission: 'r',
      signedExpiry: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const signature = /sig=([^&]+)/.exec(String(signed.body['accountSasToken']))?.[1] ?? 'none';
    await ask('PUT', `${group}/providers/Microsoft.Compute/virtualMachines/vm?api-version=2024-07-01`, {
      location: 'westeurope',
      properties: { osProfile: { computerName: 'vm', adminUsername: 'me', adminPassword: 'Do-not-tell-12345' } },
    });
    const file = join(folder, 'secrets.json');
    assert.ok(recorder.save(file) >= 4);
    const text = readFileSync(file, 'utf8');
    const objectId = JSON.parse(atob(token.split('.')[1] ?? '')) as { oid: string };
    for (const secret of [
      key,
      signature,
      'Do-not-tell-12345',
      token,
      subscriptionId,
      tenantId,
      clientId,
      objectId.oid,
    ]) {
      assert.ok(secret.length > 8 && !text.includes(secret), secret);
    }
    assert.match(text, /"value": "Sanitized"/);
  });
});
