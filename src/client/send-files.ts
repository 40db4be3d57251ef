/** Sends a run the files that it waits for, to addresses that the worker signed. */
import { BlockBlobClient } from '@azure/storage-blob';
import type { BuildStatus } from '../workflows/messages.ts';
import type { KilnClient } from './kiln-client.ts';
import type { LocalFiles } from './local-files.ts';
import { pause } from './services.ts';

const AGAIN_AFTER_MS = 2000;
const BLOCK = 8 * 1024 * 1024;
const AT_ONCE = 4;

/** What cannot be done now is said, and is for the next call to try again; what is there already is not sent again. */
export async function sendFiles(
  client: KilnClient,
  { runId, templateId, awaits }: BuildStatus,
  files: LocalFiles,
  say: (line: string) => void,
): Promise<void> {
  if (awaits === undefined) return;
  const [, , subscriptionId = ''] = templateId.split('/');
  try {
    const links = await client.uploadLinks(runId, subscriptionId, awaits);
    for (const { path, sha256, bytes } of awaits.files) {
      const address = links[sha256] ?? '';
      if (address === '') continue;
      const place = files.placeOf(sha256);
      if (place === undefined) throw new Error(`${path} is not here as it was (sha256 ${sha256}): build again`);
      say(`sending ${path}, ${bytes.toLocaleString('en')} bytes`);
      await new BlockBlobClient(address).uploadFile(place, { blockSize: BLOCK, concurrency: AT_ONCE });
    }
    await client.filesSent(runId);
  } catch (error) {
    say(`the run waits for files: ${error instanceof Error ? error.message : String(error)}`);
  }
  // Until the run has seen the signal; no more often than this.
  await pause(AGAIN_AFTER_MS);
}
