import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { eventually } from '../local-azure/support.ts';
import { EXAMPLE, TestStack } from './stack.ts';
import { GROUP, shellTemplate } from './templates.ts';

const DEPLOYMENT = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#';

describe('kiln, with simulated machines', () => {
  const stack = new TestStack('simulated');
  before(() => stack.up());
  after(() => stack.close());

  it('builds the example to every output, and --json is all of stdout', async () => {
    const { code, stdout, stderr } = await stack.kiln('build', EXAMPLE, '--id', 'example', '--json');
    assert.equal(code, 0, stderr);
    const status = JSON.parse(stdout) as BuildStatus;
    assert.equal(status.state, 'Succeeded');
    assert.deepEqual(
      status.outputs.map(({ type, state }) => `${type} ${state}`),
      ['SharedImage Succeeded', 'ManagedImage Succeeded', 'VHD Succeeded'],
    );
    assert.deepEqual(status.leftovers, []);
  });

  it('ends with exit 1 at a failing customizer, says which, and leaves nothing but logs', async () => {
    const file = stack.write('failing', shellTemplate(['# simulate: exit=7 stderr="no such package"']));
    const before = await stack.inventory();
    const { code, stdout } = await stack.kiln('build', file, '--id', 'failing');
    assert.equal(code, 1);
    assert.match(stdout, /CustomizerFailed in Customizing, step only/);
    assert.match(stdout, /exited with 7/);
    assert.deepEqual(await stack.inventory(), before);
  });

  it('cancels on Ctrl-C, waits for the clean-up and ends with exit 3', async () => {
    const file = stack.write('slow', shellTemplate(['# simulate: seconds=300']));
    const before = await stack.inventory();
    const build = stack.start('build', file, '--id', 'slow');
    await stack.until('slow', ({ steps }) => steps[0]?.state === 'Running');
    build.signal('SIGINT');
    const { code, stdout } = await build.ended;
    assert.equal(code, 3, stdout);
    assert.match(stdout, /Canceled: slow/);
    assert.deepEqual(await stack.inventory(), before);
  });

  it('begins no further template of the file after Ctrl-C', async () => {
    const named = (name: string): object => ({ ...shellTemplate(['# simulate: seconds=300']), name });
    const file = stack.write('two', { $schema: DEPLOYMENT, resources: [named('first'), named('second')] });
    const before = await stack.inventory();
    const build = stack.start('build', file, '--id', 'two');
    const begun = await eventually(
      async () => (await (await stack.client()).list()).find(({ runId }) => runId.startsWith('two')),
      (found) => found !== undefined,
    );
    await stack.until(begun?.runId ?? '', ({ steps }) => steps[0]?.state === 'Running');
    build.signal('SIGINT');
    const { code, stderr } = await build.ended;
    assert.equal(code, 3, stderr);
    assert.match(stderr, /not begun: second/);
    assert.deepEqual(await stack.inventory(), before);
  });

  it('builds 24 customizers inside what Azure allows of calls', async () => {
    const customize = Array.from({ length: 24 }, (_, index) => ({
      type: 'Shell',
      name: `step ${index + 1}`,
      inline: ['# simulate: stdout="done"'],
    }));
    const before = await stack.calls();
    const file = stack.write('many', shellTemplate([], { customize }));
    const { code, stdout, stderr } = await stack.kiln('build', file, '--id', 'many', '--json');
    assert.equal(code, 0, stderr);
    const { steps } = JSON.parse(stdout) as BuildStatus;
    assert.equal(steps.filter(({ state }) => state === 'Succeeded').length, 24);
    const after = await stack.calls();
    const [asked, throttled] = [after.total - before.total, after.throttled - before.throttled];
    assert.ok(throttled <= asked / 20, `${throttled} of ${asked} calls were throttled`);
  });

  it('plans without creating anything', async () => {
    const before = await stack.inventory();
    const { code, stdout } = await stack.kiln('plan', EXAMPLE);
    assert.equal(code, 0);
    assert.match(stdout, /Debian:debian-12:12-gen2:0\.\d+\.\d+/);
    assert.match(stdout, /galleries\/golden\/images\/\s*debian-12\/versions\/1\.0\.\d+/);
    assert.deepEqual(await stack.inventory(), before);
  });

  const bad: Array<[name: string, content: unknown, expected: RegExp]> = [
    ['not JSON', '{ "type": ', /this is not JSON/],
    ['an unknown field', shellTemplate(['true'], { vmboot: 1 }), /properties\.vmboot: this field is not known/],
    ['no distribute', shellTemplate(['true'], { distribute: undefined }), /properties\.distribute/],
    ['no identity', { ...shellTemplate(['true']), identity: undefined }, /identity: .*--identity/],
    [
      'an ISO source',
      shellTemplate(['true'], { source: { type: 'ISO', sourceUri: 'https://x/y.iso' } }),
      /properties\.source: ISO sources were retired/,
    ],
    ['a name of 200 characters', { ...shellTemplate(['true']), name: 'n'.repeat(200) }, /name: expected 1 to 64/],
    ['a template of 5 MB', shellTemplate(['x'.repeat(5 * 1024 * 1024)]), /at most 4 MiB/],
    ['an unknown region', { ...shellTemplate(['true']), location: 'atlantis' }, /location: atlantis is not a region/],
    [
      'a missing gallery and an unknown size',
      shellTemplate(['true'], {
        vmProfile: { vmSize: 'Standard_Z9' },
        distribute: [
          {
            type: 'SharedImage',
            runOutputName: 'a',
            galleryImageId: `${GROUP}/Microsoft.Compute/galleries/absent/images/x`,
          },
        ],
      }),
      /2 problems[\s\S]*distribute\[0\]\.galleryImageId: no gallery absent[\s\S]*vmSize: Standard_Z9/,
    ],
    [
      'two outputs of one name',
      shellTemplate(['true'], {
        distribute: [
          { type: 'VHD', runOutputName: 'same' },
          { type: 'VHD', runOutputName: 'same' },
        ],
      }),
      /properties\.distribute\[1\]\.runOutputName: same is also the name of distribute\[0\]/,
    ],
  ];
  for (const [name, content, expected] of bad) {
    it(`refuses ${name} with exit 2, its path, and nothing created`, async () => {
      const before = await stack.inventory();
      const { code, stderr } = await stack.kiln('build', stack.write('bad', content));
      assert.equal(code, 2, stderr);
      assert.match(stderr, expected);
      assert.deepEqual(await stack.inventory(), before);
    });
  }
});
