/**
 * A content as a disk: GPT with a BIOS boot, an EFI and a root partition, the root file system filled with the merged
 * layers, and the footer of a fixed VHD. Holes stay holes. There is no boot loader in it yet; the partitions are there.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { tool } from './commands.ts';
import type { Contents } from './contents.ts';
import type { Privileges } from './privileges.ts';
import { vhdFooter } from './vhd-footer.ts';

const MIB = 1024 ** 2;
const SECTOR = 512;
/** In MiB from the start of the disk. */
const BIOS_BOOT = { at: 1, size: 1 };
const EFI = { at: 2, size: 64 };
const ROOT_AT = 66;
/** The second copy of the partition table. */
const END = 1;

export async function exportDisk(options: {
  contents: Contents;
  privileges: Privileges;
  ref: string;
  file: string;
  scratch: string;
  sizeGB: number;
  generation: 'V1' | 'V2';
}): Promise<{ size: number; extents: Array<{ offset: number; length: number }> }> {
  const { contents, privileges, ref, file, scratch, sizeGB } = options;
  const size = sizeGB * 1024 * MIB;
  const handle = await open(file, 'w');
  try {
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
  await partition(file, size);
  await fillRoot({ contents, privileges, ref, file, scratch, size });
  await appendFooter(file, size, ref);
  return { size: size + SECTOR, extents: await dataExtents(file) };
}

async function partition(file: string, size: number): Promise<void> {
  const sectors = (mib: number): number => (mib * MIB) / SECTOR;
  const rootSize = size / MIB - ROOT_AT - END;
  const table = [
    'label: gpt',
    `start=${sectors(BIOS_BOOT.at)}, size=${sectors(BIOS_BOOT.size)}, type=21686148-6449-6E6F-744E-656564454649, name=bios`,
    `start=${sectors(EFI.at)}, size=${sectors(EFI.size)}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=efi`,
    `start=${sectors(ROOT_AT)}, size=${sectors(rootSize)}, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=root`,
  ].join('\n');
  await tool('sh', ['-c', 'printf "%s\\n" "$1" | PATH="$PATH:/usr/sbin:/sbin" sfdisk --quiet "$2"', 'sh', table, file]);
}

/** mke2fs reads the merged tree from a mount that only this command sees. */
async function fillRoot(options: {
  contents: Contents;
  privileges: Privileges;
  ref: string;
  file: string;
  scratch: string;
  size: number;
}): Promise<void> {
  const { contents, privileges, ref, file, scratch, size } = options;
  mkdirSync(scratch, { recursive: true });
  const root = mkdtempSync(join(scratch, 'root-'));
  try {
    const { cwd, args } = contents.mount(ref, root, false);
    const blocks = (size - (ROOT_AT + END) * MIB) / 4096;
    const script =
      'PATH="$PATH:/usr/sbin:/sbin"; tree=$1 file=$2 offset=$3 blocks=$4; shift 4; mount "$@" && ' +
      'mke2fs -q -t ext4 -L root -b 4096 -E "offset=$offset,lazy_itable_init=1" -d "$tree" "$file" "$blocks"';
    const [command, ...entering] = privileges.enter;
    const told = [root, file, String(ROOT_AT * MIB), String(blocks), ...args];
    await tool(command, [...entering, 'sh', '-c', script, 'sh', ...told], { cwd });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function appendFooter(file: string, size: number, ref: string): Promise<void> {
  const uniqueId = createHash('sha256').update(ref).digest().subarray(0, 16);
  const handle = await open(file, 'r+');
  try {
    await handle.write(vhdFooter(size, uniqueId, new Date()), 0, SECTOR, size);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the file system has allocated, as filefrag lists it in blocks of 512 bytes. */
async function dataExtents(file: string): Promise<Array<{ offset: number; length: number }>> {
  const listing = await tool('sh', ['-c', 'PATH="$PATH:/usr/sbin:/sbin" filefrag -s -v -b512 "$1"', 'sh', file]);
  const extents = [...listing.matchAll(/^\s*\d+:\s*(\d+)\.\.\s*(\d+):.*?:\s*(\d+):/gm)].map(([, first, last]) => ({
    offset: Number(first) * SECTOR,
    length: (Number(last) - Number(first) + 1) * SECTOR,
  }));
  if (extents.length === 0) throw new Error(`filefrag found no data in ${file}`);
  return extents;
}
