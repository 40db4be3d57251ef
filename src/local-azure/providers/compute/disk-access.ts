/**
 * Reading a disk by a signed address, as beginGetAccess gives: the disk as a VHD in a page blob of an account that
 * nobody else sees. Only what holds data is uploaded; the rest of a page blob reads as zeros.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobSASPermissions, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { PageBlobClient } from '@azure/storage-blob';
import { ArmError, type Services, type StoredResource } from '../../core.ts';
import { text, update } from './shared.ts';

const CHUNK = 4 * 1024 * 1024;
const PAGE = 512;
const PARALLEL = 4;
const GRAIN = 256 * 1024;
const ZEROS = Buffer.alloc(GRAIN);

export async function openAccess(services: Services, disk: StoredResource, seconds: number): Promise<string> {
  const { content, key, sizeGB, generation } = disk.hidden;
  if (typeof content !== 'string') {
    throw new ArmError(409, 'OperationNotAllowed', `The disk ${text(disk.body['name'])} holds nothing to read.`);
  }
  const account = `md${text(key)
    .replace(/[^a-z0-9]/g, '')
    .slice(-20)}`;
  const secret = text(disk.hidden['accessKey']) || randomBytes(64).toString('base64');
  update(services, disk.id, { hidden: { accessKey: secret, accessAccount: account } });
  await services.blobs.addAccount(account, [secret, secret]);

  const service = new BlobServiceClient(
    `${services.blobs.endpoint}/${account}`,
    new StorageSharedKeyCredential(account, secret),
  );
  const container = service.getContainerClient('disk');
  await container.createIfNotExists();
  const blob = container.getPageBlobClient('abcd');
  if (!(await blob.exists())) {
    const folder = join(services.stateDir, 'exports');
    await mkdir(folder, { recursive: true });
    const file = join(folder, `${account}.vhd`);
    try {
      const { size, extents } = await services.machines.exportVhd(content, file, {
        sizeGB: Number(sizeGB),
        generation: generation === 'V2' ? 'V2' : 'V1',
      });
      await upload(blob, file, size, extents);
    } catch (error) {
      // A half-written blob must not look like a whole one to the next attempt.
      await blob.deleteIfExists();
      throw error;
    } finally {
      await rm(file, { force: true });
    }
  }
  return blob.generateSasUrl({
    permissions: BlobSASPermissions.parse('r'),
    startsOn: new Date(services.now().getTime() - 60_000),
    expiresOn: new Date(services.now().getTime() + seconds * 1000),
  });
}

async function upload(
  blob: PageBlobClient,
  file: string,
  size: number,
  extents: Array<{ offset: number; length: number }>,
): Promise<void> {
  await blob.create(size);
  const chunks = extents.flatMap(({ offset, length }) => {
    const from = Math.floor(offset / PAGE) * PAGE;
    const to = Math.min(size, Math.ceil((offset + length) / PAGE) * PAGE);
    const parts: Array<[number, number]> = [];
    for (let at = from; at < to; at += CHUNK) parts.push([at, Math.min(CHUNK, to - at)]);
    return parts;
  });
  const handle = await open(file, 'r');
  try {
    const next = chunks.values();
    const worker = async (): Promise<void> => {
      for (const [offset, length] of next) {
        const buffer = Buffer.alloc(length);
        await handle.read(buffer, 0, length, offset);
        for (const part of dataIn(buffer)) await blob.uploadPages(part.bytes, offset + part.at, part.bytes.length);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
  } finally {
    await handle.close();
  }
}

/** The stretches of a chunk that are not all zeros: file systems allocate much that they have not written yet. */
function dataIn(chunk: Buffer): Array<{ at: number; bytes: Buffer }> {
  const found: Array<{ at: number; bytes: Buffer }> = [];
  for (let at = 0; at < chunk.length; at += GRAIN) {
    const bytes = chunk.subarray(at, at + GRAIN);
    if (bytes.equals(ZEROS.subarray(0, bytes.length))) continue;
    const last = found.at(-1);
    if (last !== undefined && last.at + last.bytes.length === at) {
      last.bytes = chunk.subarray(last.at, at + bytes.length);
    } else found.push({ at, bytes });
  }
  return found;
}

export async function closeAccess(services: Services, disk: StoredResource): Promise<void> {
  const { accessAccount, accessKey } = disk.hidden;
  if (typeof accessAccount !== 'string' || typeof accessKey !== 'string') return;
  await services.blobs.addAccount(accessAccount, [accessKey, accessKey]);
  const service = new BlobServiceClient(
    `${services.blobs.endpoint}/${accessAccount}`,
    new StorageSharedKeyCredential(accessAccount, accessKey),
  );
  await service.getContainerClient('disk').deleteIfExists();
  await services.blobs.removeAccount(accessAccount);
  const current = services.store.get(disk.id);
  if (current === undefined) return;
  const { accessAccount: _account, accessKey: _key, ...hidden } = current.hidden;
  services.store.put({ ...current, hidden });
}
