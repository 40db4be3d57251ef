import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, FAST } from '../support.ts';
import { run, startSandbox } from './sandbox-support.ts';
import { describeMachine, location, makeLogs, makeMachine, makeNic, powerOf } from './support.ts';

test(
  'what scripts do to a machine is in its output, in its image, and in its disk',
  { timeout: 300_000 },
  async (t) => {
    const azure = await startSandbox(t);
    if (azure === undefined) {
      return;
    }
    const { compute } = azure.clients;
    await makeMachine(azure, 'real');
    const logs = await makeLogs(azure, 'real', 'realrunlogs');

    const script = 'id -un\nfor n in $(seq 2000); do echo "line $n"; done\necho careful >&2\necho kept >/etc/golden';
    const view = await run(azure, 'vm', 'write', script, {
      outputBlobUri: await logs.urlOf('write.log'),
      errorBlobUri: await logs.urlOf('write.err'),
    });
    assert.deepEqual([view.executionState, view.exitCode], ['Succeeded', 0], view.error);
    const lines = (await logs.read('write.log')).trimEnd().split('\n');
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [2001, 'root', 'line 2000']);
    assert.equal(await logs.read('write.err'), 'careful\n');
    assert.ok((view.output ?? '').length <= 4096, 'the view has the last 4 KB only');

    const failed = await run(azure, 'vm', 'fail', 'echo no >&2; exit 7');
    assert.deepEqual([failed.executionState, failed.exitCode, failed.error], ['Failed', 7, 'no\n']);

    await compute.virtualMachineRunCommands.createOrUpdate(
      'real',
      'vm',
      'off',
      {
        location,
        asyncExecution: true,
        source: { script: 'nohup setsid sh -c "sleep 1; poweroff" </dev/null >/dev/null 2>&1 &' },
      },
      FAST,
    );
    await eventually(
      () => powerOf(azure, 'real'),
      (codes) => codes.includes('PowerState/stopped'),
      30_000,
    );
    await compute.virtualMachines.deallocate('real', 'vm', FAST);
    await compute.virtualMachines.generalize('real', 'vm');
    const image = await compute.images.createOrUpdate(
      'real',
      'golden',
      { location, sourceVirtualMachine: { id: (await compute.virtualMachines.get('real', 'vm')).id ?? '' } },
      FAST,
    );

    const nic = await makeNic(azure, 'real', 'second');
    const storageProfile = { imageReference: { id: image.id ?? '' }, osDisk: { createOption: 'FromImage' } };
    await compute.virtualMachines.createOrUpdate('real', 'child', describeMachine(nic, { storageProfile }), FAST);
    const found = await run(azure, 'child', 'look', 'cat /etc/golden');
    assert.deepEqual([found.output, found.exitCode], ['kept\n', 0]);
    await compute.virtualMachines.delete('real', 'child', FAST);
  },
);

test('a command that is deleted ends, with all that it started; a stopped machine ends them all', async (t) => {
  const azure = await startSandbox(t);
  if (azure === undefined) {
    return;
  }
  const { virtualMachines, virtualMachineRunCommands: commands } = azure.clients.compute;
  await makeMachine(azure, 'real');
  const begin = async (name: string, script: string) =>
    commands.createOrUpdate('real', 'vm', name, { location, asyncExecution: true, source: { script } }, FAST);
  const running = async () =>
    (await run(azure, 'vm', `look-${Date.now()}`, 'ps -eo args | grep "[s]leep" || true')).output;

  await begin('first', 'sleep 1001 & sleep 1002');
  await begin('second', 'sleep 2001');
  await eventually(running, (text) => /1001/.test(text ?? '') && /1002/.test(text ?? '') && /2001/.test(text ?? ''));
  await commands.delete('real', 'vm', 'first', FAST);
  await eventually(running, (text) => !/100[12]/.test(text ?? ''));
  assert.match((await running()) ?? '', /2001/, 'the other command is left alone');

  await virtualMachines.powerOff('real', 'vm', FAST);
  await eventually(
    async () => (await commands.getByVirtualMachine('real', 'vm', 'second', { expand: 'instanceView' })).instanceView,
    (view) => view?.executionState === 'Failed',
  );
});
