import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobClient, StorageSharedKeyCredential, PageBlobClient } from '@azure/storage-blob';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';
import { DEBIAN, describeMachine, location, makeLogs, makeMachine, makeNic, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

const exactImage = async () => {
  const { publisher, offer, sku } = DEBIAN;
  const images = azure.clients.compute.virtualMachineImages;
  const [version] = await images.list(location, publisher, offer, sku);
  return images.get(location, publisher, offer, sku, version?.name ?? '');
};

async function makeDisk(group: string, name = 'disk') {
  await azure.clients.resources.resourceGroups.createOrUpdate(group, { location });
  const { id } = await exactImage();
  return azure.clients.compute.disks.createOrUpdate(
    group,
    name,
    {
      location,
      sku: { name: 'Premium_LRS' },
      osType: 'Linux',
      hyperVGeneration: 'V2',
      creationData: { createOption: 'FromImage', imageReference: { id: id ?? '' } },
    },
    FAST,
  );
}

test('a disk copied from a marketplace image has its size and is free', async () => {
  const disk = await makeDisk('disk-a');
  assert.equal(disk.provisioningState, 'Succeeded');
  assert.equal(disk.diskState, 'Unattached');
  assert.equal(disk.diskSizeGB, 30);
  assert.equal(disk.osType, 'Linux');
  assert.match(disk.uniqueId ?? '', /^[0-9a-f-]{36}$/);
  assert.ok(disk.timeCreated instanceof Date);
});

test('a disk is accepted with both addresses, of DiskOperations', async () => {
  const { subscriptionId } = azure.connection;
  await azure.clients.resources.resourceGroups.createOrUpdate('disk-b', { location });
  const path = `/subscriptions/${subscriptionId}/resourceGroups/disk-b/providers/Microsoft.Compute/disks/empty?api-version=2024-03-02`;
  const answer = await azure.call('PUT', path, {
    body: { location, properties: { diskSizeGB: 8, creationData: { createOption: 'Empty' } } },
  });
  assert.equal(answer.status, 202);
  assert.match(answer.headers.get('azure-asyncoperation') ?? '', /\/DiskOperations\//);
  assert.match(answer.headers.get('location') ?? '', /\/DiskOperations\/.*monitor=true/);
});

test('what a disk is made from must exist, and a size must be known', async () => {
  const { compute, resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate('disk-c', { location });
  await refused(
    compute.disks.createOrUpdate('disk-c', 'none', { location, creationData: { createOption: 'Empty' } }, FAST),
    400,
    'InvalidParameter',
    /diskSizeGB/,
  );
  const missing = `/subscriptions/${azure.connection.subscriptionId}/resourceGroups/disk-c/providers/Microsoft.Compute/disks/gone`;
  await assert.rejects(async () =>
    compute.disks.createOrUpdate(
      'disk-c',
      'copy',
      { location, creationData: { createOption: 'Copy', sourceResourceId: missing } },
      FAST,
    ),
  );
});

test('granted access reads the disk as a VHD, and a revoked one reads nothing', async () => {
  const { disks } = azure.clients.compute;
  const disk = await makeDisk('disk-d');
  const { accessSAS = '' } = await disks.grantAccess(
    'disk-d',
    'disk',
    { access: 'Read', durationInSeconds: 3600 },
    FAST,
  );
  assert.equal((await disks.get('disk-d', 'disk')).diskState, 'ActiveSAS');
  const vhd = new BlobClient(accessSAS);
  const { contentLength = 0, blobType } = await vhd.getProperties();
  assert.equal(blobType, 'PageBlob');
  assert.equal(contentLength, (disk.diskSizeGB ?? 0) * 1024 ** 3 + 512);
  const footer = await vhd.downloadToBuffer(contentLength - 512, 512);
  assert.equal(footer.subarray(0, 8).toString(), 'conectix');

  await disks.revokeAccess('disk-d', 'disk', FAST);
  assert.equal((await disks.get('disk-d', 'disk')).diskState, 'Unattached');
  await assert.rejects(vhd.getProperties());
});

test('the storage service copies a granted disk into another account', async () => {
  const { compute, storage } = azure.clients;
  await makeDisk('disk-e');
  await makeLogs(azure, 'disk-e', 'diskcopytarget');
  const { keys } = await storage.storageAccounts.listKeys('disk-e', 'diskcopytarget');
  const { accessSAS = '' } = await compute.disks.grantAccess(
    'disk-e',
    'disk',
    { access: 'Read', durationInSeconds: 600 },
    FAST,
  );
  const target = new PageBlobClient(
    `${azure.connection.blobEndpoint}/diskcopytarget/logs/out.vhd`,
    new StorageSharedKeyCredential('diskcopytarget', keys?.[0]?.value ?? ''),
  );
  const poller = await target.beginCopyFromURL(accessSAS, { intervalInMs: 5 });
  await poller.pollUntilDone();
  const [copied, source] = await Promise.all([target.getProperties(), new BlobClient(accessSAS).getProperties()]);
  assert.equal(copied.copyStatus, 'success');
  assert.equal(copied.contentLength, source.contentLength);
});

test('a snapshot copies a disk and outlives it', async () => {
  const { disks, snapshots } = azure.clients.compute;
  const disk = await makeDisk('disk-f');
  const snapshot = await snapshots.createOrUpdate(
    'disk-f',
    'snap',
    { location, creationData: { createOption: 'Copy', sourceResourceId: disk.id ?? '' } },
    FAST,
  );
  assert.equal(snapshot.diskSizeGB, 30);
  assert.equal(snapshot.incremental, false);
  await disks.delete('disk-f', 'disk', FAST);
  const again = await disks.createOrUpdate(
    'disk-f',
    'again',
    { location, creationData: { createOption: 'Copy', sourceResourceId: snapshot.id ?? '' } },
    FAST,
  );
  assert.equal(again.provisioningState, 'Succeeded');
});

test('a disk in use is not deleted, nor read while its machine runs', async () => {
  const { disks, virtualMachines } = azure.clients.compute;
  await makeMachine(azure, 'disk-g');
  const disk = await disks.get('disk-g', 'os');
  assert.equal(disk.diskState, 'Attached');
  assert.match(disk.managedBy ?? '', /virtualMachines\/vm$/);
  await refused(disks.delete('disk-g', 'os', FAST), 409, 'OperationNotAllowed', /attached/);
  await refused(
    disks.grantAccess('disk-g', 'os', { access: 'Read', durationInSeconds: 60 }, FAST),
    409,
    'OperationNotAllowed',
  );
  await virtualMachines.deallocate('disk-g', 'vm', FAST);
  assert.equal((await disks.get('disk-g', 'os')).diskState, 'Reserved');
  const { accessSAS } = await disks.grantAccess('disk-g', 'os', { access: 'Read', durationInSeconds: 60 }, FAST);
  assert.match(accessSAS ?? '', /^https:/);
});

test('a machine boots from a disk that is there, which no other machine may have', async () => {
  const { compute } = azure.clients;
  const disk = await makeDisk('disk-h');
  const storageProfile = {
    osDisk: { createOption: 'Attach', osType: 'Linux' as const, managedDisk: { id: disk.id ?? '' } },
  };
  const nic = await makeNic(azure, 'disk-h');
  const { osProfile: _none, ...description } = describeMachine(nic, { storageProfile });
  const machine = await compute.virtualMachines.createOrUpdate('disk-h', 'vm', description, FAST);
  assert.equal(machine.storageProfile?.osDisk?.managedDisk?.id?.toLowerCase(), disk.id?.toLowerCase());
  const other = await makeNic(azure, 'disk-h', 'other');
  await assert.rejects(async () =>
    compute.virtualMachines.createOrUpdate(
      'disk-h',
      'second',
      { ...description, networkProfile: { networkInterfaces: [{ id: other }] } },
      FAST,
    ),
  );
});

test('a disk that has grown is read at its new size, and is still attached', async () => {
  const { disks, virtualMachines } = azure.clients.compute;
  await makeMachine(azure, 'disk-i');
  await virtualMachines.deallocate('disk-i', 'vm', FAST);
  const grown = await disks.update('disk-i', 'os', { diskSizeGB: 32 }, FAST);
  assert.equal(grown.diskSizeGB, 32);
  assert.match(grown.managedBy ?? '', /virtualMachines\/vm$/);
  const { accessSAS = '' } = await disks.grantAccess('disk-i', 'os', { access: 'Read', durationInSeconds: 60 }, FAST);
  const { contentLength } = await new BlobClient(accessSAS).getProperties();
  assert.equal(contentLength, 32 * 1024 ** 3 + 512);
});
