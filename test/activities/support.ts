/** A machine that is ready for a step, on a local Azure of its own, and ways to make Azure's answers go wrong. */
import type { TestContext } from 'node:test';
import { RestError } from '@azure/storage-blob';
import type { ComputeManagementClient } from '@azure/arm-compute';
import { createActivities } from '../../src/activities/index.ts';
import type { BuildActivities, Guest, RunContext, StagedStep } from '../../src/activities/contract.ts';
import { createAzure } from '../../src/azure/environment.ts';
import type { Azure } from '../../src/azure/environment.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import { runContext } from '../../src/workflows/run-context.ts';
import { runSteps } from '../../src/workflows/run-steps.ts';
import { MockActivityEnvironment } from '@temporalio/testing';
import { startTestAzure } from '../local-azure/support.ts';
import type { TestAzure } from '../local-azure/support.ts';
import { localPlan } from '../support/plans.ts';

type Policy = Parameters<ComputeManagementClient['pipeline']['addPolicy']>[0];

export interface Bench {
  test: TestAzure;
  azure: Azure;
  activities: BuildActivities;
  plan: BuildPlan;
  run: RunContext;
}

/** The machine of these builds. */
export const GUEST: Guest = { name: 'build', osType: 'Linux' };

/** As the worker calls it: with an activity's context. */
export const call = <A extends unknown[], R>(work: (...args: A) => Promise<R>, ...args: A): Promise<R> =>
  new MockActivityEnvironment().run(work, ...args);

export async function startBench(
  t: TestContext,
  runId: string,
  options: Parameters<typeof startTestAzure>[1] = {},
): Promise<Bench> {
  const test = await startTestAzure(t, options);
  const azure = createAzure({ endpoint: test.connection.endpoint }, test.clients.credential);
  const plan = localPlan({ runId });
  return { test, azure, activities: createActivities(azure), plan, run: runContext(plan) };
}

/** Staging group, storage, network, disk and machine. */
export async function withMachine({
  activities,
  plan,
  run,
}: Bench): Promise<{ machineId: string; guest: Guest; steps: StagedStep[] }> {
  const { source, vmSize, digests } = await call(activities.checkPlan, plan);
  await call(activities.createStagingGroup, run);
  await call(activities.createStagingStorage, run);
  const { networkInterfaceId } = await call(activities.createStagingNetwork, run, undefined);
  const steps = await call(activities.stageArtifacts, run, runSteps(plan, source.osType), digests);
  const disk = await call(activities.copySourceDisk, run, source, 30);
  const parts = { networkInterfaceId, ...disk };
  const { machineId } = await call(activities.createMachine, run, plan.machine, vmSize, source, parts);
  return { machineId, guest: { name: plan.machine.name, osType: source.osType }, steps };
}

/** Has every client of the build go through `sendRequest`. */
export function between({ azure, run }: Bench, sendRequest: Policy['sendRequest']): void {
  for (const client of Object.values(azure.clients(run.subscriptionId)) as ComputeManagementClient[]) {
    client.pipeline.addPolicy({ name: 'between', sendRequest });
  }
}

/** The first request that matches fails with `status`, as when the client's own retries are used up. */
export function failOnce(
  { azure, run }: Bench,
  matches: (method: string, url: string) => boolean,
  status: number,
): void {
  let failed = false;
  const policy: Policy = {
    name: 'failOnce',
    sendRequest(request, next) {
      if (failed || !matches(request.method, request.url)) return next(request);
      failed = true;
      return Promise.reject(new RestError(`answered ${status} by the test`, { statusCode: status, request }));
    },
  };
  azure.clients(run.subscriptionId).compute.pipeline.addPolicy(policy);
}
