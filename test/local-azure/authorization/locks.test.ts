import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { startTestAzure, type TestAzure } from '../support.ts';

const SUBSCRIPTION = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const GROUP = `${SUBSCRIPTION}/resourceGroups/locked`;
const NETWORK = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net`;
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

const lockAt = (scope: string) => `${scope}/providers/Microsoft.Authorization/locks/kept?api-version=2016-09-01`;
const lock = (scope: string, level: string) =>
  azure.call('PUT', lockAt(scope), { body: { properties: { level, notes: 'by a test' } } });
const unlock = (scope: string) => azure.call('DELETE', lockAt(scope));
const groupAt = `${GROUP}?api-version=2021-04-01`;
const networkAt = `${NETWORK}?api-version=2022-07-01`;
const putNetwork = () =>
  azure.call('PUT', networkAt, {
    body: { location: 'westeurope', properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } } },
  });
async function makeAll() {
  await azure.call('PUT', groupAt, { body: { location: 'westeurope' } });
  assert.ok((await putNetwork()).status < 300);
}

test('a lock is made, told with its level and notes, changed and taken away', async () => {
  await makeAll();
  const made = await lock(NETWORK, 'cannotdelete');
  assert.equal(made.status, 201);
  assert.deepEqual(made.body['properties'], { level: 'CanNotDelete', notes: 'by a test' });
  const changed = await lock(NETWORK, 'ReadOnly');
  assert.deepEqual([changed.status, changed.body['properties']], [200, { level: 'ReadOnly', notes: 'by a test' }]);
  const list = async (scope: string) => {
    const { body } = await azure.call('GET', `${scope}/providers/Microsoft.Authorization/locks?api-version=2016-09-01`);
    return (body['value'] as unknown[]).length;
  };
  assert.deepEqual(await Promise.all([SUBSCRIPTION, GROUP, NETWORK].map(list)), [1, 1, 1]);
  assert.equal((await unlock(NETWORK)).status, 200);
  assert.equal((await unlock(NETWORK)).status, 204);
  assert.equal((await azure.call('GET', lockAt(NETWORK))).body.error?.code, 'LockNotFound');
  assert.equal((await lock(NETWORK, 'Never')).status, 400);
  assert.equal((await lock(`${NETWORK}2`, 'ReadOnly')).body.error?.code, 'ResourceNotFound');
});

test('what is locked against deletion is changed, and not deleted, nor is what it is in', async () => {
  await makeAll();
  await lock(NETWORK, 'CanNotDelete');
  assert.equal((await putNetwork()).status, 200);
  for (const path of [networkAt, groupAt]) {
    const refused = await azure.call('DELETE', path);
    assert.deepEqual([refused.status, refused.body.error?.code], [409, 'ScopeLocked']);
    assert.match(
      refused.body.error?.message ?? '',
      /cannot perform delete operation .* are locked: '.*virtualNetworks\/net'/,
    );
  }
  await unlock(NETWORK);
  assert.equal((await azure.call('DELETE', networkAt)).status, 202);
});

test('a lock of a group holds for all in it, and one for reading only refuses changes too', async () => {
  await makeAll();
  await lock(GROUP, 'ReadOnly');
  assert.equal((await putNetwork()).body.error?.code, 'ScopeLocked');
  assert.equal((await azure.call('DELETE', networkAt)).status, 409);
  assert.equal((await azure.call('GET', networkAt)).status, 200);
  // Another lock may be made in it, and that one taken away.
  assert.equal((await lock(NETWORK, 'CanNotDelete')).status, 201);
  assert.equal((await unlock(NETWORK)).status, 200);
  assert.equal((await unlock(GROUP)).status, 200);
  assert.equal((await azure.call('DELETE', groupAt)).status, 202);
});
