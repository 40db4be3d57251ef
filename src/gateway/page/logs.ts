/** Logs of steps, read from the blobs that the machine writes: a part at a time, and what comes while a step runs. */
import type { KilnClient } from '../../client/kiln-client.ts';
import type { BuildStatus, LogLinks } from '../../workflows/messages.ts';
import type { Publish } from './topics.ts';
import type { LogPart, LogStream } from './views.ts';

/** At most so much at once. */
const PART_BYTES = 256 * 1024;
/** Links are good for an hour. */
const LINKS_MS = 45 * 60_000;
const MAX_RUNS = 200;
export const STREAMS = ['stdout', 'stderr'] as const satisfies LogStream[];

export class LogReader {
  readonly #builds: KilnClient;
  readonly #links = new Map<string, { until: number; links: Promise<LogLinks> }>();

  constructor(builds: KilnClient) {
    this.#builds = builds;
  }

  /** Of one log; undefined where the run has no such step, or no logs yet. */
  async url(status: BuildStatus, step: string, stream: LogStream): Promise<string | undefined> {
    if (status.logs === undefined) return undefined;
    return (await this.#linksOf(status))[`${step}/${stream}.log`];
  }

  /**
   * What follows byte `from`, as whole characters; without it, the end of the log from the beginning of a line.
   * @throws Error where the storage does not answer
   */
  async read(url: string, from?: number): Promise<Omit<LogPart, 'step' | 'stream'>> {
    const start = from ?? Math.max(0, (await this.size(url)) - PART_BYTES);
    const response = await fetch(url, { headers: { 'x-ms-range': `bytes=${start}-${start + PART_BYTES - 1}` } });
    // 404: nothing written yet; 416: nothing new.
    if (response.status === 404 || response.status === 416) return { at: start, next: start, text: '' };
    if (!response.ok) throw new Error(`the log's storage answered ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const end = wholeCharacters(bytes);
    const skipped = from === undefined && start > 0 ? bytes.indexOf('\n') + 1 : 0;
    return { at: start + skipped, next: start + end, text: bytes.subarray(skipped, end).toString() };
  }

  /** The whole of it, to be passed on. */
  download(url: string, signal: AbortSignal): Promise<Response> {
    return fetch(url, { signal });
  }

  async size(url: string): Promise<number> {
    const response = await fetch(url, { method: 'HEAD' });
    return response.ok ? Number(response.headers.get('content-length') ?? 0) : 0;
  }

  /** Of all steps at once: making them is a workflow. */
  #linksOf(status: BuildStatus): Promise<LogLinks> {
    const key = `${status.runId}/${status.logs?.storageAccount ?? ''}`;
    const known = this.#links.get(key);
    if (known !== undefined && known.until > Date.now()) return known.links;
    const blobs = status.steps.flatMap((step) => STREAMS.map((stream) => `${step.key}/${stream}.log`));
    const links = this.#builds.logLinks(status, blobs);
    links.catch(() => this.#links.delete(key));
    this.#links.delete(key);
    this.#links.set(key, { until: Date.now() + LINKS_MS, links });
    const [oldest] = this.#links.keys();
    if (this.#links.size > MAX_RUNS && oldest !== undefined) this.#links.delete(oldest);
    return links;
  }
}

/** How many of the bytes are whole characters: one may be cut off at the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** What the step that runs writes, from when somebody looks; readers fetch what was there before. */
export class LogTail {
  readonly #logs: LogReader;
  readonly #publish: Publish;
  readonly #at = new Map<string, number>();

  constructor(logs: LogReader, publish: Publish) {
    this.#logs = logs;
    this.#publish = publish;
  }

  async look(status: BuildStatus): Promise<void> {
    // A step that has just ended may have written since the last look.
    const wanted = status.steps.filter(({ key, state }) => state === 'Running' || this.#at.has(`${key}/stdout`));
    for (const { key: step, state } of wanted) {
      for (const stream of STREAMS) await this.#pass(status, step, stream);
      if (state !== 'Running') for (const stream of STREAMS) this.#at.delete(`${step}/${stream}`);
    }
  }

  /** Logs are a part of the view: where they cannot be read the rest of it goes on. */
  async #pass(status: BuildStatus, step: string, stream: LogStream): Promise<void> {
    const name = `${step}/${stream}`;
    try {
      const url = await this.#logs.url(status, step, stream);
      if (url === undefined) return;
      const at = this.#at.get(name) ?? (await this.#logs.size(url));
      const part = await this.#logs.read(url, at);
      this.#at.set(name, part.next);
      if (part.text !== '') this.#publish({ event: 'log', data: { step, stream, ...part }, passing: true });
    } catch {
      // Read again at the next look.
    }
  }
}
