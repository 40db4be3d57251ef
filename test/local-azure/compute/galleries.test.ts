import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GalleryImageVersion } from '@azure/arm-compute';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';
import { describeMachine, location, makeGeneralized, makeMachine, makeNic, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

async function makeDefinition(group: string, tags: Record<string, string> = {}) {
  const { compute, resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate(group, { location });
  await compute.galleries.createOrUpdate(group, 'gallery', { location }, FAST);
  return compute.galleryImages.createOrUpdate(
    group,
    'gallery',
    'debian',
    {
      location,
      tags,
      osType: 'Linux',
      osState: 'Generalized',
      hyperVGeneration: 'V2',
      identifier: { publisher: 'kiln', offer: 'golden', sku: 'debian' },
    },
    FAST,
  );
}

const describe = (virtualMachineId: string, ...regions: string[]): GalleryImageVersion => ({
  location,
  publishingProfile: { targetRegions: regions.map((name) => ({ name, regionalReplicaCount: 1 })) },
  storageProfile: { source: { virtualMachineId } },
});

const publish = (group: string, version: GalleryImageVersion, name = '1.0.0') =>
  azure.clients.compute.galleryImageVersions.createOrUpdate(group, 'gallery', 'debian', name, version, FAST);

const statusOf = async (group: string, name = '1.0.0') => {
  const version = await azure.clients.compute.galleryImageVersions.get(group, 'gallery', 'debian', name, {
    expand: 'ReplicationStatus',
  });
  const { replicationStatus: status } = version;
  return {
    aggregated: status?.aggregatedState,
    regions: Object.fromEntries((status?.summary ?? []).map(({ region, state }) => [region, state])),
    details: (status?.summary ?? []).map(({ details }) => details ?? '').join(''),
    provisioningState: version.provisioningState,
  };
};

test('a machine that was generalized becomes a version in every region asked for', async () => {
  await makeDefinition('gal-a');
  const machineId = await makeGeneralized(azure, 'gal-a');
  const version = await publish('gal-a', describe(machineId, 'westeurope', 'northeurope'));
  assert.equal(version.provisioningState, 'Succeeded');
  assert.deepEqual(
    version.publishingProfile?.targetRegions?.map(({ name }) => name),
    ['West Europe', 'North Europe'],
  );
  assert.ok(version.publishingProfile?.publishedDate instanceof Date);
  assert.deepEqual(await statusOf('gal-a'), {
    aggregated: 'Completed',
    regions: { 'West Europe': 'Completed', 'North Europe': 'Completed' },
    details: '',
    provisioningState: 'Succeeded',
  });
});

test('a region that fails is tried again alone, by dropping and adding it', async () => {
  await makeDefinition('gal-b', { 'local-azure-fail-region': 'northeurope:1' });
  const machineId = await makeGeneralized(azure, 'gal-b');
  await assert.rejects(async () => publish('gal-b', describe(machineId, 'westeurope', 'northeurope')));
  const failed = await statusOf('gal-b');
  assert.deepEqual(failed.regions, { 'West Europe': 'Completed', 'North Europe': 'Failed' });
  assert.equal(failed.provisioningState, 'Failed');
  assert.match(failed.details, /Storage allocation failure/);

  await publish('gal-b', describe(machineId, 'westeurope'));
  assert.deepEqual((await statusOf('gal-b')).regions, { 'West Europe': 'Completed' });
  const done = await publish('gal-b', describe(machineId, 'westeurope', 'northeurope'));
  assert.ok(done.publishingProfile?.publishedDate instanceof Date, 'an update keeps the date of publishing');
  assert.deepEqual((await statusOf('gal-b')).regions, { 'West Europe': 'Completed', 'North Europe': 'Completed' });
});

test('progress advances while a version is replicated', async (t) => {
  const slow = await startTestAzure(t, { profile: 'quick', limits: 'off' });
  const former = azure;
  azure = slow;
  try {
    await makeDefinition('gal-slow');
    const machineId = await makeGeneralized(slow, 'gal-slow');
    const poller = slow.clients.compute.galleryImageVersions.createOrUpdate(
      'gal-slow',
      'gallery',
      'debian',
      '1.0.0',
      describe(machineId, 'westeurope', 'northeurope'),
      FAST,
    );
    await poller.submitted();
    const during = await statusOf('gal-slow');
    assert.equal(during.aggregated, 'InProgress');
    assert.equal(during.provisioningState, 'Creating');
    await refused(publish('gal-slow', describe(machineId, 'westeurope')), 409, 'Conflict');
    await poller.pollUntilDone();
    assert.equal((await statusOf('gal-slow')).aggregated, 'Completed');
  } finally {
    azure = former;
  }
});

test('what a version is made from cannot change, and must be generalized and of the right generation', async () => {
  await makeDefinition('gal-c');
  const running = await makeMachine(azure, 'gal-c');
  await refused(publish('gal-c', describe(running.id ?? '', 'westeurope')), 409, 'OperationNotAllowed', /generalized/);
  const { virtualMachines } = azure.clients.compute;
  await virtualMachines.deallocate('gal-c', 'vm', FAST);
  await virtualMachines.generalize('gal-c', 'vm');
  await refused(
    publish('gal-c', describe(running.id ?? '', 'northeurope')),
    400,
    'InvalidParameter',
    /location|region/i,
  );
  await publish('gal-c', describe(running.id ?? '', 'westeurope'));
  const other = await makeGeneralized(azure, 'gal-c-other');
  await refused(publish('gal-c', describe(other, 'westeurope')), 409, 'PropertyChangeNotAllowed');
});

test('versions, definitions and galleries go in that order', async () => {
  await makeDefinition('gal-d');
  const machineId = await makeGeneralized(azure, 'gal-d');
  await publish('gal-d', describe(machineId, 'westeurope'));
  const { galleries, galleryImages, galleryImageVersions } = azure.clients.compute;
  await refused(galleryImages.delete('gal-d', 'gallery', 'debian', FAST), 409, 'CannotDeleteResource');
  await refused(galleries.delete('gal-d', 'gallery', FAST), 409, 'CannotDeleteResource');
  await galleryImageVersions.delete('gal-d', 'gallery', 'debian', '1.0.0', FAST);
  assert.deepEqual(await collect(galleryImageVersions.listByGalleryImage('gal-d', 'gallery', 'debian')), []);
  await galleryImages.delete('gal-d', 'gallery', 'debian', FAST);
  await galleries.delete('gal-d', 'gallery', FAST);
});

test('a machine boots from a version where it is replicated, and from its definition', async () => {
  const definition = await makeDefinition('gal-e');
  const machineId = await makeGeneralized(azure, 'gal-e');
  const version = await publish('gal-e', describe(machineId, 'westeurope'));
  const { virtualMachines, disks } = azure.clients.compute;
  for (const [name, id] of [
    ['from-version', version.id],
    ['from-definition', definition.id],
  ] as const) {
    const nic = await makeNic(azure, 'gal-e', `nic-${name}`);
    const storageProfile = { imageReference: { id: id ?? '' }, osDisk: { createOption: 'FromImage' } };
    const machine = await virtualMachines.createOrUpdate('gal-e', name, describeMachine(nic, { storageProfile }), FAST);
    assert.equal(machine.provisioningState, 'Succeeded');
  }
  const elsewhere = disks.createOrUpdate(
    'gal-e',
    'elsewhere',
    {
      location: 'northeurope',
      creationData: { createOption: 'FromImage', galleryImageReference: { id: version.id ?? '' } },
    },
    FAST,
  );
  await refused(elsewhere, 404, 'GalleryImageNotFound', /northeurope/);
});

test('a version is made from a snapshot and says so', async () => {
  await makeDefinition('gal-f');
  await makeMachine(azure, 'gal-f');
  const { disks, snapshots, virtualMachines } = azure.clients.compute;
  await virtualMachines.deallocate('gal-f', 'vm', FAST);
  const disk = await disks.get('gal-f', 'os');
  const snapshot = await snapshots.createOrUpdate(
    'gal-f',
    'snap',
    { location, creationData: { createOption: 'Copy', sourceResourceId: disk.id ?? '' } },
    FAST,
  );
  const version = await publish('gal-f', {
    location,
    publishingProfile: { targetRegions: [{ name: location }] },
    storageProfile: { osDiskImage: { source: { id: snapshot.id ?? '' } } },
  });
  assert.equal(version.storageProfile?.osDiskImage?.source?.id?.toLowerCase(), snapshot.id?.toLowerCase());
  assert.equal(version.storageProfile?.osDiskImage?.sizeInGB, 30);
  // As recorded: the gallery read it by a signed address, and leaves that to be taken back.
  assert.equal((await snapshots.get('gal-f', 'snap')).diskState, 'ActiveSAS');
  await refused(snapshots.delete('gal-f', 'snap', FAST), 409, 'OperationNotAllowed', /active shared access signature/);
  await snapshots.revokeAccess('gal-f', 'snap', FAST);
  await snapshots.delete('gal-f', 'snap', FAST);
});
