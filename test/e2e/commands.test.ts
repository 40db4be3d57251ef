import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { SHIPPED_PRICES } from '../../src/client/costs/price-file.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { createClients, eventually } from '../local-azure/support.ts';
import { EXAMPLE, TestStack } from './stack.ts';
import { DEFINITION, shellTemplate } from './templates.ts';

interface Costs {
  once: number;
  monthly: number;
  runs: Array<{ runId: string; costs: { once: number } }>;
}

describe('the commands around a build', () => {
  const stack = new TestStack('simulated');
  let dev: ReturnType<TestStack['start']>;
  before(async () => {
    dev = stack.start('dev');
    await eventually(
      () => Promise.resolve(dev.said()),
      (said) => said.includes('ready:'),
      120_000,
    );
  });
  after(() => stack.close());

  it('kiln dev prints every address, and each of them answers', async () => {
    await stack.up();
    const said = dev.said();
    for (const name of ['Web UI', 'Resource Manager', 'blobs']) {
      const [, address = ''] = new RegExp(`^${name} +(\\S+)$`, 'm').exec(said) ?? [];
      const { status } = await fetch(address);
      assert.ok(status < 500, `${name} ${address} answered ${status}`);
    }
    assert.match(said, /^machines +simulated: nothing is run$/m);
  });

  it('kiln build finds what kiln dev runs, and list, show, logs and delete find the build', async () => {
    const file = stack.write('small', shellTemplate(['# simulate: stdout="hello from the step"']));
    const build = await stack.kiln('build', file, '--id', 'small');
    assert.equal(build.code, 0, build.stderr);
    assert.doesNotMatch(build.stderr, /starting/);
    const list = await stack.kiln('list');
    assert.match(list.stdout, /^small +small +COMPLETED/m);
    assert.match((await stack.kiln('names', 'runs')).stdout, /^small$/m);
    const show = await stack.kiln('show', 'small');
    assert.match(show.stdout, /output +gallery: SharedImage Succeeded 1\.0\.0/);
    assert.match(
      show.stdout,
      /Standard_D2ds_v4, Linux, in westeurope +[\d.]+ minutes; times as this run took on the local Azure/,
    );
    assert.match(show.stdout, /prices in USD of 2025-01-01: public pay-as-you-go list prices/);
    const logs = await stack.kiln('logs', 'small');
    assert.match(logs.stdout, /hello from the step/);
    const removed = await stack.kiln('delete', 'small');
    assert.equal(removed.code, 0, removed.stderr);
    assert.match(removed.stdout, /removed .*resourceGroups\/IT_golden-images_small/);
    const gone = await stack.kiln('logs', 'small');
    assert.equal(gone.code, 2);
    assert.equal(gone.stderr, 'the logs of small are gone: its staging group was deleted\n');
  });

  it('kiln plan reckons by the last run, kiln costs adds up, and both by prices of a person', async () => {
    const file = stack.write('small', shellTemplate(['# nothing']));
    const plan = await stack.kiln('plan', file);
    assert.match(plan.stdout, /costs, about (< )?[\d.]+ USD once and [\d.]+ USD a month/);
    assert.match(
      plan.stdout.replaceAll(/\s+/g, ' '),
      /times measured by run small on the local Azure, whose times are not/,
    );
    const two = stack.write('other', shellTemplate(['# nothing'], { vmProfile: { vmSize: 'Standard_E8s_v5' } }));
    assert.equal((await stack.kiln('build', two, '--id', 'other')).code, 0);
    const all = JSON.parse((await stack.kiln('costs', '--json')).stdout) as Costs;
    assert.deepEqual(all.runs.map(({ runId }) => runId).toSorted(), ['other', 'small']);
    assert.ok(Math.abs(all.once - all.runs.reduce((sum, { costs }) => sum + costs.once, 0)) < 1e-9);
    assert.ok(all.once > 0 && all.monthly > 0);
    const one = await stack.kiln('costs', '--template', 'other', '--since', '1h');
    assert.match(one.stdout, /^other +other +Succeeded .*once.*a month/m);
    assert.match(one.stdout, /^1 run: costs, about/m);
    assert.match((await stack.kiln('costs', '--since', '2999-01-01')).stdout, /no builds of that kind/);
    assert.equal((await stack.kiln('costs', '--since', 'yesterday')).code, 2);

    const ours = { ...(JSON.parse(readFileSync(SHIPPED_PRICES, 'utf8')) as object), currency: 'CHF', prices: [] };
    const unpriced = await stack.kiln('--prices', stack.write('ours', ours), 'show', 'other');
    assert.match(unpriced.stdout, /costs, about 0 CHF once .*, without Standard_E8s_v5, Linux, in westeurope/);
    const bad = await stack.kiln('--prices', stack.write('bad', { ...ours, prices: [{}] }), 'build', two, '--id', 'no');
    assert.deepEqual([bad.code, bad.stdout], [2, '']);
    assert.match(bad.stderr, /is no file of prices:\n {2}prices\[0\]\.what: /);
  });

  it('kiln logs --follow goes on until the build has ended', async () => {
    const file = stack.write('followed', shellTemplate(['# simulate: seconds=2 stdout="said at its end"']));
    const build = stack.start('build', file, '--id', 'followed');
    await stack.until('followed', ({ steps }) => steps[0]?.state === 'Running');
    const { code, stdout } = await stack.kiln('logs', 'followed', '--follow');
    assert.equal(code, 0);
    assert.match(stdout, /said at its end/);
    await build.ended;
  });

  it('a second build of the same id joins the one that runs', async () => {
    const file = stack.write('joined', shellTemplate(['# simulate: seconds=300']));
    const first = stack.start('build', file, '--id', 'joined');
    await stack.until('joined', ({ steps }) => steps[0]?.state === 'Running');
    const other = await stack.kiln('build', stack.write('joined', shellTemplate(['true'])), '--id', 'joined');
    assert.equal(other.code, 2);
    assert.match(other.stderr, /joined is a build of another template: customize differs/);
    stack.write('joined', shellTemplate(['# simulate: seconds=300']));
    const second = stack.start('build', file, '--id', 'joined');
    await eventually(
      () => Promise.resolve(second.said()),
      (said) => said.includes('only'),
    );
    await (await stack.client()).cancel('joined');
    const { code, stderr } = await second.ended;
    assert.equal(code, 3);
    assert.match(stderr, /attached to the build that is running as joined/);
    assert.equal((await first.ended).code, 3);
  });

  it('a finished build of that id is found and not built again, though the template says utcNow()', async () => {
    const template = (lines: string[]): object => ({
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      parameters: { built: { type: 'string', defaultValue: "[utcNow('yyyy-MM-ddTHH:mm:ss.fff')]" } },
      resources: [{ ...shellTemplate(lines), name: 'found', tags: { built: "[parameters('built')]" } }],
    });
    const file = stack.write('found', template(['true']));
    const first = await stack.kiln('build', file, '--id', 'found', '--json');
    const again = await stack.kiln('build', file, '--id', 'found', '--json');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /found was built before: this is its result/);
    assert.deepEqual(JSON.parse(again.stdout), JSON.parse(first.stdout));
    const other = await stack.kiln('build', stack.write('found', template(['false'])), '--id', 'found');
    assert.equal(other.code, 2);
    assert.match(other.stderr, /--id: found is a build of another template: customize differs/);
  });

  it('a failed build is found as failed, and built again under the next id by --retry', async () => {
    const file = stack.write('retried', shellTemplate(['# simulate: exit=3']));
    const build = (...more: string[]): ReturnType<TestStack['kiln']> =>
      stack.kiln('build', file, '--id', 'retried', '--json', ...more);
    assert.equal((await build()).code, 1);
    const found = await build();
    assert.equal(found.code, 1);
    assert.equal((JSON.parse(found.stdout) as BuildStatus).runId, 'retried');
    const retried = await build('--retry');
    assert.equal((JSON.parse(retried.stdout) as BuildStatus).runId, 'retried-2');
    assert.match(retried.stderr, /retried was built before and has failed: building again as retried-2/);
    assert.equal(await stack.status('retried-3'), undefined);
    const { stdout } = await build('--retry');
    assert.equal((JSON.parse(stdout) as BuildStatus).runId, 'retried-3');
  });

  it('a build that is being cancelled is waited for, and built again by --retry', async () => {
    const file = stack.write('called-off', shellTemplate(['# simulate: seconds=8']));
    const first = stack.start('build', file, '--id', 'called-off');
    await stack.until('called-off', ({ steps }) => steps[0]?.state === 'Running');
    await (await stack.client()).cancel('called-off');
    const second = await stack.kiln('build', file, '--id', 'called-off', '--retry', '--json');
    assert.equal(second.code, 0, second.stderr);
    assert.equal((JSON.parse(second.stdout) as BuildStatus).runId, 'called-off-2');
    assert.equal((await first.ended).code, 3);
  });

  it('a second Ctrl-C leaves the build to the background and says how to come back', async () => {
    const file = stack.write('left', shellTemplate(['# simulate: seconds=300']));
    const build = stack.start('build', file, '--id', 'left');
    await stack.until('left', ({ steps }) => steps[0]?.state === 'Running');
    build.signal('SIGINT');
    await eventually(
      () => Promise.resolve(build.said()),
      (said) => said.includes('Ctrl-C again'),
    );
    build.signal('SIGINT');
    const { code, stderr } = await build.ended;
    assert.equal(code, 3);
    assert.match(stderr, /kiln show left, kiln logs left --follow/);
    await stack.kiln('cancel', 'left');
  });

  it('completion starts nothing to find names', async () => {
    const empty = join(stack.stateDir, 'empty');
    const names = await stack.kiln('--state-dir', empty, 'names', 'templates');
    assert.deepEqual(names, { code: 0, stdout: '', stderr: '' });
    assert.ok(!existsSync(empty));
  });

  it('kiln validate needs no stack, and says what is wrong with exit 2', async () => {
    assert.equal((await stack.kiln('validate', EXAMPLE)).code, 0);
    const { code, stderr } = await stack.kiln('validate', stack.write('odd', { properties: {} }));
    assert.equal(code, 2);
    assert.match(stderr, /properties\.source/);
  });

  it('kiln init writes a template that is valid and does not overwrite one; kiln schema is what editors take', async () => {
    const file = join(stack.stateDir, 'starter.json');
    assert.equal((await stack.kiln('init', file)).code, 0);
    assert.equal((await stack.kiln('validate', file)).code, 0);
    const again = await stack.kiln('init', file);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /exists and is left as it is/);
    const { stdout } = await stack.kiln('schema');
    const valid = new Ajv({ strict: false }).compile(JSON.parse(stdout) as object);
    assert.equal(valid(JSON.parse(readFileSync(file, 'utf8'))), true, JSON.stringify(valid.errors));
    assert.equal((await stack.kiln('schema', '--api-version', '1999-01-01')).code, 2);
  });

  it('versions by the source, and shallow replication, are as the template says', async () => {
    const distributor = { type: 'SharedImage', galleryImageId: DEFINITION, targetRegions: [{ name: 'westeurope' }] };
    const template = shellTemplate(['true'], {
      distribute: [
        { ...distributor, runOutputName: 'by-source', versioning: { scheme: 'Source' }, replicationMode: 'Shallow' },
      ],
    });
    const file = stack.write('by-source', { ...template, apiVersion: '2025-10-01' });
    const { code, stdout, stderr } = await stack.kiln('build', file, '--id', 'by-source', '--json');
    assert.equal(code, 0, stderr);
    const { exactVersion, outputs } = JSON.parse(stdout) as BuildStatus;
    assert.equal(outputs[0]?.version, exactVersion);
    const [major = '', minor = '', patch = ''] = (exactVersion ?? '').split('.');
    const { publishingProfile } = await createClients(stack.connection()).compute.galleryImageVersions.get(
      'golden-images',
      'golden',
      'debian-12',
      `${major}.${minor}.${patch}`,
    );
    assert.equal(publishingProfile?.replicationMode, 'Shallow');
    const again = await stack.kiln('build', file, '--id', 'by-source-again');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /properties\.distribute\[0\]\.galleryImageId: version .* exists already/);
  });

  it('an id that no run has, and an option that does not exist, are bad input', async () => {
    const absent = await stack.kiln('show', 'absent');
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /there is no such run/);
    assert.equal((await stack.kiln('build', EXAMPLE, '--nonsense')).code, 2);
    assert.equal((await stack.kiln('build', '/nowhere.json')).code, 2);
  });

  it('kiln reset asks to be meant, and then clears the state', async () => {
    assert.equal((await stack.kiln('reset')).code, 2);
    dev.signal('SIGINT');
    await dev.ended;
    assert.equal((await stack.kiln('reset', '--yes')).code, 0);
    assert.equal(existsSync(stack.stateDir), false);
  });
});
