import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_SUBSCRIPTION, type Operation, type TimeProfile } from '../../../src/local-azure/core.ts';
import { createLimits } from '../../../src/local-azure/limits/index.ts';
import { createTimeProfile } from '../../../src/local-azure/time-profile.ts';
import { startTestAzure } from '../support.ts';

const S = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const COMPUTE = `${S}/resourceGroups/g/providers/Microsoft.Compute`;
const OPERATION = '11111111-2222-3333-4444-555555555555';

/** Limits at Azure's own pace, on a clock that only the test moves. */
function startLimits(pace = 1) {
  let time = 0;
  const limits = createLimits({
    enforced: true,
    pace,
    subscriptionId: LOCAL_SUBSCRIPTION,
    now: () => time,
    operations: {
      get: (id) => (id === OPERATION ? ({ resourceId: `${COMPUTE}/virtualMachines/vm` } as Operation) : undefined),
    },
  });
  const take = (method: string, path: string, principal = 'me') => limits.take(method, path, principal);
  return {
    take,
    /** How many calls pass before one is refused. */
    burst(method: string, path: string, principal = 'me'): number {
      let passed = 0;
      while (take(method, path, principal).refusal === undefined) passed += 1;
      return passed;
    },
    pass(seconds: number) {
      time += seconds * 1000;
    },
  };
}

test('a principal has 250 reads, 200 writes and 200 deletes in store, and gets 25, 10 and 10 a second', () => {
  const { burst, pass } = startLimits();
  const group = `${S}/resourceGroups/g`;
  const kinds = ['GET', 'PUT', 'DELETE'];
  assert.deepEqual(
    kinds.map((method) => burst(method, group)),
    [250, 200, 200],
  );
  assert.equal(burst('GET', group, 'another'), 250, 'each principal has its own');
  pass(2);
  assert.deepEqual(
    kinds.map((method) => burst(method, group)),
    [50, 20, 20],
  );
});

test('a machine takes 12 updates, run commands and extensions among them, then 4 a minute', () => {
  const { take, burst, pass } = startLimits();
  const vm = `${COMPUTE}/virtualMachines/vm`;
  for (const verb of ['start', 'restart', 'powerOff', 'generalize']) {
    assert.equal(take('POST', `${vm}/${verb}`).refusal, undefined);
  }
  assert.equal(burst('PUT', `${vm}/runCommands/c`), 8);
  assert.equal(burst('DELETE', `${vm}/extensions/e`), 0);
  assert.equal(burst('PUT', `${COMPUTE}/virtualMachines/other/runCommands/c`), 12, 'another machine has its own');
  assert.equal(burst('PUT', vm), 12, 'writing the machine itself is counted apart');
  assert.equal(burst('POST', `${vm}/deallocate`), 12, 'and so is deallocating it');
  pass(30);
  assert.equal(burst('PUT', `${vm}/runCommands/c`), 2);
});

test('a machine is read 36 times and 12 a minute, an operation on it 45 times and 15 a minute', () => {
  const { burst, pass } = startLimits();
  const vm = `${COMPUTE}/virtualMachines/vm`;
  const operation = `${S}/providers/Microsoft.Compute/locations/westeurope/operations/${OPERATION}`;
  assert.deepEqual([burst('GET', `${vm}/instanceView`), burst('GET', operation)], [36, 45]);
  pass(60);
  assert.deepEqual([burst('GET', vm), burst('GET', operation)], [12, 15]);
});

test('image versions are written 375 times in three minutes', () => {
  const { take, pass } = startLimits();
  const version = `${COMPUTE}/galleries/g/images/i/versions/1.0.0`;
  let written = 0;
  for (let second = 0; second < 30; second += 1) {
    // Ten writes a second is what Resource Manager lets through.
    for (let n = 0; n < 20; n += 1) if (take('PUT', version).refusal === undefined) written += 1;
    pass(1);
  }
  assert.ok(written >= 375 && written <= 375 + (375 / 180) * 30, `${written} were written`);
});

test('a refusal says which allowance is used up and when to come again', () => {
  const { take, burst } = startLimits();
  const vm = `${COMPUTE}/virtualMachines/vm/restart`;
  const first = take('POST', vm);
  assert.equal(
    first.headers['x-ms-ratelimit-remaining-resource'],
    'Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/UpdateVMResource;11',
  );
  assert.equal(first.headers['x-ms-ratelimit-remaining-subscription-writes'], '199');
  burst('POST', vm);
  const { refusal, headers } = take('POST', vm);
  assert.deepEqual([refusal?.error.status, refusal?.error.code, refusal?.retryAfter], [429, 'OperationNotAllowed', 15]);
  assert.deepEqual(
    refusal?.error.details?.map(({ code, target }) => [code, target]),
    [['TooManyRequests', 'UpdateVMResource']],
  );
  assert.match(headers['x-ms-ratelimit-remaining-resource'] ?? '', /UpdateVMResource;0$/);

  const group = `${S}/resourceGroups/g`;
  burst('PUT', group);
  const whole = take('PUT', group).refusal;
  assert.deepEqual([whole?.error.code, whole?.retryAfter], ['SubscriptionRequestsThrottled', 1]);
  assert.match(whole?.error.message ?? '', /^Number of 'write' requests for subscription '.*' actor 'me' exceeded\./);
});

test('over the wire a refusal is a 429 with Retry-After; the recorded profile enforces the limits, instant does not', async (t) => {
  const path = `${S}/resourceGroups/limited?api-version=2024-11-01`;
  const refusals = async (options: Parameters<typeof startTestAzure>[1]) => {
    const azure = await startTestAzure(t, options);
    // Warms the token up, so that the calls are as close together as can be.
    await azure.call('GET', path);
    const answers = await Promise.all(Array.from({ length: 300 }, () => azure.call('GET', path)));
    const [refused] = answers.filter(({ status }) => status === 429);
    const calls = (await (await fetch(`${azure.connection.endpoint}/local-azure/calls`)).json()) as {
      throttled: number;
    };
    await azure.close();
    return { refused, throttled: calls.throttled };
  };
  // Recorded, but that nothing takes its time and nothing comes back, however slow this host is.
  const timeProfile: TimeProfile = { ...createTimeProfile('recorded'), duration: () => 0, pace: 1e-6 };
  const recorded = await refusals({ timeProfile });
  assert.equal(recorded.refused?.body.error?.code, 'SubscriptionRequestsThrottled');
  assert.match(recorded.refused?.headers.get('retry-after') ?? '', /^\d+$/);
  assert.equal(recorded.refused?.headers.get('x-ms-ratelimit-remaining-subscription-reads'), '0');
  assert.ok(recorded.throttled > 0);
  assert.equal((await refusals({ timeProfile, limits: 'off' })).refused, undefined);
  assert.equal((await refusals({ profile: 'instant' })).refused, undefined);
});

test('in the quick profile an hour passes in a minute, for allowances as for operations', () => {
  const { burst, pass } = startLimits(createTimeProfile('quick').pace);
  const command = `${COMPUTE}/virtualMachines/vm/runCommands/c`;
  assert.equal(burst('PUT', command), 12);
  pass(1);
  assert.equal(burst('PUT', command), 4);
});
