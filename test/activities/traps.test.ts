/** That a build survives what the real Azure was recorded to do; that the local one does it is in test/local-azure. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ApplicationFailure } from '@temporalio/common';
import type { ComputeManagementClient } from '@azure/arm-compute';
import { toFailure } from '../../src/azure/errors.ts';
import { describeMachine, makeNic } from '../local-azure/compute/support.ts';
import { FAST } from '../local-azure/support.ts';
import { call, GUEST, startBench, withMachine, type Bench } from './support.ts';

type Policy = Parameters<ComputeManagementClient['pipeline']['addPolicy']>[0];
type Send = Policy['sendRequest'];

/** Has every client of the build go through `sendRequest`. */
function between({ azure, run }: Bench, sendRequest: Send): void {
  for (const client of Object.values(azure.clients(run.subscriptionId)) as ComputeManagementClient[]) {
    client.pipeline.addPolicy({ name: 'between', sendRequest });
  }
}

/** All that a build makes, its steps, and all of it removed. */
async function buildAndRemove(bench: Bench): Promise<void> {
  const { activities, run, plan } = bench;
  const { steps } = await withMachine(bench);
  for (const step of steps) assert.equal((await call(activities.runStep, run, GUEST, step)).exitCode, 0);
  await call(activities.captureMachine, run, GUEST);
  await call(activities.removeMachine, run, { name: plan.machine.name, dataDisks: 0 });
  await call(activities.removeNetwork, run, true);
  await call(activities.removeStagingGroup, run);
}

async function leftOf({ test, plan }: Bench): Promise<string[]> {
  const { body } = await test.call('GET', '/local-azure/inventory');
  return (body as unknown as Array<{ id: string }>)
    .map(({ id }) => id)
    .filter((id) => id.toLowerCase().includes(plan.staging.resourceGroup.toLowerCase()));
}

it('a build goes through where Azure answers ids with the group in capitals', async (t) => {
  const bench = await startBench(t, 'capitals');
  let changed = 0;
  between(bench, async (request, next) => {
    const response = await next(request);
    const text = response.bodyAsText;
    if (typeof text === 'string') {
      const loud = text.replaceAll(/(?<="\/subscriptions\/[^"]*?\/resourceGroups\/)[^/"]+/gi, (name) =>
        name.toUpperCase(),
      );
      if (loud !== text) changed += 1;
      response.bodyAsText = loud;
    }
    return response;
  });
  await buildAndRemove(bench);
  assert.ok(changed > 10, `${changed} answers were changed`);
  assert.deepEqual(await leftOf(bench), []);
});

it('a build goes through, and leaves nothing, where what was just written is not found by the next read', async (t) => {
  const bench = await startBench(t, 'stale');
  const written = new Set<string>();
  let missed = 0;
  between(bench, async (request, next) => {
    const path = new URL(request.url).pathname.toLowerCase();
    if (request.method === 'GET' && written.delete(path)) {
      missed += 1;
      const response = await next(request);
      const error = { error: { code: 'ResourceNotFound', message: 'The Resource is not there yet.' } };
      return { ...response, status: 404, bodyAsText: JSON.stringify(error) };
    }
    const response = await next(request);
    // An operation is asked first, so the read that misses is one by which the build looks for it.
    const waited = response.headers.get('azure-asyncoperation') ?? response.headers.get('location');
    if (request.method === 'PUT' && response.status < 300 && waited === undefined) written.add(path);
    return response;
  });
  await buildAndRemove(bench);
  assert.ok(missed > 0, 'a read missed');
  assert.deepEqual(await leftOf(bench), []);
});

it('a region or a family whose cores are used up is named before anything is made', async (t) => {
  const bench = await startBench(t, 'quota', { coreLimit: 3 });
  const nic = await makeNic(bench.test, 'others');
  const { virtualMachines } = bench.test.clients.compute;
  await virtualMachines.createOrUpdate('others', 'vm', describeMachine(nic), FAST);
  await assert.rejects(call(bench.activities.checkPlan, bench.plan), ({ message }: ApplicationFailure) => {
    assert.match(
      message,
      /properties\.vmProfile\.vmSize: .* needs 2 cores, and 2 of 3 in westeurope are in use \(quota cores\)/,
    );
    assert.match(message, /\(quota standard\w+Family\)/);
    return true;
  });
  const second = await makeNic(bench.test, 'yet-others');
  const refused = virtualMachines.createOrUpdate('yet-others', 'vm', describeMachine(second), FAST);
  const error = await Promise.resolve(refused).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.match(
    String(error),
    /exceeding approved Total Regional Cores quota.*Current Limit: 3, Current Usage: 2, Additional Required: 2/,
  );
  assert.equal((toFailure(error, 'create the machine') as ApplicationFailure).type, 'QuotaExceeded');
});

it('a principal that the directory does not know yet is a passing trouble', () => {
  const error = Object.assign(new Error('Principal x does not exist in the directory'), {
    statusCode: 400,
    code: 'PrincipalNotFound',
  });
  const failure = toFailure(error, 'assign a role') as ApplicationFailure;
  assert.equal(failure.nonRetryable, false);
});
