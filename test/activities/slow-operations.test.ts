/** Operations that go on after their first answer: what Kiln makes of the addresses and the pauses that Azure gives. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { OperationHeartbeat } from '../../src/activities/contract.ts';
import { heldProfile } from '../local-azure/held-profile.ts';
import { eventually } from '../local-azure/support.ts';
import { between, call, GUEST, startBench, withMachine, type Bench } from './support.ts';

const isStatus = (url: string): boolean => /\/locations\/[^/]+\/\w*operations\//i.test(url);

interface Held {
  bench: Bench;
  hold(kinds: RegExp): void;
  /** Ends what goes on with a resource of the staging group. */
  end(resource: string): Promise<void>;
}

async function startHeld(t: TestContext, runId: string): Promise<Held> {
  const { profile, hold } = heldProfile();
  const bench = await startBench(t, runId, { timeProfile: profile, limits: 'off' });
  const { subscriptionId, staging } = bench.run;
  return {
    bench,
    hold,
    async end(resource) {
      const { operations } = bench.test.azure.services;
      const group = `/subscriptions/${subscriptionId}/resourceGroups/${staging.resourceGroup}`;
      const pending = operations.pending(`${group}/providers/${resource}`);
      assert.equal(pending.length, 1, `one operation goes on with ${resource}`);
      for (const { id } of pending) await operations.expedite(id);
    },
  };
}

it('a network interface that is Succeeded is not used before its operation has ended', async (t) => {
  const { bench, hold, end } = await startHeld(t, 'pendingnic');
  const { activities, run, test } = bench;
  await call(activities.createStagingGroup, run);
  hold(/networkInterfaces\/write/i);
  let asked = 0;
  let put = false;
  between(bench, (request, next) => {
    put ||= request.method === 'PUT' && request.url.includes('/networkInterfaces/');
    if (put && isStatus(request.url)) asked += 1;
    return next(request);
  });
  let done = false;
  const making = call(activities.createStagingNetwork, run, undefined).finally(() => {
    done = true;
  });
  await eventually(
    () => asked,
    (times) => times > 2,
  );
  const nic = await test.clients.network.networkInterfaces.get(run.staging.resourceGroup, 'build-nic');
  assert.equal(nic.provisioningState, 'Succeeded');
  assert.equal(done, false);
  await end('Microsoft.Network/networkInterfaces/build-nic');
  assert.match((await making).networkInterfaceId, /build-nic$/);
});

it('an operation is resumed from a signed address of kilobytes, which the heartbeat carries', async (t) => {
  const { bench, hold, end } = await startHeld(t, 'longaddress');
  const { activities, plan, run } = bench;
  const { source } = await call(activities.checkPlan, plan);
  await call(activities.createStagingGroup, run);
  hold(/disks\/write/i);
  let puts = 0;
  const polled: string[] = [];
  between(bench, (request, next) => {
    if (request.method === 'PUT' && request.url.includes('/disks/')) puts += 1;
    if (isStatus(request.url)) polled.push(request.url);
    return next(request);
  });
  const first = new MockActivityEnvironment();
  const beats: OperationHeartbeat[] = [];
  first.on('heartbeat', (beat: OperationHeartbeat) => beats.push(beat));
  const copy = activities.copySourceDisk;
  // A worker that lost its connection goes on beside the one that took over.
  const lost = first.run(copy, run, source, 30);
  await eventually(
    () => beats[0]?.operationUrl,
    (url) => url !== undefined,
  );
  const { operationUrl = '' } = beats[0] ?? {};
  assert.ok(operationUrl.length > 2500, `${operationUrl.length} characters`);
  // As Temporal keeps it.
  const heartbeatDetails: unknown = JSON.parse(JSON.stringify(beats[0]));
  const before = polled.length;
  const next = new MockActivityEnvironment({ heartbeatDetails });
  const resumed = next.run(copy, run, source, 30);
  await eventually(
    () => polled.length,
    (times) => times > before + 4,
  );
  await end(`Microsoft.Compute/disks/${run.staging.osDisk}`);
  assert.deepEqual(await resumed, await lost);
  assert.equal(puts, 1);
  assert.equal(new Set(polled).size, 1, 'both asked at the same address, every sign of it');
  assert.ok((polled[0] ?? '').length > 2500);
});

it('an operation that Azure gives no pause for is asked about at our own pace: neither at once nor seldom', async (t) => {
  const { bench, hold, end } = await startHeld(t, 'paceless');
  const { steps } = await withMachine(bench);
  const [step] = steps;
  assert.ok(step);
  hold(/runCommands\/write/i);
  const asked: number[] = [];
  const answered: number[] = [];
  between(bench, async (request, next) => {
    const status = isStatus(request.url);
    if (status) asked.push(performance.now());
    const response = await next(request);
    if (status || request.method === 'PUT') assert.equal(response.headers.get('retry-after'), undefined);
    if (status) answered.push(performance.now());
    return response;
  });
  const running = call(bench.activities.runStep, bench.run, GUEST, step);
  // The client's own pause, 2 s, would not get so far within the 10 s that this waits.
  await eventually(
    () => answered.length,
    (times) => times > 7,
  );
  const before = asked.length;
  await end(`Microsoft.Compute/virtualMachines/build/runCommands/${step.key}`);
  assert.equal((await running).exitCode, 0);
  const pauses = asked.slice(1).map((at, index) => at - (answered[index] ?? 0));
  assert.ok(Math.min(...pauses) > 90, `pauses of ${pauses.map(Math.round).join(', ')} ms`);
  assert.ok(asked.length <= before + 2, 'the next look sees the end');
});
