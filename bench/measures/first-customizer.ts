/** From the command to the start of the first script, with nothing running and with everything running. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import type { BenchStack } from '../bench-stack.ts';
import type { Table } from '../table.ts';

const KILN = fileURLToPath(new URL('../../bin/kiln.js', import.meta.url));

export async function timeToFirstCustomizer(stack: BenchStack, table: Table): Promise<void> {
  for (const state of ['cold', 'warm'] as const) {
    const template = `${stack.settings.stateDir}/${state}.json`;
    writeFileSync(template, stack.template({ customizers: 1, seconds: 0, regions: 1 }));
    const begun = Date.now();
    const ended = await command(stack, ['build', template, '--id', state, '--json']);
    const { steps } = JSON.parse(ended) as BuildStatus;
    const seconds = (Date.parse(steps[0]?.startTime ?? '') - begun) / 1000;
    table.add(`command to first customizer, ${state}`, `${seconds.toFixed(1)} s`, { seconds });
  }
}

function command(stack: BenchStack, args: string[]): Promise<string> {
  const { stateDir, cacheDir, machine, profile } = stack.settings;
  const options = ['--state-dir', stateDir, '--cache-dir', cacheDir, '--machine', machine, '--profile', profile];
  const child = spawn(process.execPath, [KILN, ...options, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`kiln ${args.join(' ')}: exit ${code}`))));
  });
}
