import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TestStack } from './stack.ts';
import { shellTemplate } from './templates.ts';

const sandboxed = process.platform === 'linux' && process.getuid?.() === 0;
const skip = sandboxed ? false : 'the sandbox needs root on Linux';

describe('kiln, with processes killed under a build', { skip }, () => {
  const stack = new TestStack('sandbox');
  before(() => stack.up());
  after(() => stack.close());

  /** Builds with one kill when `ready`, and reads the image that came of it. */
  async function buildAndKill(
    runId: string,
    inline: string[],
    service: 'worker' | 'azure' | 'temporal',
    ready: Parameters<TestStack['until']>[1],
    changes: object = {},
  ): Promise<void> {
    const known = new Set(linesFiles());
    const build = stack.start('build', stack.write(runId, shellTemplate(inline, changes)), '--id', runId);
    const at = await stack.until(runId, ready);
    stack.kill(service);
    const { code, stdout, stderr } = await build.ended;
    assert.equal(code, 0, `killed in ${at.stage}\n${stdout}\n${stderr}`);
    const captured = linesFiles().filter((file) => !known.has(file));
    assert.deepEqual(
      captured.map((file) => readFileSync(file, 'utf8')),
      ['one line\n'],
    );
    const machines = join(stack.stateDir, 'azure/machines');
    assert.deepEqual(existsSync(machines) ? readdirSync(machines) : [], []);
    const { leftovers } = await stack.until(runId, ({ state }) => state === 'Succeeded');
    assert.deepEqual(leftovers, []);
  }

  /** The file that the customizer writes, in every disk and image that the local Azure holds. */
  const linesFiles = (): string[] =>
    globSync('azure/**/data/root/lines', { cwd: stack.stateDir }).map((file) => join(stack.stateDir, file));

  const append = 'echo one line >> /root/lines';

  for (const service of ['worker', 'azure', 'temporal'] as const) {
    it(`goes on when the ${service} is killed inside a customizer, which runs once`, () =>
      buildAndKill(
        `inside-${service}`,
        [append, 'sleep 8', 'echo done'],
        service,
        ({ steps }) => steps[0]?.state === 'Running',
      ));
  }

  for (const stage of [
    'Provisioning',
    'CopyingSource',
    'CreatingMachine',
    'Capturing',
    'Distributing',
    'CleaningUp',
  ] as const) {
    it(`goes on when the worker is killed on reaching ${stage}`, () =>
      buildAndKill(`at-${stage.toLowerCase()}`, [append], 'worker', ({ stages }) =>
        stages.some((entry) => entry.stage === stage),
      ));
  }

  it('goes on when the temporal is killed and another program has taken its port', async () => {
    const runId = 'port-taken';
    const build = stack.start('build', stack.write(runId, shellTemplate([append, 'sleep 5'])), '--id', runId);
    await stack.until(runId, ({ steps }) => steps[0]?.state === 'Running');
    // The command is held, so that it cannot be the first to have the port again.
    build.signal('SIGSTOP');
    const former = stack.temporalAddress();
    stack.kill('temporal');
    const other = createServer();
    await untilListening(other, Number(new URL(`http://${former}`).port));
    try {
      build.signal('SIGCONT');
      const { code, stdout, stderr } = await build.ended;
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      assert.notEqual(stack.temporalAddress(), former);
      const port = new URL(`http://${stack.temporalAddress()}`).port;
      assert.equal(Number(port) < 32_768, true, `${port} is among those of outgoing connections`);
    } finally {
      other.close();
    }
  });

  for (const stage of ['Optimizing', 'Validating'] as const) {
    it(`goes on when the worker is killed on reaching ${stage}`, () =>
      buildAndKill(
        `at-${stage.toLowerCase()}`,
        [append],
        'worker',
        ({ stages }) => stages.some((entry) => entry.stage === stage),
        {
          optimize: { vmBoot: { state: 'Enabled' } },
          validate: { inVMValidations: [{ type: 'Shell', name: 'check', inline: ['test -s /root/lines'] }] },
        },
      ));
  }
});

/** Tries until the port is free: a killed process has it for some moments still. */
function untilListening(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => {
    const listen = () => server.listen(port, '127.0.0.1', resolve);
    server.on('error', () => setTimeout(listen, 20));
    listen();
  });
}
