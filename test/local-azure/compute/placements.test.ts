/** What machines and disks refer to: availability sets, placement groups, encryption sets, accesses; and what can be asked for. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';
import { describeMachine, location, makeMachine, makeNic, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined, { coreLimit: 4 });
});
after(() => azure?.close());

test('an availability set and a placement group tell who is in them, and go only when nobody is', async () => {
  const { availabilitySets, proximityPlacementGroups, virtualMachines } = azure.clients.compute;
  const nic = await makeNic(azure, 'place-a');
  const group = await proximityPlacementGroups.createOrUpdate('place-a', 'near', { location });
  assert.equal(group.proximityPlacementGroupType, 'Standard');
  const set = await availabilitySets.createOrUpdate('place-a', 'set', {
    location,
    platformFaultDomainCount: 2,
    platformUpdateDomainCount: 20,
    proximityPlacementGroup: { id: group.id ?? '' },
  });
  assert.deepEqual([set.sku?.name, set.virtualMachines], ['Classic', undefined]);
  const machine = describeMachine(nic, {
    availabilitySet: { id: set.id?.toUpperCase() ?? '' },
    proximityPlacementGroup: { id: group.id ?? '' },
  });
  const { id } = await virtualMachines.createOrUpdate('place-a', 'vm', machine, FAST);
  assert.deepEqual((await availabilitySets.get('place-a', 'set')).virtualMachines, [{ id }]);
  const near = await proximityPlacementGroups.get('place-a', 'near');
  const inside = [...(near.virtualMachines ?? []), ...(near.availabilitySets ?? [])].map((one) => one.id);
  assert.deepEqual(inside, [id, set.id]);
  await refused(availabilitySets.delete('place-a', 'set'), 409, 'OperationNotAllowed', /does not contain any VM/);
  await refused(proximityPlacementGroups.delete('place-a', 'near'), 409, 'OperationNotAllowed', /'near'/);
  assert.ok((await collect(availabilitySets.listAvailableSizes('place-a', 'set'))).length > 10);
  assert.ok((await collect(virtualMachines.listAvailableSizes('place-a', 'vm'))).length > 10);
  assert.deepEqual(
    (await collect(virtualMachines.listByLocation(location))).map(({ name }) => name),
    ['vm'],
  );
  await virtualMachines.delete('place-a', 'vm', FAST);
  await availabilitySets.delete('place-a', 'set');
  await proximityPlacementGroups.delete('place-a', 'near');
  assert.deepEqual(await collect(availabilitySets.list('place-a')), []);
});

test('an encryption set has an identity and a key, and stays while a disk is encrypted with it', async () => {
  const { disks, diskEncryptionSets } = azure.clients.compute;
  await azure.clients.resources.resourceGroups.createOrUpdate('place-b', { location });
  const identity = { type: 'SystemAssigned' as const };
  await refused(
    diskEncryptionSets.createOrUpdate('place-b', 'keys', { location, identity }, FAST),
    400,
    'InvalidParameter',
    /activeKey\.keyUrl/,
  );
  const activeKey = { keyUrl: 'https://vault.vault.azure.net/keys/one/0123456789abcdef0123456789abcdef' };
  const set = await diskEncryptionSets.createOrUpdate('place-b', 'keys', { location, identity, activeKey }, FAST);
  assert.equal(set.encryptionType, 'EncryptionAtRestWithCustomerKey');
  assert.match(set.identity?.principalId ?? '', /^[0-9a-f-]{36}$/);
  const encryption = { type: 'EncryptionAtRestWithCustomerKey' as const, diskEncryptionSetId: set.id ?? '' };
  const disk = { location, creationData: { createOption: 'Empty' as const }, diskSizeGB: 500, encryption };
  const made = await disks.createOrUpdate('place-b', 'disk', { ...disk, sku: { name: 'Premium_LRS' } }, FAST);
  assert.deepEqual([made.tier, made.diskIopsReadWrite, made.diskMBpsReadWrite], ['P20', 2300, 150]);
  await refused(diskEncryptionSets.delete('place-b', 'keys', FAST), 409, 'OperationNotAllowed', /disks\/disk/);
  await disks.delete('place-b', 'disk', FAST);
  await diskEncryptionSets.delete('place-b', 'keys', FAST);
  await refused(diskEncryptionSets.get('place-b', 'keys'), 404, 'NotFound', /DiskEncryptionSet 'keys' was not found/);
});

test('a disk that is read by a signed address is not deleted before that is taken back', async () => {
  const { disks } = azure.clients.compute;
  await azure.clients.resources.resourceGroups.createOrUpdate('place-c', { location });
  const empty = { location, creationData: { createOption: 'Empty' as const }, diskSizeGB: 4 };
  await disks.createOrUpdate('place-c', 'disk', empty, FAST);
  await disks.grantAccess('place-c', 'disk', { access: 'Read', durationInSeconds: 60 }, FAST);
  await refused(disks.delete('place-c', 'disk', FAST), 409, 'OperationNotAllowed', /active shared access signature/);
  await disks.revokeAccess('place-c', 'disk', FAST);
  await disks.delete('place-c', 'disk', FAST);
});

test('a machine that was deallocated asks for its cores again when it is started', async () => {
  const { virtualMachines } = azure.clients.compute;
  await makeMachine(azure, 'place-d');
  await virtualMachines.deallocate('place-d', 'vm', FAST);
  for (const group of ['place-e', 'place-f']) await makeMachine(azure, group);
  await refused(
    virtualMachines.start('place-d', 'vm', FAST),
    409,
    'OperationNotAllowed',
    /exceeding approved Total Regional Cores quota.*Current Limit: 4, Current Usage: 4, Additional Required: 2/,
  );
  await virtualMachines.powerOff('place-e', 'vm', FAST);
  await refused(virtualMachines.start('place-d', 'vm', FAST), 409, 'OperationNotAllowed', /Current Usage: 4/);
  await virtualMachines.start('place-e', 'vm', FAST);
  await virtualMachines.deallocate('place-e', 'vm', FAST);
  await virtualMachines.start('place-d', 'vm', FAST);
  for (const group of ['place-d', 'place-f']) await virtualMachines.delete(group, 'vm', FAST);
});

test('extensions can be walked by publisher, type and version, and a publisher without any has an empty list', async () => {
  const { virtualMachineExtensionImages: images } = azure.clients.compute;
  const types = (await images.listTypes(location, 'Microsoft.Azure.Extensions')).map(({ name }) => name);
  assert.deepEqual(types, ['CustomScript']);
  const versions = await images.listVersions(location, 'Microsoft.Azure.Extensions', 'CustomScript', {
    orderby: 'name desc',
    top: 1,
  });
  const [newest] = versions;
  assert.equal(versions.length, 1);
  const found = await images.get(location, 'Microsoft.Azure.Extensions', 'CustomScript', newest?.name ?? '');
  assert.deepEqual([found.operatingSystem, found.computeRole], ['Linux', 'IaaS']);
  assert.deepEqual(await images.listTypes(location, '128technology'), []);
  await refused(images.get(location, 'Microsoft.Compute', 'BGInfo', '0.0.1'), 404, 'NotFound', /VMExtension/);
});

test('SKUs say what a region has and what a size can do', async () => {
  const answer = await azure.call(
    'GET',
    `/subscriptions/${LOCAL_SUBSCRIPTION}/providers/Microsoft.Compute/skus?api-version=2021-07-01&$filter=location eq '${location}'`,
  );
  const skus = answer.body['value'] as Array<{
    resourceType: string;
    name: string;
    capabilities?: Array<{ name: string; value: string }>;
  }>;
  assert.deepEqual(
    new Set(skus.map(({ resourceType }) => resourceType)),
    new Set(['availabilitySets', 'virtualMachines', 'disks', 'snapshots']),
  );
  const able = (size: string, capability: string) =>
    skus.find(({ name }) => name === size)?.capabilities?.find(({ name }) => name === capability)?.value;
  assert.deepEqual(
    ['Standard_A1_v2', 'Standard_D2ds_v4'].map((size) => able(size, 'PremiumIO')),
    ['False', 'True'],
  );
  assert.equal(able('Standard_D2ds_v4', 'HyperVGenerations'), 'V1,V2');
});
