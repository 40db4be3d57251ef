import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlobClient } from '@azure/storage-blob';
import { eventually, FAST, startTestAzure } from '../support.ts';
import { describeMachine, makeMachine, makeNic, powerOf } from './support.ts';

test('a machine that was being made when the server stopped is made by the next', async (t) => {
  const azure = await startTestAzure(t, { profile: 'quick', limits: 'off' });
  const nic = await makeNic(azure, 'cut');
  const poller = azure.clients.compute.virtualMachines.createOrUpdate('cut', 'vm', describeMachine(nic), FAST);
  await poller.submitted();
  await azure.restart();
  const machine = await eventually(
    () => azure.clients.compute.virtualMachines.get('cut', 'vm'),
    ({ provisioningState }) => provisioningState === 'Succeeded',
  );
  assert.ok(machine.storageProfile?.osDisk?.managedDisk?.id);
  assert.ok((await powerOf(azure, 'cut')).includes('PowerState/running'));
});

test('a running machine still runs, and a deallocated one is still deallocated', async (t) => {
  const azure = await startTestAzure(t);
  await makeMachine(azure, 'on');
  await azure.restart();
  assert.ok((await powerOf(azure, 'on')).includes('PowerState/running'));
  await azure.clients.compute.virtualMachines.deallocate('on', 'vm', FAST);
  await azure.restart();
  assert.ok((await powerOf(azure, 'on')).includes('PowerState/deallocated'));
});

test('granted access outlives the server', async (t) => {
  const azure = await startTestAzure(t);
  await makeMachine(azure, 'granted');
  await azure.clients.compute.virtualMachines.deallocate('granted', 'vm', FAST);
  const { accessSAS = '' } = await azure.clients.compute.disks.grantAccess(
    'granted',
    'os',
    { access: 'Read', durationInSeconds: 600 },
    FAST,
  );
  const former = new URL(accessSAS);
  await azure.restart();
  assert.equal(new URL(azure.connection.blobEndpoint).host, former.host);
  const { contentLength } = await new BlobClient(accessSAS).getProperties();
  assert.equal(contentLength, 30 * 1024 ** 3 + 512);
});
