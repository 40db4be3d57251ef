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
import { end } from './operation-end.ts';
import {
  QUERY_STAGED,
  QUERY_TEMPLATE,
  SIGNAL_CHECK_SOURCE,
  SIGNAL_DISTRIBUTED,
  TEMPLATE_UPDATES,
} from './template-messages.ts';
import type {
  Accepted,
  Distributed,
  OperationView,
  PutRequest,
  Refusal,
  RunAccepted,
  RunRequest,
  TemplateView,
  TriggerRequest,
} from './template-messages.ts';
import { buildsTheSame } from './same-plan.ts';
import { Provisioning } from './template-provisioning.ts';
import { removeStaged, stagedBy } from './template-removal.ts';
import { TemplateRuns } from './template-runs.ts';
import { begin, newState, viewOf } from './template-state.ts';
import type { TemplateState } from './template-state.ts';
import { SourceTriggers } from './source-triggers.ts';
import { triggerObjections } from './trigger-objections.ts';

/** For the first submission; a template that nobody ever submits is none. */
const SUBMITTED_WITHIN = '1m';

export interface TemplateStart {
  id: string;
  /** What a former history left. */
  state?: TemplateState;
  /** Events after which the template goes on in a fresh history; Temporal's own suggestion comes much later. */
  maxEvents?: number;
}

export async function imageTemplate({
  id,
  state = newState(id),
  maxEvents = 2000,
}: TemplateStart): Promise<TemplateView> {
  const template = new LivingTemplate(state, maxEvents);
  template.listen();
  return template.live();
}

class LivingTemplate {
  readonly #state: TemplateState;
  readonly #maxEvents: number;
  readonly #runs: TemplateRuns;
  readonly #triggers: SourceTriggers;
  readonly #provisioning: Provisioning;
  #deletion: OperationView | undefined;
  #worked = false;

  constructor(state: TemplateState, maxEvents: number) {
    this.#state = state;
    this.#maxEvents = maxEvents;
    this.#runs = new TemplateRuns(state);
    this.#triggers = new SourceTriggers(state, this.#runs);
    this.#provisioning = new Provisioning(state, this.#runs);
  }

  listen(): void {
    const update = <A extends unknown[], R>(
      name: string,
      handler: (...args: A) => R | Promise<R>,
      validator: (...args: A) => void,
    ): void => setHandler(defineUpdate<R, A>(name), handler, { validator });
    setHandler(defineQuery<TemplateView>(QUERY_TEMPLATE), () => viewOf(this.#state));
    setHandler(defineQuery(QUERY_STAGED), () => ({ contexts: stagedBy(this.#state), building: this.#runs.building }));
    setHandler(defineSignal<[Distributed]>(SIGNAL_DISTRIBUTED), (done) => this.#runs.distributed(done));
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
      () => this.#accepted(this.#runs.cancel()),
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
    await condition(() => state.provisioningState === 'Deleted' || this.#mayGoOn());
    await condition(allHandlersFinished);
    if (state.provisioningState === 'Deleted') return viewOf(state);
    return continueAsNew<typeof imageTemplate>({ id: state.id, state, maxEvents: this.#maxEvents });
  }

  /**
   * In a fresh history: where work has just ended, and not where an update comes in, which the new one would not know of.
   * Asked again and again, and remembers whether there was work.
   */
  #mayGoOn(): boolean {
    if (!this.#isIdle()) this.#worked = true;
    else if (this.#worked) {
      if (this.#isLong()) return true;
      this.#worked = false;
    }
    return false;
  }

  #isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return continueAsNewSuggested || historyLength > this.#maxEvents;
  }

  #isIdle(): boolean {
    const busy = this.#provisioning.busy || this.#runs.busy || this.#triggers.busy || this.#deletion !== undefined;
    return !busy && allHandlersFinished();
  }

  #put({ plan, resource, tagsOnly = false }: PutRequest): Accepted {
    const state = this.#state;
    const stays = tagsOnly && state.provisioningState === 'Succeeded';
    const former = state.submission?.plan;
    state.submission = { plan, resource };
    state.revision++;
    if (former === undefined || !buildsTheSame(former, plan)) state.changed = state.revision;
    const named = plan.stagingResourceGroup === undefined ? [] : [plan.staging.resourceGroup.toLowerCase()];
    state.namedGroups = [...new Set([...state.namedGroups, ...named])];
    if (stays) return this.#accept((operation) => end(operation, 'Succeeded'));
    // What was found of the former one says nothing of this one.
    delete state.found;
    state.provisioningState = state.revision === 1 ? 'Creating' : 'Updating';
    delete state.provisioningError;
    return this.#accept((operation) => this.#provisioning.begin(plan, operation));
  }

  #delete(): Accepted {
    // Whoever asks again, not having had an answer, is told of the same deletion.
    if (this.#deletion !== undefined) return this.#accepted(this.#deletion);
    this.#state.provisioningState = 'Deleting';
    const deletion = begin(this.#state, now());
    this.#deletion = deletion;
    void this.#remove(deletion);
    return this.#accepted(deletion);
  }

  async #remove(operation: OperationView): Promise<void> {
    await this.#provisioning.stop();
    await removeStaged(this.#state);
    end(operation, 'Succeeded');
    this.#state.provisioningState = 'Deleted';
  }

  #accept(work: (operation: OperationView) => void): Accepted {
    const operation = begin(this.#state, now());
    work(operation);
    return this.#accepted(operation);
  }

  #accepted({ id }: OperationView): Accepted {
    const { revision, submission } = this.#state;
    return { operationId: id, revision, location: submission?.plan.template.location ?? '' };
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

  #mayRun(request: RunRequest): void {
    this.#mustLive('run/action');
    if (this.#runs.known(request) !== undefined) return;
    if (this.#state.provisioningState !== 'Succeeded' || this.#runs.busy) this.#notAllowed('run/action');
  }

  #mayCancel(): void {
    this.#mustLive('cancel/action');
    if (!this.#runs.busy) this.#notAllowed('cancel/action');
  }

  #mayDelete(): void {
    this.#mustLive('delete');
    if (this.#runs.busy) this.#notAllowed('delete');
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
