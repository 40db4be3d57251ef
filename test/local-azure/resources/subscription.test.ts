import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { collect, eventually, FAST, startTestAzure, type TestAzure } from '../support.ts';

const SUBSCRIPTION = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const location = 'westeurope';
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
  await azure.clients.resources.resourceGroups.createOrUpdate('offers', { location, tags: { team: 'x' } });
});
after(() => azure?.close());

test('names of tags are made ahead, and told with those in use', async () => {
  const at = (below: string) => `${SUBSCRIPTION}/tagNames${below}?api-version=2021-04-01`;
  assert.equal((await azure.call('PUT', at('/stage'))).status, 201);
  assert.equal((await azure.call('PUT', at('/stage'))).status, 200);
  assert.equal((await azure.call('PUT', at('/stage/tagValues/test'))).status, 201);
  assert.equal((await azure.call('PUT', at('/none/tagValues/test'))).status, 404);
  type Told = Array<{ tagName: string; count: { value: number }; values: Array<{ tagValue: string }> }>;
  const told = (await azure.call('GET', at(''))).body['value'] as Told;
  const found = (name: string) => told.find(({ tagName }) => tagName === name);
  assert.deepEqual(
    [found('stage')?.count.value, found('stage')?.values.map(({ tagValue }) => tagValue)],
    [0, ['test']],
  );
  assert.deepEqual([found('team')?.count.value, found('team')?.values[0]?.tagValue], [1, 'x']);
  assert.equal((await azure.call('DELETE', at('/team'))).body.error?.code, 'TagInUse');
  assert.equal((await azure.call('DELETE', at('/stage/tagValues/test'))).status, 200);
  assert.equal((await azure.call('DELETE', at('/stage'))).status, 200);
});

test('a subscription, a group and a resource have tags by one address each', async () => {
  const { resources, identity } = azure.clients;
  const made = await identity.userAssignedIdentities.createOrUpdate('offers', 'tagged', { location });
  for (const scope of [SUBSCRIPTION, `${SUBSCRIPTION}/resourceGroups/offers`, made.id ?? '']) {
    await resources.tagsOperations.createOrUpdateAtScope(scope, { properties: { tags: { a: '1', b: '2' } } }, FAST);
    await resources.tagsOperations.updateAtScope(
      scope,
      { operation: 'Delete', properties: { tags: { a: '1' } } },
      FAST,
    );
    assert.deepEqual((await resources.tagsOperations.getAtScope(scope)).properties?.tags, { b: '2' }, scope);
  }
  const { tags } = await identity.userAssignedIdentities.get('offers', 'tagged');
  assert.deepEqual(tags, { b: '2' });
  const subscription = await azure.call('GET', `${SUBSCRIPTION}?api-version=2022-12-01`);
  assert.deepEqual(subscription.body['tags'], { b: '2' });
  const missing = `${made.id ?? ''}2/providers/Microsoft.Resources/tags/default?api-version=2021-04-01`;
  assert.equal((await azure.call('GET', missing)).body.error?.code, 'ResourceNotFound');
});

test('a feature that is open is registered, and another one waits', async () => {
  const at = (name: string) => `${SUBSCRIPTION}/providers/Microsoft.Features/providers/${name}`;
  const ask = async (method: string, path: string) => {
    const { body } = await azure.call(method, `${path}?api-version=2021-07-01`);
    return (body['properties'] as { state: string }).state;
  };
  const open = at('Microsoft.Compute/features/EncryptionAtHost');
  assert.equal(await ask('GET', open), 'NotRegistered');
  assert.equal(await ask('POST', `${open}/register`), 'Registering');
  assert.equal(await ask('GET', open), 'Registered');
  assert.equal(await ask('POST', `${at('Microsoft.Compute/features/Secret')}/register`), 'Pending');
  const { body } = await azure.call('GET', `${at('Microsoft.Compute/features')}?api-version=2021-07-01`);
  const names = (body['value'] as Array<{ name: string }>).map(({ name }) => name);
  assert.ok(names.includes('Microsoft.Compute/EncryptionAtHost') && names.includes('Microsoft.Compute/Secret'));
});

test('regions are told as the version of the API tells them', async () => {
  const first = async (apiVersion: string) => {
    const { body } = await azure.call('GET', `${SUBSCRIPTION}/locations?api-version=${apiVersion}`);
    return Object.keys((body['value'] as object[])[0] ?? {});
  };
  assert.deepEqual(await first('2019-06-01'), ['id', 'name', 'displayName', 'longitude', 'latitude']);
  assert.ok(!(await first('2020-01-01')).includes('type'));
  assert.ok((await first('2022-12-01')).includes('availabilityZoneMappings'));
});

test('groups come by the page where a client asks for so many', async () => {
  const { resources } = azure.clients;
  for (const name of ['page-1', 'page-2']) await resources.resourceGroups.createOrUpdate(name, { location });
  const all = (await collect(resources.resourceGroups.list())).map(({ name }) => name);
  const paged = (await collect(resources.resourceGroups.list({ top: 1 }))).map(({ name }) => name);
  assert.deepEqual(paged, all);
  const refused = await azure.call('GET', `${SUBSCRIPTION}/resourceGroups?api-version=2021-04-01&$top=0`);
  assert.equal(refused.status, 400);
});

test('a group is refused a region that is none, in its own words', async () => {
  await assert.rejects(azure.clients.resources.resourceGroups.createOrUpdate('lost', { location: 'Atlantis' }), {
    code: 'LocationNotAvailableForResourceGroup',
    statusCode: 400,
  });
});

test('a group is exported as a template that makes it again', async () => {
  const { resources, network } = azure.clients;
  await resources.resourceGroups.createOrUpdate('from', { location });
  await resources.resourceGroups.createOrUpdate('to', { location });
  const nsg = await network.networkSecurityGroups.createOrUpdate('from', 'nsg', { location }, FAST);
  await network.virtualNetworks.createOrUpdate(
    'from',
    'vnet',
    {
      location,
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'one', addressPrefix: '10.0.0.0/24', networkSecurityGroup: { id: nsg.id ?? '' } }],
    },
    FAST,
  );
  const { template } = await resources.resourceGroups.exportTemplate(
    'from',
    { resources: ['*'], options: 'IncludeParameterDefaultValue' },
    FAST,
  );
  const { parameters } = template as { parameters: Record<string, { defaultValue: string }> };
  assert.deepEqual(Object.keys(parameters).toSorted(), ['networkSecurityGroups_nsg_name', 'virtualNetworks_vnet_name']);
  const to = `${SUBSCRIPTION}/resourceGroups/to/providers/Microsoft.Resources/deployments/again`;
  const body = { properties: { mode: 'Incremental', template } };
  assert.equal((await azure.call('PUT', `${to}?api-version=2025-04-01`, { body })).status, 201);
  const deployed = await eventually(
    async () => (await azure.call('GET', `${to}?api-version=2025-04-01`)).body['properties'] as Record<string, string>,
    ({ provisioningState }) => /Succeeded|Failed/.test(provisioningState ?? ''),
  );
  assert.equal(deployed['provisioningState'], 'Succeeded', JSON.stringify(deployed));
  const subnet = await network.subnets.get('to', 'vnet', 'one');
  assert.match(subnet.networkSecurityGroup?.id ?? '', /resourceGroups\/to\/.*\/nsg$/);
});

test('a link says what has to do with what', async () => {
  const at = `${SUBSCRIPTION}/resourceGroups/offers/providers/Microsoft.Resources/links/one?api-version=2016-09-01`;
  const targetId = `${SUBSCRIPTION}/resourceGroups/page-1`;
  const made = await azure.call('PUT', at, { body: { properties: { targetId, notes: 'see there' } } });
  assert.deepEqual(
    [made.status, made.body['properties']],
    [201, { sourceId: `${SUBSCRIPTION}/resourceGroups/offers/`, targetId: `${targetId}/`, notes: 'see there' }],
  );
  assert.equal((await azure.call('DELETE', at)).status, 200);
  assert.equal((await azure.call('GET', at)).body.error?.code, 'ResourceLinkNotFound');
});

test('providers that nothing is played of are registered for all the same, and each says what it can be asked for', async () => {
  const { resources } = azure.clients;
  await resources.providers.unregister('Microsoft.ContainerInstance');
  assert.equal((await resources.providers.get('Microsoft.ContainerInstance')).registrationState, 'Unregistered');
  const registered = await resources.providers.register('Microsoft.ContainerInstance');
  assert.equal(registered.registrationState, 'Registered');
  await assert.rejects(resources.providers.get('Microsoft.Nothing'), { code: 'InvalidResourceNamespace' });
  const all = await azure.call('GET', '/providers?api-version=2022-12-01');
  const [first] = all.body['value'] as Array<{ id: string }>;
  assert.match(first?.id ?? '', /^\/providers\/Microsoft\./);
  const { body } = await azure.call('GET', '/providers/Microsoft.Storage/operations?api-version=2023-01-01');
  const names = (body['value'] as Array<{ name: string }>).map(({ name }) => name);
  assert.ok(names.includes('Microsoft.Storage/storageAccounts/listKeys/action'));
  assert.ok(names.includes('Microsoft.Storage/storageAccounts/blobServices/containers/write'));
});

test('the identity that a resource has of its own is found at the resource', async () => {
  const { storage, resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate('owner', { location });
  const made = await storage.storageAccounts.create(
    'owner',
    'ownidentity',
    { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' }, identity: { type: 'SystemAssigned' } },
    FAST,
  );
  const found = await azure.clients.identity.systemAssignedIdentities.getByScope(made.id ?? '');
  assert.equal(found.principalId, made.identity?.principalId);
});
