/** One run, as it goes: what it does, what it says, what it makes. */
import type { LogPart, LogStream, RunView } from '../views.ts';
import { copyButton } from './copy-button.ts';
import { byId, h, onAction, show, tell } from './dom.ts';
import type { Child } from './dom.ts';
import { badge, duration, when, wordOf } from './format.ts';
import { failure } from './failure.ts';
import { LogView } from './logs.ts';
import { outputs } from './outputs.ts';
import { ask, enter, listen, newRequestId, trouble } from './server.ts';
import { steps } from './steps.ts';
import { timeline } from './timeline.ts';

const me = await enter();
const runId = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
const address = `runs/${encodeURIComponent(runId)}`;
const logs = new Map<string, LogView>();
let view: RunView | undefined;
/** By how much the server's clock is ahead of this one. */
let ahead = 0;
let canceling = false;

listen(() => address, {
  run: (told: RunView) => {
    ahead = Date.parse(told.now) - Date.now();
    announce(told);
    view = told;
    draw();
  },
  log: (part: LogPart) => logs.get(`${part.step}/${part.stream}`)?.put(part),
});

function announce({ status }: RunView): void {
  if (view === undefined) return;
  if (view.status.state !== status.state) tell(`The run has ended: ${wordOf(status.state).toLowerCase()}`);
  else if (view.status.stage !== status.stage) tell(wordOf(status.stage));
  const ended = status.steps.find(({ key, state }) => {
    const before = view?.status.steps.find((step) => step.key === key)?.state;
    return before === 'Running' && state !== 'Running';
  });
  if (ended !== undefined && view.status.stage === status.stage) tell(`${ended.name}: ${ended.state.toLowerCase()}`);
}

function draw(): void {
  if (view === undefined) return;
  const now = Date.now() + ahead;
  const { status } = view;
  document.title = `${status.templateName}: ${wordOf(view.running ? status.stage : status.state)} – Kiln`;
  show(byId('head'), head(view, now));
  show(byId('failure'), failure(view));
  show(byId('timeline'), timeline(view, now));
  show(byId('steps'), steps(view, now, address));
  show(byId('outputs'), outputs(view));
  show(byId('facts'), facts(view));
}

function head({ status, running, startTime, endTime, temporal }: RunView, now: number): Child {
  const took = duration((endTime === undefined ? now : Date.parse(endTime)) - Date.parse(startTime));
  const good = status.state === 'Succeeded';
  return [
    h(
      'div',
      { class: 'title' },
      h('h1', {}, status.templateName),
      badge(status.state, running ? wordOf(status.stage) : undefined),
    ),
    h(
      'p',
      { class: 'dim' },
      h('code', {}, status.runId),
      copyButton(status.runId, 'run id'),
      ' began ',
      when(startTime),
      h('span', { class: 'unseen' }, ','),
      h('span', { class: 'elapsed' }, running ? `running for ${took}` : `took ${took}`),
    ),
    h(
      'div',
      { class: 'actions' },
      running &&
        me.mayCancel &&
        h(
          'button',
          {
            type: 'button',
            key: 'cancel',
            class: 'danger',
            'data-do': 'cancel',
            'aria-disabled': canceling ? 'true' : undefined,
          },
          canceling ? 'Canceling…' : 'Cancel',
        ),
      !running &&
        me.mayRun &&
        h(
          'button',
          { type: 'button', key: 'again', class: 'strong', 'data-do': 'again' },
          good ? 'Run again' : 'Retry',
        ),
      temporal !== undefined &&
        h(
          'a',
          { key: 'temporal', class: 'button', href: temporal, rel: 'noreferrer', target: '_blank' },
          'Temporal',
          h('span', { class: 'unseen' }, ' Web UI, in a new tab'),
        ),
    ),
  ];
}

/** Fills the logs that are open: those of the step that runs, and what a person opens. */
function fill(): void {
  for (const details of document.querySelectorAll<HTMLDetailsElement>('details[data-step][open]')) {
    for (const element of details.querySelectorAll<HTMLElement>('[data-log]')) {
      const name = element.dataset['log'] ?? '';
      if (logs.has(name)) continue;
      const [step = '', stream] = name.split('/');
      const log = new LogView(element, runId, step, stream as LogStream);
      logs.set(name, log);
      void log.fetch();
    }
  }
}

function facts({ status, plan, templateId }: RunView): Child {
  const fact = (name: string, value: Child): Child =>
    value !== undefined && value !== '' && h('div', { key: name }, h('dt', {}, name), h('dd', {}, value));
  return [
    h(
      'dl',
      {},
      fact('Source', status.source),
      fact('Version', status.exactVersion),
      fact('Region', plan.location),
      fact('Machine', plan.vmSize),
      fact('Resource group', plan.resourceGroup),
      fact('Started by', templateId === undefined ? 'kiln build' : 'its template'),
      fact('Logs kept in', status.logs?.resourceGroup),
    ),
    status.warnings.map((warning) => h('p', { class: 'warn-text' }, `Warning: ${warning}`)),
    status.leftovers.length > 0 && [
      h('h3', {}, 'Left behind'),
      h(
        'ul',
        {},
        status.leftovers.map(({ id, reason }) => h('li', {}, h('code', {}, id), ` ${reason}`)),
      ),
    ],
  ];
}

onAction('copy', (button) => {
  void navigator.clipboard.writeText(button.dataset['value'] ?? '').then(() => {
    button.textContent = 'Copied';
    tell('Copied');
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  }, refused);
});

onAction('cancel', () => {
  const dialog = byId('ask') as HTMLDialogElement;
  dialog.returnValue = 'no';
  dialog.showModal();
});
byId('ask').addEventListener('close', () => {
  if ((byId('ask') as HTMLDialogElement).returnValue !== 'yes') return;
  canceling = true;
  draw();
  tell('Canceling');
  void ask(`${address}/cancel`, { method: 'POST', body: {} }).catch((error: unknown) => {
    canceling = false;
    refused(error);
  });
});

onAction('again', (button) => {
  button.setAttribute('aria-disabled', 'true');
  void ask<{ runId: string }>(`${address}/again`, { method: 'POST', body: { requestId: newRequestId() } }).then(
    (made) => location.assign(`/kiln/runs/${encodeURIComponent(made.runId)}`),
    (error: unknown) => {
      button.removeAttribute('aria-disabled');
      refused(error);
    },
  );
});

function refused(error: unknown): void {
  trouble(error instanceof Error ? error.message : String(error));
}

document.addEventListener('toggle', () => fill(), true);

// What is under way grows while nothing else is told.
setInterval(() => {
  if (!document.hidden && view?.running === true) draw();
}, 500);
