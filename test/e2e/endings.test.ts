import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { STAGES } from '../../src/workflows/messages.ts';
import { eventually } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import { shellTemplate } from './templates.ts';

/** Its build goes through every stage. */
const EVERY_STAGE = shellTemplate(['# simulate: seconds=1'], {
  optimize: { vmBoot: { state: 'Enabled' } },
  validate: { inVMValidations: [{ type: 'Shell', name: 'check', inline: ['# simulate: seconds=1'] }] },
});

describe('a build that is ended early leaves nothing but logs', () => {
  const stack = new TestStack('simulated');
  let former: string[];
  before(async () => {
    await stack.up();
    former = await stack.inventory();
  });
  after(() => stack.close());

  for (const stage of STAGES.filter((name) => name !== 'CleaningUp')) {
    it(`cancelled on reaching ${stage}`, async () => {
      const runId = `cancel-${stage.toLowerCase()}`;
      const build = stack.start('build', stack.write(runId, EVERY_STAGE), '--id', runId);
      await stack.until(runId, ({ stages }) => stages.some((entry) => entry.stage === stage));
      await (await stack.client()).cancel(runId);
      const { code, stdout, stderr } = await build.ended;
      assert.equal(code, 3, `${stdout}\n${stderr}`);
      const status = await stack.status(runId);
      assert.equal(status?.state, 'Canceled');
      assert.match(status.failure?.message ?? '', /^canceled while /);
      assert.deepEqual(status.leftovers, []);
      assert.deepEqual(await stack.inventory(), former);
    });
  }

  it('cancelled while CleaningUp after all was distributed, it ends as it would have', async () => {
    const file = stack.write('late', shellTemplate(['true']));
    const build = stack.start('build', file, '--id', 'late');
    await stack.until('late', ({ stage }) => stage === 'CleaningUp');
    await (await stack.client()).cancel('late');
    const { code, stdout } = await build.ended;
    assert.equal(code, 0, stdout);
    const made = (await stack.inventory()).filter((id) => !former.includes(id));
    assert.equal(made.length, 1, made.join('\n'));
    assert.match(made[0] ?? '', /\/versions\/1\.0\.0$/);
  });
});

describe('a build that was terminated, which skips its clean-up', () => {
  const stack = new TestStack('simulated');
  before(() => stack.up());
  after(() => stack.close());

  for (const stage of ['Provisioning', 'Customizing', 'Distributing'] as const) {
    it(`while ${stage} is undone by the next sweep, once`, async () => {
      const inventory = await stack.inventory();
      const runId = `terminated-${stage.toLowerCase()}`;
      const build = stack.start('build', stack.write(runId, shellTemplate(['# simulate: seconds=1'])), '--id', runId);
      await stack.until(runId, ({ stages }) => stages.some((entry) => entry.stage === stage));
      await stack.terminate(runId);
      const { code, stdout: told } = await build.ended;
      assert.equal(code, 1, told);
      assert.match(told, /Terminated in .*\n.*kiln sweep/);
      await eventually(
        async () => {
          // What was in flight when it was terminated may still come to be.
          const { stdout } = await stack.kiln('sweep', '--older-than', '3');
          return stdout;
        },
        (stdout) => stdout.startsWith('kiln-build/'),
      );
      assert.deepEqual(await stack.inventory(), inventory);
      const again = await stack.kiln('sweep', '--older-than', '0');
      assert.match(again.stdout, /no build was left/);
    });
  }
});

describe('a build that takes longer than its timeout', () => {
  const stack = new TestStack('simulated');
  before(() => stack.up());
  after(() => stack.close());

  it('ends with what it was doing, exit 1, and nothing left but logs', async () => {
    const inventory = await stack.inventory();
    const template = shellTemplate(['# simulate: seconds=600'], { buildTimeoutInMinutes: 1 });
    const { code, stdout } = await stack.kiln('build', stack.write('long', template), '--id', 'long');
    assert.equal(code, 1);
    assert.match(stdout, /BuildTimedOut in Customizing, step only\n.*buildTimeoutInMinutes \(1\)/);
    assert.deepEqual(await stack.inventory(), inventory);
  });
});
