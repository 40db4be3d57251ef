/**
 * How often Azure is asked whether something is done. The pause grows with the time already waited, so that what is short
 * is noticed at once and what is long is asked about seldom; Azure's own allowances bound it.
 */

export interface Pace {
  firstMs: number;
  /** Pause as a part of the time waited so far: the most that asking adds to a wait. */
  growth: number;
  slowestMs: number;
  budget?: Budget;
}

/** Azure allows 45 status reads of an operation in a burst and 15 a minute after that. */
export const OPERATION_PACE: Pace = { firstMs: 100, growth: 0.15, slowestMs: 5000 };

/**
 * Reads that share an allowance with others: a token bucket. Azure allows 36 cheap reads of a virtual machine in a burst
 * and 12 a minute after that ("Low cost GET VM"), all its run commands included; a few are left to others.
 */
export class Budget {
  readonly #capacity: number;
  readonly #perMs: number;
  #tokens: number;
  #at: number;

  constructor(capacity: number, perMinute: number, now = Date.now()) {
    this.#capacity = capacity;
    this.#perMs = perMinute / 60_000;
    this.#tokens = capacity;
    this.#at = now;
  }

  /** Takes one read and answers how long to wait before it is made. */
  take(now = Date.now()): number {
    this.#refill(now);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }

  /** A pause that was wanted, longer the less is left. */
  stretch(wantedMs: number, now = Date.now()): number {
    this.#refill(now);
    return wantedMs * Math.sqrt(this.#capacity / Math.max(1, this.#tokens));
  }

  #refill(now: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }

  isFull(now = Date.now()): boolean {
    return this.#tokens + (now - this.#at) * this.#perMs >= this.#capacity;
  }
}

const machines = new Map<string, Budget>();

/** Of reads of one virtual machine and its run commands, shared by all activities of this process. */
export function machinePace(resourceGroup: string, name: string): Pace {
  for (const [key, budget] of machines) if (budget.isFull()) machines.delete(key);
  const key = `${resourceGroup}/${name}`.toLowerCase();
  const budget = machines.get(key) ?? new Budget(30, 10);
  machines.set(key, budget);
  return { firstMs: 250, growth: 0.15, slowestMs: 5000, budget };
}

/** The pause before the next look, after `waitedMs` of waiting. */
export function nextPause({ firstMs, growth, slowestMs, budget }: Pace, waitedMs: number, now = Date.now()): number {
  const wanted = Math.max(firstMs, waitedMs * growth);
  return Math.min(budget?.stretch(wanted, now) ?? wanted, slowestMs);
}
