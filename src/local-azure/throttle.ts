/**
 * Resource Manager's token buckets: per kind of call, a bucket that refills by the second. Off unless limits are
 * given; the headers that tell what remains are always sent.
 */

export type CallKind = 'reads' | 'writes' | 'deletes';

export interface Limit {
  bucket: number;
  perSecond: number;
}

export interface Verdict {
  headers: Record<string, string>;
  /** Seconds, where the call is refused. */
  retryAfter?: number;
}

export interface Throttle {
  take(method: string, path: string): Verdict;
}

/** What Azure's headers start from; sent while no limit is in force. */
const SHOWN: Record<CallKind, number> = { reads: 11_999, writes: 1_199, deletes: 14_999 };

export function createThrottle(limits?: Record<CallKind, Limit>, now: () => number = Date.now): Throttle {
  const buckets = new Map<CallKind, { tokens: number; at: number }>();
  return {
    take(method, path) {
      const kind = kindOf(method);
      // Azure counts below a subscription against it, and all else against the tenant.
      const header = `x-ms-ratelimit-remaining-${/^\/subscriptions\//i.test(path) ? 'subscription' : 'tenant'}-${kind}`;
      const limit = limits?.[kind];
      if (limit === undefined) {
        return { headers: { [header]: String(SHOWN[kind]) } };
      }
      const bucket = buckets.get(kind) ?? { tokens: limit.bucket, at: now() };
      const tokens = Math.min(limit.bucket, bucket.tokens + ((now() - bucket.at) / 1000) * limit.perSecond);
      const granted = tokens >= 1;
      buckets.set(kind, { tokens: granted ? tokens - 1 : tokens, at: now() });
      const headers = { [header]: String(Math.max(0, Math.floor(tokens - 1))) };
      return granted ? { headers } : { headers, retryAfter: Math.max(1, Math.ceil((1 - tokens) / limit.perSecond)) };
    },
  };
}

function kindOf(method: string): CallKind {
  if (method === 'GET' || method === 'HEAD') {
    return 'reads';
  }
  return method === 'DELETE' ? 'deletes' : 'writes';
}
