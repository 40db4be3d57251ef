import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { call, startBench } from './support.ts';
import type { Bench } from './support.ts';
import type { OperationHeartbeat } from '../../src/activities/contract.ts';

/** A build in its staging group, and how often the disk was put. */
async function withStaging(t: Parameters<typeof startBench>[0], runId: string) {
  const bench = await startBench(t, runId);
  const { activities, plan, run } = bench;
  const { source } = await call(activities.checkPlan, plan);
  await call(activities.createStagingGroup, run);
  let puts = 0;
  bench.azure.clients(run.subscriptionId).compute.pipeline.addPolicy({
    name: 'countPuts',
    sendRequest(request, next) {
      if (request.method === 'PUT' && request.url.includes('/disks/')) puts++;
      return next(request);
    },
  });
  return { bench, source, puts: () => puts };
}

/** Runs the copy until its operation is known, and answers the heartbeat that a next attempt is given. */
async function firstAttempt({ activities, run }: Bench, source: Parameters<typeof activities.copySourceDisk>[1]) {
  const env = new MockActivityEnvironment();
  const beats: OperationHeartbeat[] = [];
  env.on('heartbeat', (beat: OperationHeartbeat) => beats.push(beat));
  await env.run(activities.copySourceDisk, run, source, 30);
  const [first] = beats;
  assert.ok(first?.operationUrl);
  return first;
}

describe('a long-running operation', () => {
  it('is resumed by the next attempt from its address in the heartbeat, not begun again', async (t) => {
    const { bench, source, puts } = await withStaging(t, 'resumed');
    const heartbeatDetails = await firstAttempt(bench, source);
    const next = new MockActivityEnvironment({ heartbeatDetails });
    const copy = bench.activities.copySourceDisk;
    const { osDiskId }: Awaited<ReturnType<typeof copy>> = await next.run(copy, bench.run, source, 30);
    assert.match(osDiskId ?? '', /\/disks\//);
    assert.equal(puts(), 1);
  });

  it('is begun again when Azure has forgotten it', async (t) => {
    const { bench, source, puts } = await withStaging(t, 'forgotten');
    const beat = await firstAttempt(bench, source);
    const operationUrl = (beat.operationUrl ?? '').replaceAll(/operations\/[0-9a-f-]{36}/gi, (text) =>
      text.replace(/[0-9a-f]{12}$/i, '000000000000'),
    );
    assert.notEqual(operationUrl, beat.operationUrl);
    const next = new MockActivityEnvironment({ heartbeatDetails: { ...beat, operationUrl } });
    const copy = bench.activities.copySourceDisk;
    const { osDiskId }: Awaited<ReturnType<typeof copy>> = await next.run(copy, bench.run, source, 30);
    assert.match(osDiskId ?? '', /\/disks\//);
    assert.equal(puts(), 2);
  });
});
