/** What one more customizer, region or minute of waiting costs in calls to Azure and in events of the build's history. */
import type { BenchStack, Shape } from '../bench-stack.ts';
import type { Table } from '../table.ts';

export async function marginalCosts(stack: BenchStack, table: Table): Promise<void> {
  const cost = async (runId: string, shape: Shape): Promise<{ calls: number; events: number }> => {
    const before = (await stack.calls()).total;
    await stack.build(runId, shape);
    return { calls: (await stack.calls()).total - before, events: await stack.events(runId) };
  };
  const base = await cost('base', { customizers: 1, seconds: 1, regions: 1 });
  const steps = await cost('customizers', { customizers: 6, seconds: 1, regions: 1 });
  const regions = await cost('regions', { customizers: 1, seconds: 1, regions: 4 });
  const waiting = await cost('waiting', { customizers: 1, seconds: 61, regions: 1 });
  const add = (name: string, other: typeof base, count: number, aim?: [string, boolean]): void => {
    const calls = (other.calls - base.calls) / count;
    const events = (other.events - base.events) / count;
    table.add(name, `${calls.toFixed(1)} calls, ${events.toFixed(1)} events`, { calls, events }, aim);
  };
  add('an extra customizer', steps, 5);
  add('an extra region', regions, 3);
  add('a minute of waiting', waiting, 1, ['0 events', waiting.events === base.events]);
}
