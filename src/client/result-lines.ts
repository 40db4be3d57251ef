/** What `kiln build`, `kiln template run` and `kiln show` say of a run: its summary, and what it costs. */
import type { BuildStatus } from '../workflows/messages.ts';
import { costLines, costTitle } from './costs/cost-lines.ts';
import type { Estimate } from './costs/estimate.ts';
import { costOfRun } from './costs/of-runs.ts';
import type { PriceBook } from './costs/price-book.ts';
import type { KilnClient } from './kiln-client.ts';
import { summaryLines } from './render.ts';
import type { Stack } from './stack.ts';
import { linkTo } from './web-ui-link.ts';

const WIDTH = 140;

export interface Result extends BuildStatus {
  /** Of the run in Temporal's Web UI, where that is known. */
  link?: string;
  costs: Estimate;
}

export async function resultOf(
  client: KilnClient,
  stack: Stack,
  status: BuildStatus,
  book: PriceBook,
): Promise<Result> {
  const [link, costs] = await Promise.all([linkTo(client, stack, status.runId), costOfRun(client, status, book)]);
  return { ...status, ...(link === undefined ? {} : { link }), costs };
}

export function resultLines({ link, costs, ...status }: Result): string[] {
  // A run that was refused had nothing made that costs.
  const began = status.stages.some(({ stage }) => stage === 'Provisioning');
  return [...summaryLines(status, link), ...(began ? [costTitle(costs), ...costLines(costs, WIDTH)] : [])];
}
