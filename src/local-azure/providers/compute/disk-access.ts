/**
 * Reading a disk by a signed address, as beginGetAccess gives: the disk as a VHD in a page blob of an account that
 * nobody else sees. Only what holds data is written; the rest of a page blob reads as zeros.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobSASPermissions, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { ArmError, type Pages, type Services, type StoredResource } from '../../core.ts';
import { text, update } from './shared.ts';

const CHUNK = 4 * 1024 * 1024;
const PAGE = 512;
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
      await blob.create(size);
      const address = { account, container: container.containerName, name: blob.name };
      await services.blobs.writePages(address, pagesOf(file, size, extents));
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

/** The file's data, chunk by chunk, without its holes. */
async function* pagesOf(
  file: string,
  size: number,
  extents: Array<{ offset: number; length: number }>,
): AsyncGenerator<Pages> {
  const handle = await open(file, 'r');
  try {
    for (const { offset, length } of extents) {
      const from = Math.floor(offset / PAGE) * PAGE;
      const to = Math.min(size, Math.ceil((offset + length) / PAGE) * PAGE);
      for (let at = from; at < to; at += CHUNK) {
        const chunk = Buffer.alloc(Math.min(CHUNK, to - at));
        await handle.read(chunk, 0, chunk.length, at);
        for (const part of dataIn(chunk)) yield { offset: at + part.at, bytes: part.bytes };
      }
    }
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
