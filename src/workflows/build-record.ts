/**
 * What a run knows of itself: answers the status query, fills the Web UI's current details and the search attributes.
 * Holds no decision of the build; it is told.
 */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { CheckedPlan, RunStep, StepResult } from '../activities/contract.ts';
import type { BuildPlan, PlannedDistributor } from '../template/build-plan.ts';
import { describeStatus } from './current-details.ts';
import { SEARCH_ATTRIBUTES } from './messages.ts';
import type { BuildFailure, BuildStatus, OutputStatus, RunState, Stage, StepStatus } from './messages.ts';
import { runSteps } from './run-steps.ts';

const stageKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD');
const sourceKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.source, 'KEYWORD');

export class BuildRecord {
  readonly status: BuildStatus;

  constructor(plan: BuildPlan) {
    this.status = {
      runId: plan.runId,
      templateName: plan.template.name,
      templateId: plan.template.id,
      state: 'Running',
      stage: 'Checking',
      stages: [],
      // Until the source is known; a guess of its system changes no more than a type that is shown.
      steps: runSteps(plan, 'Linux').map(pendingStep),
      outputs: plan.validate?.sourceValidationOnly === true ? [] : plan.distribute.map(pendingOutput),
      leftovers: [],
      warnings: plan.warnings.map(({ path, message }) => `${path}: ${message}`),
    };
  }

  enter(stage: Stage): void {
    this.#begin(stage);
    upsertSearchAttributes([{ key: stageKey, value: stage }]);
  }

  /** The source's exact version is known, and the next stage begins: one event for both. */
  pinned({ source, digests, vmSize }: CheckedPlan, steps: RunStep[], next: Stage): void {
    this.status.steps = steps.map(pendingStep);
    this.status.source = source.description;
    if (source.exactVersion !== undefined) this.status.exactVersion = source.exactVersion;
    this.status.digests = digests;
    const { osType, osDiskSizeGB } = source;
    this.status.machine = { vmSize, osType, ...(osDiskSizeGB === undefined ? {} : { osDiskSizeGB }) };
    this.#begin(next);
    upsertSearchAttributes([
      { key: stageKey, value: next },
      { key: sourceKey, value: source.description },
    ]);
  }

  hasLogs(logs: NonNullable<BuildStatus['logs']>): void {
    this.status.logs = logs;
  }

  awaits(files: BuildStatus['awaits']): void {
    if (files === undefined) delete this.status.awaits;
    else this.status.awaits = files;
    this.#show();
  }

  stepStarted(key: string): void {
    Object.assign(this.#step(key), { state: 'Running', startTime: now() });
    this.#show();
  }

  stepRetried(key: string, retries: number): void {
    this.#step(key).retries = retries;
    this.#show();
  }

  stepEnded(key: string, state: StepStatus['state'], result?: StepResult): void {
    Object.assign(this.#step(key), { endTime: now(), ...result, state });
    this.#show();
  }

  output(status: OutputStatus): void {
    const at = this.status.outputs.findIndex(({ runOutputName }) => runOutputName === status.runOutputName);
    this.status.outputs[at] = status;
    this.#show();
  }

  /** Outputs that clean-up is about to remove, or that never came to be. */
  dropOutputs(state: 'Canceled' | 'Failed'): void {
    for (const output of this.status.outputs) {
      if (output.state !== 'Failed') output.state = state;
    }
  }

  ended(state: RunState, failure?: BuildFailure): void {
    this.status.state = state;
    if (failure !== undefined) this.status.failure = failure;
    this.#closeStage();
    upsertSearchAttributes([{ key: stageKey, value: state }]);
    this.#show();
  }

  #begin(stage: Stage): void {
    this.#closeStage();
    this.status.stage = stage;
    this.status.stages.push({ stage, startTime: now() });
    this.#show();
  }

  #step(key: string): StepStatus {
    const step = this.status.steps.find((candidate) => candidate.key === key);
    if (step === undefined) throw new RangeError(`no step ${key}`);
    return step;
  }

  #closeStage(): void {
    const last = this.status.stages.at(-1);
    if (last !== undefined) last.endTime ??= now();
  }

  #show(): void {
    setCurrentDetails(describeStatus(this.status));
  }
}

const pendingStep = ({ role, index, key, name, type }: RunStep): StepStatus => ({
  role,
  index,
  key,
  name,
  type,
  state: 'Pending',
});

/** A distributor's output before anything is known of it. */
export function pendingOutput(distributor: PlannedDistributor): OutputStatus {
  const regions = distributor.type === 'SharedImage' ? distributor.targetRegions : [];
  return {
    runOutputName: distributor.runOutputName,
    type: distributor.type,
    state: 'Pending',
    regions: regions.map(({ name }) => ({ name, state: 'Pending', progress: 0, attempts: 0 })),
  };
}

/** Deterministic inside a workflow: the time of the workflow task. */
const now = (): string => new Date().toISOString();

const isThere = ({ state }: OutputStatus): boolean => state === 'Succeeded' || state === 'PartiallySucceeded';

/**
 * What a run has once it was distributed again. What was there stays, though it could not be made again or a cancellation
 * came before it was looked at; what was not there and was not tried to its end is left out.
 */
export function outputsAfter(former: OutputStatus[], outputs: OutputStatus[]): OutputStatus[] {
  return outputs.flatMap((output) => {
    if (isThere(output)) return [output];
    const before = former.find(({ runOutputName }) => runOutputName === output.runOutputName);
    if (before !== undefined && (isThere(before) || output.state !== 'Failed')) return [before];
    return output.state === 'Failed' ? [output] : [];
  });
}
