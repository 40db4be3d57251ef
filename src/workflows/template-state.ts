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
/** Digits of a run's count that a run id has room for. */
const COUNT_DIGITS = 6;
const MAX_GROUP_NAME = 90;

export interface TemplateState {
  id: string;
  /** Tells this template from an earlier one of its name: eight hexadecimal digits. */
  incarnation: string;
  submission?: Submission;
  revision: number;
  /** The revision that last changed what is built: a template that is put as it was has not changed. */
  changed: number;
  /** A submission was good, be it a former one. */
  provisioned: boolean;
  provisioningState: ProvisioningState;
  provisioningError?: { provisioningErrorCode: string; message: string };
  exactVersion?: string;
  /** What the last good submission was found to be made of. */
  found?: Pick<TemplateView, 'digests' | 'identities'>;
  /** Kiln made a group for this template, in which it builds unless the template names one. */
  madeGroup: boolean;
  /** Runs that were ever started. */
  count: number;
  runs: RememberedRun[];
  /** Groups that the template named for its runs, in lower case: what they made there goes with the template. */
  namedGroups: string[];
  /** What went into the last good run. */
  built?: { runId: string; revision: number; source: string; digests: Record<string, string>; exactVersion?: string };
  triggers: Array<TriggerView & { failures: number }>;
  operations: OperationView[];
  leftovers: Leftover[];
}

export type RememberedRun = TemplateRun & {
  context: RunContext;
  operationId: string;
  requestId?: string;
  /** It could not remove all that it made. */
  untidy?: boolean;
};

export function newState(id: string): TemplateState {
  return {
    id,
    incarnation: uuid4().slice(0, 8),
    revision: 0,
    changed: 0,
    provisioned: false,
    provisioningState: 'Creating',
    madeGroup: false,
    count: 0,
    namedGroups: [],
    runs: [],
    triggers: [],
    operations: [],
    leftovers: [],
  };
}

export function viewOf(state: TemplateState): TemplateView {
  const { submission, id, revision, provisioningState, provisioningError, exactVersion, found } = state;
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
    ...found,
    ...(group === undefined ? {} : { stagingResourceGroup: group }),
    runs: state.runs.map(shownRun),
    triggers: state.triggers.map(({ failures: _failures, ...trigger }) => trigger),
    operations: state.operations,
    leftovers: state.leftovers,
  };
}

function shownRun(run: RememberedRun): TemplateRun {
  const { context: _context, operationId: _operation, requestId: _request, untidy: _untidy, ...shown } = run;
  return shown;
}

export function begin(state: TemplateState, now: string): OperationView {
  const operation: OperationView = { id: uuid4(), status: 'InProgress', startTime: now };
  // One that is under way is asked after however many came since.
  const kept = state.operations.filter(({ status }, at) => at < KEPT_OPERATIONS - 1 || status === 'InProgress');
  state.operations = [operation, ...kept];
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

/** All that the template's runs made in a group that it named for them. */
export function namedGroupContext(state: TemplateState, plan: BuildPlan, resourceGroup: string): RunContext {
  const { staging, ...rest } = groupContext(state, plan);
  return { ...rest, staging: { ...staging, resourceGroup }, ownGroup: true, runsNamed: namesOfRuns(state, plan) };
}

/** What the ids of all its runs begin with. */
function namesOfRuns({ incarnation }: TemplateState, { template }: BuildPlan): string {
  const slug = template.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const end = `-${incarnation}-`;
  const name = slug.slice(0, MAX_RUN_ID - end.length - COUNT_DIGITS).replaceAll(/^-+|-+$/g, '');
  return `${name || 'template'}${end}`;
}

/** What the next run builds: the plan as it was put, under names of the run's own, in the template's group. */
export function planOfRun(state: TemplateState, plan: BuildPlan): BuildPlan {
  const runId = `${namesOfRuns(state, plan)}${state.count}`;
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
