import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { AnonymousCredential, PageBlobClient } from '@azure/storage-blob';
import { FAST, type TestAzure } from '../support.ts';
import { run, startSandbox } from './sandbox-support.ts';
import { makeMachine } from './support.ts';

const MIB = 1024 ** 2;
const LINUX_FILE_SYSTEM = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';

/** Standard output of a tool; rejects where it fails. */
async function tool(name: string, ...args: string[]): Promise<string> {
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`;
  return (await promisify(execFile)(name, args, { env: { ...process.env, PATH: path } })).stdout;
}

/** The disk behind a signed address as a sparse file: only what holds data is fetched. */
async function download(url: string, file: string): Promise<number> {
  const blob = new PageBlobClient(url, new AnonymousCredential());
  const { contentLength = 0 } = await blob.getProperties();
  const { pageRange = [] } = await blob.getPageRanges(0, contentLength);
  const handle = await open(file, 'w');
  try {
    await handle.truncate(contentLength);
    for (const { offset, count: lessOne = 0 } of pageRange) {
      // The SDK counts from the first to the last byte, the last one not included.
      const end = offset + lessOne + 1;
      for (let at = offset; at < end; at += 16 * MIB) {
        const bytes = await blob.downloadToBuffer(at, Math.min(16 * MIB, end - at));
        await handle.write(bytes, 0, bytes.length, at);
      }
    }
  } finally {
    await handle.close();
  }
  return contentLength;
}

async function captureTo(azure: TestAzure, file: string): Promise<number> {
  const { virtualMachines, disks } = azure.clients.compute;
  await virtualMachines.deallocate('real', 'vm', FAST);
  await virtualMachines.generalize('real', 'vm');
  const { accessSAS = '' } = await disks.grantAccess('real', 'os', { access: 'Read', durationInSeconds: 600 }, FAST);
  const length = await download(accessSAS, file);
  await disks.revokeAccess('real', 'os', FAST);
  return length;
}

test(
  'a captured VHD is a real one: fixed, whole, and holding what the customizers wrote',
  { timeout: 300_000 },
  async (t) => {
    const azure = await startSandbox(t, ['qemu-img', 'sfdisk', 'e2fsck', 'debugfs']);
    if (azure === undefined) {
      return;
    }
    const folder = await mkdtemp(join(tmpdir(), 'kiln-vhd-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await makeMachine(azure, 'real');
    const script = 'mkdir -p /opt/golden && echo "built by Kiln" >/opt/golden/note && chown -R 33:33 /opt/golden';
    const view = await run(azure, 'vm', 'customize', script);
    assert.equal(view.exitCode, 0, view.error);
    const file = join(folder, 'disk.vhd');
    const length = await captureTo(azure, file);

    const info = JSON.parse(await tool('qemu-img', 'info', '-f', 'vpc', '--output=json', file)) as {
      'virtual-size': number;
      format: string;
    };
    assert.deepEqual([info.format, info['virtual-size']], ['vpc', 30 * 1024 * MIB]);
    assert.equal(info['virtual-size'] % MIB, 0);
    assert.equal(length, info['virtual-size'] + 512, 'a fixed disk is its bytes and a footer');
    const handle = await open(file, 'r');
    const footer = Buffer.alloc(512);
    await handle.read(footer, 0, 512, length - 512);
    await handle.close();
    assert.deepEqual([footer.toString('latin1', 0, 8), footer.readUInt32BE(60)], ['conectix', 2], 'type 2 is fixed');

    const { partitiontable } = JSON.parse(await tool('sfdisk', '--json', file)) as {
      partitiontable: { label: string; sectorsize: number; partitions: Array<{ start: number; type: string }> };
    };
    assert.equal(partitiontable.label, 'gpt');
    const root = partitiontable.partitions.find(({ type }) => type === LINUX_FILE_SYSTEM);
    assert.ok(root !== undefined, JSON.stringify(partitiontable));
    const device = `${file}?offset=${root.start * partitiontable.sectorsize}`;
    assert.match(await tool('e2fsck', '-fn', device), /Pass 5: Checking group summary information/);
    assert.equal(await tool('debugfs', '-R', 'cat /opt/golden/note', device), 'built by Kiln\n');
    assert.match(await tool('debugfs', '-R', 'stat /opt/golden/note', device), /User:\s+33\s+Group:\s+33/);
    assert.match(await tool('debugfs', '-R', 'cat /usr/lib/os-release', device), /^ID=debian$/m);
  },
);
