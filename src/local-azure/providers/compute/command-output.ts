/**
 * Streams what a command writes into the append blobs its caller signed for. The blob's own length says how much is
 * there already, so a restarted server goes on at the right byte.
 */
import { AnonymousCredential, AppendBlobClient } from '@azure/storage-blob';
import type { Services, StoredResource } from '../../core.ts';
import type { RunStatus } from '../../machines/machine.ts';
import { parentOf } from './image-sources.ts';
import { propertiesOf, text, update } from './shared.ts';

const CHUNK = 1024 * 1024;
const LOOK_EVERY_MS = 150;
const TAIL = 4096;
const ENDED = new Set<RunStatus['state']>(['Succeeded', 'Failed', 'TimedOut', 'Canceled']);

type Stream = 'stdout' | 'stderr';

/** By server, for one that was closed may still be looking a last time when the next one has begun in this process. */
const followers = new WeakMap<Services, Map<string, Promise<void>>>();
/** How often the end of the output is tried to be written before it is given up, as where a signed address ran out. */
const LAST_TRIES = 20;

/** The machine's name for one run of a command: another one for each time that it is put. */
export function jobId(command: StoredResource): string {
  return `${text(command.body['name'])}-${text(command.hidden['stamp']).slice(0, 8)}`;
}

/** Resolves once the command has ended and its output is where it belongs. One follower a command. */
export function follow(services: Services, id: string): Promise<void> {
  const command = services.store.get(id);
  const key = `${id.toLowerCase()}#${text(command?.hidden['stamp'])}`;
  const following = followers.get(services) ?? new Map<string, Promise<void>>();
  followers.set(services, following);
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
  const stamp = services.store.get(id)?.hidden['stamp'];
  // -1: the blob is to be asked how much it has.
  const written = { stdout: -1, stderr: -1 };
  let failures = 0;
  for (;;) {
    const command = services.store.get(id);
    const machine = command === undefined ? undefined : parentOf(services, command);
    // Deleted, or put again and followed anew.
    if (command === undefined || machine === undefined || command.hidden['stamp'] !== stamp) return;
    const key = text(machine.hidden['key']);
    const status = await services.machines.status(key, jobId(command));
    for (const which of ['stdout', 'stderr'] as const) {
      try {
        written[which] = await append(services, command, which, key, written[which], status[`${which}Size`]);
      } catch (error) {
        written[which] = -1;
        failures += 1;
        if (failures === 1) {
          services.log.warn('the output of a run command cannot be written now', { id, which, err: error });
        }
      }
    }
    const whole = written.stdout >= 0 && written.stderr >= 0;
    if (whole) failures = 0;
    // The caller's address may have run out or its account be gone; the command's end is told all the same.
    if (ENDED.has(status.state) && (whole || failures > LAST_TRIES)) {
      if (services.store.get(id)?.hidden['stamp'] === stamp) update(services, id, { hidden: { ended: true } });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Answers how much is in the blob; `written` -1 asks the blob itself. */
async function append(
  services: Services,
  command: StoredResource,
  which: Stream,
  key: string,
  written: number,
  size: number,
): Promise<number> {
  const uri = text(propertiesOf(command)[which === 'stdout' ? 'outputBlobUri' : 'errorBlobUri']);
  if (uri === '') return size;
  const blob = new AppendBlobClient(uri, new AnonymousCredential());
  let at = written < 0 ? await present(services, command, which, blob) : written;
  while (at < size) {
    const bytes = await services.machines.output(key, jobId(command), which, at, CHUNK);
    if (bytes.length === 0) break;
    await blob.appendBlock(bytes, bytes.length, { conditions: { appendPosition: at } });
    at += bytes.length;
  }
  return at;
}

/** A run of a command begins with an empty blob, whatever a former run left there. */
async function present(
  services: Services,
  command: StoredResource,
  which: Stream,
  blob: AppendBlobClient,
): Promise<number> {
  const mark = `${which}BlobOf`;
  if (services.store.get(command.id)?.hidden[mark] === command.hidden['stamp']) {
    await blob.createIfNotExists();
    return (await blob.getProperties()).contentLength ?? 0;
  }
  await blob.create();
  update(services, command.id, { hidden: { [mark]: command.hidden['stamp'] ?? null } });
  return 0;
}

/** The last 4 KB of each stream, as an instance view has them; a letter that is cut in two is left out. */
export async function readTail(
  services: Pick<Services, 'machines'>,
  key: string,
  job: string,
  status: RunStatus,
): Promise<[string, string]> {
  const read = async (which: Stream, size: number): Promise<string> => {
    const from = Math.max(0, size - TAIL);
    const bytes = await services.machines.output(key, job, which, from, TAIL);
    return (from === 0 ? bytes : bytes.subarray(restOfLetter(bytes))).toString('utf8');
  };
  return Promise.all([read('stdout', status.stdoutSize), read('stderr', status.stderrSize)]);
}

/** How many bytes at the beginning belong to a letter that began before them: at most three, each 10xxxxxx. */
function restOfLetter(bytes: Buffer): number {
  const first = bytes.subarray(0, 4).findIndex((byte) => (byte & 0xc0) !== 0x80);
  return Math.max(0, first);
}
