/** A workflow whose history is read as it grows: Temporal holds the question until there is more, so nothing is polled. */
import type { Client } from '@temporalio/client';
import { RunHistory } from './run-history.ts';
import type { Pending } from './run-history.ts';

export interface Execution {
  workflowId: string;
  executionId: string;
}

export class FollowedWorkflow {
  readonly history: RunHistory;
  readonly execution: Execution;
  /** Counts what was read. */
  events = 0;
  readonly #client: Client;

  constructor(client: Client, execution: Execution, within?: string) {
    this.#client = client;
    this.execution = execution;
    this.history = new RunHistory(within);
  }

  get ended(): boolean {
    return this.history.endTime !== undefined;
  }

  /** Ends with the workflow. @param grown is called after each batch of events */
  async follow(grown: () => void, signal: AbortSignal): Promise<void> {
    const { workflowId, executionId } = this.execution;
    let nextPageToken: Uint8Array = new Uint8Array();
    do {
      const answer = await this.#client.withAbortSignal(signal, () =>
        this.#client.workflowService.getWorkflowExecutionHistory({
          namespace: this.#client.options.namespace,
          execution: { workflowId, runId: executionId },
          waitNewEvent: true,
          nextPageToken,
        }),
      );
      const events = answer.history?.events ?? [];
      for (const event of events) this.history.read(event);
      this.events += events.length;
      nextPageToken = answer.nextPageToken ?? new Uint8Array();
      if (events.length > 0) grown();
    } while (nextPageToken.length > 0 && !signal.aborted);
  }

  /** What is under way, with heartbeats. */
  async pending(): Promise<Pending[]> {
    if (this.ended) return [];
    const { workflowId, executionId } = this.execution;
    const { pendingActivities } = await this.#client.workflowService.describeWorkflowExecution({
      namespace: this.#client.options.namespace,
      execution: { workflowId, runId: executionId },
    });
    return pendingActivities ?? [];
  }
}
