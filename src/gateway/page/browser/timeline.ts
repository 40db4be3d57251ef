/** Where time went: stages, and in each of them what ran, beside what else. A list for who hears it, bars for who sees. */
import type { Activity, RunView } from '../views.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { duration, toneOf, wordOf } from './format.ts';

interface Span {
  start: number;
  end: number;
}

/** @param now by the server's clock */
export function timeline({ status, activities, startTime, endTime }: RunView, now: number): Child {
  const begin = Date.parse(startTime);
  const whole: Span = { start: begin, end: Math.max(begin + 1000, endTime === undefined ? now : Date.parse(endTime)) };
  const spanOf = (one: { startTime: string; endTime?: string }): Span => ({
    start: Date.parse(one.startTime),
    end: one.endTime === undefined ? now : Date.parse(one.endTime),
  });
  const stages = status.stages.map((stage, index) => {
    const from = Date.parse(stage.startTime);
    const until = Date.parse(status.stages[index + 1]?.startTime ?? '9999-01-01');
    const own = activities.filter((one) => {
      const at = Date.parse(one.startTime);
      return at >= from && at < until;
    });
    return { ...stage, own };
  });
  return [
    axis(whole),
    h(
      'ol',
      { class: 'stages' },
      stages.map(({ stage, own, ...times }, index) => {
        const last = index === stages.length - 1;
        const broken = last && status.failure !== undefined && status.failure.stage === stage;
        const failed = broken || status.failure?.stage === stage;
        const state = times.endTime === undefined ? 'Running' : failed ? 'Failed' : 'Succeeded';
        return h(
          'li',
          { key: `${stage}-${index}`, class: 'stage' },
          bar({ label: wordOf(stage), span: spanOf(times), whole, state, kind: 'of-stage' }),
          own.length > 0 &&
            h(
              'ol',
              {},
              inOrder(own).map((one) => activityRow(one, spanOf(one), whole)),
            ),
        );
      }),
    ),
  ];
}

/** Each distribution followed by its own parts. */
function inOrder(activities: Activity[]): Activity[] {
  const parts = Map.groupBy(activities, ({ parent }) => parent);
  const roots = activities.filter(({ parent }) => parent === undefined || !activities.some(({ id }) => id === parent));
  return roots.flatMap((root) => [root, ...(parts.get(root.id) ?? []).filter((part) => part !== root)]);
}

function activityRow(one: Activity, span: Span, whole: Span): HTMLElement {
  const { id, label, parent, state, attempts, trouble, progress } = one;
  const notes = [
    ...(state === 'Running' && progress !== undefined ? [`${Math.round(progress)} %`] : []),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
  ];
  return h(
    'li',
    { key: id, class: parent === undefined ? undefined : 'part', title: trouble },
    bar({ label, span, whole, state, notes, kind: 'of-activity' }),
  );
}

interface Bar {
  label: string;
  span: Span;
  whole: Span;
  state: string;
  kind: string;
  notes?: string[];
}

function bar({ label, span, whole, state, kind, notes = [] }: Bar): HTMLElement {
  const length = whole.end - whole.start;
  const left = (100 * (span.start - whole.start)) / length;
  const width = Math.max(0.25, (100 * (span.end - span.start)) / length);
  const took = duration(span.end - span.start);
  const words = state === 'Succeeded' ? '' : `, ${wordOf(state).toLowerCase()}`;
  return h(
    'div',
    { class: `bar-row ${kind}` },
    h('span', { class: 'label', title: label }, label, h('span', { class: 'unseen' }, words)),
    h(
      'span',
      { class: 'track', 'aria-hidden': 'true' },
      h('span', {
        class: `bar ${toneOf(state)}`,
        style: `left:${left.toFixed(2)}%;width:${Math.min(width, 100 - left).toFixed(2)}%`,
      }),
      notes.length > 0 && h('span', { class: 'notes', style: besides(left, left + width) }, notes.join(' · ')),
    ),
    h(
      'span',
      { class: 'took' },
      h('span', { class: 'unseen' }, `, began after ${duration(span.start - whole.start)}, took `),
      took,
      h(
        'span',
        { class: 'unseen' },
        notes.map((note) => `, ${note}`),
      ),
    ),
  );
}

/** To the right of the bar, or to the left where there is no room. */
const besides = (left: number, right: number): string =>
  right < 75 ? `left:calc(${right.toFixed(2)}% + 0.4rem)` : `right:calc(${(100 - left).toFixed(2)}% + 0.4rem)`;

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];

function axis({ start, end }: Span): HTMLElement {
  const seconds = (end - start) / 1000;
  const step = STEPS.find((one) => seconds / one <= 6) ?? 86_400;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  return h(
    'div',
    { class: 'axis', 'aria-hidden': 'true' },
    h(
      'div',
      { class: 'ticks' },
      ticks.map((tick) => h('span', { style: `left:${((100 * tick) / seconds).toFixed(2)}%` }, tickLabel(tick))),
    ),
  );
}

function tickLabel(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return seconds % 60 === 0 ? `${seconds / 60} min` : `${(seconds / 60).toFixed(1)} min`;
  return `${seconds / 3600} h`;
}
