/** Follows a build to its end: draws it, keeps the stack alive under it, and passes Ctrl-C on as a cancellation. */
import type { BuildStatus } from '../workflows/messages.ts';
import { Interrupts } from './interrupts.ts';
import type { KilnClient, Live } from './kiln-client.ts';
import { LocalFiles } from './local-files.ts';
import { changeLines, liveLines } from './render.ts';
import { sendFiles } from './send-files.ts';
import { pause } from './services.ts';
import type { Stack } from './stack.ts';

const LOOK_EVERY_MS = 250;
/** So long nobody answers before it is said. */
const SILENCE_MS = 30_000;

export type Out = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown };

export interface WatchOptions {
  /** What the plan was made of; those that the run waits for are sent to it. */
  files?: LocalFiles;
  /** Absent: Ctrl-C. The first cancels, a second leaves the clean-up to the background. */
  interrupts?: Interrupts;
  /** The first interrupt leaves the build as it is. */
  detach?: boolean;
  everyMs?: number;
}

export type WatchEnd = { ended: 'finished'; status: BuildStatus } | { ended: 'detached' };

export async function watchBuild(
  client: KilnClient,
  runId: string,
  stack: Stack,
  out: Out,
  options: WatchOptions = {},
): Promise<WatchEnd> {
  const { files = new LocalFiles(''), detach = false, everyMs = LOOK_EVERY_MS } = options;
  const interrupts = options.interrupts ?? new Interrupts(['SIGINT']);
  const screen = out.isTTY ? new Redraw(out) : undefined;
  const seen = new Set<string>();
  let before: BuildStatus | undefined;
  let heard = Date.now();
  let sending: Promise<void> | undefined;
  const say = (line: string): void => {
    screen?.clear();
    out.write(`${line}\n`);
  };
  const sayOnce = (line: string): void => {
    if (!seen.has(line)) say(line);
    seen.add(line);
  };
  let over = false;
  const cancel = (): void => {
    if (over) return;
    say('cancelling, and waiting for what was made to be removed; Ctrl-C again leaves it to the background');
    client.cancel(runId).catch((error: unknown) => say(`the cancellation was not accepted: ${String(error)}`));
  };
  const enough = interrupts.reaches(detach ? 1 : 2).then(() => 'enough' as const);
  if (!detach) void interrupts.reaches(1).then(cancel);
  try {
    for (;;) {
      for (const name of await stack.revive()) say(`${name} had ended and was started again; the build goes on`);
      await client.follow(stack);
      for (const line of stack.news()) say(line);
      const look = await Promise.race([enough, lookAt(client, runId)]);
      if (look === 'enough') return { ended: 'detached' };
      if (typeof look === 'string') {
        if (Date.now() - heard > SILENCE_MS) sayOnce(`no answer from Temporal or from a worker; asking on: ${look}`);
      } else {
        const { status, live, running } = look;
        heard = Date.now();
        if (screen !== undefined) screen.draw(liveLines(status, live, out.columns, Date.now()));
        else for (const line of changeLines(before, status, seen, live)) say(line);
        before = status;
        if (status.awaits !== undefined) {
          sending ??= sendFiles(client, status, files, sayOnce).finally(() => (sending = undefined));
        }
        if (!running) return { ended: 'finished', status };
      }
      if ((await Promise.race([enough, pause(everyMs)])) === 'enough') return { ended: 'detached' };
    }
  } finally {
    over = true;
    if (options.interrupts === undefined) interrupts.close();
  }
}

/** Why not, while Temporal or the worker is away: the next look finds them again. */
async function lookAt(
  client: KilnClient,
  runId: string,
): Promise<{ status: BuildStatus; live: Live; running: boolean } | string> {
  try {
    const running = await client.isRunning(runId);
    const status = await client.status(runId);
    return { status, live: await client.live(status), running };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Draws over what it drew last. */
class Redraw {
  readonly #out: Out;
  #height = 0;

  constructor(out: Out) {
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
