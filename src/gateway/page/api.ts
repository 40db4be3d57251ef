/** What the page's code asks: who is there, runs, templates, one run with its logs, and what is to be done. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Context, Hono } from 'hono';
import { ArmError } from '../arm-error.ts';
import { isAllowed } from '../authorize.ts';
import { runAgain, runTemplate } from './actions.ts';
import { eventStream } from './event-stream.ts';
import { LogReader, STREAMS } from './logs.ts';
import { NextStarts } from './next-starts.ts';
import type { PageParts } from './page.ts';
import { runFeed } from './run-feed.ts';
import { countRuns, listRuns, STATE_FILTERS } from './run-list.ts';
import type { RunSearch } from './run-list.ts';
import { listTemplates } from './template-list.ts';
import { Pace, poll, TooManyTopics, Topics } from './topics.ts';
import type { Frame, Produce } from './topics.ts';
import { allow, CANCEL, READ, RUN } from './visitors.ts';
import type { VisitorParts } from './visitors.ts';
import type { Me } from './views.ts';

/** Of all views that are open at once. */
const MAX_TOPICS = 300;
const LOOKS_PER_SECOND = 30;
const RUNS_EVERY_MS = 1_500;
const TEMPLATES_EVERY_MS = 3_000;

export function addApi(page: Hono, parts: PageParts, visitors: VisitorParts): void {
  const { client, builds, roles } = parts;
  const topics = new Topics(MAX_TOPICS);
  const pace = new Pace(LOOKS_PER_SECOND);
  const logs = new LogReader(builds);
  const lists = { ...parts, nextStarts: new NextStarts(client) };
  const feed = { ...parts, logs, pace };

  page.get('/kiln/api/me', async (c) => {
    const session = await allow(visitors, c, READ);
    const me: Me = {
      name: session.name,
      mayRun: isAllowed(roles, session, RUN),
      mayCancel: isAllowed(roles, session, CANCEL),
    };
    return c.json(me);
  });

  page.get('/kiln/api/runs', async (c) => {
    await allow(visitors, c, READ);
    return c.json(await listRuns(client, searchOf(c), pageOf(c)));
  });
  page.get('/kiln/api/templates', async (c) => {
    await allow(visitors, c, READ);
    return c.json(await listTemplates(lists, pageOf(c)));
  });
  page.get('/kiln/api/events/overview', async (c) => {
    const { expires } = await allow(visitors, c, READ);
    const search = searchOf(c);
    const runs: Produce = (publish, signal) => {
      const look = async (): Promise<Frame> => {
        const [found, counts] = await Promise.all([listRuns(client, search), countRuns(client, search)]);
        return { event: 'runs', data: { ...found, counts } };
      };
      return poll({ pace, everyMs: RUNS_EVERY_MS }, look, publish, signal);
    };
    const templates: Produce = (publish, signal) =>
      poll(
        { pace, everyMs: TEMPLATES_EVERY_MS },
        async () => ({ event: 'templates', data: await listTemplates(lists) }),
        publish,
        signal,
      );
    return eventStream(
      (signal) =>
        together([
          topics.follow(`runs ${JSON.stringify(search)}`, runs, signal),
          topics.follow('templates', templates, signal),
        ]),
      expires,
    );
  });

  page.get('/kiln/api/events/runs/:run', async (c) => {
    const { expires } = await allow(visitors, c, READ);
    const runId = c.req.param('run');
    await found(builds.execution(runId), runId);
    return eventStream((signal) => topics.follow(`run ${runId}`, runFeed(feed, runId), signal), expires);
  });
  page.get('/kiln/api/runs/:run/logs/:step/:stream', async (c) => {
    await allow(visitors, c, READ);
    const { run, step } = c.req.param();
    const stream = STREAMS.find((one) => one === c.req.param('stream'));
    const url = stream === undefined ? undefined : await logUrl(run, step, stream);
    if (url === undefined) throw new ArmError(404, 'NotFound', `There is no such log of the run ${run}.`);
    if (c.req.query('whole') !== undefined) return download(c, url, `${run}-${step}-${stream}.log`);
    const from = Number(c.req.query('from') ?? Number.NaN);
    return c.json(await logs.read(url, Number.isSafeInteger(from) && from >= 0 ? from : undefined));
  });

  page.post('/kiln/api/runs/:run/cancel', async (c) => {
    await allow(visitors, c, CANCEL);
    const runId = c.req.param('run');
    await found(builds.cancel(runId), runId);
    return c.body(null, 204);
  });
  page.post('/kiln/api/runs/:run/again', async (c) => {
    await allow(visitors, c, RUN);
    const runId = c.req.param('run');
    const { requestId } = await bodyOf(c, 'requestId');
    return c.json({ runId: await found(runAgain(parts, runId, requestId), runId) }, 201);
  });
  page.post('/kiln/api/templates/run', async (c) => {
    await allow(visitors, c, RUN);
    const { id, requestId } = await bodyOf(c, 'id', 'requestId');
    return c.json({ runId: await runTemplate(parts, id, requestId) }, 201);
  });

  async function logUrl(runId: string, step: string, stream: (typeof STREAMS)[number]): Promise<string | undefined> {
    const status = await found(builds.status(runId), runId);
    try {
      return await logs.url(status, step, stream);
    } catch {
      throw new ArmError(404, 'NotFound', `The logs of ${runId} are gone: its staging group was deleted.`);
    }
  }

  async function download(c: Context, url: string, name: string): Promise<Response> {
    const { body, ok } = await logs.download(url, c.req.raw.signal);
    return new Response(ok ? body : '', {
      headers: {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Disposition': `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`,
      },
    });
  }

  /** Whichever has something next. */
  async function* together(sources: Array<AsyncGenerator<Frame>>): AsyncGenerator<Frame> {
    const next = new Map(sources.map((source, index) => [index, step(source, index)]));
    while (next.size > 0) {
      const { index, result } = await Promise.race(next.values());
      const source = sources[index];
      if (result.done === true || source === undefined) next.delete(index);
      else {
        next.set(index, step(source, index));
        yield result.value;
      }
    }
  }
}

const step = async (source: AsyncGenerator<Frame>, index: number) => ({ index, result: await source.next() });

function searchOf(c: Context): RunSearch {
  const state = STATE_FILTERS.find((one) => one === c.req.query('state'));
  return { text: c.req.query('q') ?? '', ...(state === undefined ? {} : { state }) };
}

function pageOf(c: Context): string | undefined {
  const after = c.req.query('after');
  return after === undefined || after === '' ? undefined : after;
}

async function bodyOf<K extends string>(c: Context, ...names: K[]): Promise<Record<K, string>> {
  const body = (await c.req.json().catch(() => ({}))) as Record<string, unknown>;
  const missing = names.filter((name) => typeof body[name] !== 'string' || body[name] === '');
  if (missing.length > 0)
    throw new ArmError(400, 'InvalidRequestContent', `Expected a text for ${missing.join(', ')}.`);
  return body as Record<K, string>;
}

async function found<T>(answer: Promise<T>, runId: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new ArmError(404, 'NotFound', `There is no run ${runId}.`);
    if (error instanceof TooManyTopics) throw new ArmError(503, 'ServiceUnavailable', error.message);
    throw error;
  }
}
