import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { BuildActivities } from '../../src/activities/contract.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import { buildWorkflowId } from '../../src/workflows/messages.ts';
import type { OutputStatus } from '../../src/workflows/messages.ts';
import { runContext } from '../../src/workflows/run-context.ts';
import type { RememberedRun, TemplateState } from '../../src/workflows/template-state.ts';
import { isUnanswered, TemplateClient, TemplateRefusal } from '../../src/client/template-client.ts';
import { pause } from '../../src/client/services.ts';
import type { Accepted, RunRequest, TemplateView } from '../../src/workflows/template-messages.ts';
import { samplePlan, scripted, useTemporal } from './support.ts';

describe('imageTemplate', () => {
  const temporal = useTemporal();

  /** A template of its own on a worker of its own, and what a person does with it. */
  async function withTemplate<T>(
    activities: BuildActivities,
    body: (template: ReturnType<typeof handleOf>) => Promise<T>,
  ): Promise<T> {
    const id = `/subscriptions/s/resourceGroups/g/templates/${randomUUID()}`;
    return temporal.withWorker(id, activities, () => body(handleOf(id)));
  }

  function handleOf(id: string) {
    const client = new TemplateClient(temporal.environment().client, id);
    const submit = (plan: BuildPlan, ifRevision?: number): Promise<Accepted> => {
      const own = { ...plan, template: { ...plan.template, id } };
      const { location, tags } = plan.template;
      const resource = { location, tags, identity: {}, properties: {} };
      return client.put({ plan: own, resource, ...(ifRevision === undefined ? {} : { ifRevision }) });
    };
    const until = async (wanted: (view: TemplateView) => boolean): Promise<TemplateView> => {
      for (;;) {
        const seen = await client.get(id);
        if (wanted(seen)) return seen;
        await pause(20);
      }
    };
    return {
      id,
      client,
      submit,
      until,
      put: async (plan = samplePlan()): Promise<TemplateView> => {
        await submit(plan);
        return until(({ provisioningState }) => !provisioningState.endsWith('ing'));
      },
      run: (request: Partial<RunRequest> = {}) => client.run(id, { by: 'person', ...request }),
      /** That so many runs have ended. */
      ended: (count = 1) => until(({ runs }) => runs.length >= count && runs[0]?.endTime !== undefined),
    };
  }

  const refused = (code: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof TemplateRefusal, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };

  /** An activity that waits for its release, or for its cancellation. */
  function gate() {
    const { promise, resolve: open } = Promise.withResolvers<void>();
    const wait = async (): Promise<void> => {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 50);
      try {
        await Promise.race([promise, context.cancelled]);
      } finally {
        clearInterval(beat);
      }
    };
    return { open, wait };
  }

  it('is put, run twice and deleted with the group that was made for it', async () => {
    const groups: string[] = [];
    const { activities } = scripted({
      createStagingGroup: async ({ runId, staging, ownGroup }) => {
        groups.push(
          `make ${runId.replace(/-.*/, '')} ${ownGroup === true} ${staging.resourceGroup.replace(/[0-9a-f]{8}$/, 'X')}`,
        );
      },
      removeStagingGroup: async ({ runId }) => {
        groups.push(`remove ${runId.replace(/-.*/, '')}`);
        return { removed: [], leftovers: [] };
      },
    });
    await withTemplate(activities, async (template) => {
      const made = await template.put();
      assert.equal(made.provisioningState, 'Succeeded');
      assert.equal(made.exactVersion, '12.1');
      const first = await template.run();
      assert.match(first.runId ?? '', /^sample-[0-9a-f]{8}-1$/);
      const { runs } = await template.ended();
      assert.equal(runs[0]?.state, 'Succeeded');
      assert.equal(runs[0]?.outputs[0]?.state, 'Succeeded');
      await template.run();
      await template.ended(2);
      await template.client.delete(template.id);
      const end = await template.client.deleted(template.id);
      assert.equal(end.provisioningState, 'Deleted');
      assert.equal(end.operations[0]?.status, 'Succeeded');
    });
    assert.deepEqual(groups, [
      'make template false IT_g_sample_X',
      'make sample true IT_g_sample_X',
      'make sample true IT_g_sample_X',
      'remove template',
    ]);
  });

  it('runs by itself once it is made, where it says so, and not when it is changed', async () => {
    const { activities } = scripted({});
    await withTemplate(activities, async (template) => {
      const plan = { ...samplePlan(), autoRun: true };
      await template.put(plan);
      const { runs } = await template.ended();
      assert.deepEqual(
        runs.map(({ by, state }) => `${by} ${state}`),
        ['autoRun Succeeded'],
      );
      await template.put(plan);
      assert.equal((await template.client.get(template.id)).runs.length, 1);
    });
  });

  it('runs one build at a time, refuses in the service’s words, and a run keeps the revision that it began with', async () => {
    const { open, wait } = gate();
    const { activities } = scripted({
      captureMachine: wait,
    });
    await withTemplate(activities, async (template) => {
      await template.put();
      await template.run();
      const words =
        /^Operation Microsoft\.VirtualMachineImages\/imageTemplates\/run\/action is not allowed in provisioning state: succeeded or run state: running$/;
      await assert.rejects(template.run(), refused('Conflict', words));
      await assert.rejects(
        template.client.delete(template.id),
        refused('Conflict', /imageTemplates\/delete is not allowed/),
      );
      const changed = await template.put(samplePlan({ buildTimeoutInMinutes: 60 }));
      assert.equal(changed.revision, 2);
      assert.equal(changed.runs[0]?.revision, 1);
      open();
      assert.equal((await template.ended()).runs[0]?.state, 'Succeeded');
      await template.run();
      const { runs } = await template.ended(2);
      assert.equal(runs[0]?.revision, 2);
    });
  });

  it('keeps why a submission failed, runs nothing of it, and takes a corrected one', async () => {
    let wrong = true;
    const { calls, activities } = scripted({
      checkPlan: async (plan) => {
        if (!wrong) return scripted().activities.checkPlan(plan);
        throw ApplicationFailure.nonRetryable('the template cannot be built', 'InvalidPlan', {
          problems: [{ path: 'properties.source', message: 'no such image' }],
        });
      },
    });
    await withTemplate(activities, async (template) => {
      const failed = await template.put();
      assert.equal(failed.provisioningState, 'Failed');
      assert.deepEqual(failed.provisioningError, {
        provisioningErrorCode: 'BadPIRSource',
        message: 'the template cannot be built',
      });
      assert.deepEqual(failed.operations[0]?.error?.code, 'BadPIRSource');
      await assert.rejects(template.run(), refused('Conflict', /provisioning state: failed or run state: none/));
      assert.ok(!calls.includes('createStagingGroup'));
      wrong = false;
      const corrected = await template.put();
      assert.equal(corrected.provisioningState, 'Succeeded');
      assert.equal(corrected.provisioningError, undefined);
    });
  });

  it('takes a change only of the revision that it was made for', async () => {
    await withTemplate(scripted().activities, async (template) => {
      await template.put();
      await template.submit(samplePlan(), 1);
      await assert.rejects(template.submit(samplePlan(), 1), refused('Conflict', /revision 2, and 1 was expected/));
      const elsewhere = samplePlan();
      elsewhere.template = { ...elsewhere.template, location: 'northeurope' };
      await assert.rejects(template.submit(elsewhere), refused('Conflict', /already exists in location 'westeurope'/));
    });
  });

  it('is free again after a cancellation, with all that the run had made removed', async () => {
    const { wait } = gate();
    const { calls, activities } = scripted({
      createMachine: async () => {
        await wait();
        return { machineId: '/vm' };
      },
    });
    await withTemplate(activities, async (template) => {
      await template.put();
      await assert.rejects(template.client.cancel(template.id), refused('Conflict', /cancel\/action is not allowed/));
      const { operationId } = await template.run();
      await template.until(() => calls.includes('createMachine'));
      await template.client.cancel(template.id);
      const { runs, operations } = await template.ended();
      assert.equal(runs[0]?.state, 'Canceled');
      assert.equal(operations.find(({ id }) => id === operationId)?.status, 'Canceled');
      assert.ok(calls.includes('removeMachine'));
    });
  });

  it('ends with a failed run as that failed, also where its build was terminated', async () => {
    let fail = true;
    const { wait } = gate();
    const { activities } = scripted({
      runStep: async (run, guest, step) => {
        if (fail) throw ApplicationFailure.nonRetryable('step exited with 3', 'CustomizerFailed', { exitCode: 3 });
        await wait();
        return scripted().activities.runStep(run, guest, step);
      },
    });
    await withTemplate(activities, async (template) => {
      await template.put();
      const { operationId } = await template.run();
      const { runs, operations } = await template.ended();
      assert.deepEqual([runs[0]?.state, runs[0]?.message], ['Failed', 'step exited with 3']);
      assert.deepEqual(operations.find(({ id }) => id === operationId)?.error, {
        code: 'CustomizerFailed',
        message: 'step exited with 3',
      });
      fail = false;
      const { runId = '' } = await template.run();
      const build = temporal.environment().client.workflow.getHandle(buildWorkflowId(runId));
      while (!(await build.describe().catch(() => undefined))) await pause(20);
      await build.terminate('by the test');
      const after = await template.ended(2);
      assert.equal(after.runs[0]?.state, 'Failed');
      assert.match(after.runs[0]?.message ?? '', /ended in Temporal/);
    });
  });

  it('skips a run where nothing has changed, and answers a request that is repeated with the same run', async () => {
    let digest = 'a';
    const { activities } = scripted({
      checkPlan: async (plan) => ({ ...(await scripted().activities.checkPlan(plan)), digests: { 'step-00': digest } }),
    });
    await withTemplate(activities, async (template) => {
      await template.put();
      const first = await template.run({ ifChanged: true, requestId: 'one' });
      await template.ended();
      assert.equal((await template.run({ ifChanged: true, requestId: 'one' })).runId, first.runId);
      const { runId, skipped } = await template.run({ ifChanged: true });
      assert.equal(runId, undefined);
      assert.match(
        skipped ?? '',
        /nothing has changed since run sample-.*-1: Debian:debian-12:12-gen2:12\.1, 1 downloads/,
      );
      digest = 'b';
      assert.notEqual((await template.run({ ifChanged: true })).runId, undefined);
    });
  });

  it('is not changed by being put as it was, whatever its tags', async () => {
    await withTemplate(scripted().activities, async (template) => {
      const plan = samplePlan();
      await template.put(plan);
      await template.run();
      await template.ended();
      await template.put({ ...samplePlan(), runId: 'another', template: { ...plan.template, tags: { owner: 'b' } } });
      assert.match((await template.run({ ifChanged: true })).skipped ?? '', /nothing has changed.*revision 2/);
      await template.put(samplePlan({ buildTimeoutInMinutes: 60 }));
      assert.notEqual((await template.run({ ifChanged: true })).runId, undefined);
      await template.ended(2);
    });
  });

  it('is corrected and deleted while the check of what was put hangs', async () => {
    let hangs = true;
    const { open, wait } = gate();
    const { activities } = scripted({
      checkPlan: async (plan) => {
        if (hangs) await wait();
        return scripted().activities.checkPlan(plan);
      },
    });
    await withTemplate(activities, async (template) => {
      const first = await template.submit(samplePlan());
      hangs = false;
      await template.submit(samplePlan());
      const { operations } = await template.until(({ provisioningState }) => provisioningState === 'Succeeded');
      assert.deepEqual(operations.map(({ status }) => status).toSorted(), ['Canceled', 'Succeeded']);
      assert.equal(operations.find(({ status }) => status === 'Canceled')?.id, first.operationId);
      hangs = true;
      await template.submit(samplePlan());
      await template.client.delete(template.id);
      assert.equal((await template.client.deleted(template.id)).provisioningState, 'Deleted');
      open();
    });
  });

  it('runs by itself once, when there is something to run at last', async () => {
    let wrong = true;
    const { activities } = scripted({
      checkPlan: async (plan) => {
        if (wrong) throw ApplicationFailure.nonRetryable('no', 'InvalidPlan');
        return scripted().activities.checkPlan(plan);
      },
    });
    await withTemplate(activities, async (template) => {
      assert.equal((await template.put(samplePlan({ autoRun: true }))).provisioningState, 'Failed');
      wrong = false;
      await template.put(samplePlan({ autoRun: true }));
      assert.equal((await template.ended()).runs[0]?.by, 'autoRun');
      await template.put(samplePlan({ autoRun: true }));
      assert.equal((await template.client.get(template.id)).runs.length, 1);
    });
  });

  it('can be cancelled while it makes room for a run, and while it looks whether one is needed', async () => {
    const { open, wait } = gate();
    let hangs = false;
    const { calls, activities } = scripted({
      removeNetwork: async () => ({ removed: [], leftovers: [{ id: '/nic', reason: 'in use' }] }),
      removeStagingGroup: async () => {
        await wait();
        return { removed: [], leftovers: [] };
      },
      checkPlan: async (plan) => {
        if (hangs) await wait();
        return scripted().activities.checkPlan(plan);
      },
    });
    await withTemplate(activities, async (template) => {
      await template.put();
      await template.run();
      await template.ended();
      await template.run();
      await template.until(() => calls.includes('removeStagingGroup'));
      const machines = calls.filter((name) => name === 'createMachine').length;
      const canceled = await template.client.cancel(template.id);
      const { runs, operations } = await template.ended(2);
      assert.equal(runs[0]?.state, 'Canceled');
      assert.equal(operations.find(({ id }) => id === canceled.operationId)?.status, 'Succeeded');
      assert.equal(calls.filter((name) => name === 'createMachine').length, machines);

      hangs = true;
      const checks = calls.filter((name) => name === 'checkPlan').length;
      const asked = template.run({ ifChanged: true });
      await template.until(() => calls.filter((name) => name === 'checkPlan').length > checks);
      await template.client.cancel(template.id);
      assert.match((await asked).skipped ?? '', /cancelled before it began/);
      assert.equal((await template.client.get(template.id)).runs.length, 2);
      open();
    });
  });

  it('goes on in new histories, and not while it is being deleted', async () => {
    const { open, wait } = gate();
    const { calls, activities } = scripted({
      removeStagingGroup: async () => {
        await wait();
        return { removed: [], leftovers: [] };
      },
    });
    await withTemplate(activities, async (template) => {
      const { workflow } = temporal.environment().client;
      await workflow.start('imageTemplate', {
        workflowId: template.id.toLowerCase(),
        taskQueue: template.id,
        args: [{ id: template.id, maxEvents: 12 }],
        memo: { templateName: 'sample' },
      });
      const handle = workflow.getHandle(template.id.toLowerCase());
      const { runId } = await handle.describe();
      for (let revision = 1; revision <= 3; revision++) await template.put();
      const later = await handle.describe();
      assert.notEqual(later.runId, runId);
      assert.deepEqual(later.memo, { templateName: 'sample' });
      const deletion = await template.client.delete(template.id);
      await template.until(() => calls.includes('removeStagingGroup'));
      for (let repeated = 1; repeated <= 3; repeated++) {
        const { operationId } = await template.client.delete(template.id);
        assert.equal(operationId, deletion.operationId);
      }
      open();
      assert.equal((await template.client.deleted(template.id)).provisioningState, 'Deleted');
      assert.equal(calls.filter((name) => name === 'removeStagingGroup').length, 1);
    });
  });

  it('leaves a VHD where it was made until the template goes, and takes logs of old runs away', async () => {
    const cleared: string[] = [];
    const { activities } = scripted({
      removeStagingGroup: async ({ runId, staging, runsNamed }) => {
        cleared.push(`${runsNamed ?? runId} in ${staging.resourceGroup}`);
        return { removed: [], leftovers: [] };
      },
    });
    await withTemplate(activities, async (template) => {
      const sample = samplePlan({ stagingResourceGroup: '/subscriptions/s/resourceGroups/Mine' });
      const plan = { ...sample, template: { ...sample.template, id: template.id } };
      const run = (count: number, type: OutputStatus['type']): RememberedRun => {
        const runId = `sample-0a1b2c3d-${count}`;
        const context = { ...runContext(plan), runId };
        const outputs = [{ runOutputName: 'one', type, state: 'Succeeded' as const, regions: [] }];
        const [by, state, time] = ['person', 'Succeeded', '2026-01-01T00:00:00Z'] as const;
        const told = { runId, revision: 1, by, state, startTime: time, endTime: time, message: '', outputs };
        return { ...told, context, operationId: '' };
      };
      const state: TemplateState = {
        id: template.id,
        incarnation: '0a1b2c3d',
        submission: { plan, resource: { location: '', tags: {}, identity: {}, properties: {} } },
        revision: 1,
        changed: 1,
        provisioned: true,
        provisioningState: 'Succeeded',
        madeGroup: false,
        count: 10,
        namedGroups: ['mine', 'former'],
        // Newest first: the two oldest are forgotten next.
        runs: [...[10, 9, 8, 7, 6, 5, 4, 3].map((count) => run(count, 'VHD')), run(2, 'SharedImage'), run(1, 'VHD')],
        triggers: [],
        operations: [],
        leftovers: [],
      };
      const workflowId = template.id.toLowerCase();
      const options = { workflowId, taskQueue: template.id, args: [{ id: template.id, state }] };
      await temporal.environment().client.workflow.start('imageTemplate', options);
      for (const count of [11, 12]) {
        await template.run();
        await template.until(({ runs: [last] }) => last?.runId.endsWith(`-${count}`) === true && !!last.endTime);
      }
      assert.deepEqual(cleared, ['sample-0a1b2c3d-2 in IT_g_sample']);
      await template.client.delete(template.id);
      await template.client.deleted(template.id);
      const named = ['former', 'mine'].map((group) => `sample-0a1b2c3d- in ${group}`);
      assert.deepEqual(cleared.slice(1).toSorted(), named);
    });
  });

  it('is listed with its neighbours, a page at a time, and not once it is deleted', async () => {
    const group = `/subscriptions/s/resourceGroups/${randomUUID()}`;
    await temporal.withWorker(group, scripted().activities, async () => {
      const client = new TemplateClient(temporal.environment().client, group);
      const ids = ['a', 'b', 'c', 'd', 'e'].map((name) => `${group}/templates/${name}`);
      const resource = { location: 'westeurope', tags: {}, identity: {}, properties: {} };
      for (const id of ids) {
        const plan = samplePlan();
        await client.put({ plan: { ...plan, template: { ...plan.template, id } }, resource });
      }
      await client.delete(ids[4] ?? '');
      await client.deleted(ids[4] ?? '');
      const seen: string[] = [];
      const sizes: number[] = [];
      // Temporal's list knows of the last ones a moment later.
      while (seen.length !== 4) {
        seen.length = sizes.length = 0;
        for (let after: string | undefined, more = true; more;) {
          const { templates, next } = await client.list(group, after, 2);
          seen.push(...templates.map(({ id }) => id));
          sizes.push(templates.length);
          after = next;
          more = next !== undefined;
        }
      }
      assert.deepEqual(seen.toSorted(), ids.slice(0, 4));
      assert.ok(sizes.every((size) => size <= 2));
      assert.deepEqual((await client.list(`${group}2`)).templates, []);
    });
  });

  it('is not taken for gone while there is no worker that could answer for it', async () => {
    const group = `/subscriptions/s/resourceGroups/${randomUUID()}`;
    const id = `${group}/templates/a`;
    const plan = { ...samplePlan(), template: { ...samplePlan().template, id } };
    const resource = { location: 'westeurope', tags: {}, identity: {}, properties: {} };
    const client = new TemplateClient(temporal.environment().client, group, 500);
    await temporal.withWorker(group, scripted().activities, async () => {
      await client.put({ plan, resource });
      while ((await client.list(group)).templates.length === 0) await pause(20);
    });
    for (const asked of [() => client.list(group), () => client.get(id), () => client.put({ plan, resource })]) {
      await assert.rejects(asked, isUnanswered);
    }
  });

  it('has no trigger where its region has as many as it may', async () => {
    await withTemplate(scripted().activities, async (template) => {
      const { workflow } = temporal.environment().client;
      const subscription = randomUUID();
      const others = await Promise.all(
        Array.from({ length: 100 }, (_, at) =>
          workflow.start('imageTemplate', {
            workflowId: `/subscriptions/${subscription}/templates/${at}`,
            // Nobody serves it: that they are there is what counts.
            taskQueue: subscription,
            args: [{ id: '' }],
            memo: { triggerIn: 'westeurope' },
          }),
        ),
      );
      const plan = samplePlan();
      await template.put({ ...plan, template: { ...plan.template, subscriptionId: subscription } });
      while ((await workflow.count(`TaskQueue = '${subscription}'`)).count < others.length) await pause(20);
      const full = refused('Conflict', /has 100 triggers in westeurope/);
      await assert.rejects(template.client.putTrigger(template.id, 'one'), full);
      await others[0]?.terminate();
      while ((await workflow.count(`TaskQueue = '${subscription}' AND ExecutionStatus = 'Running'`)).count > 99)
        await pause(20);
      await template.client.putTrigger(template.id, 'one');
      await template.client.putTrigger(template.id, 'one');
      await Promise.all(others.slice(1).map((other) => other.terminate()));
    });
  });

  it('is run by a new version of its source, until three runs in a row have failed', async () => {
    let version = '12.1';
    let fails = false;
    const { activities } = scripted({
      findSourceVersion: async () => version,
      checkPlan: async (plan) => {
        const checked = await scripted().activities.checkPlan(plan);
        return { ...checked, source: { ...checked.source, exactVersion: version } };
      },
      captureMachine: async () => {
        if (fails) throw ApplicationFailure.nonRetryable('sysprep', 'DeprovisionFailed');
      },
    });
    await withTemplate(activities, async (template) => {
      await template.put();
      await template.client.putTrigger(template.id, 'vendor');
      await assert.rejects(
        template.client.putTrigger(template.id, 'second'),
        refused('Conflict', /vendor is there already/),
      );
      const look = () => template.client.checkSource(template.id);
      version = '12.2';
      await look();
      const { runs, exactVersion } = await template.ended();
      assert.deepEqual([runs.length, runs[0]?.by, exactVersion], [1, 'trigger', '12.2']);

      fails = true;
      version = '12.3';
      for (const count of [2, 3, 4]) {
        await look();
        await template.ended(count);
      }
      const { triggers } = await template.client.get(template.id);
      assert.equal(triggers[0]?.status.code, 'Deactivated');
      assert.match(triggers[0]?.status.message ?? '', /3 builds in a row failed.*sysprep/);

      fails = false;
      await template.run();
      const back = await template.ended(5);
      assert.equal(back.triggers[0]?.status.code, 'Healthy');
    });
  });
});
