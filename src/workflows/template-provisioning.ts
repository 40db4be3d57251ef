/** Each submission of a template: checked against Azure, and given a group to build in. The last one counts. */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { BuildPlan } from '../template/build-plan.ts';
import { makingForSubmission, submitting } from './activity-proxies.ts';
import { describeFailure } from './build-failure.ts';
import { end } from './operation-end.ts';
import { codeOfProblems } from './provisioning-error.ts';
import type { OperationView } from './template-messages.ts';
import type { TemplateRuns } from './template-runs.ts';
import { groupContext } from './template-state.ts';
import type { TemplateState } from './template-state.ts';

export class Provisioning {
  readonly #state: TemplateState;
  readonly #runs: TemplateRuns;
  /** The submissions that have not ended, oldest first; only the first one is being worked at. */
  #open: CancellationScope[] = [];

  constructor(state: TemplateState, runs: TemplateRuns) {
    this.#state = state;
    this.#runs = runs;
  }

  get busy(): boolean {
    return this.#open.length > 0;
  }

  /** Takes the place of those before it, whose operations end as cancelled. */
  begin(plan: BuildPlan, operation: OperationView): void {
    this.#giveUp();
    const { revision } = this.#state;
    const scope = new CancellationScope();
    this.#open.push(scope);
    scope
      .run(() => this.#provision(plan, revision, scope))
      .then(
        () => this.#ended(revision, operation),
        (error: unknown) => this.#failed(plan, revision, operation, error),
      )
      .finally(() => (this.#open = this.#open.filter((one) => one !== scope)));
  }

  /** For a template that is deleted. */
  async stop(): Promise<void> {
    this.#giveUp();
    await condition(() => !this.busy);
  }

  #giveUp(): void {
    for (const scope of this.#open) scope.cancel();
  }

  async #provision(plan: BuildPlan, revision: number, scope: CancellationScope): Promise<void> {
    const state = this.#state;
    // The one before is done first: both may make the group.
    await condition(() => this.#open[0] === scope);
    const checked = await submitting('Check the template against Azure').checkPlan(plan, { forBuild: false });
    if (plan.stagingResourceGroup === undefined && !state.madeGroup) {
      state.madeGroup = true;
      const group = groupContext(state, plan);
      await makingForSubmission(`Resource group ${group.staging.resourceGroup}`).createStagingGroup(group);
    }
    if (revision < state.revision) return;
    if (checked.source.exactVersion === undefined) delete state.exactVersion;
    else state.exactVersion = checked.source.exactVersion;
    const { digests, identities } = checked;
    state.found = { digests, ...(identities === undefined ? {} : { identities }) };
  }

  #ended(revision: number, operation: OperationView): void {
    const state = this.#state;
    end(operation, 'Succeeded');
    if (!this.#isLast(revision)) return;
    const first = !state.provisioned;
    const autoRun = state.submission?.plan.autoRun === true;
    state.provisioned = true;
    state.provisioningState = 'Succeeded';
    // Once, when there is a template at last: a first submission may have been bad.
    if (first && autoRun) void this.#runs.run({ by: 'autoRun' });
  }

  #failed(plan: BuildPlan, revision: number, operation: OperationView, error: unknown): void {
    if (isCancellation(error)) return end(operation, 'Canceled');
    const { message, type, problems } = describeFailure(error, 'Checking', undefined);
    const code = codeOfProblems(plan, type, problems ?? []);
    end(operation, 'Failed', { code, message });
    if (!this.#isLast(revision)) return;
    this.#state.provisioningState = 'Failed';
    this.#state.provisioningError = { provisioningErrorCode: code, message };
  }

  /** What is found of another revision says nothing of the template as it is now. */
  #isLast(revision: number): boolean {
    return revision === this.#state.revision && this.#state.provisioningState !== 'Deleting';
  }
}
