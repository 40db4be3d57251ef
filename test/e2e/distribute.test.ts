import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BuildStatus, OutputStatus, RedistributeReport } from '../../src/workflows/messages.ts';
import type { TemplateView } from '../../src/workflows/template-messages.ts';
import { createClients, FAST } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import { DEFINITION, GROUP, shellTemplate } from './templates.ts';

const gallery = {
  type: 'SharedImage',
  runOutputName: 'gallery',
  galleryImageId: DEFINITION,
  targetRegions: [{ name: 'westeurope' }],
};
const managed = {
  type: 'ManagedImage',
  runOutputName: 'managed',
  imageId: `${GROUP}/Microsoft.Compute/images/taken`,
  location: 'westeurope',
};

describe('kiln distribute', () => {
  const stack = new TestStack('simulated');
  let clients: ReturnType<typeof createClients>;
  before(async () => {
    await stack.up();
    clients = createClients(stack.connection());
  });
  after(() => stack.close());

  const told = (outputs: OutputStatus[]) => outputs.map(({ runOutputName, state }) => `${runOutputName} ${state}`);
  const distribute = async (...args: string[]) => {
    const { code, stdout, stderr } = await stack.kiln('distribute', ...args, '--json');
    assert.notEqual(stdout, '', stderr);
    return { code, report: JSON.parse(stdout) as RedistributeReport };
  };

  it('makes what failed, adds regions and targets, and leaves alone what is there', async () => {
    const { images } = clients.compute;
    const disk = { location: 'westeurope', creationData: { createOption: 'Empty' as const }, diskSizeGB: 4 };
    const { id = '' } = await clients.compute.disks.createOrUpdate('golden-images', 'foreign', disk, FAST);
    const osDisk = { osType: 'Linux' as const, osState: 'Generalized' as const, managedDisk: { id } };
    const foreign = { location: 'westeurope', hyperVGeneration: 'V1' as const, storageProfile: { osDisk } };
    const template = shellTemplate(['# simulate: seconds=3'], { distribute: [gallery, managed] });
    const build = stack.start('build', stack.write('partial', template), '--id', 'partial', '--json');
    await stack.until('partial', ({ stage }) => stage === 'Customizing');
    // After the checks somebody else's image is in the way of one output.
    await images.createOrUpdate('golden-images', 'taken', foreign, FAST);
    const built = await build.ended;
    assert.deepEqual(told((JSON.parse(built.stdout) as BuildStatus).outputs), ['gallery Succeeded', 'managed Failed']);
    const still = await distribute('partial');
    assert.equal(still.code, 1);
    assert.match(still.report.outputs[1]?.message ?? '', /exists and was not made by Kiln/);
    assert.deepEqual(still.report.leftovers, []);

    await images.delete('golden-images', 'taken', FAST);
    const before = await stack.inventory();
    const mended = await distribute('partial');
    assert.deepEqual(told(mended.report.outputs), ['gallery Succeeded', 'managed Succeeded']);
    assert.deepEqual(
      (await stack.inventory()).filter((one) => !before.includes(one)).map((one) => one.split('/').slice(-2)),
      [['images', 'taken']],
      'the disk in between is gone',
    );

    const more = stack.write('more', [
      { type: 'VHD', runOutputName: 'vhd' },
      { ...managed, runOutputName: 'second', imageId: managed.imageId.replace('taken', 'second') },
    ]);
    const args = ['partial', '--region', 'northeurope=2', '--region', 'West Europe', '--to', more];
    const first = await distribute(...args);
    assert.deepEqual(told(first.report.outputs), [
      'gallery Succeeded',
      'managed Succeeded',
      'vhd Succeeded',
      'second Succeeded',
    ]);
    const versions = clients.compute.galleryImageVersions;
    const { name = '', publishingProfile } = await versions.get(
      'golden-images',
      'golden',
      'debian-12',
      first.report.outputs[0]?.version ?? '',
    );
    assert.deepEqual(
      publishingProfile?.targetRegions?.map((region) => `${region.name} ${region.regionalReplicaCount}`),
      ['West Europe 1', 'North Europe 2'],
    );
    const then = await stack.inventory();
    const again = await distribute(...args);
    assert.equal(again.code, 0);
    assert.equal(again.report.outputs[0]?.version, name, 'no second version');
    assert.deepEqual(await stack.inventory(), then);
  });

  it('works where the logs have gone, and leaves no group behind', async () => {
    const file = stack.write('bare', shellTemplate(['# nothing'], { distribute: [gallery] }));
    await stack.kiln('build', file, '--id', 'bare');
    assert.equal((await stack.kiln('delete', 'bare')).code, 0);
    const groups = async () => (await stack.inventory()).filter((id) => /IT_/.test(id));
    const before = await groups();
    const to = stack.write('image', [{ ...managed, imageId: managed.imageId.replace('taken', 'bare') }]);
    const { code, report } = await distribute('bare', '--to', to);
    assert.equal(code, 0);
    assert.deepEqual(told(report.outputs), ['gallery Succeeded', 'managed Succeeded']);
    assert.deepEqual(await groups(), before);
  });

  it('tells the template whose run it was, which has its outputs from then on', async () => {
    const vhd = { type: 'VHD', runOutputName: 'vhd' };
    const image = { ...managed, imageId: managed.imageId.replace('taken', 'of-a-template') };
    const template = shellTemplate(['# simulate: seconds=3'], { distribute: [gallery, image] });
    await stack.kiln('template', 'create', stack.write('kept', template));
    const { stdout } = await stack.kiln('template', 'run', 'kept', '--no-wait');
    const runId = /run (\S+)/.exec(stdout)?.[1] ?? '';
    await stack.until(runId, ({ stage }) => stage === 'Customizing');
    const { id = '' } = await clients.compute.disks.get('golden-images', 'foreign');
    const osDisk = { osType: 'Linux' as const, osState: 'Generalized' as const, managedDisk: { id } };
    const foreign = { location: 'westeurope', hyperVGeneration: 'V1' as const, storageProfile: { osDisk } };
    await clients.compute.images.createOrUpdate('golden-images', 'of-a-template', foreign, FAST);
    const lastRun = async () => {
      const shown = await stack.kiln('template', 'show', 'kept', '--json');
      const [run] = (JSON.parse(shown.stdout) as TemplateView).runs;
      assert.ok(run);
      return run;
    };
    while ((await lastRun()).endTime === undefined);
    assert.deepEqual(
      [(await lastRun()).state, ...told((await lastRun()).outputs)],
      ['PartiallySucceeded', 'gallery Succeeded', 'managed Failed'],
    );
    const still = await distribute(runId, '--to', stack.write('disk', [vhd]));
    assert.equal(still.code, 1);
    assert.deepEqual(
      [(await lastRun()).state, ...told((await lastRun()).outputs)],
      ['PartiallySucceeded', 'gallery Succeeded', 'managed Failed', 'vhd Succeeded'],
    );
    await clients.compute.images.delete('golden-images', 'of-a-template', FAST);
    assert.equal((await distribute(runId)).code, 0);
    const { state, message, outputs } = await lastRun();
    assert.deepEqual(
      [state, message, ...told(outputs)],
      ['Succeeded', '', 'gallery Succeeded', 'managed Succeeded', 'vhd Succeeded'],
    );
    assert.equal((await stack.kiln('template', 'delete', 'kept')).code, 0);
  });

  it('does one after the other where two ask at once, and the work of both', async () => {
    await stack.kiln(
      'build',
      stack.write('twice', shellTemplate(['# nothing'], { distribute: [gallery] })),
      '--id',
      'twice',
    );
    const both = await Promise.all(
      ['northeurope', 'swedencentral'].map((region) => distribute('twice', '--region', region)),
    );
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    );
    const [version, ...others] = [...new Set(both.map(({ report }) => report.outputs[0]?.version))];
    assert.deepEqual(others, [], 'no second version');
    const { publishingProfile } = await clients.compute.galleryImageVersions.get(
      'golden-images',
      'golden',
      'debian-12',
      version ?? '',
    );
    assert.deepEqual(publishingProfile?.targetRegions?.map(({ name }) => name).toSorted(), [
      'North Europe',
      'Sweden Central',
      'West Europe',
    ]);
  });

  it('says where nothing is left to make an output from, and what it cannot take', async () => {
    const only = shellTemplate(['# nothing'], { distribute: [{ type: 'VHD', runOutputName: 'vhd' }] });
    await stack.kiln('build', stack.write('vhd', only), '--id', 'vhd');
    const to = stack.write('image', [{ ...managed, imageId: managed.imageId.replace('taken', 'none') }]);
    const { code, report } = await distribute('vhd', '--to', to);
    assert.equal(code, 1);
    assert.match(report.outputs[1]?.message ?? '', /no image version or managed image of the run is left/);

    for (const [args, message] of [
      [['partial', '--region', 'a/b'], /--region: expected a region/],
      [['nothing'], /there is no such run/],
      [['partial', '--to', stack.write('same', [managed])], /managed is also the name of distribute\[1\]/],
      [['partial', '--to', stack.write('object', managed)], /expected an array of distributors/],
    ] as const) {
      const refused = await stack.kiln('distribute', ...args);
      assert.equal(refused.code, 2, refused.stdout + refused.stderr);
      assert.match(refused.stderr, message);
    }
  });
});
