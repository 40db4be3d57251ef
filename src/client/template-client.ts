/** Image templates that live, as a program sees them: over a Temporal client, with no credential of Azure's. */
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, TASK_QUEUE, WORKFLOWS } from '../workflows/messages.ts';
import {
  QUERY_TEMPLATE,
  SIGNAL_CHECK_SOURCE,
  TEMPLATE_UPDATES,
  templateWorkflowId,
  TRIGGER_MEMO,
} from '../workflows/template-messages.ts';
import type { Accepted, PutRequest, RunAccepted, RunRequest, TemplateView } from '../workflows/template-messages.ts';
import { isNone, isPassing, NoSuchPage, notFound, refusalOf, TemplateRefusal } from './template-errors.ts';

export { isUnanswered, NoSuchPage, TemplateRefusal } from './template-errors.ts';

type ImageTemplate = (start: { id: string }) => Promise<TemplateView>;

const TRIES = 5;
const PAGE_SIZE = 50;
/** In a region of a subscription, as in the service. */
const MAX_TRIGGERS = 100;

type Page = Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>;

export class TemplateClient {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #answersWithinMs: number | undefined;

  /** @param answersWithinMs what takes longer fails, see {@link isUnanswered}; absent: it is waited for */
  constructor(client: Client, taskQueue = TASK_QUEUE, answersWithinMs?: number) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#answersWithinMs = answersWithinMs;
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

  /** @throws TemplateRefusal, also where the region has as many triggers as the service allows */
  async putTrigger(id: string, name: string): Promise<Accepted> {
    const { plan, triggers } = await this.get(id);
    const { subscriptionId, location } = plan.template;
    if (triggers.length === 0 && (await this.#triggersIn(subscriptionId, location)) >= MAX_TRIGGERS) {
      throw new TemplateRefusal(
        'Conflict',
        `The subscription has ${MAX_TRIGGERS} triggers in ${location}, which is as many as it may: delete one first.`,
      );
    }
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
    const token = after === undefined ? new Uint8Array() : tokenOf(after, within);
    const { executions, nextPageToken } = await this.#page(within, token, pageSize);
    const views = await Promise.all(
      (executions ?? []).map(({ execution }) =>
        // What is deleted meanwhile, or was never submitted, is left out; nothing else is.
        this.get(execution?.workflowId ?? '').catch((error: unknown) => {
          if (isNone(error)) return undefined;
          throw error;
        }),
      ),
    );
    return {
      templates: views.filter((view) => view !== undefined),
      ...(nextPageToken.length === 0 ? {} : { next: continuationOf(nextPageToken, within) }),
    };
  }

  async #triggersIn(subscriptionId: string, location: string): Promise<number> {
    let count = 0;
    for (let after: Uint8Array | undefined = new Uint8Array(); after !== undefined;) {
      const { executions, nextPageToken }: Page = await this.#page(`/subscriptions/${subscriptionId}`, after, 1000);
      for (const { memo } of executions ?? []) {
        const region = memo?.fields?.[TRIGGER_MEMO];
        if (region !== undefined && defaultPayloadConverter.fromPayload(region) === location) count++;
      }
      after = nextPageToken.length === 0 ? undefined : nextPageToken;
    }
    return count;
  }

  /** Of Temporal's list. */
  #page(within: string, nextPageToken: Uint8Array, pageSize: number): Promise<Page> {
    const prefix = `${within.toLowerCase()}/`.replaceAll("'", "''");
    const query = `WorkflowType = '${WORKFLOWS.imageTemplate}' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${prefix}'`;
    const { namespace } = this.#client.options;
    return this.#client.workflowService.listWorkflowExecutions({ namespace, pageSize, query, nextPageToken });
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
        if (this.#answersWithinMs === undefined) return await work();
        return await this.#client.withDeadline(Date.now() + this.#answersWithinMs, work);
      } catch (error) {
        const refusal = refusalOf(error, id);
        if (refusal !== undefined) throw refusal;
        if (tries === TRIES || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50 * tries));
      }
    }
  }
}

/** Where a list goes on, as clients carry it: Temporal takes seconds to say that a token is none of its own. */
const continuationOf = (token: Uint8Array, within: string): string =>
  Buffer.from(JSON.stringify([within.toLowerCase(), Buffer.from(token).toString('base64')])).toString('base64url');

function tokenOf(continuation: string, within: string): Uint8Array {
  try {
    const [of, token] = JSON.parse(Buffer.from(continuation, 'base64url').toString()) as unknown[];
    if (of === within.toLowerCase() && typeof token === 'string') return Buffer.from(token, 'base64');
  } catch {
    // None of ours.
  }
  throw new NoSuchPage();
}
