/**
 * What many browsers look at is looked up once: a topic has one producer while somebody follows it, and everybody gets
 * its frames. All producers together ask Temporal at a bounded pace, however many topics there are.
 */
import { setTimeout as pause } from 'node:timers/promises';

export interface Frame {
  event: string;
  data: unknown;
  /** Of interest to those who are there now; others only need the last frame of each event. */
  passing?: true;
}

export type Publish = (frame: Frame) => void;
export type Produce = (publish: Publish, signal: AbortSignal) => Promise<void>;

/** A reader that does not keep up loses passing frames, and the page then asks for what it missed. */
const MAX_WAITING = 200;
/** Going from one view to another must not end a producer that is wanted again at once. */
const LINGER_MS = 3_000;

interface Topic {
  frames: Map<string, Frame>;
  readers: Set<Reader>;
  controller: AbortController;
  ended: boolean;
  linger?: NodeJS.Timeout;
}

export class Topics {
  readonly #topics = new Map<string, Topic>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** The last frame of each event, then each that comes; ends with the signal or after the producer. */
  async *follow(key: string, produce: Produce, signal: AbortSignal): AsyncGenerator<Frame> {
    const topic = this.#topics.get(key) ?? this.#begin(key, produce);
    clearTimeout(topic.linger);
    const reader = new Reader(topic.frames.values());
    topic.readers.add(reader);
    const wake = (): void => reader.wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        yield* reader.take();
        if (topic.ended) {
          yield* reader.take();
          return;
        }
        if (!signal.aborted) await reader.more();
      }
    } finally {
      signal.removeEventListener('abort', wake);
      topic.readers.delete(reader);
      if (topic.readers.size === 0) this.#leave(key, topic);
    }
  }

  #begin(key: string, produce: Produce): Topic {
    if (this.#topics.size >= this.#max) throw new TooManyTopics();
    const topic: Topic = { frames: new Map(), readers: new Set(), controller: new AbortController(), ended: false };
    this.#topics.set(key, topic);
    const publish = (frame: Frame): void => {
      if (frame.passing !== true) topic.frames.set(frame.event, frame);
      for (const reader of topic.readers) reader.put(frame);
    };
    void produce(publish, topic.controller.signal)
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        publish({ event: 'trouble', data: { message } });
      })
      .finally(() => {
        topic.ended = true;
        if (this.#topics.get(key) === topic) this.#topics.delete(key);
        for (const reader of topic.readers) reader.wake();
      });
    return topic;
  }

  #leave(key: string, topic: Topic): void {
    topic.linger = setTimeout(() => {
      if (topic.readers.size > 0) return;
      if (this.#topics.get(key) === topic) this.#topics.delete(key);
      topic.controller.abort();
    }, LINGER_MS).unref();
  }
}

export class TooManyTopics extends Error {
  override readonly name = 'TooManyTopics';

  constructor() {
    super('too many different views are open at this gateway; close some, or look again later');
  }
}

class Reader {
  readonly #last = new Map<string, Frame>();
  #passing: Frame[] = [];
  #waiting = Promise.withResolvers<void>();

  constructor(frames: Iterable<Frame>) {
    for (const frame of frames) this.put(frame);
  }

  put(frame: Frame): void {
    if (frame.passing !== true) this.#last.set(frame.event, frame);
    else if (this.#passing.length < MAX_WAITING) this.#passing.push(frame);
    this.wake();
  }

  take(): Frame[] {
    const frames = [...this.#last.values(), ...this.#passing];
    this.#last.clear();
    this.#passing = [];
    return frames;
  }

  wake(): void {
    this.#waiting.resolve();
  }

  async more(): Promise<void> {
    await this.#waiting.promise;
    this.#waiting = Promise.withResolvers();
  }
}

/** Turns, one after the other, so far apart. */
export class Pace {
  readonly #gapMs: number;
  #next = 0;

  constructor(perSecond: number) {
    this.#gapMs = 1000 / perSecond;
  }

  async turn(signal: AbortSignal): Promise<void> {
    const now = Date.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#gapMs;
    if (at > now) await pause(at - now, undefined, { signal });
  }
}

/** Looks again and again, tells only what is new, and says so while it gets no answer. */
export async function poll(
  { pace, everyMs }: { pace: Pace; everyMs: number },
  look: () => Promise<Frame>,
  publish: Publish,
  signal: AbortSignal,
): Promise<void> {
  let last = '';
  let troubled = false;
  while (!signal.aborted) {
    try {
      await pace.turn(signal);
      const frame = await look();
      const text = JSON.stringify(frame.data);
      if (text !== last) publish(frame);
      if (troubled) publish({ event: 'trouble', data: { message: '' } });
      last = text;
      troubled = false;
    } catch (error) {
      if (signal.aborted) return;
      publish({ event: 'trouble', data: { message: troubleOf(error) } });
      troubled = true;
    }
    await pause(everyMs, undefined, { signal }).catch(() => {});
  }
}

export function troubleOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `Temporal or its worker does not answer: ${message}`;
}
