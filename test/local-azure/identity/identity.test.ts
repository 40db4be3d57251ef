import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect, startTestAzure } from '../support.ts';

test('an identity is made, listed and deleted by the real client, and a new Azure has one to build with', async (t) => {
  const { clients } = await startTestAzure(t);
  await clients.resources.resourceGroups.createOrUpdate('people', { location: 'westeurope' });
  const made = await clients.identity.userAssignedIdentities.createOrUpdate('people', 'builder', {
    location: 'westeurope',
  });
  assert.match(made.principalId ?? '', /^[0-9a-f-]{36}$/);
  assert.notEqual(made.principalId, made.clientId);
  const names = (await collect(clients.identity.userAssignedIdentities.listBySubscription())).map(({ name }) => name);
  assert.deepEqual(new Set(names), new Set(['builder', 'image-builder']));
  await clients.identity.userAssignedIdentities.delete('people', 'builder');
  await assert.rejects(clients.identity.userAssignedIdentities.get('people', 'builder'), { code: 'ResourceNotFound' });
});
