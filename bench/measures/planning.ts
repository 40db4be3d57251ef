/**
 * Reading and planning a large template: 200 customizers of 20 lines, names by expression. In processor time, as it waits
 * for nothing and the machine may be shared.
 */
import { planFile } from '../../src/template/index.ts';
import type { BenchStack } from '../bench-stack.ts';
import type { Table } from '../table.ts';

const ROUNDS = 20;

export function planningTime(stack: BenchStack, table: Table): void {
  const customize = Array.from({ length: 200 }, (_, index) => ({
    type: 'Shell',
    name: `[concat('step-', '${index}')]`,
    inline: Array.from({ length: 20 }, (_item, line) => `echo line ${line} of step ${index}`),
  }));
  const body = JSON.parse(stack.template({ customizers: 0, seconds: 0, regions: 2 })) as { properties: object };
  const resource = {
    ...body,
    type: 'Microsoft.VirtualMachineImages/imageTemplates',
    apiVersion: '2024-02-01',
    name: 'large',
    properties: { ...body.properties, customize },
  };
  const text = JSON.stringify({ resources: [resource] });
  const times = Array.from({ length: ROUNDS }, () => {
    const begun = process.cpuUsage();
    const planned = planFile(text, {
      fileName: 'large.json',
      parameters: {},
      subscriptionId: '10ca1a2e-0000-4000-8000-000000000001',
      resourceGroup: 'golden-images',
      runId: 'large',
    });
    if (!planned.ok) throw new Error(JSON.stringify(planned.problems[0]));
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
  });
  const [first = NaN] = times;
  const median = times.toSorted((left, right) => left - right)[ROUNDS / 2] ?? NaN;
  table.add(
    `processor time to parse and plan 200 customizers (${(text.length / 1024).toFixed(0)} KiB)`,
    `${median.toFixed(0)} ms, the first ${first.toFixed(0)} ms`,
    { times },
    ['< 50 ms', median < 50],
  );
}
