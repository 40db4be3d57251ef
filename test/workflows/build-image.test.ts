import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { QUERY_STATUS } from '../../src/workflows/messages.ts';
import { gallery, samplePlan, scripted, useTemporal } from './support.ts';

/** Blocks until the activity is cancelled, then ends as a create does that had to finish first. */
async function untilCanceled(reached: () => void): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 50);
  reached();
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beat);
  }
}

const inline = { from: 'inline' as const, lines: ['true'] };

describe('buildImage', () => {
  const temporal = useTemporal();

  it('tells the story in order and removes its scaffold, not its outputs', async () => {
    const { calls, activities } = scripted();
    const status: BuildStatus = await temporal.withBuild(samplePlan(), activities, (build) => build.result());
    assert.equal(status.state, 'Succeeded');
    assert.deepEqual(
      status.stages.map(({ stage }) => stage),
      [
        'Checking',
        'Provisioning',
        'CopyingSource',
        'CreatingMachine',
        'Customizing',
        'Capturing',
        'Distributing',
        'CleaningUp',
      ],
    );
    assert.deepEqual(
      calls.filter((name) => name.startsWith('remove')),
      ['removeMachine', 'removeNetwork'],
    );
    assert.deepEqual(
      status.outputs[0]?.regions.map(({ state }) => state),
      ['Succeeded', 'Succeeded'],
    );
  });

  it('stays within 120 events for 5 customizers and 2 regions', async () => {
    const plan = samplePlan();
    const [step] = plan.customize;
    assert.ok(step);
    plan.customize = [0, 1, 2, 3, 4].map((index) => ({ ...step, index, key: `step-0${index}` }));
    const events = await temporal.withBuild(plan, scripted().activities, async (build) => {
      await build.result();
      return (await build.fetchHistory()).events?.length ?? 0;
    });
    assert.ok(events <= 120, `${events} events`);
  });

  it('stops at a failing customizer, removes everything and names the step', async () => {
    const { calls, activities } = scripted({
      runStep: async (_run, _machine, step) => {
        const result = {
          exitCode: 3,
          startTime: '',
          endTime: '',
          outputTail: 'out',
          errorTail: 'no such package',
          stdoutBlob: 'a',
          stderrBlob: 'b',
        };
        if (step.index === 1) throw ApplicationFailure.nonRetryable('step 1 exited with 3', 'CustomizerFailed', result);
        return { ...result, exitCode: 0 };
      },
    });
    const status = await temporal.withBuild(samplePlan(), activities, async (build) => {
      await assert.rejects(build.result(), WorkflowFailedError);
      return build.query<BuildStatus>(QUERY_STATUS);
    });
    assert.equal(status.state, 'Failed');
    assert.deepEqual(
      {
        type: status.failure?.type,
        step: status.failure?.step,
        exitCode: status.failure?.exitCode,
        stage: status.failure?.stage,
      },
      { type: 'CustomizerFailed', step: 'step 1', exitCode: 3, stage: 'Customizing' },
    );
    assert.equal(status.steps[1]?.errorTail, 'no such package');
    assert.deepEqual(
      status.steps.map(({ state }) => state),
      ['Succeeded', 'Failed', 'Pending'],
    );
    assert.deepEqual(calls.slice(-2), ['removeMachine', 'removeNetwork']);
  });

  describe('validation', () => {
    const check = { type: 'Shell' as const, index: 0, name: 'smoke', key: 'check-01-smoke', script: inline };
    const validate = { continueDistributeOnFailure: false, sourceValidationOnly: false, validators: [check] };
    const failing = (): ReturnType<typeof scripted> =>
      scripted({
        runStep: async (_run, guest, step) => {
          const result = {
            exitCode: step.role === 'validator' ? 4 : 0,
            startTime: '',
            endTime: '',
            outputTail: guest.name,
          };
          const told = { ...result, errorTail: '', stdoutBlob: 'a', stderrBlob: 'b' };
          if (step.role !== 'validator') return told;
          throw ApplicationFailure.nonRetryable('smoke exited with 4', 'ValidatorFailed', told);
        },
      });

    it('runs in a machine made from what was captured, before anything is distributed', async () => {
      const { calls, activities } = scripted();
      await temporal.withBuild(samplePlan({ validate }), activities, (build) => build.result());
      const order = ['captureMachine', 'createOutputImage', 'createMachine', 'runStep', 'publishVersion'];
      assert.deepEqual(
        order.map((name) => calls.lastIndexOf(name)).toSorted((a, b) => a - b),
        order.map((name) => calls.lastIndexOf(name)),
      );
      assert.equal(calls.filter((name) => name === 'createMachine').length, 2);
      assert.deepEqual(calls.slice(-5), [
        'removeMachine',
        'removeMachineNetwork',
        'removeOutputImage',
        'removeMachine',
        'removeNetwork',
      ]);
    });

    it('that fails distributes nothing', async () => {
      const { calls, activities } = failing();
      const status = await temporal.withBuild(samplePlan({ validate }), activities, async (build) => {
        await assert.rejects(build.result(), WorkflowFailedError);
        return build.query<BuildStatus>(QUERY_STATUS);
      });
      assert.ok(!calls.includes('publishVersion'));
      assert.equal(status.failure?.type, 'ValidatorFailed');
      assert.equal(status.failure?.stage, 'Validating');
      assert.equal(status.steps.at(-1)?.outputTail, 'validate');
    });

    it('that fails fails the run all the same where it distributes on', async () => {
      const { calls, activities } = failing();
      const plan = samplePlan({ validate: { ...validate, continueDistributeOnFailure: true } });
      const status = await temporal.withBuild(plan, activities, async (build) => {
        await assert.rejects(build.result(), WorkflowFailedError);
        return build.query<BuildStatus>(QUERY_STATUS);
      });
      assert.equal(status.state, 'Failed');
      assert.equal(status.failure?.type, 'ValidatorFailed');
      assert.deepEqual(
        status.outputs.map(({ state }) => state),
        ['Succeeded'],
      );
      assert.ok(!calls.includes('removeOutput'));
      assert.ok(calls.includes('removeNetwork'));
    });

    it('of the source alone builds and distributes nothing', async () => {
      const { calls, activities } = scripted();
      const plan = samplePlan({ validate: { ...validate, sourceValidationOnly: true } });
      const status = await temporal.withBuild(plan, activities, (build) => build.result() as Promise<BuildStatus>);
      assert.equal(status.state, 'Succeeded');
      assert.deepEqual(status.outputs, []);
      assert.deepEqual(
        status.steps.map(({ role }) => role),
        ['validator'],
      );
      assert.ok(!calls.includes('captureMachine') && !calls.includes('publishVersion'));
      assert.equal(calls.filter((name) => name === 'runStep').length, 1);
    });

    it('leaves the machines to be looked at where the template says abort', async () => {
      const { calls, activities } = failing();
      const errorHandling = { onCustomizerError: 'cleanup', onValidationError: 'abort' } as const;
      const status = await temporal.withBuild(samplePlan({ validate, errorHandling }), activities, async (build) => {
        await assert.rejects(build.result(), WorkflowFailedError);
        return build.query<BuildStatus>(QUERY_STATUS);
      });
      assert.ok(!calls.some((name) => name.startsWith('remove')));
      assert.match(status.leftovers[0]?.id ?? '', /validation machine/);
      assert.match(status.leftovers[0]?.reason ?? '', /onValidationError says; kiln delete sample-/);
    });
  });

  it('waits for a cancelled create to end before it undoes it', async () => {
    const order: string[] = [];
    let reached = (): void => {};
    const inside = new Promise<void>((resolve) => (reached = resolve));
    const { activities } = scripted({
      createMachine: async () => {
        try {
          return await untilCanceled(reached);
        } finally {
          order.push('create ended');
        }
      },
      removeMachine: async () => {
        order.push('removed');
        return { removed: [], leftovers: [] };
      },
    });
    const status = await temporal.withBuild(samplePlan(), activities, async (build) => {
      await inside;
      await build.cancel();
      await assert.rejects(build.result(), WorkflowFailedError);
      return build.query<BuildStatus>(QUERY_STATUS);
    });
    assert.deepEqual(order, ['create ended', 'removed']);
    assert.equal(status.state, 'Canceled');
    assert.equal(status.failure?.stage, 'CreatingMachine');
  });

  it('is cancelled, and has not failed, when what was under way ended otherwise meanwhile', async () => {
    let reached = (): void => {};
    const inside = new Promise<void>((resolve) => (reached = resolve));
    const { calls, activities } = scripted({
      runStep: async () => {
        // As when its worker is lost, and with it whoever could say that it stopped.
        await untilCanceled(reached).catch(() => {});
        throw ApplicationFailure.nonRetryable('activity Heartbeat timeout');
      },
    });
    const status = await temporal.withBuild(samplePlan(), activities, async (build) => {
      await inside;
      await build.cancel();
      await assert.rejects(build.result(), (error: WorkflowFailedError) => error.cause instanceof CancelledFailure);
      return build.query<BuildStatus>(QUERY_STATUS);
    });
    assert.deepEqual(
      [status.state, status.failure?.type, status.steps[0]?.state],
      ['Canceled', 'Canceled', 'Canceled'],
    );
    assert.ok(calls.includes('removeMachine'));
  });

  it('removes the whole staging group when a build ends before there are logs', async () => {
    const { calls, activities } = scripted({
      copySourceDisk: async () => {
        throw ApplicationFailure.nonRetryable('no such image', 'SourceNotFound');
      },
    });
    await temporal.withBuild(samplePlan(), activities, (build) => assert.rejects(build.result(), WorkflowFailedError));
    assert.deepEqual(calls.slice(-3), ['removeMachine', 'removeNetwork', 'removeStagingGroup']);
  });

  it('names what could not be removed, and a good image stays good', async () => {
    const { activities } = scripted({
      removeMachine: async () => ({ removed: [], leftovers: [{ id: '/disk', reason: 'locked' }] }),
      removeNetwork: async () => {
        throw ApplicationFailure.nonRetryable('forbidden', 'AuthorizationFailed');
      },
    });
    const status: BuildStatus = await temporal.withBuild(samplePlan(), activities, (build) => build.result());
    assert.equal(status.state, 'Succeeded');
    assert.deepEqual(status.leftovers, [
      { id: '/disk', reason: 'locked' },
      { id: 'network in IT_g_sample', reason: 'forbidden' },
    ]);
  });

  it('removes finished outputs when it is cancelled while others are still distributed', async () => {
    let reached = (): void => {};
    const inside = new Promise<void>((resolve) => (reached = resolve));
    const removed: string[] = [];
    const plan = samplePlan({
      distribute: [
        {
          type: 'ManagedImage',
          index: 0,
          runOutputName: 'managed',
          artifactTags: {},
          imageId: '/images/a',
          location: 'westeurope',
        },
        gallery(1),
      ],
    });
    const { activities } = scripted({
      awaitRegion: () => untilCanceled(reached),
      removeOutput: async (_run, output) => {
        removed.push(output.type);
        return { removed: [], leftovers: [] };
      },
    });
    await temporal.withBuild(plan, activities, async (build) => {
      await inside;
      await build.cancel();
      await assert.rejects(build.result(), WorkflowFailedError);
    });
    assert.deepEqual(new Set(removed), new Set(['SharedImage', 'ManagedImage']));
  });

  it('retries a failed region alone and leaves the other as it is', async () => {
    let northTries = 0;
    const retried: string[][] = [];
    const { calls, activities } = scripted({
      awaitRegion: async (_run, _id, _output, region) =>
        region.name === 'northeurope' && ++northTries === 1
          ? { state: 'Failed', message: 'Storage allocation failure' }
          : { state: 'Succeeded' },
      retryRegions: async (_run, _distributor, _version, _machine, regions) => {
        retried.push(regions);
      },
    });
    const status: BuildStatus = await temporal.withBuild(samplePlan(), activities, (build) => build.result());
    assert.equal(status.state, 'Succeeded');
    assert.deepEqual(retried, [['northeurope']]);
    assert.equal(calls.filter((name) => name === 'awaitRegion').length, 3);
    assert.equal(calls.filter((name) => name === 'captureMachine').length, 1);
  });

  it('ends PartiallySucceeded when one of two distributors fails', async () => {
    const plan = samplePlan({
      distribute: [gallery(0), { type: 'VHD', index: 1, runOutputName: 'vhd', artifactTags: {} }],
    });
    const { activities } = scripted({
      exportVhd: async () => {
        throw ApplicationFailure.nonRetryable('no access', 'AuthorizationFailed');
      },
    });
    const status: BuildStatus = await temporal.withBuild(plan, activities, (build) => build.result());
    assert.equal(status.state, 'PartiallySucceeded');
    assert.deepEqual(
      status.outputs.map(({ state, message }) => [state, message]),
      [
        ['Succeeded', undefined],
        ['Failed', 'no access'],
      ],
    );
  });

  it('chooses another version number when a second build took the first', async () => {
    const numbers = ['1.0.1', '1.0.2'];
    const { activities } = scripted({
      chooseVersion: async () => numbers.shift() ?? '',
      publishVersion: async (_run, _distributor, version) => {
        if (version === '1.0.1') throw ApplicationFailure.nonRetryable('1.0.1 is taken', 'VersionTaken');
        return { versionId: `/definition/versions/${version}` };
      },
    });
    const status: BuildStatus = await temporal.withBuild(samplePlan(), activities, (build) => build.result());
    assert.equal(status.outputs[0]?.artifactId, '/definition/versions/1.0.2');
  });
});
