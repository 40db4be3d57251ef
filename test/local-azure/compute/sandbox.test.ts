import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { BlobClient } from '@azure/storage-blob';
import { eventually, FAST, startTestAzure, type TestAzure } from '../support.ts';
import { describeMachine, location, makeLogs, makeMachine, makeNic, powerOf } from './support.ts';

/** Shared between runs: making the base root file system takes half a minute. */
const cacheDir =
  process.env['KILN_CACHE_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kiln');

/** Undefined, and the test is skipped with the reason, where this host allows no sandbox. */
async function startSandbox(t: TestContext): Promise<TestAzure | undefined> {
  try {
    return await startTestAzure(t, { machine: 'sandbox', cacheDir });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no sandbox on this host')) {
      t.skip(error.message);
      return undefined;
    }
    throw error;
  }
}

async function run(azure: TestAzure, machine: string, name: string, script: string, urls: object = {}) {
  const { virtualMachineRunCommands: commands } = azure.clients.compute;
  await commands.createOrUpdate('real', machine, name, { location, source: { script }, ...urls }, FAST);
  const { instanceView } = await commands.getByVirtualMachine('real', machine, name, { expand: 'instanceView' });
  return instanceView ?? {};
}

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

    const { accessSAS = '' } = await compute.disks.grantAccess(
      'real',
      'os',
      { access: 'Read', durationInSeconds: 600 },
      FAST,
    );
    const vhd = new BlobClient(accessSAS);
    const { contentLength = 0 } = await vhd.getProperties();
    assert.equal((contentLength - 512) % 1024 ** 2, 0);
    assert.equal((await vhd.downloadToBuffer(contentLength - 512, 8)).toString(), 'conectix');
    await compute.disks.revokeAccess('real', 'os', FAST);

    const nic = await makeNic(azure, 'real', 'second');
    const storageProfile = { imageReference: { id: image.id ?? '' }, osDisk: { createOption: 'FromImage' } };
    await compute.virtualMachines.createOrUpdate('real', 'child', describeMachine(nic, { storageProfile }), FAST);
    const found = await run(azure, 'child', 'look', 'cat /etc/golden');
    assert.deepEqual([found.output, found.exitCode], ['kept\n', 0]);
    await compute.virtualMachines.delete('real', 'child', FAST);
  },
);
