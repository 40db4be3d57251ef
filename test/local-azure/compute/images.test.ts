import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';
import { describeMachine, location, makeGeneralized, makeMachine, makeNic, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

test('a generalized machine becomes an image, from which machines are made after it is gone', async () => {
  const { compute } = azure.clients;
  const machineId = await makeGeneralized(azure, 'img-a');
  const image = await compute.images.createOrUpdate(
    'img-a',
    'golden',
    { location, sourceVirtualMachine: { id: machineId }, hyperVGeneration: 'V2' },
    FAST,
  );
  assert.equal(image.provisioningState, 'Succeeded');
  assert.equal(image.hyperVGeneration, 'V2');
  assert.deepEqual(
    [image.storageProfile?.osDisk?.osType, image.storageProfile?.osDisk?.osState],
    ['Linux', 'Generalized'],
  );
  await compute.virtualMachines.delete('img-a', 'vm', FAST);
  await compute.disks.delete('img-a', 'os', FAST);
  const nic = await makeNic(azure, 'img-a');
  const storageProfile = { imageReference: { id: image.id ?? '' }, osDisk: { createOption: 'FromImage' } };
  const machine = await compute.virtualMachines.createOrUpdate(
    'img-a',
    'child',
    describeMachine(nic, { storageProfile }),
    FAST,
  );
  assert.equal(machine.provisioningState, 'Succeeded');
  const tagged = await compute.images.update('img-a', 'golden', { tags: { a: 'b' } }, FAST);
  assert.deepEqual(tagged.tags, { a: 'b' });
  await compute.images.delete('img-a', 'golden', FAST);
  await refused(compute.images.get('img-a', 'golden'), 404, 'ResourceNotFound');
});

test('an image of a machine that is not generalized, or without its generation, is refused', async () => {
  const { compute } = azure.clients;
  const machine = await makeMachine(azure, 'img-b');
  await refused(
    compute.images.createOrUpdate(
      'img-b',
      'golden',
      { location, sourceVirtualMachine: { id: machine.id ?? '' }, hyperVGeneration: 'V2' },
      FAST,
    ),
    409,
    'OperationNotAllowed',
    /generalized/,
  );
  await compute.virtualMachines.deallocate('img-b', 'vm', FAST);
  const disk = await compute.disks.get('img-b', 'os');
  const osDisk = { osType: 'Linux', osState: 'Generalized', managedDisk: { id: disk.id ?? '' } } as const;
  await refused(
    compute.images.createOrUpdate('img-b', 'golden', { location, storageProfile: { osDisk } }, FAST),
    400,
    'InvalidParameter',
    /Required parameter 'hyperVGeneration' is missing \(null\)\./,
  );
  const image = await compute.images.createOrUpdate(
    'img-b',
    'golden',
    { location, hyperVGeneration: 'V2', storageProfile: { osDisk } },
    FAST,
  );
  assert.equal(image.storageProfile?.osDisk?.diskSizeGB, 30);
});

test('an image serves the region that it is in', async () => {
  const { compute, network } = azure.clients;
  const machineId = await makeGeneralized(azure, 'img-c');
  const image = await compute.images.createOrUpdate(
    'img-c',
    'golden',
    { location, sourceVirtualMachine: { id: machineId } },
    FAST,
  );
  const region = 'northeurope';
  await network.virtualNetworks.createOrUpdate(
    'img-c',
    'north',
    {
      location: region,
      addressSpace: { addressPrefixes: ['10.9.0.0/16'] },
      subnets: [{ name: 'build', addressPrefix: '10.9.0.0/24' }],
    },
    FAST,
  );
  const { id: subnet = '' } = await network.subnets.get('img-c', 'north', 'build');
  const nic = await network.networkInterfaces.createOrUpdate(
    'img-c',
    'north',
    { location: region, ipConfigurations: [{ name: 'main', subnet: { id: subnet } }] },
    FAST,
  );
  const storageProfile = { imageReference: { id: image.id ?? '' }, osDisk: { createOption: 'FromImage' } };
  await refused(
    compute.virtualMachines.createOrUpdate(
      'img-c',
      'far',
      describeMachine(nic.id ?? '', { location: region, storageProfile }),
      FAST,
    ),
    404,
    'NotFound',
    /northeurope/,
  );
});
