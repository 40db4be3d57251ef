/**
 * One-time keys by which a browser comes in: whoever has a token of the gateway's authority asks for one, and it stands
 * for that caller once. Kept in memory: a key is worth nothing at another gateway or after a restart.
 */
import { randomBytes } from 'node:crypto';
import type { Visitor } from './sessions.ts';

const VALID_MS = 3600_000;
const MAX_OPEN = 1000;

export class Links {
  readonly #open = new Map<string, { visitor: Visitor; until: number }>();

  issue(visitor: Visitor, now = Date.now()): { key: string; expires: string } {
    for (const [key, { until }] of this.#open) {
      // In the order in which they were issued, so the first ones are the oldest.
      if (until > now && this.#open.size < MAX_OPEN) break;
      this.#open.delete(key);
    }
    const key = randomBytes(24).toString('base64url');
    this.#open.set(key, { visitor, until: now + VALID_MS });
    return { key, expires: new Date(now + VALID_MS).toISOString() };
  }

  redeem(key: string, now = Date.now()): Visitor | undefined {
    const found = this.#open.get(key);
    this.#open.delete(key);
    return found !== undefined && found.until > now ? found.visitor : undefined;
  }
}
