/** The steps of a run, each with its log, which is filled when it is open. */
import type { RunView } from '../views.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { badge, duration } from './format.ts';
import { readable } from './logs.ts';

/** @param address of the run, below the server's */
export function steps({ status, lastLine }: RunView, now: number, address: string): Child {
  if (status.steps.length === 0) return h('p', { class: 'nothing card' }, 'Known once the plan has been checked.');
  return h(
    'ol',
    { class: 'steps' },
    status.steps.map((step) => {
      const { key, role, index, name, type, state, startTime, endTime, exitCode, note } = step;
      const took =
        startTime === undefined
          ? ''
          : duration((endTime === undefined ? now : Date.parse(endTime)) - Date.parse(startTime));
      const about = [
        role === 'customizer' ? type : `${role} · ${type}`,
        ...(exitCode === undefined ? [] : [`exit code ${exitCode}`]),
        ...(took === '' ? [] : [took]),
      ];
      const waits = state === 'Pending';
      return h(
        'li',
        { key, class: 'card step' },
        h(
          'details',
          {
            key: waits ? 'waits' : 'began',
            'data-step': key,
            keep: 'open',
            open: state === 'Running' || state === 'Failed',
          },
          h(
            'summary',
            {},
            h('span', { class: 'order', 'aria-hidden': 'true' }, index + 1),
            h('span', { class: 'name' }, name),
            badge(state, waits ? 'Waiting' : undefined),
            h('span', { class: 'dim about' }, about.join(' · ')),
            state === 'Running' && lastLine !== undefined && h('span', { class: 'last-line' }, readable(lastLine)),
          ),
          note !== undefined && h('p', { class: 'note' }, note),
          waits ? h('p', { class: 'nothing' }, 'It has not begun.') : logBoxes(key, address),
        ),
      );
    }),
  );
}

function logBoxes(key: string, address: string): Child {
  return h(
    'div',
    { class: 'logs' },
    (['stdout', 'stderr'] as const).map((stream) =>
      h(
        'div',
        { class: 'log', key: stream },
        h(
          'p',
          { class: 'log-head' },
          h('span', {}, stream),
          h(
            'a',
            {
              href: `/kiln/api/${address}/logs/${encodeURIComponent(key)}/${stream}?whole`,
              download: true,
              'aria-label': `Whole log, ${stream}`,
            },
            'Whole log',
          ),
        ),
        // Said aloud it would drown everything else; the end of a step is told.
        h('pre', {
          own: true,
          hidden: true,
          keep: 'hidden',
          'data-log': `${key}/${stream}`,
          tabindex: '0',
          role: 'log',
          'aria-live': 'off',
          'aria-label': stream,
        }),
        h('p', { class: 'nothing empty' }, 'Nothing is written here.'),
      ),
    ),
  );
}
