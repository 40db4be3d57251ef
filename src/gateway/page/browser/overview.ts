/** The first view: templates with what they last did and do next, and runs, newest first. */
import type { RunCounts, RunOverview, RunPage, TemplatePage } from '../views.ts';
import { byId, h, onAction, show, tell } from './dom.ts';
import type { Child } from './dom.ts';
import { wordOf } from './format.ts';
import { row, runRow, templateRow } from './rows.ts';
import { ask, enter, listen, newRequestId, trouble } from './server.ts';

const FILTERS = ['running', 'succeeded', 'failed', 'canceled'] as const;
type Filter = (typeof FILTERS)[number];

const me = await enter();
const query = new URLSearchParams(location.search);
const text = byId('text') as HTMLInputElement;
text.value = query.get('q') ?? '';
let filter = FILTERS.find((one) => one === query.get('state'));
let counts: RunCounts | undefined;
/** The newest runs, as they are told. */
let first: RunPage | undefined;
let firstTemplates: TemplatePage | undefined;
let told = '';

/** Pages further back are asked for once, and stay as they are. */
class Pages<T extends { next?: string }> {
  /** Where each page after the first begins; the last one is shown. */
  readonly after: string[] = [];
  shown: T | undefined;

  async older(path: (after: string) => string, next: string): Promise<void> {
    this.shown = await ask<T>(path(next));
    this.after.push(next);
  }

  async newer(path: (after: string) => string): Promise<void> {
    const before = this.after.at(-2);
    this.shown = before === undefined ? undefined : await ask<T>(path(before));
    this.after.pop();
  }

  reset(): void {
    this.after.length = 0;
    this.shown = undefined;
  }
}

const runPages = new Pages<RunPage>();
const templatePages = new Pages<TemplatePage>();

const search = (): URLSearchParams => {
  const made = new URLSearchParams();
  if (text.value.trim() !== '') made.set('q', text.value.trim());
  if (filter !== undefined) made.set('state', filter);
  return made;
};
const runsAfter = (after: string): string => `runs?${new URLSearchParams([...search(), ['after', after]]).toString()}`;
const templatesAfter = (after: string): string => `templates?after=${encodeURIComponent(after)}`;

const events = listen(() => `overview?${search().toString()}`, {
  runs: (overview: RunOverview) => {
    announce(overview);
    counts = overview.counts;
    first = overview;
    showRuns();
  },
  templates: (page: TemplatePage) => {
    firstTemplates = page;
    showTemplates();
  },
});

function announce({ runs }: RunOverview): void {
  const before = new Map((first?.runs ?? []).map((run) => [run.runId, run.state]));
  const news = runs
    .filter(({ runId, state }) => before.has(runId) && before.get(runId) !== state)
    .map(({ templateName, state }) => `${templateName}: ${wordOf(state).toLowerCase()}`);
  if (news.length > 0) tell(news.slice(0, 3).join('; '));
}

function showTemplates(): void {
  const page = templatePages.shown ?? firstTemplates;
  if (page === undefined) return;
  const { templates } = page;
  if (templates.length === 0) {
    show(
      byId('templates'),
      h('p', { class: 'nothing' }, 'No templates yet: ', h('code', {}, 'kiln template create FILE'), ' puts one.'),
    );
  } else {
    const head = row('th', { scope: 'col' }, 'Template', 'Last run', 'Next', h('span', { class: 'unseen' }, 'Run it'));
    show(
      byId('templates'),
      h(
        'table',
        { class: 'templates' },
        h('thead', {}, head),
        h(
          'tbody',
          {},
          templates.map((one) => templateRow(one, me.mayRun)),
        ),
      ),
    );
  }
  show(byId('templates-pages'), pager('templates', templatePages, page.next));
}

function showRuns(): void {
  const page = runPages.shown ?? first;
  if (page === undefined) return;
  showFilters();
  if (page.runs.length === 0) {
    const searching = text.value.trim() !== '' || filter !== undefined;
    show(
      byId('runs'),
      h(
        'p',
        { class: 'nothing' },
        searching ? 'No run is like that.' : ['No runs yet: ', h('code', {}, 'kiln build FILE'), ' starts one.'],
      ),
    );
  } else {
    const head = row('th', { scope: 'col' }, 'Run', 'State', 'Began', 'Took');
    show(byId('runs'), h('table', { class: 'runs' }, h('thead', {}, head), h('tbody', {}, page.runs.map(runRow))));
  }
  show(byId('runs-pages'), pager('runs', runPages, page.next));
}

function showFilters(): void {
  if (counts === undefined) return;
  const all = FILTERS.reduce((sum, one) => sum + (counts?.[one] ?? 0), 0);
  const chip = (words: string, count: number, value: Filter | undefined): HTMLElement =>
    h(
      'button',
      {
        type: 'button',
        key: words,
        class: 'chip',
        'data-do': 'filter',
        'data-filter': value ?? '',
        'aria-pressed': String(filter === value),
      },
      `${words} `,
      h('span', { class: 'count' }, count.toLocaleString('en')),
    );
  show(
    byId('counts'),
    chip('All', all, undefined),
    chip('Running', counts.running, 'running'),
    chip('Succeeded', counts.succeeded, 'succeeded'),
    chip('Failed', counts.failed, 'failed'),
    chip('Canceled', counts.canceled, 'canceled'),
  );
}

function pager(what: string, pages: Pages<RunPage> | Pages<TemplatePage>, next: string | undefined): Child {
  const at = pages.after.length;
  if (at === 0 && next === undefined) return undefined;
  const button = (words: string, go: string, able: boolean): HTMLElement =>
    h(
      'button',
      {
        type: 'button',
        key: go,
        'data-do': 'page',
        'data-of': what,
        'data-go': go,
        'aria-disabled': able ? undefined : 'true',
        'aria-label': `${words} ${what}`,
      },
      words,
    );
  return [
    button('Newer', 'newer', at > 0),
    h('span', { class: 'dim', key: 'at' }, `Page ${at + 1}`),
    button('Older', 'older', next !== undefined),
  ];
}

onAction('page', ({ dataset }) => {
  const runs = dataset['of'] === 'runs';
  const pages = runs ? runPages : templatePages;
  const path = runs ? runsAfter : templatesAfter;
  const next = (pages.shown ?? (runs ? first : firstTemplates))?.next;
  const going =
    dataset['go'] === 'newer' ? pages.newer(path) : next === undefined ? undefined : pages.older(path, next);
  void going?.then(() => {
    showRuns();
    showTemplates();
    tell(`Page ${pages.after.length + 1} of ${dataset['of']}`);
  }, tellTrouble);
});

onAction('filter', ({ dataset }) => {
  filter = FILTERS.find((one) => one === dataset['filter']);
  searchAgain();
});

let typed: ReturnType<typeof setTimeout> | undefined;
text.addEventListener('input', () => {
  clearTimeout(typed);
  typed = setTimeout(searchAgain, 300);
});
byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  searchAgain();
});

function searchAgain(): void {
  clearTimeout(typed);
  const made = search().toString();
  if (made === told && first !== undefined) return;
  told = made;
  history.replaceState(history.state, '', made === '' ? location.pathname : `?${made}`);
  runPages.reset();
  first = undefined;
  showFilters();
  events.again();
}

onAction('run-template', (button) => {
  button.setAttribute('aria-disabled', 'true');
  const body = { id: button.dataset['id'] ?? '', requestId: newRequestId() };
  void ask<{ runId: string }>('templates/run', { method: 'POST', body }).then(
    ({ runId }) => location.assign(`/kiln/runs/${encodeURIComponent(runId)}`),
    tellTrouble,
  );
});

function tellTrouble(error: unknown): void {
  trouble(error instanceof Error ? error.message : String(error));
}

// What is under way takes longer while nothing else is told.
setInterval(() => {
  if (document.hidden || runPages.after.length > 0) return;
  if (first?.runs.some(({ state }) => state === 'Running')) showRuns();
}, 1000);
