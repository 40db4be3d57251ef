/** Rows of the first view's tables. */
import type { RunRow, TemplateRow } from '../views.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { badge, duration, when, wordOf } from './format.ts';

export const row = (cell: string, attributes: Record<string, string>, ...cells: Child[]): HTMLElement =>
  h(
    'tr',
    {},
    cells.map((one) => h(cell, attributes, one)),
  );

/** @param mayRun whether who looks may start it */
export function templateRow(template: TemplateRow, mayRun: boolean): HTMLElement {
  const { id, name, resourceGroup, state, trouble: why, lastRun } = template;
  const busy = lastRun !== undefined && lastRun.endTime === undefined;
  const ready = state === 'Succeeded' && !busy;
  return h(
    'tr',
    { key: id },
    h(
      'th',
      { scope: 'row' },
      h('a', { href: `/kiln/?q=${encodeURIComponent(name)}` }, name),
      h('small', {}, resourceGroup),
    ),
    h(
      'td',
      { 'data-label': 'Last run' },
      lastRunOf(lastRun),
      state !== 'Succeeded' && badge(state),
      why !== undefined && h('small', { class: 'why' }, why),
    ),
    h('td', { 'data-label': 'Next' }, nextOf(template)),
    h(
      'td',
      { class: 'act' },
      mayRun &&
        h(
          'button',
          {
            type: 'button',
            'data-do': 'run-template',
            'data-id': id,
            'aria-label': `Run ${name}`,
            'aria-disabled': ready ? undefined : 'true',
            title: ready ? undefined : busy ? 'It is running' : 'It is not ready to run',
          },
          'Run',
        ),
    ),
  );
}

function lastRunOf(run: TemplateRow['lastRun']): Child {
  if (run === undefined) return h('span', { class: 'dim' }, 'never run');
  const { runId, state, startTime, endTime } = run;
  return h(
    'a',
    { class: 'state', href: `/kiln/runs/${encodeURIComponent(runId)}` },
    badge(state),
    ' ',
    when(endTime ?? startTime),
  );
}

function nextOf({ next, paused, triggers }: TemplateRow): Child {
  const lines: Child[] = [];
  if (next !== undefined)
    lines.push(h('span', { class: 'line' }, when(next.time), h('small', {}, `schedule ${next.schedule}`)));
  for (const { name, healthy, message } of triggers) {
    const words = healthy ? 'on a new source' : 'off after failures';
    lines.push(
      h(
        'span',
        { class: 'line', title: message },
        healthy ? words : h('span', { class: 'warn-text' }, words),
        h('small', {}, `trigger ${name}`),
      ),
    );
  }
  for (const { schedule, note } of paused) {
    lines.push(
      h(
        'span',
        { class: 'line', title: note },
        h('span', { class: 'warn-text' }, 'paused'),
        h('small', {}, `schedule ${schedule}`),
      ),
    );
  }
  return lines.length === 0 ? h('span', { class: 'dim' }, 'when somebody runs it') : lines;
}

export function runRow({ runId, templateName, state, stage, startTime, endTime }: RunRow): HTMLElement {
  const took = (endTime === undefined ? Date.now() : Date.parse(endTime)) - Date.parse(startTime);
  return h(
    'tr',
    { key: runId },
    h(
      'th',
      { scope: 'row' },
      h('a', { href: `/kiln/runs/${encodeURIComponent(runId)}` }, templateName || runId),
      h('small', {}, runId),
    ),
    h('td', { 'data-label': 'State' }, badge(state, stage === undefined ? undefined : wordOf(stage))),
    h('td', { 'data-label': 'Began' }, when(startTime)),
    h('td', { 'data-label': 'Took', class: 'number' }, duration(took)),
  );
}
