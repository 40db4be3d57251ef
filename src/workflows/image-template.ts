/**
 * An image template that lives: put once, run many times, deleted with what it staged. One workflow a template, under its
 * resource id; what is asked of it are updates, so Temporal is the only database.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { asking, making, removing } from './activity-proxies.ts';
import { describeFailure } from './build-failure.ts';
import { end } from './operation-end.ts';
import { QUERY_TEMPLATE, SIGNAL_CHECK_SOURCE, TEMPLATE_UPDATES } from './template-messages.ts';
import type {
  Accepted,
  OperationView,
  PutRequest,
  Refusal,
  RunAccepted,
  RunRequest,
  TemplateView,
  TriggerRequest,
} from './template-messages.ts';
import { codeOfProblems } from './provisioning-error.ts';
import { TemplateRuns } from './template-runs.ts';
import { begin, groupContext, newState, viewOf } from './template-state.ts';
import type { TemplateState } from './template-state.ts';
import { SourceTriggers } from './source-triggers.ts';
import { triggerObjections } from './trigger-objections.ts';

/** Events after which the template goes on in a fresh history; Temporal's own suggestion comes much later. */
const MAX_EVENTS = 2000;
/** For the first submission; a template that nobody ever submits is none. */
const SUBMITTED_WITHIN = '1m';

export interface TemplateStart {
  id: string;
  /** What a former history left. */
  state?: TemplateState;
}

export async function imageTemplate({ id, state = newState(id) }: TemplateStart): Promise<TemplateView> {
  const template = new LivingTemplate(state);
  template.listen();
  return template.live();
}

class LivingTemplate {
  readonly #state: TemplateState;
  readonly #runs: TemplateRuns;
  readonly #triggers: SourceTriggers;
  #provisioning = false;

  constructor(state: TemplateState) {
    this.#state = state;
    this.#runs = new TemplateRuns(state);
    this.#triggers = new SourceTriggers(state, this.#runs);
  }

  listen(): void {
    const update = <A extends unknown[], R>(
      name: string,
      handler: (...args: A) => R | Promise<R>,
      validator: (...args: A) => void,
    ): void => setHandler(defineUpdate<R, A>(name), handler, { validator });
    setHandler(defineQuery<TemplateView>(QUERY_TEMPLATE), () => viewOf(this.#state));
    setHandler(defineSignal(SIGNAL_CHECK_SOURCE), () => this.#triggers.checkNow());
    update(
      TEMPLATE_UPDATES.put,
      (request: PutRequest) => this.#put(request),
      (request) => this.#mayPut(request),
    );
    update(
      TEMPLATE_UPDATES.run,
      (request: RunRequest): Promise<RunAccepted> => this.#runs.run(request),
      (request) => this.#mayRun(request),
    );
    update(
      TEMPLATE_UPDATES.cancel,
      () => this.#accept((operation) => this.#runs.cancel(operation)),
      () => this.#mayCancel(),
    );
    update(
      TEMPLATE_UPDATES.delete,
      () => this.#delete(),
      () => this.#mayDelete(),
    );
    update(
      TEMPLATE_UPDATES.putTrigger,
      ({ name }: TriggerRequest) => this.#accept((operation) => this.#triggers.put(name, operation)),
      ({ name }) => this.#mayPutTrigger(name),
    );
    update(
      TEMPLATE_UPDATES.deleteTrigger,
      (name: string) => this.#accept((operation) => this.#triggers.delete(name, operation)),
      (name) => {
        this.#mustLive('triggers/delete');
        this.#triggers.mustExist(name);
      },
    );
  }

  async live(): Promise<TemplateView> {
    const state = this.#state;
    if (!(await condition(() => state.submission !== undefined, SUBMITTED_WITHIN))) {
      throw ApplicationFailure.nonRetryable(`${state.id} was never submitted`, 'NotFound' satisfies Refusal);
    }
    this.#triggers.watch();
    await condition(() => state.provisioningState === 'Deleted' || (this.#isIdle() && isLong()));
    await condition(allHandlersFinished);
    if (state.provisioningState === 'Deleted') return viewOf(state);
    return continueAsNew<typeof imageTemplate>({ id: state.id, state });
  }

  #isIdle(): boolean {
    return !this.#provisioning && !this.#runs.busy && !this.#triggers.busy && allHandlersFinished();
  }

  #put({ plan, resource }: PutRequest): Accepted {
    const state = this.#state;
    state.submission = { plan, resource };
    state.revision++;
    state.provisioningState = state.revision === 1 ? 'Creating' : 'Updating';
    delete state.provisioningError;
    return this.#accept((operation) => void this.#provision(operation, state.revision));
  }

  /** Checked against Azure, and given a group to build in. A later submission takes an earlier one's place. */
  async #provision(operation: OperationView, revision: number): Promise<void> {
    const state = this.#state;
    // The one before is done first: both may make the group.
    await condition(() => !this.#provisioning);
    const { submission } = state;
    if (submission === undefined || state.provisioningState === 'Deleting') return end(operation, 'Canceled');
    if (revision < state.revision) return end(operation, 'Succeeded');
    this.#provisioning = true;
    try {
      const { plan } = submission;
      const checked = await asking('Check the template against Azure').checkPlan(plan);
      if (plan.stagingResourceGroup === undefined && !state.madeGroup) {
        state.madeGroup = true;
        const group = groupContext(state, plan);
        await making(`Resource group ${group.staging.resourceGroup}`).createStagingGroup(group);
      }
      if (checked.source.exactVersion === undefined) delete state.exactVersion;
      else state.exactVersion = checked.source.exactVersion;
      this.#provisioned(revision, operation);
      if (revision === 1 && plan.autoRun === true && state.provisioningState === 'Succeeded') {
        await this.#runs.run({ by: 'autoRun' });
      }
    } catch (error) {
      const { message, type, problems } = describeFailure(error, 'Checking', undefined);
      this.#provisioned(revision, operation, {
        provisioningErrorCode: codeOfProblems(submission.plan, type, problems ?? []),
        message,
      });
    } finally {
      this.#provisioning = false;
    }
  }

  /** What was found of a revision that is not the last any more says nothing of the template as it is now. */
  #provisioned(revision: number, operation: OperationView, error?: TemplateState['provisioningError']): void {
    const state = this.#state;
    if (error === undefined) end(operation, 'Succeeded');
    else end(operation, 'Failed', { code: error.provisioningErrorCode, message: error.message });
    if (revision < state.revision || state.provisioningState === 'Deleting') return;
    state.provisioned = revision;
    state.provisioningState = error === undefined ? 'Succeeded' : 'Failed';
    if (error !== undefined) state.provisioningError = error;
  }

  #delete(): Accepted {
    this.#state.provisioningState = 'Deleting';
    return this.#accept((operation) => void this.#remove(operation));
  }

  /** Ends, whatever Azure says: what could not be removed is named. */
  async #remove(operation: OperationView): Promise<void> {
    const state = this.#state;
    await condition(() => !this.#provisioning);
    const plan = state.submission?.plan;
    const contexts = state.runs.map(({ context }) => context);
    if (plan !== undefined && state.madeGroup) contexts.push(groupContext(state, plan));
    for (const context of contexts) {
      try {
        const { leftovers } = await removing(`Remove ${context.runId}`).removeStagingGroup(context);
        state.leftovers.push(...leftovers);
      } catch (error) {
        const { message } = describeFailure(error, 'CleaningUp', undefined);
        state.leftovers.push({ id: context.staging.resourceGroup, reason: message });
      }
    }
    end(operation, 'Succeeded');
    state.provisioningState = 'Deleted';
  }

  #accept(work: (operation: OperationView) => void): Accepted {
    const operation = begin(this.#state, now());
    work(operation);
    const { revision, submission } = this.#state;
    return { operationId: operation.id, revision, location: submission?.plan.template.location ?? '' };
  }

  #mayPut({ plan, ifRevision }: PutRequest): void {
    const { submission, revision, provisioningState } = this.#state;
    if (submission === undefined) {
      if ((ifRevision ?? 0) > 0) refuse('NotFound', `The template ${this.#state.id} does not exist.`);
      return;
    }
    if (provisioningState === 'Deleting' || provisioningState === 'Deleted') this.#mustLive('write');
    if (ifRevision !== undefined && ifRevision !== revision) {
      refuse('Conflict', `The template has been changed: revision ${revision}, and ${ifRevision} was expected.`);
    }
    const { name, location } = submission.plan.template;
    if (location !== plan.template.location) {
      refuse(
        'Conflict',
        `The resource '${name}' already exists in location '${location}'. A resource with the same name cannot be created in location '${plan.template.location}'.`,
      );
    }
    const [objection] = this.#state.triggers.length === 0 ? [] : triggerObjections(plan);
    if (objection !== undefined) refuse('Conflict', `The template has a SourceImage trigger: ${objection}`);
  }

  #mayRun({ requestId }: RunRequest): void {
    this.#mustLive('run/action');
    if (this.#runs.isKnown(requestId)) return;
    if (this.#state.provisioningState !== 'Succeeded' || this.#runs.busy) this.#notAllowed('run/action');
  }

  #mayCancel(): void {
    this.#mustLive('cancel/action');
    if (!this.#runs.busy) this.#notAllowed('cancel/action');
  }

  #mayDelete(): void {
    this.#mustLive('delete');
    if (this.#runs.busy || this.#state.provisioningState === 'Deleting') this.#notAllowed('delete');
  }

  #mayPutTrigger(name: string): void {
    this.#mustLive('triggers/write');
    const { submission, provisioningState } = this.#state;
    if (provisioningState !== 'Succeeded') this.#notAllowed('triggers/write');
    const [objection] = submission === undefined ? [] : triggerObjections(submission.plan);
    if (objection !== undefined) refuse('ValidationFailed', objection);
    this.#triggers.mustBeAlone(name);
  }

  #mustLive(operation: string): void {
    const { provisioningState, submission } = this.#state;
    if (submission === undefined || provisioningState === 'Deleted') {
      refuse('NotFound', `The template ${this.#state.id} does not exist.`);
    }
    if (provisioningState === 'Deleting' && operation !== 'delete') this.#notAllowed(operation);
  }

  /** In the service's words. */
  #notAllowed(operation: string): never {
    const provisioning = this.#state.provisioningState.toLowerCase();
    const run = (this.#state.runs[0]?.state ?? 'none').toLowerCase();
    const what = `Microsoft.VirtualMachineImages/imageTemplates/${operation}`;
    refuse('Conflict', `Operation ${what} is not allowed in provisioning state: ${provisioning} or run state: ${run}`);
  }
}

function refuse(type: Refusal, message: string): never {
  throw ApplicationFailure.nonRetryable(message, type);
}

const now = (): string => new Date().toISOString();

function isLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > MAX_EVENTS;
}
