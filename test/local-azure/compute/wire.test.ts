/** What an accepted request of Microsoft.Compute looks like on the wire, as recorded: status, addresses, pauses, states. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { heldProfile } from '../held-profile.ts';
import { startTestAzure, type Answer, type TestAzure } from '../support.ts';
import { DEBIAN, describeMachine, location, makeMachine, makeNic } from './support.ts';

const COMPUTE = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/wire/providers/Microsoft.Compute`;
const { profile, hold } = heldProfile();
let azure: TestAzure;

before(async () => {
  azure = await startTestAzure(undefined, { timeProfile: profile, limits: 'off' });
  await makeMachine(azure, 'wire');
  for (const name of ['second', 'third']) await makeNic(azure, 'wire', name);
  hold();
});
after(() => azure?.close());

const ask = (method: string, path: string, body?: object, version = '2024-07-01'): Promise<Answer> =>
  azure.call(method, `${COMPUTE}/${path}?api-version=${version}`, body === undefined ? {} : { body });

const poll = (answer: Answer): Promise<Answer> =>
  azure.call('GET', (answer.headers.get('azure-asyncoperation') ?? '').slice(azure.connection.endpoint.length));

async function finish(path: string): Promise<void> {
  const { operations } = azure.azure.services;
  for (const { id } of operations.pending(`${COMPUTE}/${path}`)) await operations.expedite(id);
}

/** Where the addresses lead, and what is told beside them. */
function formOf({ status, headers }: Answer): object {
  const segment = (name: string) => /\/(\w+)\/[0-9a-f-]{36}\?/.exec(headers.get(name) ?? '')?.[1];
  const [operation, result] = [segment('azure-asyncoperation'), segment('location')];
  return {
    status,
    operation,
    ...(result === undefined ? {} : { result }),
    ...(headers.has('retry-after') ? { retryAfter: headers.get('retry-after') } : {}),
    ...(headers.has('azure-asyncnotification') ? { notifies: true } : {}),
  };
}

const empty = { location, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 32 } };

test('disks and snapshots are accepted at two addresses of DiskOperations, with a pause', async () => {
  const accepted = { status: 202, operation: 'DiskOperations', result: 'DiskOperations', retryAfter: '2' };
  const disk = await ask('PUT', 'disks/one', empty, '2024-03-02');
  assert.deepEqual(formOf(disk), accepted);
  assert.deepEqual(formOf(await ask('PUT', 'snapshots/one', empty, '2024-03-02')), accepted);
  assert.deepEqual(
    [disk, await poll(disk), await poll(disk)].map(({ headers }) => headers.get('retry-after')),
    ['2', '10', null],
  );
  await finish('disks/one');
  await finish('snapshots/one');
  const gone = await ask('DELETE', 'disks/one', undefined, '2024-03-02');
  assert.deepEqual(formOf(gone), { status: 202, operation: 'DiskOperations', result: 'DiskOperations' });
});

test('a machine is asked for after 10 seconds, then 35, then 30, and a Windows one is left to its client after that', async () => {
  const nics = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/wire/providers/Microsoft.Network/networkInterfaces`;
  const pauses = async (name: string, changes: object): Promise<Array<string | null>> => {
    const { location: at, ...properties } = describeMachine(`${nics}/${name}`, {
      storageProfile: linux(name),
      ...changes,
    });
    const made = await ask('PUT', `virtualMachines/${name}`, { location: at, properties });
    assert.deepEqual(formOf(made), { status: 201, operation: 'operations', retryAfter: '10', notifies: true });
    const polls = [await poll(made), await poll(made), await poll(made)];
    await finish(`virtualMachines/${name}`);
    return polls.map(({ headers }) => headers.get('retry-after'));
  };
  const storageProfile = { imageReference: WINDOWS, osDisk: { name: 'windows', createOption: 'FromImage' } };
  assert.deepEqual(await pauses('second', {}), ['35', '30', null]);
  assert.deepEqual(await pauses('third', { storageProfile }), ['35', null, null]);
});

test('a machine that is deallocated is asked for after 30 seconds once, and generalized at once', async () => {
  const stopped = await ask('POST', 'virtualMachines/vm/deallocate');
  const stopping = { status: 202, operation: 'operations', result: 'operations', notifies: true };
  assert.deepEqual(formOf(stopped), { ...stopping, retryAfter: '10' });
  assert.deepEqual(
    [await poll(stopped), await poll(stopped)].map(({ headers }) => headers.get('retry-after')),
    ['30', null],
  );
  assert.equal(new URL(stopped.headers.get('location') ?? '').searchParams.get('monitor'), 'true');
  assert.ok(new URL(stopped.headers.get('location') ?? '').searchParams.has('p'));
  await finish('virtualMachines/vm');
  assert.deepEqual([(await ask('POST', 'virtualMachines/vm/generalize')).status], [200]);
});

const linux = (name: string) => ({ imageReference: DEBIAN, osDisk: { name, createOption: 'FromImage' } });
const WINDOWS = {
  publisher: 'MicrosoftWindowsServer',
  offer: 'WindowsServer',
  sku: '2022-datacenter-g2',
  version: 'latest',
};

test('older versions wait for the update of a machine, and are not told that Azure notifies of what is done to it', async () => {
  const patch = (version: string) => ask('PATCH', 'virtualMachines/vm', { tags: { made: 'here' } }, version);
  const older = await patch('2020-12-01');
  assert.deepEqual(formOf(older), { status: 200, operation: 'operations', notifies: true });
  await finish('virtualMachines/vm');
  assert.equal((await poll(older)).body['status'], 'Succeeded');
  assert.deepEqual(formOf(await patch('2022-11-01')), { status: 200, operation: undefined });
  const redeploy = await ask('POST', 'virtualMachines/vm/redeploy', undefined, '2020-12-01');
  assert.deepEqual(formOf(redeploy), { status: 202, operation: 'operations', result: 'operations' });
  await finish('virtualMachines/vm');
});

test('images and galleries are created at one address, and a version is asked for once a minute', async () => {
  const image = {
    location,
    properties: {
      hyperVGeneration: 'V2',
      storageProfile: {
        osDisk: { osType: 'Linux', osState: 'Generalized', snapshot: { id: `${COMPUTE}/snapshots/one` } },
      },
    },
  };
  const made = await ask('PUT', 'images/one', image);
  assert.deepEqual(formOf(made), { status: 201, operation: 'operations', notifies: true });
  await finish('images/one');
  const gallery = await ask('PUT', 'galleries/one', { location, properties: {} }, '2022-03-03');
  assert.deepEqual(formOf(gallery), { status: 201, operation: 'capsOperations' });
  assert.equal(new URL(gallery.headers.get('azure-asyncoperation') ?? '').searchParams.has('p'), false);
  await finish('galleries/one');
  const identifier = { publisher: 'p', offer: 'o', sku: 's' };
  const definition = {
    location,
    properties: { osType: 'Linux', osState: 'Generalized', hyperVGeneration: 'V2', identifier, disallowed: {} },
  };
  const defined = await ask('PUT', 'galleries/one/images/one', definition, '2024-03-03');
  assert.deepEqual(formOf(defined), { status: 201, operation: 'capsOperations', notifies: true });
  assert.equal('disallowed' in (defined.body['properties'] as object), false);
  await finish('galleries/one/images/one');
  const version = await ask(
    'PUT',
    'galleries/one/images/one/versions/1.0.0',
    { location, properties: { storageProfile: { source: { id: `${COMPUTE}/images/one` } } } },
    '2022-03-03',
  );
  assert.deepEqual(formOf(version), { status: 201, operation: 'capsOperations', retryAfter: '60' });
  for (const _ of [1, 2, 3]) assert.equal((await poll(version)).headers.get('retry-after'), '60');
  await finish('galleries/one/images/one/versions/1.0.0');
});

test('an operation tells its times to seven digits, what it made, and which allowances are left', async () => {
  const made = await ask('PUT', 'disks/told', empty, '2024-03-02');
  const going = await poll(made);
  assert.deepEqual(Object.keys(going.body), ['startTime', 'status', 'name']);
  assert.match(String(going.body['startTime']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00$/);
  assert.match(
    going.headers.get('x-ms-ratelimit-remaining-resource') ?? '',
    /^Microsoft\.Compute\/GetOperation3Min;\d+,/,
  );
  await finish('disks/told');
  const ended = await poll(made);
  assert.deepEqual(Object.keys(ended.body), ['startTime', 'endTime', 'status', 'name', 'properties']);
  const { output } = ended.body['properties'] as { output: { properties: { provisioningState: string } } };
  assert.equal(output.properties.provisioningState, 'Succeeded');
  const machine = await ask('GET', 'virtualMachines/vm');
  assert.match(
    machine.headers.get('x-ms-ratelimit-remaining-resource') ?? '',
    /^Microsoft\.Compute\/LowCostGetSubscriptionMaximum;\d+,Microsoft\.Compute\/LowCostGetResource;\d+$/,
  );
});
