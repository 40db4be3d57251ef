import assert from 'node:assert/strict';
import { before, after, test } from 'node:test';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure.close());

test('a group is made, read, listed by tag, changed and deleted by the real client', async () => {
  const { resources } = azure.clients;
  const made = await resources.resourceGroups.createOrUpdate('Group-A', {
    location: 'West Europe',
    tags: { team: 'x' },
  });
  assert.equal(made.location, 'westeurope');
  assert.equal((await resources.resourceGroups.get('group-a')).name, 'Group-A');
  await resources.resourceGroups.update('group-a', { tags: { team: 'y' } });
  const found = await collect(resources.resourceGroups.list({ filter: "tagName eq 'team' and tagValue eq 'y'" }));
  assert.deepEqual(
    found.map(({ name }) => name),
    ['Group-A'],
  );
  await resources.resourceGroups.delete('group-a', FAST);
  await assert.rejects(resources.resourceGroups.get('group-a'), { code: 'ResourceGroupNotFound', statusCode: 404 });
});

test('a group keeps its location', async () => {
  const { resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate('fixed', { location: 'westeurope' });
  await assert.rejects(resources.resourceGroups.createOrUpdate('fixed', { location: 'eastus' }), {
    code: 'InvalidResourceGroupLocation',
    statusCode: 409,
  });
});

test('deleting a group deletes what is in it, whatever depends on what', async () => {
  const { resources, network, storage, identity } = azure.clients;
  const location = 'westeurope';
  await resources.resourceGroups.createOrUpdate('cascade', { location });
  await network.networkSecurityGroups.createOrUpdate('cascade', 'nsg', { location }, FAST);
  const nsg = await network.networkSecurityGroups.get('cascade', 'nsg');
  await network.virtualNetworks.createOrUpdate(
    'cascade',
    'vnet',
    {
      location,
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'default', addressPrefix: '10.0.0.0/24', networkSecurityGroup: { id: nsg.id ?? '' } }],
    },
    FAST,
  );
  await storage.storageAccounts.create(
    'cascade',
    'cascadeaccount',
    { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
    FAST,
  );
  await identity.userAssignedIdentities.createOrUpdate('cascade', 'someone', { location });
  const listed = await collect(resources.resources.listByResourceGroup('cascade'));
  assert.equal(listed.length, 4);
  await resources.resourceGroups.delete('cascade', FAST);
  const left = azure.azure.services.store.list({
    under: `/subscriptions/${azure.connection.subscriptionId}/resourceGroups/cascade`,
  });
  assert.deepEqual(left, []);
});

test('a provider that is not registered makes nothing new', async (t) => {
  const azure = await startTestAzure(t);
  const subscription = `/subscriptions/${azure.connection.subscriptionId}`;
  const register = (verb: string) =>
    azure.call('POST', `${subscription}/providers/Microsoft.Network/${verb}?api-version=2021-04-01`);
  assert.equal((await register('unregister')).body['registrationState'], 'Unregistered');
  const put = () =>
    azure.call(
      'PUT',
      `${subscription}/resourceGroups/golden-images/providers/Microsoft.Network/networkSecurityGroups/nsg?api-version=2024-05-01`,
      { body: { location: 'westeurope' } },
    );
  const refused = await put();
  assert.deepEqual([refused.status, refused.body.error?.code], [409, 'MissingSubscriptionRegistration']);
  await azure.restart();
  assert.equal((await put()).status, 409, 'it stays so');
  await register('register');
  assert.equal((await put()).status, 201);
});
