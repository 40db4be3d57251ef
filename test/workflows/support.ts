/** A Temporal server and a worker whose activities are scripted by the test: for what only the workflows decide. */
import { randomUUID } from 'node:crypto';
import { after, before } from 'node:test';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import type { BuildActivities, CheckedPlan, Removal, StagedStep, StepResult } from '../../src/activities/contract.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import { buildWorkflowId, SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { temporalExecutable } from '../support/temporal.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

export interface Scripted {
  /** Names of the activities that ran, in order of their start, with what tells them apart. */
  calls: string[];
  activities: BuildActivities;
}

/** Activities that all succeed at once; a test overrides those it is about. */
export function scripted(overrides: Partial<BuildActivities> = {}): Scripted {
  const calls: string[] = [];
  const nothingLeft: Removal = { removed: [], leftovers: [] };
  const checked: CheckedPlan = {
    source: {
      type: 'PlatformImage',
      description: 'Debian:debian-12:12-gen2:12.1',
      exactVersion: '12.1',
      id: '/image',
      osType: 'Linux',
      hyperVGeneration: 'V2',
    },
    vmSize: 'Standard_D2ds_v4',
    digests: {},
  };
  const stepResult: StepResult = {
    exitCode: 0,
    startTime: '2026-01-01T00:00:00Z',
    endTime: '2026-01-01T00:00:01Z',
    outputTail: '',
    errorTail: '',
    stdoutBlob: 'step/stdout.log',
    stderrBlob: 'step/stderr.log',
  };
  const plain: BuildActivities = {
    checkPlan: async () => checked,
    findSourceVersion: async () => '12.1',
    reportPlan: async (plan) => ({
      plan,
      source: { description: '', osType: 'Linux', hyperVGeneration: 'V2' },
      vmSize: '',
      resources: [],
      versions: {},
    }),
    chooseVersion: async () => '1.0.1',
    createStagingGroup: async () => {},
    createStagingStorage: async () => {},
    createStagingNetwork: async () => ({ networkInterfaceId: '/nic' }),
    stageArtifacts: async (_run, steps) => steps.map((step) => ({ ...step, blob: step.key, sha256: '' }) as StagedStep),
    copySourceDisk: async () => ({ osDiskId: '/disk' }),
    createMachine: async () => ({ machineId: '/vm' }),
    runStep: async () => stepResult,
    createMachineNetwork: async () => ({ networkInterfaceId: '/nic2' }),
    captureMachine: async () => {},
    createOutputImage: async () => ({ imageId: '/image' }),
    removeOutputImage: async () => nothingLeft,
    removeMachineNetwork: async () => nothingLeft,
    publishVersion: async () => ({ versionId: '/version' }),
    awaitRegion: async () => ({ state: 'Succeeded' }),
    retryRegions: async () => {},
    createManagedImage: async () => ({ artifactId: '/image' }),
    exportVhd: async () => ({ artifactUri: 'https://account/vhds/disk.vhd' }),
    findSourcesInUse: async () => [],
    listVersions: async () => [],
    removeVersion: async () => {},
    findOwnVersion: async () => undefined,
    putRegions: async () => ({ tried: [] }),
    copyVersionToDisk: async () => ({ diskId: '/disk', diskName: 'disk', generation: 'V2' }),
    removeCopiedDisk: async () => nothingLeft,
    findTemplates: async () => [],
    runTemplate: async () => ({ state: 'Succeeded' }),
    pauseIfFailing: async () => ({ failures: 1, paused: false }),
    findAbandonedBuilds: async () => [],
    recallBuild: async () => undefined,
    recallTemplate: async () => [],
    removeMachine: async () => nothingLeft,
    removeNetwork: async () => nothingLeft,
    removeStagingGroup: async () => nothingLeft,
    removeOutput: async () => nothingLeft,
    issueLogLinks: async () => ({}),
    issueUploadLinks: async () => ({}),
  };
  const chosen = { ...plain, ...overrides };
  const recorded = Object.fromEntries(
    Object.entries(chosen).map(([name, work]) => [
      name,
      (...args: unknown[]) => {
        calls.push(name);
        return (work as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as BuildActivities;
  return { calls, activities: recorded };
}

/** A plan with three steps and the given distributors (a gallery in two regions unless told). */
export function samplePlan(overrides: Partial<BuildPlan> = {}): BuildPlan {
  const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.VirtualMachineImages/imageTemplates/sample';
  return {
    planVersion: 1,
    runId: `sample-${randomUUID().slice(0, 8)}`,
    template: {
      id,
      name: 'sample',
      subscriptionId: 's',
      resourceGroup: 'g',
      location: 'westeurope',
      apiVersion: '2024-02-01',
      tags: {},
      identities: ['/identity'],
    },
    source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
    customize: [0, 1, 2].map((index) => ({
      type: 'Shell',
      index,
      name: `step ${index}`,
      key: `step-0${index}`,
      script: { from: 'inline', lines: ['true'] },
    })),
    distribute: [gallery(0)],
    machine: { name: 'build', osDiskSizeGB: 0, identities: [] },
    staging: {
      resourceGroup: 'IT_g_sample',
      storageAccount: 'kilnsample',
      virtualNetwork: 'vnet',
      subnet: 'build',
      securityGroup: 'nsg',
      publicIp: 'egress',
      osDisk: 'os',
    },
    buildTimeoutInMinutes: 240,
    tags: {},
    warnings: [],
    ...overrides,
  };
}

export function gallery(index: number): BuildPlan['distribute'][number] {
  return {
    type: 'SharedImage',
    index,
    runOutputName: `gallery${index}`,
    artifactTags: {},
    imageDefinitionId: '/definition',
    version: { scheme: 'latest' },
    targetRegions: ['westeurope', 'northeurope'].map((name) => ({
      name,
      replicaCount: 1,
      storageAccountType: 'Standard_LRS' as const,
    })),
    excludeFromLatest: false,
  };
}

/** One server and one bundle for a test file. */
export function useTemporal(): {
  environment(): TestWorkflowEnvironment;
  /** Runs the body while a worker with these activities serves the task queue. */
  withWorker<T>(taskQueue: string, activities: BuildActivities, body: () => Promise<T>): Promise<T>;
  /** Starts the build and hands its handle to the body while a worker with these activities runs. */
  withBuild<T>(plan: BuildPlan, activities: BuildActivities, body: (handle: BuildHandle) => Promise<T>): Promise<T>;
} {
  let environment: TestWorkflowEnvironment;
  let workflowBundle: WorkflowBundleWithSourceMap;
  before(async () => {
    [environment, workflowBundle] = await Promise.all([
      TestWorkflowEnvironment.createLocal({
        server: {
          executable: { type: 'existing-path', path: await temporalExecutable() },
          extraArgs: Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
        },
      }),
      bundleWorkflowCode({
        workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
        logger: new DefaultLogger('ERROR'),
      }),
    ]);
  });
  after(() => environment.teardown());
  const withWorker = async <T>(taskQueue: string, activities: BuildActivities, body: () => Promise<T>): Promise<T> => {
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue,
      workflowBundle,
      activities,
      maxHeartbeatThrottleInterval: '100ms',
    });
    return worker.runUntil(body);
  };
  return {
    environment: () => environment,
    withWorker,
    withBuild: (plan, activities, body) =>
      withWorker(plan.runId, activities, async () => {
        const handle = await environment.client.workflow.start('buildImage', {
          workflowId: buildWorkflowId(plan.runId),
          taskQueue: plan.runId,
          args: [plan],
        });
        return body(handle);
      }),
  };
}

export type BuildHandle = Awaited<ReturnType<TestWorkflowEnvironment['client']['workflow']['start']>>;
