import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildWorkflowId } from '../../src/workflows/messages.ts';
import type { PatchEntry } from '../../src/workflows/patch-messages.ts';
import type { TemplateView } from '../../src/workflows/template-messages.ts';
import { createClients, FAST } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import { DEFINITION, GROUP, shellTemplate } from './templates.ts';

const WEB = `${GROUP}/Microsoft.Compute/galleries/golden/images/web`;

/** Builds on the golden image, for a department. */
const web = (inline: string[]) =>
  shellTemplate(inline, {
    source: { type: 'SharedImageVersion', imageVersionId: `${DEFINITION}/versions/latest` },
    distribute: [
      { type: 'SharedImage', runOutputName: 'web', galleryImageId: WEB, targetRegions: [{ name: 'westeurope' }] },
    ],
  });

describe('templates that stay', () => {
  const stack = new TestStack('simulated');
  before(async () => {
    await stack.up();
    const definition = {
      location: 'westeurope',
      osType: 'Linux' as const,
      osState: 'Generalized' as const,
      hyperVGeneration: 'V2' as const,
      identifier: { publisher: 'kiln', offer: 'test', sku: 'web' },
    };
    const { compute } = createClients(stack.connection());
    await compute.galleryImages.createOrUpdate('golden-images', 'golden', 'web', definition, FAST);
  });
  after(() => stack.close());

  const kiln = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await stack.kiln(...args);
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const show = async (name: string) => JSON.parse(await kiln('template', 'show', name, '--json')) as TemplateView;

  it('are created, run, shown, changed and deleted by the command', async () => {
    const file = stack.write('life', shellTemplate(['# nothing']));
    assert.match(await kiln('template', 'create', file), /^life: created/);
    assert.match(await kiln('names', 'templates'), /^life$/m);
    assert.match(await kiln('template', 'list'), /^life .*Succeeded +never run/m);
    assert.match(await kiln('template', 'run', 'life'), /Succeeded: life +life-[0-9a-f]{8}-1/);
    assert.match(await kiln('template', 'outputs', 'life'), /gallery +Succeeded/);
    assert.match(await kiln('template', 'run', 'life', '--if-changed'), /nothing has changed since run life-/);
    assert.match(await kiln('template', 'create', stack.write('life', shellTemplate(['true']))), /revision 2/);
    const again = await kiln('template', 'run', 'life', '--if-changed');
    assert.match(again, /Succeeded: life +life-[0-9a-f]{8}-2/);
    const before = await stack.inventory();
    assert.match(await kiln('template', 'delete', 'life'), /life: deleted/);
    assert.deepEqual(await stack.inventory(), before, 'nothing but the staging group goes');
    for (const command of ['show', 'run', 'cancel', 'delete', 'outputs']) {
      const { code, stderr } = await stack.kiln('template', command, 'life');
      assert.deepEqual([command, code], [command, 2]);
      assert.match(stderr, /imageTemplates\/life' was not found/i);
    }
  });

  it('that are terminated in Temporal leave nothing after the next sweep', async () => {
    await kiln('template', 'create', stack.write('ended', shellTemplate(['# simulate: seconds=600'])));
    const runId = /run (\S+)/.exec(await kiln('template', 'run', 'ended', '--no-wait'))?.[1] ?? '';
    const { id, stagingResourceGroup = '' } = await show('ended');
    await stack.until(runId, ({ stage }) => stage === 'Customizing');
    await stack.terminateWorkflow(id.toLowerCase());
    const { resourceGroups } = createClients(stack.connection()).resources;
    const group = stagingResourceGroup.split('/').at(-1) ?? '';
    // Its run goes on, and builds there.
    await stack.kiln('sweep', '--older-than', '0');
    await resourceGroups.get(group);
    await stack.kiln('cancel', runId);
    for (let told = ''; !told.includes(id.toLowerCase());) {
      told = await kiln('sweep', '--older-than', '0');
    }
    await assert.rejects(resourceGroups.get(group), { statusCode: 404 });
  });

  it('cannot build in Azure as they are: created as failed, with the reason, and then mended', async () => {
    const nobody = { type: 'PlatformImage', publisher: 'Nobody', offer: 'none', sku: 'none', version: 'latest' };
    const wrong = stack.write('mended', shellTemplate(['true'], { source: nobody }));
    const { code, stdout } = await stack.kiln('template', 'create', wrong);
    assert.equal(code, 1);
    assert.match(stdout, /mended: Failed \(BadPIRSource\): .*Nobody:none:none:latest is not in the marketplace/s);
    await kiln('template', 'create', stack.write('mended', shellTemplate(['true'])));
    assert.equal((await show('mended')).provisioningState, 'Succeeded');
    await kiln('template', 'delete', 'mended');
  });

  it('leave a staging group that a person brought as it was', async () => {
    const { resources } = createClients(stack.connection());
    const group = { location: 'westeurope', tags: { owner: 'platform' } };
    const { id: brought = '' } = await resources.resourceGroups.createOrUpdate('brought', group);
    const contents = async () => (await stack.inventory()).filter((one) => one.startsWith(`${brought}/`));
    await kiln(
      'template',
      'create',
      stack.write('guest', shellTemplate(['# nothing'], { stagingResourceGroup: brought })),
    );
    await kiln('template', 'run', 'guest');
    await kiln('template', 'run', 'guest');
    assert.equal((await contents()).length, 2, 'the logs of either run');
    await kiln('template', 'delete', 'guest');
    assert.deepEqual(await contents(), []);
    const { tags } = await resources.resourceGroups.get('brought');
    assert.deepEqual(tags, { owner: 'platform' });
  });

  it('are rebuilt after the template that they build on, and a run that changes nothing is left out', async () => {
    await kiln('template', 'create', stack.write('base', shellTemplate(['# nothing'])));
    await kiln('template', 'run', 'base');
    await kiln('template', 'create', stack.write('web', web(['# nothing'])));
    assert.match(await kiln('chain', 'show'), /^base {2}\(Succeeded .*\)\n└─ web {2}\(never run\)$/m);

    const patched = async (...more: string[]) =>
      JSON.parse(await kiln('patch', 'base', '--json', ...more)) as PatchEntry[];
    const first = await patched();
    assert.deepEqual(
      first.map(({ name, state }) => `${name} ${state}`),
      ['base Skipped', 'web Succeeded'],
    );
    const second = await patched();
    assert.deepEqual(
      second.map(({ name, state }) => `${name} ${state}`),
      ['base Skipped', 'web Skipped'],
    );
    assert.match(second[1]?.reason ?? '', /nothing has changed since run web-/);
    const forced = await patched('--force', '--no-chain');
    assert.deepEqual(
      forced.map(({ name, state }) => `${name} ${state}`),
      ['base Succeeded'],
    );
    // The child’s source is the version that the parent has made since.
    const third = await patched();
    assert.deepEqual(
      third.map(({ name, state }) => `${name} ${state}`),
      ['base Skipped', 'web Succeeded'],
    );
    const [last] = (await show('base')).runs;
    const made = last?.outputs[0]?.version;
    assert.ok(made !== undefined);
    assert.equal((await show('web')).exactVersion, made);
  });

  it('are run by a trigger when their source has a new version', async () => {
    await kiln('trigger', 'create', 'web', 'parent');
    assert.match(await kiln('trigger', 'list', 'web'), /parent +SourceImage +Healthy/);
    const { runs } = await show('web');
    await kiln('template', 'run', 'base');
    await kiln('trigger', 'check', 'web');
    for (;;) {
      const view = await show('web');
      if (view.runs[0]?.runId !== runs[0]?.runId && view.runs[0]?.endTime !== undefined) {
        assert.deepEqual([view.runs[0].by, view.runs[0].state], ['trigger', 'Succeeded']);
        break;
      }
    }
    await kiln('trigger', 'delete', 'web', 'parent');
  });

  it('are patched by a schedule, which is paused after failures in a row and says why', async () => {
    await kiln('template', 'create', stack.write('failing', shellTemplate(['# simulate: exit=3'])));
    const create = ['schedule', 'create', 'failing', '--cron', '0 3 * * *', '--timezone', 'Europe/Berlin'];
    assert.match(await kiln(...create, '--pause-after', '2'), /^failing: next \d{4}-/);
    assert.equal((await stack.kiln(...create)).code, 2);
    const state = async () =>
      JSON.parse(await kiln('schedule', 'show', 'failing', '--json')) as {
        paused: boolean;
        note: string;
        recent: string[];
      };
    for (const count of [1, 2]) {
      await kiln('schedule', 'run', 'failing');
      for (;;) {
        const ended = (await show('failing')).runs.filter(({ endTime }) => endTime !== undefined);
        const { recent, paused } = await state();
        if (ended.length === count && recent.length === count && paused === (count === 2)) break;
      }
    }
    const { note, recent } = await state();
    assert.match(note, /paused by Kiln: 2 failures in a row, the last one kiln-schedule\/failing/);
    const history = JSON.stringify(await stack.history(recent[0] ?? ''));
    assert.match(history, /exited with 3/);
    const [run] = (await show('failing')).runs;
    assert.equal(run?.by, 'schedule');
    assert.ok(await stack.history(buildWorkflowId(run?.runId ?? '')));
    await kiln('schedule', 'resume', 'failing');
    assert.equal((await state()).paused, false);
    await kiln('schedule', 'delete', 'failing');
    assert.equal((await stack.kiln('schedule', 'show', 'failing')).code, 2);
  });

  it('leave old versions behind, which retention removes but for those in use', async () => {
    const versions = async () => (await stack.inventory()).filter((id) => /images\/debian-12\/versions\//i.test(id));
    for (let more = 0; more < 2; more++) await kiln('template', 'run', 'base');
    const before = await versions();
    assert.match(await kiln('retain', 'golden/debian-12', '--keep', '1', '--dry-run'), /would go/);
    assert.deepEqual(await versions(), before);
    const told = await kiln('retain', 'golden/debian-12', '--keep', '1');
    assert.match(told, /Kept +the newest good version/);
    assert.match(told, /Kept +web was last built on it/);
    assert.equal((await versions()).length, 2);
    const args = ['schedule', 'retain', 'golden/debian-12', '--days', '30', '--cron', '0 5 * * 0'];
    assert.match(await kiln(...args), /^retain-debian-12: next/);
    assert.match(await kiln('schedule', 'list'), /^retain-debian-12 +retain +0 5 \* \* 0/m);
    await kiln('schedule', 'delete', 'retain-debian-12');
  });

  it('refuses what it cannot take, before anything is made', async () => {
    for (const [args, message] of [
      [['schedule', 'create', 'base', '--cron', 'nonsense'], /the schedule is not taken: .*CronString/],
      [['schedule', 'create', 'base', '--cron', '0 3 * * *', '--jitter', 'long'], /--jitter: expected a number with/],
      [['schedule', 'create', 'base', '--cron', '0 3 * * *', '--overlap', 'all'], /--overlap.*skip, buffer-one/],
      [['retain', 'golden/debian-12'], /say what stays/],
      [['retain', 'golden/none', '--keep', '1'], /there is no image definition .*\/none/],
      [['retain', 'none', '--keep', '1'], /expected gallery\/definition/],
      [['patch'], /name templates, or select them/],
      [['patch', 'base', '--concurrency', '0'], /--concurrency: expected a whole number above 0/],
      [['template', 'show', 'no/name'], /expected a template's name or resource id/],
    ] as const) {
      const { code, stderr } = await stack.kiln(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, message);
    }
  });
});
