/** What templates cost that nobody runs: memory of the server and the worker, processor time, and the way to one of them. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../../src/client/services.ts';
import { planResource } from '../../src/template/index.ts';
import type { BenchStack } from '../bench-stack.ts';
import { cpuSeconds, residentMegabytes } from '../processes.ts';
import type { Table } from '../table.ts';

const AT_ONCE = 20;
const IDLE_SECONDS = 30;

export async function idleTemplates(stack: BenchStack, table: Table, count: number): Promise<void> {
  const { templates } = await stack.up();
  const body = JSON.parse(stack.template({ customizers: 1, seconds: 0, regions: 1 })) as Record<string, unknown>;
  const [worker, temporal] = [stack.pid('worker'), stack.pid('temporal')];
  const database = join(stack.settings.stateDir, 'temporal/temporal.db');
  const look = () => ({
    worker: residentMegabytes(worker),
    temporal: residentMegabytes(temporal),
    disk: statSync(database).size / 1024 ** 2,
    cpu: cpuSeconds(worker) + cpuSeconds(temporal),
  });

  const put = async (name: string): Promise<void> => {
    const { subscriptionId } = stack;
    const planned = planResource(body, {
      subscriptionId,
      resourceGroup: 'golden-images',
      name,
      apiVersion: '2025-10-01',
    });
    if (!planned.ok) throw new Error(`the bench's own template is refused: ${JSON.stringify(planned.problems)}`);
    const { plan, resource } = planned;
    await templates.put({ plan, resource });
    while ((await templates.get(plan.template.id)).provisioningState === 'Creating') await pause(200);
  };
  await put('template-0');
  const before = look();
  const begun = performance.now();
  let next = 1;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next <= count) await put(`template-${next++}`);
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const made = look();
  await pause(IDLE_SECONDS * 1000);
  const idle = look();

  const asked = performance.now();
  const id = `/subscriptions/${stack.subscriptionId}/resourceGroups/golden-images/providers/Microsoft.VirtualMachineImages/imageTemplates/template-1`;
  await templates.get(id);
  const askMs = performance.now() - asked;
  const listed = performance.now();
  const all = await templates.listAll(`/subscriptions/${stack.subscriptionId}`);
  const listMs = performance.now() - listed;
  if (all.length !== count + 1) throw new Error(`${all.length} of ${count + 1} templates are listed`);

  const each = (after: number, first: number): string => `${(((after - first) * 1024) / count).toFixed(0)} KiB`;
  table.add(`${count} templates put, ${AT_ONCE} at once`, `${(seconds / count).toFixed(2)} s each`, { seconds });
  table.add(
    'memory of an idle template',
    `server ${each(idle.temporal, before.temporal)}, worker ${each(idle.worker, before.worker)}, disk ${each(idle.disk, before.disk)}`,
    { before, idle },
  );
  const share = (idle.cpu - made.cpu) / IDLE_SECONDS;
  table.add(`processor time of ${count} idle templates`, `${(share * 100).toFixed(1)} % of one core`, { share });
  table.add('one of them asked, all of them listed', `${askMs.toFixed(0)} ms, ${(listMs / 1000).toFixed(1)} s`, {
    askMs,
    listMs,
  });
}
