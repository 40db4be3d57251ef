import assert from 'node:assert/strict';
import { it } from 'node:test';
import { call, GUEST, startBench, withMachine } from './support.ts';

it('a machine that a step has shut down is not captured as if it had been deprovisioned', async (t) => {
  const bench = await startBench(t, 'shutdown');
  await withMachine(bench);
  const { activities, plan, run, test } = bench;
  await test.clients.compute.virtualMachines.powerOff(run.staging.resourceGroup, plan.machine.name);
  await assert.rejects(call(activities.captureMachine, run, GUEST), {
    type: 'DeprovisionFailed',
    message: /off before it was deprovisioned/,
  });
});
