/**
 * Patching: the selected templates are run where something has changed, parents before their children, so many at a time.
 * What was not run is in the report with its reason, and so in the history.
 */
import {
  ApplicationFailure,
  condition,
  defineQuery,
  isCancellation,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { KnownTemplate } from '../activities/contract.ts';
import { cycleIn, descendantsOf, parentsOf } from '../template/chains.ts';
import { patching } from './activity-proxies.ts';
import { describeFailure } from './build-failure.ts';
import { buildWorkflowId, WORKFLOWS } from './messages.ts';
import { QUERY_PATCH } from './patch-messages.ts';
import type { PatchEntry, PatchReport, PatchRequest } from './patch-messages.ts';
import { QUERY_TEMPLATE, TEMPLATE_UPDATES, templateWorkflowId } from './template-messages.ts';
import type { RunRequest } from './template-messages.ts';

const DONE_WELL: ReadonlyArray<PatchEntry['state']> = ['Succeeded', 'Skipped'];
const OPEN: ReadonlyArray<PatchEntry['state']> = ['Pending', 'Running'];

export async function patchImages(request: PatchRequest): Promise<PatchReport> {
  const report: PatchReport = { entries: [] };
  setHandler(defineQuery<PatchReport>(QUERY_PATCH), () => report);
  try {
    const all = await patching('Look for templates').findTemplates({
      workflowType: WORKFLOWS.imageTemplate,
      query: QUERY_TEMPLATE,
      within: request.within,
      ...(request.templates === undefined ? {} : { workflowIds: request.templates.map(templateWorkflowId) }),
    });
    const selected = select(all, request);
    const circle = cycleIn(selected);
    if (circle !== undefined) {
      throw ApplicationFailure.nonRetryable(`templates build on each other: ${circle.join(' → ')}`, 'Cycle');
    }
    report.entries = selected.map((template) => entryOf(template, selected, request.waves));
    await rollOut(report.entries, selected, request);
    const failed = report.entries.filter(({ state }) => !DONE_WELL.includes(state));
    if (failed.length === 0) return report;
    const told = failed.map(({ name, state, reason = '' }) => `${name} ${state}: ${reason}`);
    throw ApplicationFailure.create({
      type: 'PatchFailed',
      message: told.join('; '),
      nonRetryable: true,
      details: [report],
    });
  } catch (error) {
    if (!isCancellation(error)) await pauseSchedule(request);
    throw error;
  }
}

function select(all: KnownTemplate[], { templates, tag, chain }: PatchRequest): KnownTemplate[] {
  const asked = templates?.map(templateWorkflowId);
  const missing = asked?.filter((id) => !all.some((known) => templateWorkflowId(known.id) === id)) ?? [];
  if (missing.length > 0) {
    throw ApplicationFailure.nonRetryable(`there is no template ${missing.join(', ')}`, 'NotFound');
  }
  const chosen = all.filter(({ id, tags }) => {
    if (asked !== undefined && !asked.includes(templateWorkflowId(id))) return false;
    if (tag === undefined) return true;
    return tag.value === undefined ? tags[tag.name] !== undefined : tags[tag.name] === tag.value;
  });
  const children = chain ? chosen.flatMap((template) => descendantsOf(template, all)) : [];
  return all.filter((template) => chosen.includes(template) || children.includes(template));
}

function entryOf(template: KnownTemplate, selected: KnownTemplate[], waves: string | undefined): PatchEntry {
  const wave = waves === undefined ? undefined : (template.tags[waves] ?? '');
  return {
    templateId: template.id,
    name: template.name,
    parents: parentsOf(template, selected).map(({ name }) => name),
    ...(wave === undefined ? {} : { wave }),
    state: 'Pending',
  };
}

/** Each waits for its parents and for earlier waves; what one of those failed of, it is not run for. */
async function rollOut(entries: PatchEntry[], selected: KnownTemplate[], request: PatchRequest): Promise<void> {
  const running = (): number => entries.filter(({ state }) => state === 'Running').length;
  await Promise.all(
    entries.map(async (entry, at) => {
      const template = selected[at];
      const parents = template === undefined ? [] : parentsOf(template, selected);
      const before = entries.filter(
        (other, index) => isEarlier(other.wave, entry.wave) || parents.some((parent) => parent === selected[index]),
      );
      const mayRun = (): boolean =>
        before.every(({ state }) => !OPEN.includes(state)) && running() < request.concurrency;
      // Several may be told at once that there is room, and only the first has it.
      do await condition(mayRun);
      while (!mayRun());
      const failed = before.find(({ state }) => !DONE_WELL.includes(state));
      if (failed !== undefined) {
        entry.state = 'NotRun';
        entry.reason = `${failed.name} comes before it and ${failed.state === 'NotRun' ? 'was not run' : 'failed'}`;
        return;
      }
      entry.state = 'Running';
      await runOne(entry, request);
    }),
  );
}

/** Values are compared as people number things: `ring2` comes before `ring10`. */
function isEarlier(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && right !== undefined && left.localeCompare(right, 'en', { numeric: true }) < 0;
}

async function runOne(entry: PatchEntry, { force, schedule }: PatchRequest): Promise<void> {
  const run: RunRequest & { requestId: string } = {
    by: schedule === undefined ? 'person' : 'schedule',
    requestId: workflowInfo().runId,
    ifChanged: !force,
  };
  try {
    const result = await patching(`Patch ${entry.name}`).runTemplate({
      workflowId: templateWorkflowId(entry.templateId),
      update: TEMPLATE_UPDATES.run,
      cancel: TEMPLATE_UPDATES.cancel,
      query: QUERY_TEMPLATE,
      buildPrefix: buildWorkflowId(''),
      run,
    });
    entry.state = result.state;
    if (result.runId !== undefined) entry.runId = result.runId;
    if (result.reason !== undefined) entry.reason = result.reason;
  } catch (error) {
    if (isCancellation(error)) throw error;
    entry.state = 'Failed';
    entry.reason = describeFailure(error, 'Checking', undefined).message;
  }
}

async function pauseSchedule({ schedule }: PatchRequest): Promise<void> {
  if (schedule === undefined) return;
  const { paused } = await patching('Count failures in a row').pauseIfFailing(schedule);
  if (paused) upsertMemo({ pausedSchedule: true });
}
