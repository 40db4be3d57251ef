import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { APPEND, buildAndKill, skip } from './kills.ts';
import { TestStack } from './stack.ts';
import { shellTemplate } from './templates.ts';

describe('kiln, with a process killed inside a customizer', { skip }, () => {
  const stack = new TestStack('sandbox');
  before(() => stack.up());
  after(() => stack.close());

  for (const service of ['worker', 'azure', 'temporal'] as const) {
    it(`goes on when the ${service} is killed, and the customizer runs once`, () =>
      buildAndKill(
        stack,
        `inside-${service}`,
        [APPEND, 'sleep 8', 'echo done'],
        service,
        ({ steps }) => steps[0]?.state === 'Running',
      ));
  }

  it('goes on when the temporal is killed and another program has taken its port', async () => {
    const runId = 'port-taken';
    const build = stack.start('build', stack.write(runId, shellTemplate([APPEND, 'sleep 5'])), '--id', runId);
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
});

/** Tries until the port is free: a killed process has it for some moments still. */
function untilListening(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => {
    const listen = () => server.listen(port, '127.0.0.1', resolve);
    server.on('error', () => setTimeout(listen, 20));
    listen();
  });
}
