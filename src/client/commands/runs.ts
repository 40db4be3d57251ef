/** `kiln list`, `show`, `cancel`, `delete` and `sweep`: what is asked of runs that are there. */
import { priceBook } from '../costs/of-runs.ts';
import { EXIT } from '../exit-codes.ts';
import { KilnClient, WorkflowNotFoundError } from '../kiln-client.ts';
import { resultLines, resultOf } from '../result-lines.ts';
import { pause } from '../services.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { ensureStack } from '../stack.ts';
import type { Stack } from '../stack.ts';

const toErrors = (line: string): void => void process.stderr.write(`${line}\n`);

export async function withClient<T>(
  settings: Settings,
  work: (client: KilnClient, stack: Stack) => Promise<T>,
): Promise<T> {
  const stack = await ensureStack(settings, toErrors);
  const client = await KilnClient.connect(stack);
  try {
    return await work(client, stack);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new UsageError('there is no such run: kiln list shows them');
    throw error;
  } finally {
    await client.close();
  }
}

export function list(options: { json?: boolean }, settings: Settings): Promise<number> {
  return withClient(settings, async (client) => {
    const builds = await client.list();
    if (options.json === true) process.stdout.write(`${JSON.stringify(builds, null, 2)}\n`);
    else if (builds.length === 0) console.log('no builds yet: kiln build FILE');
    for (const { runId, templateName, state, startTime, closeTime } of options.json === true ? [] : builds) {
      const took =
        closeTime === undefined ? '' : ` ${((closeTime.getTime() - startTime.getTime()) / 1000).toFixed(0)} s`;
      console.log(
        `${runId.padEnd(42)} ${templateName.padEnd(24)} ${state.padEnd(10)} ${startTime.toISOString()}${took}`,
      );
    }
    return EXIT.done;
  });
}

export function show(runId: string, options: { json?: boolean }, settings: Settings): Promise<number> {
  const book = priceBook(settings);
  return withClient(settings, async (client, stack) => {
    const result = await resultOf(client, stack, await client.status(runId), book);
    if (options.json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    else console.log(resultLines(result).join('\n').trimStart());
    return EXIT.done;
  });
}

export function cancel(runId: string, settings: Settings): Promise<number> {
  return withClient(settings, async (client) => {
    await client.cancel(runId);
    while (await client.isRunning(runId)) await pause(250);
    const { state } = await client.status(runId);
    console.log(`${runId}: ${state}`);
    return EXIT.done;
  });
}

export function remove(runId: string, settings: Settings): Promise<number> {
  return withClient(settings, async (client) => {
    if (await client.isRunning(runId))
      throw new UsageError(`${runId} is still running: kiln cancel ${runId} ends it first`);
    const { removed, leftovers } = await client.delete(runId);
    console.log(
      removed.length === 0 ? 'there was nothing left of it' : removed.map((id) => `removed ${id}`).join('\n'),
    );
    for (const { id, reason } of leftovers) console.log(`left: ${id}: ${reason}`);
    return leftovers.length === 0 ? EXIT.done : EXIT.failed;
  });
}

export function sweep(options: { olderThan: string }, settings: Settings): Promise<number> {
  const seconds = Number(options.olderThan);
  if (!(seconds >= 0)) throw new UsageError(`--older-than: expected seconds, got ${options.olderThan}`);
  return withClient(settings, async (client) => {
    const reports = await client.sweep(seconds);
    if (reports.length === 0) console.log('no build was left without its clean-up');
    for (const { workflowId, removed, leftovers } of reports) {
      console.log(`${workflowId}: removed ${removed.length}`);
      for (const id of removed) console.log(`  ${id}`);
      for (const { id, reason } of leftovers) console.log(`  left: ${id}: ${reason}`);
    }
    return reports.some(({ leftovers }) => leftovers.length > 0) ? EXIT.failed : EXIT.done;
  });
}
