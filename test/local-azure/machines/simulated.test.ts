import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createSimulatedMachines } from '../../../src/local-azure/machines/simulated.ts';

async function startMachine(t: TestContext) {
  const stateDir = mkdtempSync(join(tmpdir(), 'kiln-simulated-'));
  t.after(() => rmSync(stateDir, { recursive: true, force: true }));
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const machines = createSimulatedMachines({ stateDir });
  await machines.start({ key: 'vm', content: 'disk', hostname: 'vm', osType: 'Linux' });
  return {
    machines,
    run: (id: string, script: string) => machines.run('vm', { id, script, parameters: [], timeoutInSeconds: 3600 }),
    pass: (ms: number) => t.mock.timers.tick(ms),
  };
}

test('stopping a machine ends what runs in it, as a failure without an exit code', async (t) => {
  const { machines, run, pass } = await startMachine(t);
  await run('short', '# simulate: seconds=1');
  await run('long', '# simulate: seconds=60');
  pass(2000);
  await machines.stop('vm');
  const { state, exitCode, endTime } = await machines.status('vm', 'long');
  assert.deepEqual([state, exitCode, endTime], ['Failed', -1, new Date(1_002_000).toISOString()]);
  assert.equal((await machines.status('vm', 'short')).state, 'Succeeded');

  await machines.start({ key: 'vm', content: 'disk', hostname: 'vm', osType: 'Linux' });
  pass(100_000);
  assert.equal((await machines.status('vm', 'long')).state, 'Failed', 'a start does not bring it back');
});

test('a guest that powers itself off takes what runs in it along', async (t) => {
  const { machines, run, pass } = await startMachine(t);
  await run('long', '# simulate: seconds=60');
  await run('off', 'sync\npoweroff');
  assert.equal(await machines.power('vm'), 'running');
  pass(1000);
  assert.equal(await machines.power('vm'), 'stopped');
  assert.deepEqual((await machines.status('vm', 'long')).state, 'Failed');
  assert.deepEqual((await machines.status('vm', 'off')).state, 'Succeeded');
});

test('scripted output may have several lines', async (t) => {
  const { machines, run } = await startMachine(t);
  await run('lines', '# simulate: stdout="one\\ntwo \\"quoted\\"\\ta\\\\b\\n" stderr=plain exit=2');
  const read = async (stream: 'stdout' | 'stderr') => String(await machines.output('vm', 'lines', stream, 0, 4096));
  assert.equal(await read('stdout'), 'one\ntwo "quoted"\ta\\b\n');
  assert.equal(await read('stderr'), 'plain');
  const { stdoutSize, exitCode } = await machines.status('vm', 'lines');
  assert.deepEqual([stdoutSize, exitCode], [21, 2]);
});
