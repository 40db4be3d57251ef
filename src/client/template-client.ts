/** Image templates that live, as a program sees them: over a Temporal client, with no credential of Azure's. */
import { WithStartWorkflowOperation, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, TASK_QUEUE, WORKFLOWS } from '../workflows/messages.ts';
import {
  QUERY_TEMPLATE,
  SIGNAL_CHECK_SOURCE,
  TEMPLATE_UPDATES,
  templateWorkflowId,
} from '../workflows/template-messages.ts';
import type {
  Accepted,
  PutRequest,
  Refusal,
  RunAccepted,
  RunRequest,
  TemplateView,
} from '../workflows/template-messages.ts';

type ImageTemplate = (start: { id: string }) => Promise<TemplateView>;

const TRIES = 5;
const PAGE_SIZE = 50;

/** What a template refused, or that there is none. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
  readonly code: Refusal;

  constructor(code: Refusal, message: string) {
    super(message);
    this.code = code;
  }
}

export class TemplateClient {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor(client: Client, taskQueue = TASK_QUEUE) {
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  /** Makes the template or changes it. @throws TemplateRefusal */
  put(request: PutRequest): Promise<Accepted> {
    const { id, name } = request.plan.template;
    return this.#asking(id, () =>
      this.#client.workflow.executeUpdateWithStart<ImageTemplate, Accepted, [PutRequest]>(TEMPLATE_UPDATES.put, {
        args: [request],
        startWorkflowOperation: new WithStartWorkflowOperation<ImageTemplate>(WORKFLOWS.imageTemplate, {
          workflowId: templateWorkflowId(id),
          taskQueue: this.#taskQueue,
          args: [{ id }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          memo: { templateName: name },
          staticSummary: `Image template ${name}`,
          typedSearchAttributes: [
            { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.template, 'KEYWORD'), value: name },
          ],
        }),
      }),
    );
  }

  /** @throws TemplateRefusal with `NotFound` where there is none, or none any more. */
  async get(id: string): Promise<TemplateView> {
    const view = await this.#asking(id, () => this.#handle(id).query<TemplateView>(QUERY_TEMPLATE));
    if (view.provisioningState === 'Deleted') throw notFound(id);
    return view;
  }

  /** As {@link get}, also of a template that was deleted; undefined where there never was one. */
  async last(id: string): Promise<TemplateView | undefined> {
    try {
      return await this.#asking(id, () => this.#handle(id).query<TemplateView>(QUERY_TEMPLATE));
    } catch (error) {
      if (error instanceof TemplateRefusal) return undefined;
      throw error;
    }
  }

  run(id: string, request: RunRequest): Promise<RunAccepted> {
    return this.#update(id, TEMPLATE_UPDATES.run, request);
  }

  cancel(id: string): Promise<Accepted> {
    return this.#update(id, TEMPLATE_UPDATES.cancel, undefined);
  }

  delete(id: string): Promise<Accepted> {
    return this.#update(id, TEMPLATE_UPDATES.delete, undefined);
  }

  putTrigger(id: string, name: string): Promise<Accepted> {
    return this.#update(id, TEMPLATE_UPDATES.putTrigger, { name });
  }

  deleteTrigger(id: string, name: string): Promise<Accepted> {
    return this.#update(id, TEMPLATE_UPDATES.deleteTrigger, name);
  }

  /** The template's triggers look for a new source now. */
  checkSource(id: string): Promise<void> {
    return this.#asking(id, () => this.#handle(id).signal(SIGNAL_CHECK_SOURCE));
  }

  /** The last answer of a template that is being deleted, or was: what could not be removed is in it. */
  deleted(id: string): Promise<TemplateView> {
    return this.#handle(id).result() as Promise<TemplateView>;
  }

  /**
   * A page of templates in the order of Temporal's list, newest first.
   * @param within a subscription's or a resource group's id
   * @param after where the former page ended
   */
  async list(
    within: string,
    after?: string,
    pageSize = PAGE_SIZE,
  ): Promise<{ templates: TemplateView[]; next?: string }> {
    const prefix = `${within.toLowerCase()}/`.replaceAll("'", "''");
    const { executions, nextPageToken } = await this.#client.workflowService.listWorkflowExecutions({
      namespace: this.#client.options.namespace,
      pageSize,
      query: `WorkflowType = '${WORKFLOWS.imageTemplate}' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${prefix}'`,
      ...(after === undefined ? {} : { nextPageToken: Buffer.from(after, 'base64url') }),
    });
    const views = await Promise.all(
      (executions ?? []).map(({ execution }) =>
        // What is deleted meanwhile, or was never submitted, is left out.
        this.get(execution?.workflowId ?? '').catch(() => undefined),
      ),
    );
    return {
      templates: views.filter((view) => view !== undefined),
      ...(nextPageToken.length === 0 ? {} : { next: Buffer.from(nextPageToken).toString('base64url') }),
    };
  }

  async listAll(within: string): Promise<TemplateView[]> {
    const all: TemplateView[] = [];
    for (let after: string | undefined, more = true; more;) {
      const page = await this.list(within, after);
      all.push(...page.templates);
      after = page.next;
      more = after !== undefined;
    }
    return all;
  }

  #handle(id: string) {
    return this.#client.workflow.getHandle(templateWorkflowId(id));
  }

  #update<R>(id: string, name: string, argument: unknown): Promise<R> {
    const args: [unknown] = [argument];
    return this.#asking(id, () => this.#handle(id).executeUpdate<R, [unknown]>(name, { args }));
  }

  /** A template that goes on in a new history, or ends, turns away what came in that moment: it is asked again. */
  async #asking<T>(id: string, work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        const refusal = refusalOf(error, id);
        if (refusal !== undefined) throw refusal;
        if (tries === TRIES || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50 * tries));
      }
    }
  }
}

const notFound = (id: string): TemplateRefusal =>
  new TemplateRefusal('NotFound', `The Resource '${id.split('/providers/').at(-1)}' was not found.`);

function refusalOf(error: unknown, id: string): TemplateRefusal | undefined {
  if (error instanceof WorkflowNotFoundError) return notFound(id);
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  const { type, message } = error.cause;
  return type === 'Conflict' || type === 'NotFound' || type === 'ValidationFailed'
    ? new TemplateRefusal(type, message)
    : undefined;
}

function isPassing(error: unknown): boolean {
  const text = error instanceof Error ? `${error.message} ${String(error.cause)}` : '';
  // The last one: something else came in while the template was about to go on, and its task was done again.
  return /workflow update was aborted|workflow is closing|completed before|AcceptedUpdateCompletedWorkflow|unexpected workflow task failure/i.test(
    text,
  );
}
