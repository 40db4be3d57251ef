/** One build as a step of a pipeline: found or started on the Kiln that runs elsewhere, watched, reported. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beginBuild } from '../../src/client/begin-build.ts';
import { EXIT, exitCodeOf } from '../../src/client/exit-codes.ts';
import { Interrupts } from '../../src/client/interrupts.ts';
import { KilnClient } from '../../src/client/kiln-client.ts';
import { planBuilds, planOptions } from '../../src/client/load-plan.ts';
import type { PlannedBuild } from '../../src/client/load-plan.ts';
import { LocalFiles } from '../../src/client/local-files.ts';
import { pause } from '../../src/client/services.ts';
import { readSettings, UsageError } from '../../src/client/settings.ts';
import { ensureStack } from '../../src/client/stack.ts';
import type { Stack } from '../../src/client/stack.ts';
import { watchBuild } from '../../src/client/watch-build.ts';
import { linkTo } from '../../src/client/web-ui-link.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import type { JobPage } from './job-page.ts';
import { findingsOf, ownPaths, renumbered } from './results.ts';
import type { Request } from './request.ts';
import { leftSummary, summaryOf } from './summary.ts';

const LOOK_EVERY_MS = 2000;
const CONNECT_WITHIN_MS = 120_000;
const BETWEEN_CONNECTS_MS = 3000;

export interface Ended {
  code: number;
  /** Of the file's templates, in order. */
  builds: Array<{ status: BuildStatus; link: string | undefined }>;
}

/** @param request reads the inputs; what is wrong with them is a UsageError */
export async function runBuild(request: () => Request, page: JobPage): Promise<Ended> {
  // From the first moment: a job that is cancelled before its build has begun must not begin it.
  const interrupts = new Interrupts(['SIGINT', 'SIGTERM']);
  try {
    return await build(request(), page, interrupts);
  } catch (error) {
    const bad = error instanceof UsageError;
    page.error(bad ? 'Kiln: bad input' : 'Kiln', error instanceof Error ? error.message : String(error));
    return { code: bad ? EXIT.badInput : EXIT.failed, builds: [] };
  } finally {
    interrupts.close();
  }
}

async function build(request: Request, page: JobPage, interrupts: Interrupts): Promise<Ended> {
  for (const name of request.ignored) page.warning('Kiln', `${name} means nothing here and is not used`);
  // Read and packed once, for the plan and for sending.
  const { template } = request;
  const files = new LocalFiles(typeof template === 'string' ? template : resolve('inputs'));
  const planned = planner(request, files);
  const plans = planned(request.id);
  const stack = await ensureStack(readSettings({ clientOnly: true }), (text) => page.line(text));
  const client = await connect(stack, page, interrupts);
  if (client === undefined) return { code: EXIT.canceled, builds: [] };
  const ended: Ended = { code: EXIT.done, builds: [] };
  try {
    for (const [index, first] of plans.entries()) {
      if (interrupts.count > 0) return { ...ended, code: EXIT.canceled };
      const again = (attempt: number): PlannedBuild => planned(`${request.id}-${attempt}`)[index] ?? first;
      const code = await buildOne({ client, stack, request, files, page, interrupts }, first, again, ended);
      ended.code = Math.max(ended.code, code);
    }
    return ended;
  } finally {
    await client.close();
  }
}

interface Step {
  client: KilnClient;
  stack: Stack;
  request: Request;
  files: LocalFiles;
  page: JobPage;
  interrupts: Interrupts;
}

async function buildOne(
  { client, stack, request, files, page, interrupts }: Step,
  first: PlannedBuild,
  again: (attempt: number) => PlannedBuild,
  ended: Ended,
): Promise<number> {
  const { retry, ownId, onCancel, customizeFirst } = request;
  const runId = await beginBuild(client, first, again, { retry, otherFiles: ownId, say: (text) => page.line(text) });
  page.remember('run-id', runId);
  page.remember('on-cancel', onCancel);
  page.remember('ended', 'false');
  page.output('run-id', runId);
  const link = await linkTo(client, stack, runId).catch(() => undefined);
  if (link !== undefined) page.output('run-url', link);
  page.line(`run ${runId}${link === undefined ? '' : `: ${link}`}`);
  const out = { isTTY: false, columns: 0, write: (text: string) => page.line(text.replace(/\n$/, '')) };
  const detach = onCancel === 'detach';
  const end = await watchBuild(client, runId, stack, out, {
    files,
    interrupts,
    detach,
    everyMs: LOOK_EVERY_MS,
  });
  if (end.ended === 'detached') {
    page.line(`${runId} ${detach ? 'goes on' : 'is being cancelled'} without this job: kiln show ${runId}`);
    // The clean-up is reported by the step that runs after a cancellation.
    if (detach) page.summary(leftSummary(runId, link));
    return EXIT.canceled;
  }
  page.remember('ended', 'true');
  const status = ownPaths(ownWarnings(end.status, request), customizeFirst.length);
  ended.builds.push({ status, link });
  report(status, link, page);
  return exitCodeOf(status);
}

/** Of a template that was made here nobody need be told how it is written. */
function ownWarnings(status: BuildStatus, { template }: Request): BuildStatus {
  if (typeof template === 'string') return status;
  return { ...status, warnings: status.warnings.filter((warning) => !warning.startsWith('apiVersion')) };
}

export function report(status: BuildStatus, link: string | undefined, page: JobPage): void {
  for (const { level, title, message } of findingsOf(status)) page[level](title, message);
  page.summary(summaryOf(status, link));
}

/** The builds of the request under an id. */
function planner(request: Request, files: LocalFiles): (id: string) => PlannedBuild[] {
  const { template, customizeFirst, buildTimeoutInMinutes: minutes } = request;
  const file = typeof template === 'string' ? template : 'the inputs';
  const text = typeof template === 'string' ? read(template) : JSON.stringify(template);
  const settings = readSettings({ clientOnly: true });
  return (id) => {
    const options = planOptions(file, optionsOf(request, id), settings, files);
    const more = { customizeFirst, ...(minutes === undefined ? {} : { buildTimeoutInMinutes: minutes }) };
    try {
      return planBuilds(file, text, { ...options, ...more });
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(renumbered(error.message, customizeFirst.length));
      throw error;
    }
  };
}

function optionsOf(
  { params, identities, parametersFile, subscriptionId, resourceGroup, location }: Request,
  id: string,
) {
  return {
    id,
    param: params,
    identity: identities,
    ...(parametersFile === undefined ? {} : { parameters: parametersFile }),
    ...(subscriptionId === undefined ? {} : { subscription: subscriptionId }),
    ...(resourceGroup === undefined ? {} : { resourceGroup }),
    ...(location === undefined ? {} : { location }),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A server that is away for a moment does not fail the job. Undefined: the job was cancelled meanwhile. */
async function connect(stack: Stack, page: JobPage, interrupts: Interrupts): Promise<KilnClient | undefined> {
  const { address } = stack.connectionOptions;
  const deadline = Date.now() + CONNECT_WITHIN_MS;
  for (let attempt = 1; interrupts.count === 0; attempt++) {
    try {
      return await KilnClient.connect(stack);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (Date.now() > deadline || /UNAUTHENTICATED|PERMISSION_DENIED/.test(why)) {
        throw new Error(`no connection to Temporal at ${address}: ${why}`, { cause: error });
      }
      if (attempt === 1) page.line(`no connection to Temporal at ${address} yet: ${why}; trying on`);
    }
    await Promise.race([pause(BETWEEN_CONNECTS_MS), interrupts.reaches(1)]);
  }
  return undefined;
}
