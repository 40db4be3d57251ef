import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';
import { DEBIAN, location, makeMachine, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

test('data disks are made with a machine, attached later, let go, and outlive it', async () => {
  const { disks, virtualMachines } = azure.clients.compute;
  const machine = await makeMachine(azure, 'data', {
    storageProfile: {
      imageReference: DEBIAN,
      osDisk: { name: 'os', createOption: 'FromImage' },
      dataDisks: [{ lun: 0, createOption: 'Empty', diskSizeGB: 64 }],
    },
  });
  const [first] = machine.storageProfile?.dataDisks ?? [];
  assert.match(first?.name ?? '', /^vm_disk2_[0-9a-f]{32}$/);
  const made = await disks.get('data', first?.name ?? '');
  assert.deepEqual([made.diskSizeGB, made.managedBy?.toLowerCase()], [64, machine.id?.toLowerCase()]);

  const extra = await disks.createOrUpdate(
    'data',
    'extra',
    { location, creationData: { createOption: 'Empty' }, diskSizeGB: 16 },
    FAST,
  );
  const attached = await virtualMachines.createOrUpdate(
    'data',
    'vm',
    {
      ...machine,
      storageProfile: {
        ...machine.storageProfile,
        dataDisks: [{ lun: 3, createOption: 'Attach', managedDisk: { id: extra.id ?? '' } }],
      },
    },
    FAST,
  );
  assert.deepEqual(
    attached.storageProfile?.dataDisks?.map(({ lun, name, diskSizeGB }) => [lun, name, diskSizeGB]),
    [[3, 'extra', 16]],
  );
  assert.equal((await disks.get('data', first?.name ?? '')).managedBy, undefined, 'what is named no more is let go');
  await virtualMachines.delete('data', 'vm', FAST);
  assert.deepEqual([(await disks.get('data', 'extra')).diskState, made.diskState], ['Unattached', 'Attached']);
});

test('extensions are kept with their machine, without what is protected', async () => {
  await makeMachine(azure, 'ext');
  const { virtualMachineExtensions, virtualMachines } = azure.clients.compute;
  const extension = await virtualMachineExtensions.createOrUpdate(
    'ext',
    'vm',
    'health',
    {
      location,
      publisher: 'Microsoft.ManagedServices',
      typePropertiesType: 'ApplicationHealthLinux',
      typeHandlerVersion: '1.0',
      protectedSettings: { secret: 'hush-hush' },
    },
    FAST,
  );
  assert.deepEqual([extension.provisioningState, extension.protectedSettings], ['Succeeded', undefined]);
  assert.equal((await virtualMachines.get('ext', 'vm')).resources?.[0]?.name, 'health');
  const view = await virtualMachines.instanceView('ext', 'vm');
  assert.equal(view.extensions?.[0]?.type, 'Microsoft.ManagedServices.ApplicationHealthLinux');
  await virtualMachineExtensions.delete('ext', 'vm', 'health', FAST);
  await refused(virtualMachineExtensions.get('ext', 'vm', 'health'), 404, 'ResourceNotFound');
});

test('the run command action answers what the script wrote, whatever its exit code', async () => {
  await makeMachine(azure, 'action');
  const { virtualMachines, virtualMachineRunCommands } = azure.clients.compute;
  const { value } = await virtualMachines.runCommand(
    'action',
    'vm',
    { commandId: 'RunShellScript', script: ['# simulate: exit=3 stdout="out" stderr="err"'] },
    FAST,
  );
  assert.deepEqual(
    value?.map(({ code, message }) => [code, message]),
    // The agent for Windows answers in two parts.
    [['ProvisioningState/succeeded', 'Enable succeeded: \n[stdout]\nout\n[stderr]\nerr']],
  );
  await refused(virtualMachines.runCommand('action', 'vm', { commandId: 'NoSuch' }, FAST), 404, 'NotFound');
  const documents = await collect(virtualMachineRunCommands.list(location));
  assert.deepEqual(documents.map(({ id }) => id).toSorted(), ['RunPowerShellScript', 'RunShellScript']);
});

test('a system-assigned identity has ids of its own, a user-assigned one those of the identity', async () => {
  const { identity, resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate('ids', { location });
  const user = await identity.userAssignedIdentities.createOrUpdate('ids', 'builder', { location });
  const machine = await makeMachine(azure, 'ids', {
    identity: { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { [user.id ?? '']: {} } },
  });
  assert.match(machine.identity?.principalId ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(Object.values(machine.identity?.userAssignedIdentities ?? {})[0]?.principalId, user.principalId);
});
