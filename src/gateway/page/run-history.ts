/** What a run's history says took time: its activities, and the distributions with theirs. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { BuildPlan } from '../../template/build-plan.ts';
import type { Activity } from './views.ts';
import { dateOf } from './times.ts';

type Event = temporal.api.history.v1.IHistoryEvent;
export type Pending = temporal.api.workflow.v1.IPendingActivityInfo;

export interface Child {
  /** Of the activity that stands for it. */
  id: string;
  workflowId: string;
  executionId: string;
}

/** Reads events in their order; what it holds is complete up to the last one read. */
export class RunHistory {
  readonly activities = new Map<string, Activity>();
  readonly children: Child[] = [];
  plan: BuildPlan | undefined;
  startTime: string | undefined;
  endTime: string | undefined;
  /** Workflow id of what started it. */
  parent: string | undefined;
  readonly #prefix: string;
  /** The distribution that these activities are a part of. */
  readonly #within: string | undefined;

  constructor(within?: string) {
    this.#within = within;
    this.#prefix = within === undefined ? '' : `${within}/`;
  }

  read(event: Event): void {
    const time = dateOf(event.eventTime);
    const {
      workflowExecutionStartedEventAttributes: began,
      activityTaskScheduledEventAttributes: scheduled,
      activityTaskStartedEventAttributes: started,
      activityTaskCompletedEventAttributes: completed,
      activityTaskFailedEventAttributes: failed,
      activityTaskTimedOutEventAttributes: timedOut,
      activityTaskCanceledEventAttributes: canceled,
      startChildWorkflowExecutionInitiatedEventAttributes: initiated,
      childWorkflowExecutionStartedEventAttributes: child,
      childWorkflowExecutionCompletedEventAttributes: childCompleted,
      childWorkflowExecutionFailedEventAttributes: childFailed,
      childWorkflowExecutionCanceledEventAttributes: childCanceled,
      childWorkflowExecutionTerminatedEventAttributes: childTerminated,
    } = event;
    if (began) {
      this.startTime = time;
      this.parent = began.parentWorkflowExecution?.workflowId ?? undefined;
      const [input] = began.input?.payloads ?? [];
      if (input !== undefined) this.plan = defaultPayloadConverter.fromPayload<BuildPlan>(input);
    } else if (scheduled) {
      this.#begin(event, scheduled.activityType?.name ?? '', time);
    } else if (started) {
      this.#change(started.scheduledEventId, {
        attempts: Number(started.attempt ?? 1),
        ...(started.lastFailure?.message ? { trouble: started.lastFailure.message } : {}),
      });
    } else if (completed) {
      this.#change(completed.scheduledEventId, { state: 'Succeeded', endTime: time });
    } else if (failed) {
      const message = failed.failure?.message;
      this.#change(failed.scheduledEventId, {
        state: 'Failed',
        endTime: time,
        ...(message ? { trouble: message } : {}),
      });
    } else if (timedOut) {
      this.#change(timedOut.scheduledEventId, { state: 'Failed', endTime: time });
    } else if (canceled) {
      this.#change(canceled.scheduledEventId, { state: 'Canceled', endTime: time });
    } else if (initiated) {
      this.#begin(event, initiated.workflowId ?? '', time);
    } else if (child) {
      const { workflowId, runId } = child.workflowExecution ?? {};
      this.children.push({
        id: this.#idOf(child.initiatedEventId),
        workflowId: workflowId ?? '',
        executionId: runId ?? '',
      });
    } else if (childCompleted) {
      this.#change(childCompleted.initiatedEventId, { state: 'Succeeded', endTime: time });
    } else if (childFailed) {
      this.#change(childFailed.initiatedEventId, { state: 'Failed', endTime: time });
    } else if (childCanceled) {
      this.#change(childCanceled.initiatedEventId, { state: 'Canceled', endTime: time });
    } else if (childTerminated) {
      this.#change(childTerminated.initiatedEventId, { state: 'Failed', endTime: time });
    } else if (isEnd(event)) {
      this.endTime = time;
    }
  }

  /** Activities as they are, with what their heartbeats and tries say of those under way. */
  shown(pending: Pending[]): Activity[] {
    const running = new Map(pending.map((one) => [one.activityId ?? '', one]));
    return [...this.activities.values()].map((activity) => {
      // What was cut off with the run, as by a termination, has ended with it.
      if (activity.state === 'Running' && this.endTime !== undefined) {
        return { ...activity, state: 'Canceled', endTime: this.endTime };
      }
      const one = running.get(this.#activityIds.get(activity.id) ?? '');
      if (one === undefined || activity.state !== 'Running') return activity;
      const [beat] = heartbeatsOf(one) as Array<{ progress?: number }>;
      const trouble = one.lastFailure?.message;
      return {
        ...activity,
        attempts: Number(one.attempt ?? 1),
        ...(trouble ? { trouble } : {}),
        ...(typeof beat?.progress === 'number' ? { progress: beat.progress } : {}),
      };
    });
  }

  readonly #activityIds = new Map<string, string>();

  #begin(event: Event, name: string, time: string): void {
    const id = this.#idOf(event.eventId);
    const summary = event.userMetadata?.summary;
    const activityId = event.activityTaskScheduledEventAttributes?.activityId;
    if (activityId) this.#activityIds.set(id, activityId);
    this.activities.set(id, {
      id,
      label: summary ? String(defaultPayloadConverter.fromPayload(summary)) : name,
      ...(this.#within === undefined ? {} : { parent: this.#within }),
      state: 'Running',
      startTime: time,
      attempts: 1,
    });
  }

  #change(eventId: unknown, change: Partial<Activity>): void {
    const activity = this.activities.get(this.#idOf(eventId));
    if (activity !== undefined) Object.assign(activity, change);
  }

  /** The number of the event that began it, which is a Long. */
  #idOf(eventId: unknown): string {
    return `${this.#prefix}${String(eventId)}`;
  }
}

export const heartbeatsOf = ({ heartbeatDetails }: Pending): object[] =>
  (heartbeatDetails?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<object>(payload));

function isEnd(event: Event): boolean {
  return [
    event.workflowExecutionCompletedEventAttributes,
    event.workflowExecutionFailedEventAttributes,
    event.workflowExecutionTimedOutEventAttributes,
    event.workflowExecutionCanceledEventAttributes,
    event.workflowExecutionTerminatedEventAttributes,
  ].some(Boolean);
}
