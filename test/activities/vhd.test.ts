import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FAST } from '../local-azure/support.ts';
import { call, GUEST, startBench, withMachine } from './support.ts';

it('a VHD goes to the address that the template names, is found by a retry, and is never overwritten or removed', async (t) => {
  const bench = await startBench(t, 'vhd');
  const { activities, plan, run, test } = bench;
  await withMachine(bench);
  await call(activities.captureMachine, run, GUEST);
  const account = await test.clients.storage.storageAccounts.create('golden-images', 'goldenvhds', {
    location: 'westeurope',
    kind: 'StorageV2',
    sku: { name: 'Standard_LRS' },
  });
  const uri = `${account.primaryEndpoints?.blob?.replace(/\/$/, '')}/images/golden/base.vhd`;
  const distributor = { type: 'VHD' as const, index: 0, runOutputName: 'vhd', artifactTags: {}, uri };

  assert.deepEqual(await call(activities.exportVhd, run, distributor, plan.staging.osDisk), { artifactUri: uri });
  assert.deepEqual(await call(activities.exportVhd, run, distributor, plan.staging.osDisk), { artifactUri: uri });
  await assert.rejects(call(activities.exportVhd, { ...run, runId: 'another' }, distributor, plan.staging.osDisk), {
    type: 'VersionTaken',
  });
  const { removed, leftovers } = await call(activities.removeOutput, run, { type: 'VHD', artifactUri: uri });
  assert.deepEqual(removed, []);
  assert.equal(leftovers[0]?.id, uri);
});

it('a disk that a killed worker left open for reading is closed before it or its group is removed', async (t) => {
  const bench = await startBench(t, 'open-disk');
  const { activities, plan, run, test } = bench;
  await withMachine(bench);
  await call(activities.captureMachine, run, GUEST);
  const { disks } = test.clients.compute;
  const { resourceGroup, osDisk } = plan.staging;
  await disks.grantAccess(resourceGroup, osDisk, { access: 'Read', durationInSeconds: 3600 }, FAST);
  const { removed } = await call(activities.removeMachine, run, { name: plan.machine.name, dataDisks: 0 });
  assert.ok(
    removed.some((id) => id.endsWith(`/disks/${osDisk}`)),
    removed.join('\n'),
  );
  const other = { location: 'westeurope', tags: run.tags, creationData: { createOption: 'Empty' }, diskSizeGB: 4 };
  await disks.createOrUpdate(resourceGroup, 'other', other, FAST);
  await disks.grantAccess(resourceGroup, 'other', { access: 'Read', durationInSeconds: 3600 }, FAST);
  await assert.rejects(async () => disks.delete(resourceGroup, 'other', FAST), /active shared access signature/);
  const asked: string[] = [];
  const { store } = test.azure.services;
  const put = store.put.bind(store);
  store.put = (resource) => {
    asked.push(`${resource.id.split('/').at(-1)} ${(resource.body['properties'] as { diskState?: string }).diskState}`);
    put(resource);
  };
  await call(activities.removeStagingGroup, run);
  assert.ok(asked.includes('other Unattached'), asked.join('\n'));
});
