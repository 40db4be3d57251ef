/** Turns what was recorded into what is asked here: subscription, addresses of operations, ids that Azure chose. */
import { LOCAL_SUBSCRIPTION } from '../../src/local-azure/core.ts';
import type { Json } from './recordings.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NO_GUID = '00000000-0000-0000-0000-000000000000';
/** Names that Azure made up have chance in them. */
const MADE_UP = /[0-9a-f]{16,}/i;

/** Some Location headers have no host. */
const BASE = 'https://management.azure.com';

export class Translator {
  readonly #words = new Map<string, string>();
  /** Recorded address of an operation, without its query, → the local one's path and query. */
  readonly #addresses = new Map<string, string>();

  constructor(urls: string[]) {
    for (const url of urls) {
      const subscription = /\/subscriptions\/([^/?]+)/i.exec(url)?.[1];
      if (subscription !== undefined) this.#words.set(subscription, LOCAL_SUBSCRIPTION);
    }
  }

  text(recorded: string): string {
    let translated = recorded;
    for (const [from, to] of this.#words) translated = translated.replaceAll(from, to);
    return translated;
  }

  replace(recorded: string, local: string): void {
    this.#words.set(recorded, local);
  }

  json(recorded: Json | undefined): Json | undefined {
    return recorded === undefined ? undefined : (JSON.parse(this.text(JSON.stringify(recorded))) as Json);
  }

  /** Path and query to ask for. */
  address(recorded: string): string {
    const known = this.#addresses.get(keyOf(recorded));
    const url = new URL(recorded);
    return known ?? this.text(decodeURI(`${url.pathname}${url.search}`));
  }

  learnAddress(recorded: string, local: string | undefined): void {
    if (local === undefined) return;
    const url = new URL(local, BASE);
    this.#addresses.set(keyOf(recorded), `${url.pathname}${url.search}`);
  }

  /** Where both answers have an id or a made-up name in the same place, the one stands for the other from then on. */
  learn(recorded: Json | undefined, local: Json | undefined): void {
    if (typeof recorded === 'string' && typeof local === 'string') {
      const chosen = (GUID.test(recorded) && GUID.test(local)) || (MADE_UP.test(recorded) && !recorded.includes('/'));
      if (chosen && recorded !== NO_GUID && recorded !== local && !this.#words.has(recorded)) {
        this.#words.set(recorded, local);
      }
    } else if (Array.isArray(recorded) && Array.isArray(local)) {
      recorded.forEach((value, index) => this.learn(value, local[index]));
    } else if (isObject(recorded) && isObject(local)) {
      for (const [key, value] of Object.entries(recorded)) this.learn(value, local[key]);
    }
  }
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Signatures aside; the result of an operation has an address of its own. */
function keyOf(url: string): string {
  const { pathname, searchParams } = new URL(url, BASE);
  return `${pathname.toLowerCase()}${searchParams.get('monitor') === 'true' ? ' result' : ''}`;
}
