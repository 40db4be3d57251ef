import assert from 'node:assert/strict';
import { it } from 'node:test';
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
