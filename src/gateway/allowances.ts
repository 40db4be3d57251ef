/**
 * What remains of the calls that Resource Manager grants each principal, told in every answer as it tells it. Clients
 * pace themselves by it; nobody is refused here.
 */

/** Calls at once, and those that come back in a second. */
const GRANTED = { reads: [250, 25], writes: [200, 10], deletes: [200, 10] } as const;
const FORGET_ABOVE = 10_000;

export type RateHeaders = (principal: string, method: string, path: string) => Record<string, string>;

export function createAllowances(now: () => number = Date.now): RateHeaders {
  const left = new Map<string, { calls: number; at: number }>();
  return (principal, method, path) => {
    const kind = method === 'GET' || method === 'HEAD' ? 'reads' : method === 'DELETE' ? 'deletes' : 'writes';
    const [most, perSecond] = GRANTED[kind];
    const key = `${kind} ${principal}`;
    const { calls, at } = left.get(key) ?? { calls: most, at: now() };
    const remaining = Math.max(0, Math.min(most, calls + ((now() - at) / 1000) * perSecond) - 1);
    // Whoever has not asked for so long has all of it again.
    if (left.size >= FORGET_ABOVE) left.clear();
    left.set(key, { calls: remaining, at: now() });
    const scope = /^\/subscriptions\//i.test(path) ? 'subscription' : 'tenant';
    return { [`x-ms-ratelimit-remaining-${scope}-${kind}`]: String(Math.floor(remaining)) };
  };
}
