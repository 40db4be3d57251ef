/** Patching of images and retention of their versions, now or by a schedule of Temporal's. */
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleDescription, WorkflowHandle } from '@temporalio/client';
import { TASK_QUEUE, WORKFLOWS } from '../workflows/messages.ts';
import { QUERY_PATCH } from '../workflows/patch-messages.ts';
import type { PatchReport, PatchRequest, RetentionReport, RetentionRequest } from '../workflows/patch-messages.ts';

/** Schedules that people make with Kiln have ids that start so. */
export const SCHEDULE_PREFIX = 'kiln-schedule/';

/** What a schedule starts. */
export type Scheduled =
  { does: 'patch'; request: PatchRequest; pauseAfter: number } | { does: 'retain'; request: RetentionRequest };

export interface ScheduleSettings {
  name: string;
  /** Five fields as in crontab, or `@daily` and the like; one or more. */
  cron: string[];
  /** IANA name, as in `Europe/Berlin`; UTC unless given. */
  timezone?: string;
  /** Each start is put off by chance, up to so long: `10m`. */
  jitter?: string;
  /** What of a start that falls into the former one's run: left out, or one kept for after it. */
  overlap: 'skip' | 'buffer-one';
  /** Starts that were missed while Temporal was away are made up for within so long. */
  catchUp: string;
}

export interface PatchSchedule {
  name: string;
  does: Scheduled['does'];
  paused: boolean;
  /** Why it is paused, or what a person noted. */
  note: string;
  cron: string[];
  next?: Date;
  /** Workflow ids of its last starts, newest first. */
  recent: string[];
}

export class PatchClient {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  start(request: PatchRequest, workflowId: string): Promise<WorkflowHandle> {
    return this.#client.workflow.start(WORKFLOWS.patchImages, {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [request],
      staticSummary: 'Patch images',
    });
  }

  /** Rejects with the report as detail where a version could not be removed. */
  retain(request: RetentionRequest, workflowId: string): Promise<RetentionReport> {
    return this.#client.workflow.execute(WORKFLOWS.retainVersions, {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [request],
      staticSummary: 'Retain image versions',
    }) as Promise<RetentionReport>;
  }

  report(workflowId: string): Promise<PatchReport> {
    return this.#client.workflow.getHandle(workflowId).query<PatchReport>(QUERY_PATCH);
  }

  /** @throws ScheduleTaken */
  async createSchedule(
    { name, cron, timezone, jitter, overlap, catchUp }: ScheduleSettings,
    scheduled: Scheduled,
  ): Promise<void> {
    const scheduleId = SCHEDULE_PREFIX + name;
    try {
      await this.#client.schedule.create({
        scheduleId,
        spec: {
          cronExpressions: cron,
          ...(timezone === undefined ? {} : { timezone }),
          ...(jitter === undefined ? {} : { jitter: jitter as `${number}m` }),
        },
        policies: {
          overlap: overlap === 'skip' ? ScheduleOverlapPolicy.SKIP : ScheduleOverlapPolicy.BUFFER_ONE,
          catchupWindow: catchUp as `${number}h`,
        },
        action: {
          type: 'startWorkflow',
          workflowType: scheduled.does === 'patch' ? WORKFLOWS.patchImages : WORKFLOWS.retainVersions,
          workflowId: scheduleId,
          taskQueue: TASK_QUEUE,
          args: [argumentOf(scheduled, scheduleId)],
        },
        memo: { cron, does: scheduled.does },
      });
    } catch (error) {
      if (error instanceof ScheduleAlreadyRunning) throw new ScheduleTaken(name);
      throw error;
    }
  }

  async listSchedules(): Promise<PatchSchedule[]> {
    const names: string[] = [];
    for await (const { scheduleId } of this.#client.schedule.list()) {
      if (scheduleId.startsWith(SCHEDULE_PREFIX)) names.push(scheduleId.slice(SCHEDULE_PREFIX.length));
    }
    const all = await Promise.all(names.map((name) => this.schedule(name)));
    return all.filter((one) => one !== undefined).toSorted((left, right) => left.name.localeCompare(right.name));
  }

  /** Undefined where there is none. */
  async schedule(name: string): Promise<PatchSchedule | undefined> {
    try {
      return shown(name, await this.#handle(name).describe());
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  }

  pause(name: string, note: string): Promise<void> {
    return this.#handle(name).pause(note);
  }

  resume(name: string, note: string): Promise<void> {
    return this.#handle(name).unpause(note);
  }

  /** Starts it now. */
  trigger(name: string): Promise<void> {
    return this.#handle(name).trigger(ScheduleOverlapPolicy.SKIP);
  }

  async delete(name: string): Promise<void> {
    await this.#handle(name).delete();
  }

  #handle(name: string) {
    return this.#client.schedule.getHandle(SCHEDULE_PREFIX + name);
  }
}

export class ScheduleTaken extends Error {
  override readonly name = 'ScheduleTaken';

  constructor(schedule: string) {
    super(`there is a schedule ${schedule} already: kiln schedule delete ${schedule} makes room`);
  }
}

function argumentOf(scheduled: Scheduled, id: string): PatchRequest | RetentionRequest {
  if (scheduled.does === 'retain') return scheduled.request;
  return { ...scheduled.request, schedule: { id, pauseAfter: scheduled.pauseAfter } };
}

function shown(name: string, { state, info, memo }: ScheduleDescription): PatchSchedule {
  const [next] = info.nextActionTimes;
  const cron = memo?.['cron'];
  return {
    name,
    does: memo?.['does'] === 'retain' ? 'retain' : 'patch',
    paused: state.paused,
    note: state.note ?? '',
    cron: Array.isArray(cron) ? cron.map(String) : [],
    ...(next === undefined ? {} : { next }),
    recent: info.recentActions.map(({ action }) => action.workflow.workflowId).toReversed(),
  };
}
