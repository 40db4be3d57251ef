/**
 * How often Azure is asked whether something is done. The pause grows with the time already waited, so that what is short
 * is noticed at once and what is long is asked about seldom; what Azure says is left of its allowance lengthens it.
 */

export interface Pace {
  firstMs: number;
  /** Pause as a part of the time waited so far: the most that asking adds to a wait. */
  growth: number;
  slowestMs: number;
  allowance?: Allowance;
}

/** Inside what Azure allows without being told: 45 status reads of an operation in a burst and 15 a minute after that. */
export const OPERATION_PACE: Pace = { firstMs: 100, growth: 0.15, slowestMs: 5000 };

/** A header's name; its value is as `Microsoft.Compute/LowCostGetResource;35,Microsoft.Compute/LowCostGetSubscriptionMaximum;23999`. */
const HEADER = 'x-ms-ratelimit-remaining-resource';

interface RawResponse {
  headers: { get(name: string): string | undefined };
}

/**
 * What is left of the reads of one resource, as its last answer said. Azure allows 36 cheap reads of a virtual machine in
 * a burst and 12 a minute after that, all its run commands included.
 */
export class Allowance {
  #left = Infinity;

  /** To be given to a client's call as its options. */
  readonly options = {
    onResponse: ({ headers }: RawResponse): void => {
      this.#left = Math.min(...entries(headers.get(HEADER) ?? ''));
    },
  };

  /** Longer the less is left of the last half. */
  stretch(wantedMs: number): number {
    return wantedMs * Math.sqrt(Math.max(1, ENOUGH / Math.max(0.01, this.#left)));
  }
}

const ENOUGH = 18;

/** What is left of allowances that are a single resource's, as against the subscription's. */
function entries(header: string): number[] {
  return [...header.matchAll(/Resource;(\d+)/g)].map(([, left]) => Number(left));
}

export const machinePace = (allowance: Allowance): Pace => ({
  firstMs: 250,
  growth: 0.15,
  slowestMs: 5000,
  allowance,
});

/** The pause before the next look, after `waitedMs` of waiting. */
export function nextPause({ firstMs, growth, slowestMs, allowance }: Pace, waitedMs: number): number {
  const wanted = Math.max(firstMs, waitedMs * growth);
  return Math.min(allowance?.stretch(wanted) ?? wanted, slowestMs);
}
