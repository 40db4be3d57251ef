/** Why a run ended badly, with what its step said last. */
import type { RunView } from '../views.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { wordOf } from './format.ts';
import { readable } from './logs.ts';

export function failure({ status }: RunView): Child {
  const { failure: why, steps: all, leftovers } = status;
  if (why === undefined) return undefined;
  const step = all.find(({ state, name }) => state === 'Failed' && (why.step === undefined || name === why.step));
  const where = why.step === undefined ? `while ${wordOf(why.stage).toLowerCase()}` : `in step ${why.step}`;
  const code = why.exitCode ?? step?.exitCode;
  const canceled = status.state === 'Canceled';
  return h(
    'section',
    { class: `card failure ${canceled ? 'calm' : 'bad'}`, 'aria-labelledby': 'failure-title' },
    h(
      'h2',
      { id: 'failure-title' },
      canceled ? `Canceled ${where}` : `Failed ${where} `,
      code !== undefined && !canceled && h('span', { class: 'exit-code' }, `exit code ${code}`),
    ),
    h('p', { class: 'message' }, why.message),
    why.problems !== undefined &&
      h(
        'ul',
        {},
        why.problems.map(({ path, message }) => h('li', {}, h('code', {}, path), ` ${message}`)),
      ),
    step !== undefined && lastLines('stderr', step.errorTail),
    step !== undefined && lastLines('stdout', step.outputTail),
    why.azure !== undefined &&
      h(
        'p',
        { class: 'dim' },
        'Azure: ',
        [why.azure.code, why.azure.target, why.azure.correlationId].filter(Boolean).join(' · '),
      ),
    leftovers.length > 0 && h('p', {}, `${leftovers.length} resources could not be removed; see the details.`),
  );
}

const SHOWN_LINES = 12;

function lastLines(stream: string, tail = ''): Child {
  const lines = readable(tail).trimEnd().split('\n');
  if (lines.join('') === '') return undefined;
  return h(
    'figure',
    {},
    h('figcaption', {}, `The last of ${stream}`),
    h(
      'pre',
      { tabindex: '0', role: 'region', 'aria-label': `The last lines of ${stream}` },
      lines.slice(-SHOWN_LINES).join('\n'),
    ),
  );
}
