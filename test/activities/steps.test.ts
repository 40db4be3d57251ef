import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { eventually } from '../local-azure/support.ts';
import { failOnce, call, GUEST, startBench, withMachine } from './support.ts';
import type { Bench } from './support.ts';
import type { StagedStep, StepResult } from '../../src/activities/contract.ts';

/** Simulated machines read their outcome from the command's script, where only the digest is ours to choose. */
const lasting = (step: StagedStep | undefined, seconds: number): StagedStep => {
  assert.ok(step?.type === 'Shell');
  return { ...step, sha256: `${step.sha256}\n# simulate: seconds=${seconds} stdout="done"\n` };
};

const command = async ({ test, run, plan }: Bench, step: StagedStep) =>
  test.clients.compute.virtualMachineRunCommands.getByVirtualMachine(
    run.staging.resourceGroup,
    plan.machine.name,
    step.key,
    { expand: 'instanceView' },
  );

const isRunning = (bench: Bench, step: StagedStep) =>
  eventually(
    () =>
      command(bench, step).then(
        ({ instanceView }) => instanceView?.executionState,
        () => undefined,
      ),
    (state) => state === 'Running',
  );

it('the end of a long output begins with a whole letter', async (t) => {
  const bench = await startBench(t, 'letters');
  const { steps } = await withMachine(bench);
  const [step] = steps;
  assert.ok(step?.type === 'Shell');
  const sha256 = `${step.sha256}\n# simulate: stdout="${'€'.repeat(1000)}"\n`;
  const { outputTail }: StepResult = await call(bench.activities.runStep, bench.run, GUEST, { ...step, sha256 });
  assert.equal(outputTail, '€'.repeat(682));
});

describe('a customizer that is running', () => {
  it('goes on when Azure fails to say how far it is, and the retry finds it', async (t) => {
    const bench = await startBench(t, 'hiccup');
    const { steps } = await withMachine(bench);
    const step = lasting(steps[0], 3);
    let asked = 0;
    failOnce(bench, (method, url) => method === 'GET' && url.includes('/runCommands/') && ++asked > 2, 503);
    await assert.rejects(call(bench.activities.runStep, bench.run, GUEST, step), {
      type: 'Unavailable',
      nonRetryable: false,
    });
    const { instanceView } = await command(bench, step);
    assert.equal(instanceView?.executionState, 'Running');
    const result = await call(bench.activities.runStep, bench.run, GUEST, step);
    assert.equal(result.startTime, instanceView.startTime?.toISOString());
  });

  for (const reason of ['workerShutdown', 'notFound', 'timedOut'] as const) {
    it(`goes on when its activity is stopped by ${reason}`, async (t) => {
      const bench = await startBench(t, reason.toLowerCase());
      const { steps } = await withMachine(bench);
      const step = lasting(steps[0], 20);
      const env = new MockActivityEnvironment();
      const running = env.run(bench.activities.runStep, bench.run, GUEST, step);
      const rejected = assert.rejects(running);
      await isRunning(bench, step);
      env.cancel(
        reason === 'workerShutdown' ? 'WORKER_SHUTDOWN' : reason === 'notFound' ? 'NOT_FOUND' : 'TIMED_OUT',
        new ActivityCancellationDetails({ [reason]: true }),
      );
      await rejected;
      const { instanceView } = await command(bench, step);
      assert.equal(instanceView?.executionState, 'Running');
    });
  }

  it('is ended when the build is cancelled', async (t) => {
    const bench = await startBench(t, 'cancelled');
    const { steps } = await withMachine(bench);
    const step = lasting(steps[0], 600);
    const env = new MockActivityEnvironment();
    const rejected = assert.rejects(env.run(bench.activities.runStep, bench.run, GUEST, step), {
      name: 'CancelledFailure',
    });
    await isRunning(bench, step);
    env.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true }));
    await rejected;
    await assert.rejects(command(bench, step), { statusCode: 404 });
  });

  it('whose command was deleted by somebody fails and says so', { timeout: 120_000 }, async (t) => {
    const bench = await startBench(t, 'vanished');
    const { steps } = await withMachine(bench);
    const step = lasting(steps[0], 600);
    const running = assert.rejects(call(bench.activities.runStep, bench.run, GUEST, step), {
      type: 'CustomizerFailed',
    });
    await isRunning(bench, step);
    await bench.test.clients.compute.virtualMachineRunCommands.delete(
      bench.run.staging.resourceGroup,
      bench.plan.machine.name,
      step.key,
    );
    await running;
  });

  it('finds room on a machine that holds as many commands as it may', async (t) => {
    const bench = await startBench(t, 'crowded');
    const { steps } = await withMachine(bench);
    const [step] = steps;
    assert.ok(step?.type === 'Shell');
    for (let index = 1; index <= 27; index++) {
      const key = `step-${String(index).padStart(2, '0')}`;
      const { exitCode }: StepResult = await call(bench.activities.runStep, bench.run, GUEST, { ...step, key });
      assert.equal(exitCode, 0);
    }
  });
});
