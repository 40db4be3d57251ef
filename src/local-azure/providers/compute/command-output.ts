/**
 * Streams what a command writes into the append blobs its caller signed for. The blob's own length says how much is
 * there already, so a restarted server goes on at the right byte.
 */
import { AnonymousCredential, AppendBlobClient } from '@azure/storage-blob';
import type { Services, StoredResource } from '../../core.ts';
import type { RunStatus } from '../../machines/machine.ts';
import { parentOf } from './image-sources.ts';
import { jobId } from './run-commands.ts';
import { propertiesOf, text, update } from './shared.ts';

const CHUNK = 1024 * 1024;
const LOOK_EVERY_MS = 150;
const TAIL = 4096;
const ENDED = new Set<RunStatus['state']>(['Succeeded', 'Failed', 'TimedOut', 'Canceled']);

type Stream = 'stdout' | 'stderr';

const following = new Map<string, Promise<void>>();

/** Resolves once the command has ended and its output is where it belongs. One follower a command. */
export function follow(services: Services, id: string): Promise<void> {
  const command = services.store.get(id);
  const key = `${id.toLowerCase()}#${text(command?.hidden['stamp'])}`;
  const known = following.get(key);
  if (known !== undefined) return known;
  const started = stream(services, id)
    .catch((error: unknown) =>
      services.log.warn('the output of a run command could not be written', { id, err: error }),
    )
    .finally(() => following.delete(key));
  following.set(key, started);
  return started;
}

async function stream(services: Services, id: string): Promise<void> {
  const written = { stdout: -1, stderr: -1 };
  for (;;) {
    const command = services.store.get(id);
    const machine = command === undefined ? undefined : parentOf(services, command);
    if (command === undefined || machine === undefined) return;
    const key = text(machine.hidden['key']);
    const status = await services.machines.status(key, jobId(command));
    const { outputBlobUri, errorBlobUri } = propertiesOf(command);
    try {
      written.stdout = await append(
        services,
        command,
        'stdout',
        text(outputBlobUri),
        key,
        written.stdout,
        status.stdoutSize,
      );
      written.stderr = await append(
        services,
        command,
        'stderr',
        text(errorBlobUri),
        key,
        written.stderr,
        status.stderrSize,
      );
    } catch (error) {
      // The caller's address may have run out or its account be gone; the command's end is told all the same.
      services.log.warn('the output of a run command could not be written', { id, err: error });
    }
    if (ENDED.has(status.state)) {
      update(services, id, { hidden: { ended: true } });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Answers how much is in the blob; -1 asks the blob itself. */
async function append(
  services: Services,
  command: StoredResource,
  which: Stream,
  uri: string,
  key: string,
  written: number,
  size: number,
): Promise<number> {
  if (uri === '') return size;
  const blob = new AppendBlobClient(uri, new AnonymousCredential());
  let at = written;
  if (at < 0) {
    await blob.createIfNotExists();
    at = (await blob.getProperties()).contentLength ?? 0;
  }
  while (at < size) {
    const bytes = await services.machines.output(key, jobId(command), which, at, CHUNK);
    if (bytes.length === 0) break;
    await blob.appendBlock(bytes, bytes.length, { conditions: { appendPosition: at } });
    at += bytes.length;
  }
  return at;
}

/** The last 4 KB of each stream, as an instance view has them. */
export async function readTail(
  services: Services,
  key: string,
  job: string,
  status: RunStatus,
): Promise<[string, string]> {
  const read = async (which: Stream, size: number): Promise<string> =>
    (await services.machines.output(key, job, which, Math.max(0, size - TAIL), TAIL)).toString('utf8');
  return Promise.all([read('stdout', status.stdoutSize), read('stderr', status.stderrSize)]);
}
