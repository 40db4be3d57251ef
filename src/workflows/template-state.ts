/** All that an image template remembers: plain JSON, so that it passes from one history to the next. */
import { uuid4 } from '@temporalio/workflow';
import type { RunContext } from '../activities/contract.ts';
import { OWNERSHIP_TAG } from '../template/build-plan.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import type { Leftover } from './messages.ts';
import type {
  OperationView,
  ProvisioningState,
  Submission,
  TemplateRun,
  TemplateView,
  TriggerView,
} from './template-messages.ts';

/** The service names no number; their logs stay that long too. */
const KEPT_RUNS = 10;
const KEPT_OPERATIONS = 30;
const MAX_RUN_ID = 40;
const MAX_GROUP_NAME = 90;

export interface TemplateState {
  id: string;
  /** Tells this template from an earlier one of its name: eight hexadecimal digits. */
  incarnation: string;
  submission?: Submission;
  revision: number;
  /** The last revision that was provisioned, well or badly. */
  provisioned: number;
  provisioningState: ProvisioningState;
  provisioningError?: { provisioningErrorCode: string; message: string };
  exactVersion?: string;
  /** Kiln made a group for this template, in which it builds unless the template names one. */
  madeGroup: boolean;
  /** Runs that were ever started. */
  count: number;
  runs: RememberedRun[];
  /** What went into the last good run. */
  built?: { runId: string; revision: number; source: string; digests: Record<string, string>; exactVersion?: string };
  triggers: Array<TriggerView & { failures: number }>;
  operations: OperationView[];
  leftovers: Leftover[];
}

export type RememberedRun = TemplateRun & {
  context: RunContext;
  requestId?: string;
  /** It could not remove all that it made. */
  untidy?: boolean;
};

export function newState(id: string): TemplateState {
  return {
    id,
    incarnation: uuid4().slice(0, 8),
    revision: 0,
    provisioned: 0,
    provisioningState: 'Creating',
    madeGroup: false,
    count: 0,
    runs: [],
    triggers: [],
    operations: [],
    leftovers: [],
  };
}

export function viewOf(state: TemplateState): TemplateView {
  const { submission, id, revision, provisioningState, provisioningError, exactVersion } = state;
  if (submission === undefined) throw new TypeError('the template was never submitted');
  const { plan, resource } = submission;
  const group = plan.stagingResourceGroup ?? (state.madeGroup ? groupId(state, plan) : undefined);
  return {
    id,
    name: plan.template.name,
    revision,
    plan,
    resource,
    provisioningState,
    ...(provisioningError === undefined ? {} : { provisioningError }),
    ...(exactVersion === undefined ? {} : { exactVersion }),
    ...(group === undefined ? {} : { stagingResourceGroup: group }),
    runs: state.runs.map(({ context: _context, requestId: _requestId, untidy: _untidy, ...run }) => run),
    triggers: state.triggers.map(({ failures: _failures, ...trigger }) => trigger),
    operations: state.operations,
    leftovers: state.leftovers,
  };
}

export function begin(state: TemplateState, now: string): OperationView {
  const operation: OperationView = { id: uuid4(), status: 'InProgress', startTime: now };
  state.operations = [operation, ...state.operations].slice(0, KEPT_OPERATIONS);
  return operation;
}

/** Answers the runs that are now forgotten, whose logs go with them. */
export function remember(state: TemplateState, run: RememberedRun): RememberedRun[] {
  const runs = [run, ...state.runs];
  state.runs = runs.slice(0, KEPT_RUNS);
  return runs.slice(KEPT_RUNS);
}

/** `IT_<group>_<template>_<incarnation>`, shortened to what Azure allows. */
function groupName({ incarnation }: TemplateState, { template }: BuildPlan): string {
  const name = `IT_${template.resourceGroup}_${template.name}`;
  return `${name.slice(0, MAX_GROUP_NAME - 1 - incarnation.length)}_${incarnation}`;
}

function groupId(state: TemplateState, plan: BuildPlan): string {
  return `/subscriptions/${plan.template.subscriptionId}/resourceGroups/${groupName(state, plan)}`;
}

/** The template's own group, made and removed as a run's would be. */
export function groupContext(state: TemplateState, plan: BuildPlan): RunContext {
  const owner = `template-${state.incarnation}`;
  const { id, subscriptionId, location } = plan.template;
  return {
    runId: owner,
    templateId: id,
    subscriptionId,
    location,
    staging: { ...plan.staging, resourceGroup: groupName(state, plan) },
    tags: { ...plan.tags, [OWNERSHIP_TAG]: owner },
  };
}

/** What the next run builds: the plan as it was put, under names of the run's own, in the template's group. */
export function planOfRun(state: TemplateState, plan: BuildPlan): BuildPlan {
  const slug = plan.template.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const end = `-${state.incarnation}-${state.count}`;
  const runId = `${slug.slice(0, MAX_RUN_ID - end.length - 1) || 'template'}${end}`;
  return {
    ...plan,
    runId,
    staging: {
      ...plan.staging,
      resourceGroup: plan.stagingResourceGroup === undefined ? groupName(state, plan) : plan.staging.resourceGroup,
      storageAccount: `kiln${state.incarnation}${state.count}`,
    },
    stagingResourceGroup: plan.stagingResourceGroup ?? groupId(state, plan),
    tags: { ...plan.tags, [OWNERSHIP_TAG]: runId },
  };
}
