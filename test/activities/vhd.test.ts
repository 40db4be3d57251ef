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
  const submitted = await call(
    activities.checkPlan,
    { ...plan, distribute: [{ ...distributor, uri }] },
    { forBuild: false },
  );
  assert.equal(submitted.source.osType, 'Linux', 'a template that has run may be changed');
  assert.match(await told(uri), /properties\.distribute\[0\]\.uri: there is a blob at this address already/);
  assert.match(await told(uri.replace(/\/golden\/.*/, '')), /\.uri: expected the address of a blob, such as .*vhds/);
  assert.match(
    await told(uri.replace('goldenvhds', 'others')),
    /\.uri: no storage account of subscription \S+ has this/,
  );
  assert.equal(await told(uri.replace('base', 'free')), '');
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
