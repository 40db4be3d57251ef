/** `kiln patch` and `kiln schedule …`: images rebuilt where something has changed, now or by a schedule. */
import { randomBytes } from 'node:crypto';
import { QUERY_PATCH } from '../../workflows/patch-messages.ts';
import type { PatchEntry, PatchReport, PatchRequest } from '../../workflows/patch-messages.ts';
import { columns } from '../columns.ts';
import { EXIT } from '../exit-codes.ts';
import { failureOf } from '../kiln-client.ts';
import { ScheduleTaken } from '../patch-client.ts';
import type { PatchClient, PatchSchedule, Scheduled, ScheduleSettings } from '../patch-client.ts';
import { pause } from '../services.ts';
import { subscriptionOf, UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { withClient } from './runs.ts';
import { groupOf, templateIdOf } from './templates.ts';
import type { WhereOptions } from './templates.ts';

const WIDTH = 140;
const LOOK_EVERY_MS = 300;

export interface PatchOptions extends WhereOptions {
  tag?: string;
  concurrency: string;
  force?: boolean;
  chain?: boolean;
  waves?: string;
}

export interface ScheduleTimes {
  name?: string;
  cron: string[];
  timezone?: string;
  jitter?: string;
  overlap: string;
  catchUp: string;
}

export interface ScheduleOptions extends PatchOptions, ScheduleTimes {
  pauseAfter: string;
}

export function requestOf(templates: string[], options: PatchOptions, settings: Settings): PatchRequest {
  const { tag, resourceGroup, concurrency, force = false, chain = true, waves } = options;
  if (templates.length === 0 && tag === undefined && resourceGroup === undefined) {
    throw new UsageError('name templates, or select them by --tag or --resource-group');
  }
  const [name = '', ...value] = (tag ?? '').split('=');
  const subscription = `/subscriptions/${options.subscription ?? subscriptionOf(settings)}`;
  return {
    ...(templates.length === 0
      ? {}
      : { templates: templates.map((template) => templateIdOf(template, options, settings)) }),
    // Children may lie in other groups than the templates that are named.
    within: templates.length === 0 && resourceGroup !== undefined ? groupOf(options, settings) : subscription,
    ...(tag === undefined ? {} : { tag: { name, ...(value.length === 0 ? {} : { value: value.join('=') }) } }),
    chain,
    concurrency: wholeNumber('--concurrency', concurrency),
    force,
    ...(waves === undefined ? {} : { waves }),
  };
}

export function patch(templates: string[], options: PatchOptions, settings: Settings): Promise<number> {
  const request = requestOf(templates, options, settings);
  return withClient(settings, async (client) => {
    const workflowId = `kiln-patch/now-${randomBytes(4).toString('hex')}`;
    const handle = await client.patching.start(request, workflowId);
    const told = new Map<string, string>();
    const tell = ({ entries }: PatchReport): void => {
      for (const { templateId, name, state, runId, reason } of entries) {
        if (told.get(templateId) === state || state === 'Pending') continue;
        told.set(templateId, state);
        const why = [runId, reason].filter(Boolean).join(': ');
        process.stderr.write(`${name}: ${state}${why === '' ? '' : ` (${why})`}\n`);
      }
    };
    const cancel = (): void => {
      process.stderr.write('cancelling, and the runs with it\n');
      handle.cancel().catch(() => {});
    };
    process.once('SIGINT', cancel);
    try {
      while ((await handle.describe()).status.name === 'RUNNING') {
        await handle.query<PatchReport>(QUERY_PATCH).then(tell, () => {});
        await pause(LOOK_EVERY_MS);
      }
      const report = (await handle.result()) as PatchReport;
      tell(report);
      printReport(report, options.json === true);
      return EXIT.done;
    } catch (error) {
      const report = failureOf(error)?.details?.[0] as PatchReport | undefined;
      if (report === undefined) throw error;
      tell(report);
      printReport(report, options.json === true);
      return EXIT.failed;
    } finally {
      process.off('SIGINT', cancel);
    }
  });
}

function printReport({ entries }: PatchReport, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
  else if (entries.length === 0) console.log('no template was selected');
  else console.log(columns(entries.map(rowOf), { width: WIDTH, indent: 0 }).join('\n'));
}

const rowOf = ({ name, state, runId = '', reason = '' }: PatchEntry): string[] => [name, state, runId, reason];

export function createSchedule(templates: string[], options: ScheduleOptions, settings: Settings): Promise<number> {
  const request = requestOf(templates, options, settings);
  const name = options.name ?? templates[0]?.split('/').at(-1) ?? options.tag ?? options.resourceGroup ?? 'all';
  const pauseAfter = wholeNumber('--pause-after', options.pauseAfter);
  return putSchedule(name, options, { does: 'patch', request, pauseAfter }, settings);
}

export function putSchedule(
  name: string,
  options: ScheduleTimes,
  scheduled: Scheduled,
  settings: Settings,
): Promise<number> {
  const wanted = settingsOf(name, options);
  return withClient(settings, async ({ patching }) => {
    try {
      await patching.createSchedule(wanted, scheduled);
    } catch (error) {
      if (error instanceof ScheduleTaken) throw new UsageError(error.message);
      // What the server finds wrong with the cron expression, the zone or a duration.
      if (error instanceof TypeError) throw new UsageError(`the schedule is not taken: ${error.message}`);
      throw error;
    }
    const made = await patching.schedule(name);
    console.log(`${name}: next ${made?.next?.toISOString() ?? 'never'}`);
    return EXIT.done;
  });
}

function settingsOf(name: string, options: ScheduleTimes): ScheduleSettings {
  const { cron, timezone, jitter, overlap, catchUp } = options;
  if (overlap !== 'skip' && overlap !== 'buffer-one') {
    throw new UsageError(`--overlap: expected skip or buffer-one, got ${overlap}`);
  }
  for (const [option, value] of [
    ['--jitter', jitter],
    ['--catch-up', catchUp],
  ]) {
    if (value !== undefined && !/^\d+[smhd]$/.test(value)) {
      throw new UsageError(`${option}: expected a number with s, m, h or d, got ${value}`);
    }
  }
  return {
    name,
    cron,
    ...(timezone === undefined ? {} : { timezone }),
    ...(jitter === undefined ? {} : { jitter }),
    overlap,
    catchUp,
  };
}

export function listSchedules(options: { json?: boolean }, settings: Settings): Promise<number> {
  return withClient(settings, async ({ patching }) => {
    const all = await patching.listSchedules();
    if (options.json === true) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    else if (all.length === 0) console.log('no schedules yet: kiln schedule create TEMPLATE --cron "0 3 * * *"');
    else {
      const rows = all.map(({ name, does, cron, paused, note, next }) => [
        name,
        does,
        cron.join(', '),
        paused ? `paused: ${note}` : `next ${next?.toISOString() ?? 'never'}`,
      ]);
      console.log(columns(rows, { width: WIDTH, indent: 0 }).join('\n'));
    }
    return EXIT.done;
  });
}

export function showSchedule(name: string, options: { json?: boolean }, settings: Settings): Promise<number> {
  return withSchedule(name, settings, (schedule) => {
    if (options.json === true) process.stdout.write(`${JSON.stringify(schedule, null, 2)}\n`);
    else {
      const { cron, paused, note, next, recent } = schedule;
      console.log(`${name}  ${cron.join(', ')}`);
      console.log(paused ? `paused: ${note}` : `next ${next?.toISOString() ?? 'never'}`);
      for (const workflowId of recent) console.log(`started ${workflowId}`);
    }
  });
}

export const pauseSchedule = (name: string, options: { reason?: string }, settings: Settings): Promise<number> =>
  withSchedule(name, settings, (_schedule, patching) => patching.pause(name, options.reason ?? 'paused by hand'));

export const resumeSchedule = (name: string, settings: Settings): Promise<number> =>
  withSchedule(name, settings, (_schedule, patching) => patching.resume(name, 'resumed by hand'));

export const runSchedule = (name: string, settings: Settings): Promise<number> =>
  withSchedule(name, settings, (_schedule, patching) => patching.trigger(name));

export const deleteSchedule = (name: string, settings: Settings): Promise<number> =>
  withSchedule(name, settings, (_schedule, patching) => patching.delete(name));

function withSchedule(
  name: string,
  settings: Settings,
  work: (schedule: PatchSchedule, patching: PatchClient) => Promise<void> | void,
): Promise<number> {
  return withClient(settings, async ({ patching }) => {
    const schedule = await patching.schedule(name);
    if (schedule === undefined) throw new UsageError(`there is no schedule ${name}: kiln schedule list shows them`);
    await work(schedule, patching);
    return EXIT.done;
  });
}

export function wholeNumber(option: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) {
    throw new UsageError(`${option}: expected a whole number above 0, got ${value}`);
  }
  return number;
}
