/** Follows a build to its end: draws it, keeps the stack alive under it, and passes Ctrl-C on as a cancellation. */
import type { BuildStatus } from '../workflows/messages.ts';
import type { KilnClient, Live } from './kiln-client.ts';
import { LocalFiles } from './local-files.ts';
import { changeLines, liveLines } from './render.ts';
import { sendFiles } from './send-files.ts';
import { pause } from './services.ts';
import type { Stack } from './stack.ts';

const LOOK_EVERY_MS = 250;

export type WatchEnd = { ended: 'finished'; status: BuildStatus } | { ended: 'detached' };

export async function watchBuild(
  client: KilnClient,
  runId: string,
  stack: Stack,
  out: NodeJS.WriteStream,
  files = new LocalFiles(''),
): Promise<WatchEnd> {
  const screen = out.isTTY ? new Redraw(out) : undefined;
  const seen = new Set<string>();
  let before: BuildStatus | undefined;
  let interrupts = 0;
  let sending: Promise<void> | undefined;
  const say = (line: string): void => {
    screen?.clear();
    out.write(`${line}\n`);
  };
  const sayOnce = (line: string): void => {
    if (!seen.has(line)) say(line);
    seen.add(line);
  };
  const onInterrupt = (): void => {
    interrupts++;
    if (interrupts === 1) {
      say('cancelling, and waiting for what was made to be removed; Ctrl-C again leaves it to the background');
      client.cancel(runId).catch((error: unknown) => say(`the cancellation was not accepted: ${String(error)}`));
    }
  };
  process.on('SIGINT', onInterrupt);
  try {
    for (;;) {
      if (interrupts > 1) return { ended: 'detached' };
      for (const name of await stack.revive()) say(`${name} had ended and was started again; the build goes on`);
      await client.follow(stack);
      for (const line of stack.news()) say(line);
      const look = await lookAt(client, runId);
      if (look !== undefined) {
        const { status, live, running } = look;
        if (screen !== undefined) screen.draw(liveLines(status, live, out.columns, Date.now()));
        else for (const line of changeLines(before, status, seen, live)) say(line);
        before = status;
        if (status.awaits !== undefined) {
          sending ??= sendFiles(client, status, files, sayOnce).finally(() => (sending = undefined));
        }
        if (!running) return { ended: 'finished', status };
      }
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** Undefined while Temporal or the worker is away: the next look finds them again. */
async function lookAt(
  client: KilnClient,
  runId: string,
): Promise<{ status: BuildStatus; live: Live; running: boolean } | undefined> {
  try {
    const running = await client.isRunning(runId);
    const status = await client.status(runId);
    return { status, live: await client.live(status), running };
  } catch {
    return undefined;
  }
}

/** Draws over what it drew last. */
class Redraw {
  readonly #out: NodeJS.WriteStream;
  #height = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  draw(lines: string[]): void {
    this.clear();
    this.#out.write(lines.map((line) => `${line}\n`).join(''));
    this.#height = lines.length;
  }

  clear(): void {
    if (this.#height > 0) this.#out.write(`\u001b[${this.#height}A\u001b[0J`);
    this.#height = 0;
  }
}
