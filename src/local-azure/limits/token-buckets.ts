/** Token buckets, kept by key; a bucket that is full again is forgotten. */

export interface Limit {
  burst: number;
  /** Tokens that come back in a minute. */
  perMinute: number;
}

export interface Draw {
  key: string;
  limit: Limit;
}

interface Bucket {
  tokens: number;
  at: number;
}

const FORGET_ABOVE = 10_000;

export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #perMs: number;
  readonly #now: () => number;

  /** @param pace how many times faster than the clock the buckets refill */
  constructor(pace: number, now: () => number) {
    this.#perMs = pace / 60_000;
    this.#now = now;
  }

  /** Tokens left after one more is taken; below 0 where there is none to take. */
  left({ key, limit }: Draw): number {
    return this.#level(key, limit) - 1;
  }

  take({ key, limit }: Draw): void {
    if (this.#buckets.size > FORGET_ABOVE) {
      this.#forgetOld();
    }
    this.#buckets.set(key, { tokens: Math.max(0, this.#level(key, limit) - 1), at: this.#now() });
  }

  /** Whole seconds until there is a token; at least 1. */
  wait({ key, limit }: Draw): number {
    const missing = 1 - this.#level(key, limit);
    return Math.max(1, Math.ceil(missing / (limit.perMinute * this.#perMs) / 1000));
  }

  #level(key: string, { burst, perMinute }: Limit): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return burst;
    const elapsed = this.#now() - bucket.at;
    return elapsed === 0 ? bucket.tokens : Math.min(burst, bucket.tokens + elapsed * perMinute * this.#perMs);
  }

  /** The oldest half: whatever was not asked for during thousands of calls is near full. */
  #forgetOld(): void {
    const keys = [...this.#buckets].toSorted(([, a], [, b]) => a.at - b.at).slice(0, FORGET_ABOVE / 2);
    for (const [key] of keys) this.#buckets.delete(key);
  }
}
