import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { BuildActivities, KnownTemplate, TemplateRunResult } from '../../src/activities/contract.ts';
import type { PatchReport, PatchRequest } from '../../src/workflows/patch-messages.ts';
import { createTemplateActivities } from '../../src/activities/templates.ts';
import { pause } from '../../src/client/services.ts';
import { TemplateClient } from '../../src/client/template-client.ts';
import { samplePlan, scripted, useTemporal } from './support.ts';

const template = (name: string, more: Partial<KnownTemplate> = {}): KnownTemplate => ({
  id: `/t/${name}`,
  name,
  makes: [`/d/${name}`],
  tags: {},
  running: false,
  ...more,
});

const REQUEST: PatchRequest = { within: '/s', chain: true, concurrency: 2, force: false };

describe('patchImages', () => {
  const temporal = useTemporal();

  async function patch(
    templates: KnownTemplate[],
    request: Partial<PatchRequest>,
    run: (name: string, request: { ifChanged?: boolean }) => Promise<TemplateRunResult> | TemplateRunResult,
    more: Partial<BuildActivities> = {},
  ): Promise<{ report: PatchReport; failure?: ApplicationFailure }> {
    const { activities } = scripted({
      findTemplates: async () => templates,
      runTemplate: async ({ workflowId, run: asked }) => run(workflowId.slice('/t/'.length), asked),
      ...more,
    });
    const taskQueue = randomUUID();
    return temporal.withWorker(taskQueue, activities, async () => {
      const options = { workflowId: taskQueue, taskQueue, args: [{ ...REQUEST, ...request }] };
      try {
        const report = await temporal.environment().client.workflow.execute('patchImages', options);
        return { report: report as PatchReport };
      } catch (error) {
        assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure, String(error));
        return { report: (error.cause.details?.[0] ?? { entries: [] }) as PatchReport, failure: error.cause };
      }
    });
  }

  const states = ({ entries }: PatchReport): string[] => entries.map(({ name, state }) => `${name} ${state}`);

  it('runs parents before children, and no more at a time than asked', async () => {
    const order: string[] = [];
    let running = 0;
    let most = 0;
    const templates = [
      template('app', { builtOn: '/d/base' }),
      template('base'),
      template('deep', { builtOn: '/D/APP' }),
      ...['x', 'y', 'z'].map((name) => template(name)),
    ];
    const { report } = await patch(templates, {}, async (name, { ifChanged }) => {
      assert.equal(ifChanged, true);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 30));
      running--;
      order.push(name);
      return { state: 'Succeeded', runId: `${name}-1` };
    });
    assert.equal(most, 2);
    assert.ok(order.indexOf('base') < order.indexOf('app') && order.indexOf('app') < order.indexOf('deep'));
    assert.deepEqual(
      report.entries.map(({ state }) => state),
      Array.from({ length: 6 }, () => 'Succeeded'),
    );
    assert.deepEqual(report.entries[0]?.parents, ['base']);
  });

  it('does not run what builds on an image that failed, and says why; the others go on', async () => {
    const templates = [
      template('base'),
      template('app', { builtOn: '/d/base' }),
      template('deep', { builtOn: '/d/app' }),
      template('other'),
    ];
    const { report, failure } = await patch(templates, {}, (name) =>
      name === 'base' ? { state: 'Failed', runId: 'base-1', reason: 'sysprep' } : { state: 'Succeeded' },
    );
    assert.equal(failure?.type, 'PatchFailed');
    assert.match(failure?.message ?? '', /base Failed: sysprep; app NotRun: base comes before it and failed/);
    assert.deepEqual(states(report), ['base Failed', 'app NotRun', 'deep NotRun', 'other Succeeded']);
    assert.equal(report.entries[2]?.reason, 'app comes before it and was not run');
  });

  it('takes the selected ones by name or tag with what builds on them, or without', async () => {
    const templates = [
      template('base', { tags: { patch: 'weekly' } }),
      template('app', { builtOn: '/d/base' }),
      template('other', { tags: { patch: 'never' } }),
    ];
    const skipped = () => ({ state: 'Skipped' as const, reason: 'nothing has changed' });
    const byTag = await patch(templates, { tag: { name: 'patch', value: 'weekly' } }, skipped);
    assert.deepEqual(states(byTag.report), ['base Skipped', 'app Skipped']);
    assert.equal(byTag.report.entries[0]?.reason, 'nothing has changed');
    const alone = await patch(templates, { templates: ['/T/BASE'], chain: false }, skipped);
    assert.deepEqual(states(alone.report), ['base Skipped']);
    const anyValue = await patch(templates, { tag: { name: 'patch' }, chain: false }, skipped);
    assert.deepEqual(states(anyValue.report), ['base Skipped', 'other Skipped']);
    const { failure } = await patch(templates, { templates: ['/t/none'] }, skipped);
    assert.equal(failure?.type, 'NotFound');
  });

  it('rolls out wave by wave, in the order that people number them, and stops at a wave that failed', async () => {
    const ring = (name: string, value: string) => template(name, { tags: { ring: value } });
    const templates = [ring('last', 'ring10'), ring('second', 'ring2'), ring('first', 'ring1'), ring('also', 'ring1')];
    const order: string[] = [];
    const good = await patch(templates, { waves: 'ring' }, (name) => {
      order.push(name);
      return { state: 'Succeeded' };
    });
    assert.equal(good.failure, undefined);
    assert.deepEqual(order.slice(2), ['second', 'last']);
    const bad = await patch(templates, { waves: 'ring' }, (name) => ({
      state: name === 'also' ? ('Failed' as const) : ('Succeeded' as const),
      reason: 'x',
    }));
    assert.deepEqual(states(bad.report), ['last NotRun', 'second NotRun', 'first Succeeded', 'also Failed']);
  });

  it('refuses templates that build on each other, by the way round', async () => {
    const templates = [
      template('a', { builtOn: '/d/c' }),
      template('b', { builtOn: '/d/a' }),
      template('c', { builtOn: '/d/b' }),
    ];
    let ran = 0;
    const { failure } = await patch(templates, {}, () => {
      ran++;
      return { state: 'Succeeded' };
    });
    assert.equal(failure?.type, 'Cycle');
    assert.match(failure?.message ?? '', /a → b → c → a/);
    assert.equal(ran, 0);
  });

  it('waits for a run that is under way, and asks for one where something may be new since', async () => {
    const { client } = temporal.environment();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const id = `/subscriptions/s/resourceGroups/g/templates/${randomUUID()}`;
    const { activities } = scripted({
      ...createTemplateActivities(),
      findTemplates: async () => [template('busy', { id })],
      captureMachine: () => released,
    });
    await temporal.withWorker(id, activities, async () => {
      const templates = new TemplateClient(client, id);
      const plan = samplePlan();
      const resource = { location: 'westeurope', tags: {}, identity: {}, properties: {} };
      await templates.put({ plan: { ...plan, template: { ...plan.template, id } }, resource });
      while ((await templates.get(id)).provisioningState !== 'Succeeded') await pause(20);
      const { runId } = await templates.run(id, { by: 'person' });
      const patching = await client.workflow.start('patchImages', {
        workflowId: `patch/${id}`,
        taskQueue: id,
        args: [{ ...REQUEST, force: true, templates: [id] }],
      });
      for (let waits = false; !waits; await pause(20)) {
        const { pendingActivities } = (await patching.describe()).raw;
        waits = JSON.stringify(pendingActivities?.[0]?.heartbeatDetails ?? '').includes(
          btoa(`{"waitingFor":"${runId}"}`),
        );
      }
      release();
      const report = (await patching.result()) as PatchReport;
      assert.deepEqual(states(report), ['busy Succeeded']);
      assert.notEqual(report.entries[0]?.runId, runId);
      assert.equal((await templates.get(id)).runs.length, 2);
      await templates.delete(id);
      await templates.deleted(id);
    });
  });

  it('pauses its schedule after failures in a row, and counts anew once it goes on', async () => {
    const { schedule } = temporal.environment().client;
    const taskQueue = randomUUID();
    const { activities } = scripted({ ...createTemplateActivities(), findTemplates: async () => [] });
    await temporal.withWorker(taskQueue, activities, async () => {
      const handle = await schedule.create({
        scheduleId: taskQueue,
        spec: { cronExpressions: ['0 0 1 1 *'] },
        action: {
          type: 'startWorkflow',
          workflowType: 'patchImages',
          workflowId: taskQueue,
          taskQueue,
          args: [{ ...REQUEST, templates: ['/t/none'], schedule: { id: taskQueue, pauseAfter: 2 } }],
        },
      });
      const fail = async (count: number): Promise<boolean> => {
        await handle.trigger();
        // What has ended is in Temporal's list a moment later.
        const query = `TemporalScheduledById = '${taskQueue}' AND ExecutionStatus = 'Failed'`;
        while ((await temporal.environment().client.workflow.count(query)).count < count) await pause(50);
        return (await handle.describe()).state.paused;
      };
      assert.equal(await fail(1), false);
      assert.equal(await fail(2), true);
      assert.match((await handle.describe()).state.note ?? '', /2 failures in a row/);
      await handle.unpause();
      assert.equal(await fail(3), false);
      assert.equal(await fail(4), true);
      await handle.delete();
    });
  });

  it('tells its schedule of a failure, and not of a success', async () => {
    const told: unknown[] = [];
    const more: Partial<BuildActivities> = {
      pauseIfFailing: async (schedule) => {
        told.push(schedule);
        return { failures: 3, paused: true };
      },
    };
    const schedule = { id: 'kiln-patch/x', pauseAfter: 3 };
    await patch([template('a')], { schedule }, () => ({ state: 'Succeeded' }), more);
    await patch([template('a')], { schedule }, () => ({ state: 'Failed', reason: 'x' }), more);
    assert.deepEqual(told, [schedule]);
  });
});
