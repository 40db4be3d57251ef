/** The runs of one template: one at a time, each a child workflow that builds the revision it was started with. */
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  condition,
  executeChild,
  isCancellation,
  ParentClosePolicy,
} from '@temporalio/workflow';
import type { BuildPlan } from '../template/build-plan.ts';
import { clearing, looking } from './activity-proxies.ts';
import type { buildImage } from './build-image.ts';
import { buildOptions } from './build-options.ts';
import type { BuildStatus } from './messages.ts';
import { end } from './operation-end.ts';
import { runContext } from './run-context.ts';
import type { Distributed, OperationView, RunAccepted, RunRequest, TemplateRun } from './template-messages.ts';
import { begin, planOfRun, remember } from './template-state.ts';
import type { RememberedRun, TemplateState } from './template-state.ts';

/** A run whose clean-up takes longer goes on with it by itself: the template is free again. */
const CANCELED_WITHIN = '1h';

/** How a child ended. The status is absent where it was ended from outside. */
interface Outcome {
  state: TemplateRun['state'];
  message: string;
  code?: string;
  status?: BuildStatus;
}

interface Looking {
  scope: CancellationScope;
  cancellation?: OperationView;
}

export class TemplateRuns {
  readonly #state: TemplateState;
  /** Of a run for which is looked whether it is needed. */
  #looking: Looking | undefined;
  #current: { run: RememberedRun; cancellation?: OperationView } | undefined;
  #listeners: Array<(run: TemplateRun) => void> = [];

  constructor(state: TemplateState) {
    this.#state = state;
  }

  get busy(): boolean {
    return this.#looking !== undefined || this.#current !== undefined;
  }

  /** Id of the run that is under way. */
  get building(): string | undefined {
    return this.#current?.run.runId;
  }

  onEnd(listener: (run: TemplateRun) => void): void {
    this.#listeners.push(listener);
  }

  /** The run that the same request began. */
  known({ requestId, repeatedWithin = Infinity }: RunRequest): RememberedRun | undefined {
    if (requestId === undefined) return undefined;
    const run = this.#state.runs.find((one) => one.requestId === requestId);
    return run !== undefined && Date.now() - Date.parse(run.startTime) <= repeatedWithin * 1000 ? run : undefined;
  }

  async run(request: RunRequest): Promise<RunAccepted> {
    const state = this.#state;
    const { by, requestId, ifChanged = false } = request;
    const known = this.known(request);
    if (known !== undefined) return { operationId: known.operationId, runId: known.runId };
    const { submission, revision } = state;
    if (submission === undefined) throw new TypeError('the template was never submitted');
    const operation = begin(state, now());
    if (ifChanged) {
      const skipped = await this.#whySkipped(submission.plan, operation);
      if (skipped !== undefined) return { operationId: operation.id, skipped };
    }
    state.count++;
    const plan = planOfRun(state, submission.plan);
    const run: RememberedRun = {
      runId: plan.runId,
      revision,
      by,
      state: 'Running',
      startTime: now(),
      message: '',
      outputs: [],
      context: runContext(plan),
      operationId: operation.id,
      ...(requestId === undefined ? {} : { requestId }),
    };
    const forgotten = remember(state, run);
    this.#current = { run };
    this.#follow(plan, operation, forgotten).catch((error: unknown) => this.#lost(operation, error));
    return { operationId: operation.id, runId: run.runId };
  }

  /** Of a run that is not remembered, or none of this template's, nothing is kept. */
  distributed({ runId, outputs }: Distributed): void {
    const run = this.#state.runs.find((one) => one.runId === runId);
    if (run === undefined || run === this.#current?.run) return;
    const named = new Set(outputs.map(({ runOutputName }) => runOutputName));
    run.outputs = [...outputs, ...run.outputs.filter(({ runOutputName }) => !named.has(runOutputName))];
    const whole = run.outputs.every(({ state }) => state === 'Succeeded');
    if (run.state === 'PartiallySucceeded' && whole) Object.assign(run, { state: 'Succeeded', message: '' });
  }

  /** The operation of the cancellation, which ends with the run; the same one where it is asked for again. */
  cancel(): OperationView {
    const canceled = this.#looking ?? this.#current;
    if (canceled === undefined) throw new TypeError('there is no run to cancel');
    if (canceled.cancellation !== undefined) return canceled.cancellation;
    const operation = begin(this.#state, now());
    canceled.cancellation = operation;
    if ('scope' in canceled) canceled.scope.cancel();
    else Object.assign(canceled.run, { state: 'Canceling', message: 'Canceling image build' });
    return operation;
  }

  /** Undefined where there is something to build. */
  async #whySkipped(plan: BuildPlan, operation: OperationView): Promise<string | undefined> {
    const looked: Looking = { scope: new CancellationScope() };
    this.#looking = looked;
    try {
      const unchanged = await looked.scope.run(() => this.#unchanged(plan));
      if (looked.cancellation !== undefined) {
        end(looked.cancellation, 'Succeeded');
        end(operation, 'Canceled');
        return 'the run was cancelled before it began';
      }
      if (unchanged !== undefined) end(operation, 'Succeeded');
      return unchanged;
    } finally {
      this.#looking = undefined;
    }
  }

  /** Why nothing need be built; undefined where something has changed, or could not be looked at. */
  async #unchanged(plan: BuildPlan): Promise<string | undefined> {
    const { built, revision, changed } = this.#state;
    if (built === undefined || built.revision < changed) return undefined;
    try {
      const { source, digests } = await looking('Look at what goes into the image').checkPlan(plan);
      if (source.description !== built.source || !isSame(digests, built.digests)) return undefined;
      return `nothing has changed since run ${built.runId}: ${source.description}, ${Object.keys(digests).length} downloads, revision ${revision} of the template`;
    } catch {
      // What is wrong is for the run to say.
      return undefined;
    }
  }

  async #follow(plan: BuildPlan, operation: OperationView, forgotten: RememberedRun[]): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    const scope = new CancellationScope();
    let outcome: Outcome | undefined;
    const child = scope.run(async () => {
      await this.#clear(forgotten);
      return executeChild<typeof buildImage>('buildImage', {
        ...buildOptions(plan),
        args: [plan],
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        // It removes what it made however it ends, which a terminated build could not.
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
    });
    child.then(
      (status) => (outcome = { state: status.state, message: '', status }),
      (error: unknown) => (outcome = outcomeOf(error)),
    );
    await condition(() => outcome !== undefined || current.cancellation !== undefined);
    if (outcome === undefined) {
      scope.cancel();
      await condition(() => outcome !== undefined, CANCELED_WITHIN);
    }
    const ended = outcome ?? { state: 'Canceled', message: `the clean-up of ${plan.runId} goes on` };
    this.#ended(current.run, operation, ended);
  }

  #ended(run: RememberedRun, operation: OperationView, { state, message, code, status }: Outcome): void {
    Object.assign(run, { state, message, endTime: now(), outputs: status?.outputs ?? [] });
    if ((status?.leftovers.length ?? 0) > 0 || status === undefined) run.untidy = true;
    if (state === 'Succeeded' && status !== undefined) {
      const { source = '', digests = {}, exactVersion } = status;
      const version = exactVersion === undefined ? {} : { exactVersion };
      this.#state.built = { runId: run.runId, revision: run.revision, source, digests, ...version };
      Object.assign(this.#state, version);
    }
    if (state === 'Succeeded' || state === 'PartiallySucceeded') end(operation, 'Succeeded');
    else if (state === 'Canceled') end(operation, 'Canceled');
    else end(operation, 'Failed', { code: code ?? 'ImageBuildFailed', message });
    const cancellation = this.#current?.cancellation;
    if (cancellation !== undefined) end(cancellation, 'Succeeded');
    this.#current = undefined;
    for (const listener of this.#listeners) listener(run);
  }

  #lost(operation: OperationView, error: unknown): void {
    const run = this.#current?.run;
    if (run !== undefined) this.#ended(run, operation, outcomeOf(error));
  }

  /** The logs of runs that are forgotten, and what an earlier run had to leave: the next builds in the same group. */
  async #clear(forgotten: RememberedRun[]): Promise<void> {
    const untidy = this.#state.runs.filter((run) => run.untidy === true);
    // A VHD in the staging account is what was built, and stays as long as the template does.
    const unneeded = forgotten.filter(({ outputs }) => !outputs.some(({ type }) => type === 'VHD'));
    for (const run of [...unneeded, ...untidy]) {
      try {
        await clearing(`Remove what ${run.runId} left`).removeStagingGroup(run.context);
        delete run.untidy;
      } catch (error) {
        if (isCancellation(error)) throw error;
        // The run that needs the group says what is in its way, and what is left goes with the template.
      }
    }
  }
}

function outcomeOf(error: unknown): Outcome {
  if (isCancellation(error)) return { state: 'Canceled', message: 'the run was cancelled' };
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { state: 'Failed', code: 'Terminated', message: `the run was ended in Temporal: ${message}` };
  }
  const status = cause.details?.[0] as BuildStatus | undefined;
  return {
    state: status?.state === 'TimedOut' ? 'TimedOut' : 'Failed',
    message: cause.message,
    ...(cause.type === undefined || cause.type === null ? {} : { code: cause.type }),
    ...(status?.leftovers === undefined ? {} : { status }),
  };
}

const isSame = (left: Record<string, string>, right: Record<string, string>): boolean =>
  Object.keys(left).length === Object.keys(right).length &&
  Object.entries(left).every(([key, value]) => right[key] === value);

const now = (): string => new Date().toISOString();
