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
    allowSharedKeyAccess: false,
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

  // The next build is told before it makes anything.
  const told = async (address: string): Promise<string> => {
    const distribute = [{ ...distributor, uri: address }];
    const error = await call(activities.checkPlan, { ...plan, distribute }).catch((reason: unknown) => reason);
    return error instanceof Error ? error.message : '';
  };
  assert.match(await told(uri), /properties\.distribute\[0\]\.uri: there is a blob at this address already/);
  assert.match(await told(uri.replace(/\/golden\/.*/, '')), /\.uri: expected the address of a blob, such as .*vhds/);
  assert.match(
    await told(uri.replace('goldenvhds', 'others')),
    /\.uri: no storage account of subscription \S+ has this/,
  );
  assert.equal(await told(uri.replace('base', 'free')), '');
});
