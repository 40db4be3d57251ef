/**
 * `npm run bench [-- --quick]`: one table, and the raw figures in bench/results/. Figures that matter are ratios within
 * one run, since machines are shared; seconds are shown to give them a scale. `--quick` leaves out 100 builds at once.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pause } from '../src/client/services.ts';
import { planFile } from '../src/template/index.ts';
import type { BuildStatus } from '../src/workflows/messages.ts';
import { BenchStack } from './builds.ts';
import type { Shape } from './builds.ts';
import { criticalPathMs } from './critical-path.ts';
import { cpuSeconds, peakMegabytes, residentMegabytes } from './processes.ts';
import { Table } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GOAL: Shape = { customizers: 5, seconds: 2, regions: 2 };
const quick = process.argv.includes('--quick');
const table = new Table();
const stack = new BenchStack();
const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  await timeToFirstCustomizer();
  await overhead();
  await marginalCosts();
  await atOnce(quick ? [1, 10] : [1, 10, 100]);
  planning();
} finally {
  await stack.close();
}
console.log(table.text());
mkdirSync(`${ROOT}bench/results`, { recursive: true });
const file = `bench/results/${new Date().toISOString().replaceAll(':', '-')}.json`;
writeFileSync(ROOT + file, `${JSON.stringify({ quick, rows: table.rows }, null, 2)}\n`);
say(file);

/** From the command to the start of the first script, with nothing running and with everything running. */
async function timeToFirstCustomizer(): Promise<void> {
  for (const state of ['cold', 'warm'] as const) {
    say(`time to the first customizer, ${state}`);
    const template = `${stack.settings.stateDir}/${state}.json`;
    writeFileSync(template, stack.template({ customizers: 1, seconds: 0, regions: 1 }));
    const begun = Date.now();
    const ended = await command(['build', template, '--id', state, '--json']);
    const { steps } = JSON.parse(ended) as BuildStatus;
    const seconds = (Date.parse(steps[0]?.startTime ?? '') - begun) / 1000;
    table.add(`command to first customizer, ${state}`, `${seconds.toFixed(1)} s`, { seconds });
  }
}

function command(args: string[]): Promise<string> {
  const { stateDir, cacheDir, machine, profile } = stack.settings;
  const options = ['--state-dir', stateDir, '--cache-dir', cacheDir, '--machine', machine, '--profile', profile];
  const child = spawn(process.execPath, [`${ROOT}bin/kiln.js`, ...options, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`kiln ${args.join(' ')}: exit ${code}`))));
  });
}

async function overhead(): Promise<void> {
  await stack.up();
  const ratios: number[] = [];
  let events = 0;
  let calls = 0;
  for (let round = 1; round <= 3; round++) {
    say(`one build, round ${round}`);
    const runId = `overhead-${round}`;
    const before = await stack.calls();
    const since = new Date().toISOString();
    const { status, wallMs } = await stack.build(runId, GOAL);
    calls = (await stack.calls()) - before;
    events = await stack.events(runId);
    const operations = (await stack.operations()).filter(({ startTime }) => startTime >= since);
    ratios.push(wallMs / criticalPathMs(operations, status));
  }
  const [ratio = NaN] = ratios.toSorted((left, right) => left - right).slice(1);
  table.add('wall time over critical path, 5 customizers of 2 s, 2 regions', ratio.toFixed(2), { ratios }, [
    '≤ 1.15',
    ratio <= 1.15,
  ]);
  table.add('events in the build’s own history, the same build', String(events), { events }, ['≤ 120', events <= 120]);
  table.add('calls to Azure, the same build', String(calls), { calls });
}

async function marginalCosts(): Promise<void> {
  const cost = async (runId: string, shape: Shape): Promise<{ calls: number; events: number }> => {
    say(`costs of ${runId}`);
    const before = await stack.calls();
    await stack.build(runId, shape);
    return { calls: (await stack.calls()) - before, events: await stack.events(runId) };
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

/** Cost of a build is what it takes of the processors, of Azure's calls and of Temporal's events. */
async function atOnce(sizes: number[]): Promise<void> {
  const shape: Shape = { customizers: 2, seconds: 1, regions: 2 };
  let single: { cpu: number; calls: number } | undefined;
  for (const size of sizes) {
    say(`${size} builds at once`);
    const pids = [stack.pid('worker'), stack.pid('temporal')];
    const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const [worker = 0] = pids;
    const rest = residentMegabytes(worker);
    const before = { cpu: used(), azure: cpuSeconds(stack.pid('azure')), calls: await stack.calls() };
    const begun = performance.now();
    // One build alone is too short to measure: ten, one after the other.
    const { result: walls, peak } = await peakMegabytes(worker, async () => {
      const run = async (index: number): Promise<number> =>
        (await stack.build(`at-${size}-${index}`, shape)).wallMs / 1000;
      if (size > 1) return Promise.all(Array.from({ length: size }, (_, index) => run(index)));
      const alone: number[] = [];
      for (let index = 0; index < 10; index++) alone.push(await run(index));
      return alone;
    });
    const elapsed = (performance.now() - begun) / 1000;
    const count = walls.length;
    const cost = { cpu: (used() - before.cpu) / count, calls: ((await stack.calls()) - before.calls) / count };
    single ??= cost;
    const sorted = walls.toSorted((left, right) => left - right);
    const at = (part: number): number => sorted[Math.min(count - 1, Math.floor(part * count))] ?? NaN;
    const ratio = cost.cpu / single.cpu;
    const raw = {
      perMinute: (count / elapsed) * 60,
      p50: at(0.5),
      p99: at(0.99),
      workerMegabytes: (peak - rest) / size,
      cpuSeconds: cost.cpu,
      azureCpuSeconds: (cpuSeconds(stack.pid('azure')) - before.azure) / count,
      calls: cost.calls,
      ratio,
    };
    table.add(
      `${size} at once: all ${count} succeed`,
      `${raw.perMinute.toFixed(0)} a minute, p50 ${raw.p50.toFixed(1)} s, p99 ${raw.p99.toFixed(1)} s, ` +
        `worker ${raw.workerMegabytes.toFixed(1)} MB a build`,
      raw,
    );
    const costText = `${cost.cpu.toFixed(2)} s of CPU (local Azure ${raw.azureCpuSeconds.toFixed(2)} s besides), ${cost.calls.toFixed(0)} calls`;
    table.add(
      `${size} at once: cost a build`,
      size === 1 ? costText : `${ratio.toFixed(2)} × alone: ${costText}`,
      raw,
      size === 100 ? ['≤ 1.3 ×', ratio <= 1.3] : undefined,
    );
    await pause(2000);
  }
}

/** Reading and planning a large template: 200 customizers, with expressions. */
function planning(): void {
  const customize = Array.from({ length: 200 }, (_, index) => ({
    type: 'Shell',
    name: `[concat('step-', '${index}')]`,
    inline: Array.from({ length: 20 }, (_item, line) => `echo line ${line} of step ${index}`),
  }));
  const body = JSON.parse(stack.template({ customizers: 0, seconds: 0, regions: 2 })) as { properties: object };
  const text = JSON.stringify({
    resources: [
      {
        ...body,
        type: 'Microsoft.VirtualMachineImages/imageTemplates',
        apiVersion: '2024-02-01',
        name: 'large',
        properties: { ...body.properties, customize },
      },
    ],
  });
  const options = {
    fileName: 'large.json',
    parameters: {},
    subscriptionId: '10ca1a2e-0000-4000-8000-000000000001',
    resourceGroup: 'golden-images',
    runId: 'large',
  };
  const times = Array.from({ length: 20 }, () => {
    const begun = performance.now();
    const planned = planFile(text, options);
    if (!planned.ok) throw new Error(JSON.stringify(planned.problems[0]));
    return performance.now() - begun;
  });
  const [first = NaN] = times;
  const median = times.toSorted((left, right) => left - right)[10] ?? NaN;
  table.add(
    `parse and plan 200 customizers (${(text.length / 1024).toFixed(0)} KiB)`,
    `${median.toFixed(0)} ms, the first ${first.toFixed(0)} ms`,
    { times },
    ['< 50 ms', median < 50],
  );
}
