/** `kiln logs ID [--follow]`: each customizer's whole output, read from the blobs that the machine writes. */
import type { BuildStatus, StepStatus } from '../../workflows/messages.ts';
import { EXIT } from '../exit-codes.ts';
import { failureOf } from '../kiln-client.ts';
import type { KilnClient } from '../kiln-client.ts';
import { pause } from '../services.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { withClient } from './runs.ts';

const LOOK_EVERY_MS = 500;

interface Tail {
  url: string;
  at: number;
}

export function logs(runId: string, options: { follow?: boolean; step?: string }, settings: Settings): Promise<number> {
  return withClient(settings, async (client) => {
    const tails = new Map<string, Tail>();
    for (;;) {
      // Asked before the status: what is written after the last look of a finished run would be missed.
      const running = await client.isRunning(runId);
      const status = await client.status(runId);
      await addTails(client, status, options.step, tails);
      for (const [name, tail] of tails) await print(name, tail);
      if (options.follow !== true || !running) return EXIT.done;
      await pause(LOOK_EVERY_MS);
    }
  });
}

/** Blob names are fixed by the step's key, which the result of a step tells; a running step's are asked for too. */
async function addTails(
  client: KilnClient,
  status: BuildStatus,
  only: string | undefined,
  tails: Map<string, Tail>,
): Promise<void> {
  const wanted = status.steps.filter(({ name, state }) => state !== 'Pending' && (only === undefined || only === name));
  const blobs = wanted.flatMap(blobsOf).filter(({ title }) => !tails.has(title));
  if (blobs.length === 0) return;
  const links = await client
    .logLinks(
      status,
      blobs.map(({ blob }) => blob),
    )
    .catch((error: unknown) => {
      if (failureOf(error)?.type !== 'NotFound') throw error;
      throw new UsageError(`the logs of ${status.runId} are gone: its staging group was deleted`);
    });
  for (const { title, blob } of blobs) {
    const url = links[blob];
    if (url !== undefined) tails.set(title, { url, at: 0 });
  }
}

function blobsOf({ index, name, key, retries = 0 }: StepStatus): Array<{ title: string; blob: string }> {
  return Array.from({ length: retries + 1 }, (_, retry) => (retry === 0 ? '' : `-retry-${retry}`)).flatMap((retry) =>
    ['stdout', 'stderr'].map((stream) => ({
      title: `${index + 1} ${name}${retry.replaceAll('-', ' ')} ${stream}`,
      blob: `${key}${retry}/${stream}.log`,
    })),
  );
}

async function print(title: string, tail: Tail): Promise<void> {
  const response = await fetch(tail.url, { headers: { 'x-ms-range': `bytes=${tail.at}-` } });
  // 404: nothing written yet; 416: nothing new.
  if (!response.ok) return;
  const bytes = Buffer.from(await response.arrayBuffer());
  if (bytes.length === 0) return;
  if (tail.at === 0) process.stdout.write(`==> ${title} <==\n`);
  tail.at += bytes.length;
  process.stdout.write(bytes);
}
