import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';
import { describeMachine, location, makeMachine, makeNic, powerOf, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

test('a machine made from an image has a disk, an id, an exact version and an agent that is ready', async () => {
  const machine = await makeMachine(azure, 'vm-a');
  const { virtualMachines, disks } = azure.clients.compute;
  assert.equal(machine.provisioningState, 'Succeeded');
  assert.match(machine.vmId ?? '', /^[0-9a-f-]{36}$/);
  assert.match(machine.storageProfile?.imageReference?.exactVersion ?? '', /^\d/);
  assert.equal(machine.osProfile?.adminPassword, undefined, 'a password is never answered');
  const disk = await disks.get('vm-a', 'os');
  assert.equal(disk.id?.toLowerCase(), machine.storageProfile?.osDisk?.managedDisk?.id?.toLowerCase());

  const view = await virtualMachines.instanceView('vm-a', 'vm');
  assert.equal(view.vmAgent?.statuses?.[0]?.displayStatus, 'Ready');
  assert.ok(view.vmAgent?.vmAgentVersion);
  assert.ok(view.statuses?.some(({ code }) => code === 'PowerState/running'));
  const expanded = await virtualMachines.get('vm-a', 'vm', { expand: 'instanceView' });
  assert.ok(expanded.instanceView?.statuses?.some(({ code }) => code === 'ProvisioningState/succeeded'));
});

test('a machine is created with 201 and its operation at one address only', async () => {
  const nic = await makeNic(azure, 'vm-b');
  const body = describeMachine(nic);
  const path = `/subscriptions/${azure.connection.subscriptionId}/resourceGroups/vm-b/providers/Microsoft.Compute/virtualMachines/vm?api-version=2024-07-01`;
  const { location: region, ...properties } = body;
  const answer = await azure.call('PUT', path, { body: { location: region, properties } });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  assert.match(
    answer.headers.get('azure-asyncoperation') ?? '',
    /Microsoft\.Compute\/locations\/westeurope\/operations\//,
  );
  assert.equal(answer.headers.get('location'), null);
});

test('power goes off and on, and a deallocated machine says so', async () => {
  await makeMachine(azure, 'vm-c');
  const { virtualMachines } = azure.clients.compute;
  await virtualMachines.powerOff('vm-c', 'vm', FAST);
  assert.ok((await powerOf(azure, 'vm-c')).includes('PowerState/stopped'));
  await virtualMachines.start('vm-c', 'vm', FAST);
  assert.ok((await powerOf(azure, 'vm-c')).includes('PowerState/running'));
  await virtualMachines.restart('vm-c', 'vm', FAST);
  assert.ok((await powerOf(azure, 'vm-c')).includes('PowerState/running'));
  await virtualMachines.deallocate('vm-c', 'vm', FAST);
  assert.ok((await powerOf(azure, 'vm-c')).includes('PowerState/deallocated'));
});

test('only a machine that is off is generalized, and a generalized one does not start', async () => {
  await makeMachine(azure, 'vm-d');
  const { virtualMachines } = azure.clients.compute;
  await refused(virtualMachines.generalize('vm-d', 'vm'), 409, 'OperationNotAllowed');
  await virtualMachines.deallocate('vm-d', 'vm', FAST);
  await virtualMachines.generalize('vm-d', 'vm');
  assert.ok((await powerOf(azure, 'vm-d')).includes('OSState/generalized'));
  await refused(virtualMachines.start('vm-d', 'vm', FAST), 409, 'OperationNotAllowed');
});

test('deleting a machine keeps its disk and interface, and frees them', async () => {
  await makeMachine(azure, 'vm-e');
  const { compute, network } = azure.clients;
  await refused(network.networkInterfaces.delete('vm-e', 'nic', FAST), 409, 'NicInUse');
  await compute.virtualMachines.delete('vm-e', 'vm', FAST);
  await refused(compute.virtualMachines.get('vm-e', 'vm'), 404, 'NotFound');
  const disk = await compute.disks.get('vm-e', 'os');
  assert.deepEqual([disk.managedBy, disk.diskState], [undefined, 'Unattached']);
  await compute.disks.delete('vm-e', 'os', FAST);
  await network.networkInterfaces.delete('vm-e', 'nic', FAST);
});

test('deleting a machine takes along what it was told to', async () => {
  const nic = await makeNic(azure, 'vm-f');
  const { compute, network } = azure.clients;
  await compute.virtualMachines.createOrUpdate(
    'vm-f',
    'vm',
    describeMachine(nic, {
      storageProfile: {
        imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        osDisk: { name: 'os', createOption: 'FromImage', deleteOption: 'Delete' },
      },
      networkProfile: { networkInterfaces: [{ id: nic, primary: true, deleteOption: 'Delete' }] },
    }),
    FAST,
  );
  await compute.virtualMachines.delete('vm-f', 'vm', FAST);
  await refused(compute.disks.get('vm-f', 'os'), 404, 'NotFound');
  await refused(network.networkInterfaces.get('vm-f', 'nic'), 404, 'ResourceNotFound');
});

test('a description that cannot work is refused before anything is made', async () => {
  const nic = await makeNic(azure, 'vm-g');
  const { virtualMachines } = azure.clients.compute;
  const attempt = (changes: Parameters<typeof describeMachine>[1]) =>
    virtualMachines.createOrUpdate('vm-g', 'vm', describeMachine(nic, changes), FAST);
  await refused(attempt({ hardwareProfile: { vmSize: 'Standard_Nonsense' } }), 400, 'InvalidParameter');
  await refused(attempt({ hardwareProfile: { vmSize: 'Standard_D1_v2' } }), 400, 'BadRequest', /Generation/i);
  await refused(
    attempt({ storageProfile: { imageReference: { publisher: 'No', offer: 'such', sku: 'thing', version: '1' } } }),
    404,
    'PlatformImageNotFound',
  );
  await assert.rejects(async () => attempt({ networkProfile: { networkInterfaces: [{ id: `${nic}-none` }] } }));
  const { osProfile: _none, ...without } = describeMachine(nic);
  await refused(virtualMachines.createOrUpdate('vm-g', 'vm', without, FAST), 400, 'InvalidParameter', /osProfile/);
  await refused(azure.clients.compute.disks.get('vm-g', 'os'), 404, 'ResourceNotFound');
});

test('an image that is sold under a plan needs the plan named', async () => {
  const nic = await makeNic(azure, 'vm-plan');
  const { virtualMachines, virtualMachineImages } = azure.clients.compute;
  const [version] = await virtualMachineImages.list(location, 'kinvolk', 'flatcar-container-linux', 'stable-gen2');
  const image = { publisher: 'kinvolk', offer: 'flatcar-container-linux', sku: 'stable-gen2' };
  const { plan } = await virtualMachineImages.get(
    location,
    image.publisher,
    image.offer,
    image.sku,
    version?.name ?? '',
  );
  assert.ok(plan !== undefined);
  const storageProfile = {
    imageReference: { ...image, version: 'latest' },
    osDisk: { name: 'os', createOption: 'FromImage' },
  };
  const put = (changes: Parameters<typeof describeMachine>[1]) =>
    virtualMachines.createOrUpdate('vm-plan', 'vm', describeMachine(nic, { storageProfile, ...changes }), FAST);
  await refused(put({}), 400, 'VMMarketplaceInvalidInput', /Plan information/);
  const { plan: kept } = await put({ plan });
  assert.equal(kept?.publisher, 'kinvolk');
});

test('an interface serves one machine', async () => {
  await makeMachine(azure, 'vm-h');
  const { compute, network } = azure.clients;
  const nic = await network.networkInterfaces.get('vm-h', 'nic');
  assert.match(nic.virtualMachine?.id ?? '', /virtualMachines\/vm$/);
  await assert.rejects(async () =>
    compute.virtualMachines.createOrUpdate(
      'vm-h',
      'second',
      describeMachine(nic.id ?? '', {
        storageProfile: {
          imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
          osDisk: { name: 'other', createOption: 'FromImage' },
        },
      }),
      FAST,
    ),
  );
});

test('while a machine changes, it takes no other change', async (t) => {
  const slow = await startTestAzure(t, { profile: 'quick', limits: 'off' });
  await makeMachine(slow, 'busy');
  const { virtualMachines } = slow.clients.compute;
  const poller = virtualMachines.deallocate('busy', 'vm', FAST);
  await poller.submitted();
  await refused(virtualMachines.generalize('busy', 'vm'), 409, 'Conflict');
  await poller.pollUntilDone();
  await virtualMachines.generalize('busy', 'vm');
});

test('a group takes its machines, disks and images with it', async () => {
  await makeMachine(azure, 'vm-i');
  await azure.clients.resources.resourceGroups.delete('vm-i', FAST);
  await azure.clients.resources.resourceGroups.createOrUpdate('vm-i', { location });
  await refused(azure.clients.compute.virtualMachines.get('vm-i', 'vm'), 404, 'NotFound');
  await refused(azure.clients.compute.disks.get('vm-i', 'os'), 404, 'NotFound');
});
