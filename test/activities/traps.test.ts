/** That a build survives what the real Azure was recorded to do; that the local one does it is in test/local-azure. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RestError } from '@azure/storage-blob';
import type { ApplicationFailure } from '@temporalio/common';
import { attempt, toFailure } from '../../src/azure/errors.ts';
import { settled } from '../../src/azure/operations.ts';
import { describeMachine, makeNic } from '../local-azure/compute/support.ts';
import { heldProfile } from '../local-azure/held-profile.ts';
import { FAST } from '../local-azure/support.ts';
import { between, call, GUEST, startBench, withMachine, type Bench } from './support.ts';

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
  const bench = await startBench(t, 'stale', { staleReads: true });
  const written = new Set<string>();
  const missed: string[] = [];
  between(bench, async (request, next) => {
    const path = new URL(request.url).pathname.toLowerCase();
    const response = await next(request);
    if (request.method === 'PUT' && response.status < 300) written.add(path);
    if (request.method === 'DELETE') written.delete(path);
    if (request.method === 'GET' && response.status === 404 && written.has(path)) missed.push(path);
    return response;
  });
  await buildAndRemove(bench);
  assert.ok(missed.length > 0, 'a read missed');
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

it('a role is assigned by the next try where the directory did not know its principal yet', async (t) => {
  const { profile, hold } = heldProfile();
  const { azure, run, test } = await startBench(t, 'principal', { timeProfile: profile, limits: 'off' });
  hold(/replication/);
  const { identity, resources } = azure.clients(run.subscriptionId);
  const { principalId = '' } = await identity.userAssignedIdentities.createOrUpdate('golden-images', 'new-one', {
    location: 'westeurope',
  });
  const scope = `/subscriptions/${run.subscriptionId}/providers/Microsoft.Authorization`;
  const roleDefinitionId = `${scope}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
  const id = `${scope}/roleAssignments/11111111-2222-4333-8444-555555555555`;
  const assign = () =>
    call(() =>
      attempt('assign a role', async () => {
        await settled(
          resources.resources.createOrUpdateById(id, '2022-04-01', { properties: { roleDefinitionId, principalId } }),
        );
      }),
    );
  for (const _ of [1, 2]) {
    await assert.rejects(assign(), { type: 'Unavailable', nonRetryable: false, message: /PrincipalNotFound/ });
  }
  const { operations } = test.azure.services;
  for (const pending of operations.pending(`/directory/${principalId}`)) await operations.expedite(pending.id);
  await assign();
  assert.equal((await test.call('GET', `${id}?api-version=2022-04-01`)).status, 200);
});

it('a machine gets its identity by the next try where the directory did not know that yet', async (t) => {
  const bench = await startBench(t, 'identity');
  bench.plan.machine.identities = bench.plan.template.identities;
  let refused = 0;
  between(bench, (request, next) => {
    const puts = request.method === 'PUT' && /\/virtualMachines\/build\?/.test(request.url);
    if (!puts || ++refused > 1) return next(request);
    const told = { statusCode: 400, code: 'PrincipalNotFound', request };
    return Promise.reject(new RestError('Principal x does not exist in the directory y.', told));
  });
  await assert.rejects(withMachine(bench), { type: 'Unavailable', nonRetryable: false, message: /PrincipalNotFound/ });
  await withMachine(bench);
  const { identity } = await bench.test.clients.compute.virtualMachines.get(bench.run.staging.resourceGroup, 'build');
  assert.equal(Object.keys(identity?.userAssignedIdentities ?? {}).length, 1);
});

/** Takes the script out of each run command: then Azure says that all went well with what it could not even start. */
function loseScripts(bench: Bench): void {
  between(bench, (request, next) => {
    if (request.method === 'PUT' && /\/runCommands\//.test(request.url)) {
      assert.ok(typeof request.body === 'string');
      const body = JSON.parse(request.body) as { properties: { source: object } };
      body.properties.source = {};
      request.body = JSON.stringify(body);
    }
    return next(request);
  });
}

it('a step whose script never ran has failed, though Azure says Succeeded and exit code 0', async (t) => {
  const bench = await startBench(t, 'neverran');
  const { steps } = await withMachine(bench);
  const [step] = steps;
  assert.ok(step);
  loseScripts(bench);
  await assert.rejects(call(bench.activities.runStep, bench.run, GUEST, step), {
    type: 'CustomizerFailed',
    nonRetryable: true,
    message: /^customizer 1 \(Shell hello\) could not be run: Execution failed: .*'source\.script'/,
  });
  const { virtualMachineRunCommands } = bench.test.clients.compute;
  const group = bench.run.staging.resourceGroup;
  const command = await virtualMachineRunCommands.getByVirtualMachine(group, 'build', step.key, {
    expand: 'instanceView',
  });
  assert.deepEqual([command.provisioningState, command.instanceView?.exitCode], ['Succeeded', 0]);
  const restart = {
    type: 'WindowsRestart',
    role: 'customizer',
    index: 1,
    name: 'again',
    key: 'step-02-again',
  } as const;
  const within = { restartCommand: '', restartTimeoutInSeconds: 60 };
  await assert.rejects(call(bench.activities.runStep, bench.run, GUEST, { ...restart, ...within }), {
    type: 'CustomizerFailed',
    message: /^the restart could not be begun: Execution failed/,
  });
  await assert.rejects(call(bench.activities.captureMachine, bench.run, GUEST), {
    type: 'DeprovisionFailed',
    message: /could not be started: Execution failed/,
  });
});
