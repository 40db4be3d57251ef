/** Many builds at once on one worker: whether all succeed, how fast, and what each costs against one alone. */
import type { BenchStack, Shape } from '../bench-stack.ts';
import { cpuSeconds, peakMegabytes, residentMegabytes } from '../processes.ts';
import type { Table } from '../table.ts';

const SHAPE: Shape = { customizers: 2, seconds: 1, regions: 2 };
/** One build alone is too short to measure. */
const ALONE = 10;

interface Cost {
  /** Seconds of processor that worker and Temporal take; the local Azure stands for a cloud that costs us nothing. */
  cpu: number;
  azureCpu: number;
  calls: number;
  /** Of those calls, how many were refused for being too many. */
  throttled: number;
}

export async function buildsAtOnce(stack: BenchStack, table: Table, sizes: number[]): Promise<void> {
  await stack.up();
  let alone: Cost | undefined;
  for (const size of sizes) {
    const worker = stack.pid('worker');
    const rest = residentMegabytes(worker);
    const before = await used(stack);
    const begun = performance.now();
    const { result: walls, peak } = await peakMegabytes(worker, () => run(stack, size));
    const elapsed = (performance.now() - begun) / 1000;
    const after = await used(stack);
    const count = walls.length;
    const cost: Cost = {
      cpu: (after.cpu - before.cpu) / count,
      azureCpu: (after.azureCpu - before.azureCpu) / count,
      calls: (after.calls - before.calls) / count,
      throttled: (after.throttled - before.throttled) / count,
    };
    alone ??= cost;
    const sorted = walls.toSorted((left, right) => left - right);
    const at = (part: number): number => sorted[Math.min(count - 1, Math.floor(part * count))] ?? NaN;
    const perMinute = (count / elapsed) * 60;
    const megabytes = (peak - rest) / size;
    table.add(
      size === 1 ? `${count} one after the other: all succeed` : `${size} at once: all succeed`,
      `${perMinute.toFixed(0)} a minute, p50 ${at(0.5).toFixed(1)} s, p99 ${at(0.99).toFixed(1)} s, worker ${megabytes.toFixed(1)} MB a build`,
      { perMinute, walls, megabytes },
    );
    const ratio = cost.cpu / alone.cpu;
    table.add(
      `${size} at once: cost a build`,
      `${ratio.toFixed(2)} ×: ${cost.cpu.toFixed(2)} s of CPU (local Azure ${cost.azureCpu.toFixed(2)} s besides), ${cost.calls.toFixed(0)} calls, ${((100 * cost.throttled) / cost.calls).toFixed(1)} % of them throttled`,
      { ...cost, ratio },
      size === 100 ? ['≤ 1.3 ×', ratio <= 1.3] : undefined,
    );
  }
}

async function run(stack: BenchStack, size: number): Promise<number[]> {
  const one = async (index: number): Promise<number> => (await stack.build(`at-${size}-${index}`, SHAPE)).wallMs / 1000;
  if (size > 1) return Promise.all(Array.from({ length: size }, (_, index) => one(index)));
  const walls: number[] = [];
  for (let index = 0; index < ALONE; index++) walls.push(await one(index));
  return walls;
}

async function used(stack: BenchStack): Promise<Cost> {
  const { total, throttled } = await stack.calls();
  return {
    cpu: cpuSeconds(stack.pid('worker')) + cpuSeconds(stack.pid('temporal')),
    azureCpu: cpuSeconds(stack.pid('azure')),
    // What is refused is counted by itself.
    calls: total + throttled,
    throttled,
  };
}
