/** A step's log in the page: fetched when it is opened, added to while the step runs, never more than a person can read. */
import type { LogPart, LogStream } from '../views.ts';
import { bytes } from './format.ts';
import { ask } from './server.ts';

const MAX_CHARACTERS = 400_000;

export class LogView {
  readonly #element: HTMLElement;
  readonly #path: string;
  /** Bytes that are shown. */
  #next: number | undefined;
  #asking: Promise<void> | undefined;
  #follows = true;
  #text = '';
  #left = false;

  constructor(element: HTMLElement, run: string, step: string, stream: LogStream) {
    this.#element = element;
    this.#path = `runs/${encodeURIComponent(run)}/logs/${encodeURIComponent(step)}/${stream}`;
    element.addEventListener('scroll', () => {
      this.#follows = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    });
  }

  get address(): string {
    return `/kiln/api/${this.#path}?whole`;
  }

  /** What there is, after what is shown. */
  async fetch(): Promise<void> {
    this.#asking ??= this.#fetchAll().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #fetchAll(): Promise<void> {
    for (;;) {
      const from: string = this.#next === undefined ? '' : `?from=${this.#next}`;
      const part = await ask<Omit<LogPart, 'step' | 'stream'>>(this.#path + from).catch(() => undefined);
      if (part === undefined) return;
      if (this.#next === undefined && part.at > 0) this.#left = true;
      this.#add(part);
      if (part.text === '') return;
    }
  }

  /** What the server tells; where something was missed it is asked for. */
  put(part: LogPart): void {
    if (this.#next === undefined || part.at !== this.#next) void this.fetch();
    else this.#add(part);
  }

  #add({ next, text }: Pick<LogPart, 'next' | 'text'>): void {
    this.#next = next;
    this.#text += text;
    if (this.#text.length > MAX_CHARACTERS) {
      this.#text = this.#text.slice(this.#text.indexOf('\n', this.#text.length - MAX_CHARACTERS) + 1);
      this.#left = true;
    }
    const head = this.#left ? `… the last of ${bytes(next)}; “Whole log” has all of it\n` : '';
    this.#element.textContent = head + readable(this.#text);
    this.#element.hidden = this.#text === '';
    if (this.#follows) this.#element.scrollTop = this.#element.scrollHeight;
  }
}

/** Without what a terminal makes colours of; a line that is written over is a line of its own. */
export function readable(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replaceAll(/\u001b(?:\[[0-9;?]*[A-Za-z]|\][^\u0007]*\u0007|[()][A-Z0-9])/g, '')
      .replaceAll(/\r\n?/g, '\n')
  );
}
