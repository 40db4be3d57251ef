/** One build: what Kiln adds to the time that Azure and the scripts need, its events and its calls. */
import type { BenchStack, Shape } from '../bench-stack.ts';
import { criticalPathMs } from '../critical-path.ts';
import type { Table } from '../table.ts';

const GOAL: Shape = { customizers: 5, seconds: 2, regions: 2 };
const SHAPE = '5 customizers of 2 s, 2 regions';

/** At a tenth of Azure's own times: what is left of 15 s for a run command is 1.5 s, so the figure is a harsh one. */
export async function realisticOverhead(stack: BenchStack, table: Table): Promise<void> {
  await measure(stack, 'recorded');
  const ratio = await measure(stack, 'realistic');
  table.add(`wall time over critical path, a tenth of Azure’s times, ${SHAPE}`, ratio.toFixed(2), { ratio }, [
    '≤ 1.15',
    ratio <= 1.15,
  ]);
}

export async function quickOverhead(stack: BenchStack, table: Table): Promise<void> {
  const ratios = [];
  for (let round = 1; round <= 3; round++) ratios.push(await measure(stack, `quick-${round}`));
  const median = ratios.toSorted((left, right) => left - right)[1] ?? NaN;
  table.add(`wall time over critical path, quick, ${SHAPE}`, median.toFixed(2), { ratios }, ['≤ 1.15', median <= 1.15]);

  const before = (await stack.calls()).total;
  await stack.build('counted', GOAL);
  const calls = (await stack.calls()).total - before;
  const events = await stack.events('counted');
  table.add('events in the build’s own history, the same build', String(events), { events }, ['≤ 120', events <= 120]);
  table.add('calls to Azure, the same build', String(calls), { calls });
}

async function measure(stack: BenchStack, runId: string): Promise<number> {
  await stack.up();
  const since = new Date().toISOString();
  const { status, wallMs } = await stack.build(runId, GOAL);
  const operations = (await stack.operations()).filter(({ startTime }) => startTime >= since);
  return wallMs / criticalPathMs(operations, status);
}
