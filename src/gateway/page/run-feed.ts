/** One run, followed for everybody who looks at it: its status, what takes time in it, and the log of the step that runs. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { KilnClient } from '../../client/kiln-client.ts';
import { buildWorkflowId, QUERY_OUTPUT } from '../../workflows/messages.ts';
import type { BuildStatus, OutputStatus, StepHeartbeat } from '../../workflows/messages.ts';
import { FollowedWorkflow } from './followed-workflow.ts';
import type { Execution } from './followed-workflow.ts';
import { heartbeatsOf } from './run-history.ts';
import type { Pending } from './run-history.ts';
import { LogTail } from './logs.ts';
import type { LogReader } from './logs.ts';
import { troubleOf } from './topics.ts';
import type { Pace, Produce, Publish } from './topics.ts';
import type { RunView } from './views.ts';

const LOOK_EVERY_MS = 1000;

export interface FeedParts {
  client: Client;
  builds: KilnClient;
  logs: LogReader;
  pace: Pace;
  /** Where Temporal's Web UI shows a run. */
  temporalLink: (execution: Execution) => string | undefined;
}

export function runFeed(parts: FeedParts, runId: string): Produce {
  return async (publish, signal) => {
    const { workflowId, runId: executionId } = await parts.builds.execution(runId);
    await new RunFeed(parts, runId, { workflowId, executionId }, publish, signal).run();
  };
}

class RunFeed {
  readonly #parts: FeedParts;
  readonly #runId: string;
  readonly #main: FollowedWorkflow;
  readonly #children = new Map<string, FollowedWorkflow>();
  readonly #publish: Publish;
  readonly #signal: AbortSignal;
  readonly #tail: LogTail;
  #grown = Promise.withResolvers<void>();
  #status: BuildStatus | undefined;
  #outputs = new Map<string, OutputStatus>();
  #seen = -1;
  #last = '';
  #troubled = false;

  constructor(parts: FeedParts, runId: string, execution: Execution, publish: Publish, signal: AbortSignal) {
    this.#parts = parts;
    this.#runId = runId;
    this.#main = new FollowedWorkflow(parts.client, execution);
    this.#publish = publish;
    this.#signal = signal;
    this.#tail = new LogTail(parts.logs, publish);
  }

  async run(): Promise<void> {
    void this.#follow(this.#main);
    for (;;) {
      // A run that has ended is looked at once more, with all of its history read.
      const ended = this.#main.ended && [...this.#children.values()].every((child) => child.ended);
      await this.#look();
      if (this.#signal.aborted || (ended && !this.#troubled)) return;
      await Promise.race([this.#grown.promise, pause(LOOK_EVERY_MS, undefined, { signal: this.#signal })]).catch(
        () => {},
      );
      this.#grown = Promise.withResolvers();
    }
  }

  async #follow(workflow: FollowedWorkflow): Promise<void> {
    while (!this.#signal.aborted && !workflow.ended) {
      try {
        await workflow.follow(() => this.#grew(), this.#signal);
      } catch (error) {
        if (this.#signal.aborted) return;
        // Begun again from the start: it is short, and reading an event twice changes nothing.
        this.#trouble(error);
        await pause(LOOK_EVERY_MS, undefined, { signal: this.#signal }).catch(() => {});
      }
    }
    this.#grown.resolve();
  }

  #grew(): void {
    for (const { id, workflowId, executionId } of this.#main.history.children) {
      if (this.#children.has(id)) continue;
      const child = new FollowedWorkflow(this.#parts.client, { workflowId, executionId }, id);
      this.#children.set(id, child);
      void this.#follow(child);
    }
    this.#grown.resolve();
  }

  async #look(): Promise<void> {
    const { pace } = this.#parts;
    try {
      await pace.turn(this.#signal);
      const all = [this.#main, ...this.#children.values()];
      const events = all.reduce((sum, one) => sum + one.events, 0);
      // The status changes only when something has happened.
      if (events !== this.#seen || this.#status === undefined) await this.#ask();
      const pending = await Promise.all(all.map((one) => one.pending()));
      this.#seen = events;
      const view = this.#view(all, pending);
      if (view === undefined) return;
      const { now: _now, ...rest } = view;
      const text = JSON.stringify(rest);
      if (text !== this.#last) this.#publish({ event: 'run', data: view });
      this.#last = text;
      if (this.#troubled) this.#publish({ event: 'trouble', data: { message: '' } });
      this.#troubled = false;
      await this.#tail.look(view.status);
    } catch (error) {
      if (!this.#signal.aborted) this.#trouble(error);
    }
  }

  async #ask(): Promise<void> {
    const { builds, client } = this.#parts;
    this.#status = await builds.status(this.#runId);
    const open = [...this.#children.values()].filter((child) => !child.ended);
    const outputs = await Promise.all(
      open.map(({ execution }) =>
        client.workflow
          .getHandle(execution.workflowId, execution.executionId)
          .query<OutputStatus>(QUERY_OUTPUT)
          .catch(() => undefined),
      ),
    );
    for (const output of outputs) if (output !== undefined) this.#outputs.set(output.runOutputName, output);
  }

  #view(all: FollowedWorkflow[], pending: Pending[][]): RunView | undefined {
    const { history, execution } = this.#main;
    const { plan, startTime, endTime, parent } = history;
    const status = this.#status;
    if (plan === undefined || startTime === undefined || status === undefined) return undefined;
    const beats = pending.flat().flatMap(heartbeatsOf);
    const step = beats.find((beat): beat is StepHeartbeat => 'stepKey' in beat);
    const temporal = this.#parts.temporalLink(execution);
    const activities = all.flatMap((one, index) => one.history.shown(pending[index] ?? []));
    return {
      now: new Date().toISOString(),
      running: endTime === undefined,
      status: { ...status, outputs: status.outputs.map((output) => this.#output(output, beats)) },
      startTime,
      ...(endTime === undefined ? {} : { endTime }),
      activities,
      ...(step?.lastLine === undefined ? {} : { lastLine: step.lastLine }),
      ...(parent !== undefined && parent !== buildWorkflowId(this.#runId) ? { templateId: parent } : {}),
      ...(temporal === undefined ? {} : { temporal }),
      plan: {
        location: plan.template.location,
        vmSize: plan.machine.vmSize ?? '',
        resourceGroup: plan.template.resourceGroup,
        customizers: plan.customize.length,
      },
    };
  }

  /** A distribution knows its regions before the run does; its heartbeats know how far each is. */
  #output(output: OutputStatus, beats: object[]): OutputStatus {
    if (output.state !== 'Running') return output;
    const known = this.#outputs.get(output.runOutputName) ?? output;
    const progress = new Map(
      beats
        .filter((beat): beat is { runOutputName: string; region: string; progress: number } => 'region' in beat)
        .filter(({ runOutputName }) => runOutputName === output.runOutputName)
        .map((beat) => [beat.region, beat.progress]),
    );
    const regions = known.regions.map((region) => ({
      ...region,
      progress: Math.max(region.progress, progress.get(region.name) ?? 0),
    }));
    return { ...known, regions };
  }

  #trouble(error: unknown): void {
    this.#publish({ event: 'trouble', data: { message: troubleOf(error) } });
    this.#troubled = true;
  }
}
