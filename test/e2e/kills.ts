/** Builds that are killed under way, and what must have come of them all the same. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestStack } from './stack.ts';
import { shellTemplate } from './templates.ts';

const sandboxed = process.platform === 'linux' && process.getuid?.() === 0;
export const skip = sandboxed ? false : 'the sandbox needs root on Linux';

/** For a customizer: what it leaves tells how often it ran. */
export const APPEND = 'echo one line >> /root/lines';

/** Builds with one kill when `ready`, and reads the image that came of it. */
export async function buildAndKill(
  stack: TestStack,
  runId: string,
  inline: string[],
  service: 'worker' | 'azure' | 'temporal',
  ready: Parameters<TestStack['until']>[1],
  changes: object = {},
): Promise<void> {
  const known = new Set(linesFiles(stack));
  const build = stack.start('build', stack.write(runId, shellTemplate(inline, changes)), '--id', runId);
  const at = await stack.until(runId, ready);
  stack.kill(service);
  const { code, stdout, stderr } = await build.ended;
  assert.equal(code, 0, `killed in ${at.stage}\n${stdout}\n${stderr}`);
  const captured = linesFiles(stack).filter((file) => !known.has(file));
  assert.deepEqual(
    captured.map((file) => readFileSync(file, 'utf8')),
    ['one line\n'],
  );
  const machines = join(stack.stateDir, 'azure/machines');
  assert.deepEqual(existsSync(machines) ? readdirSync(machines) : [], []);
  // The kill may have come when all was done, and then nobody has started the worker again.
  await stack.up();
  const { leftovers } = await stack.until(runId, ({ state }) => state === 'Succeeded');
  assert.deepEqual(leftovers, []);
}

/** The file that the customizer writes, in every disk and image that the local Azure holds. */
const linesFiles = (stack: TestStack): string[] =>
  globSync('azure/**/data/root/lines', { cwd: stack.stateDir }).map((file) => join(stack.stateDir, file));
