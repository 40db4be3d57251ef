/**
 * How much may be asked: Resource Manager's buckets for each principal, then the provider's own. What remains is told
 * in the headers of every answer; a call that finds a bucket empty takes nothing from the others.
 */
import { operationIdOf } from '../async-answers.ts';
import { ArmError, type Operations } from '../core.ts';
import { computeAllowances } from './compute-limits.ts';
import { TokenBuckets, type Limit } from './token-buckets.ts';

const NEWEST = '9999-12-31';

type CallKind = 'read' | 'write' | 'delete';

/** Since 2024: of each principal in a subscription and region. */
const ARM_LIMITS: Record<CallKind, Limit> = {
  read: { burst: 250, perMinute: 25 * 60 },
  write: { burst: 200, perMinute: 10 * 60 },
  delete: { burst: 200, perMinute: 10 * 60 },
};

/** POSTs that change nothing are not counted as writes, and what remains is told under a name of its own. */
const LOOKS = /\/(list\w*|check\w*|resourceGroups\/[^/]+\/exportTemplate)$/i;

export interface Verdict {
  headers: Record<string, string>;
  /** Where the call is refused: the answer, and after how many seconds to come again. */
  refusal?: { error: ArmError; retryAfter: number };
}

export interface Limits {
  take(method: string, path: string, principalId: string, apiVersion?: string): Verdict;
}

/** @param pace how many times faster than the clock the allowances refill; see TimeProfile */
export function createLimits(options: {
  enforced: boolean;
  pace: number;
  operations: Pick<Operations, 'get'>;
  subscriptionId: string;
  now?: () => number;
}): Limits {
  const { enforced, operations, subscriptionId, now = Date.now } = options;
  const buckets = new TokenBuckets(options.pace, now);
  const resourceOf = (path: string): string | undefined => {
    const id = operationIdOf(path);
    return id === undefined ? undefined : operations.get(id)?.resourceId;
  };

  return {
    take(method, path, principalId, apiVersion = NEWEST) {
      const looks = method === 'POST' && LOOKS.test(path);
      const kind = looks ? 'read' : kindOf(method);
      const own = { key: `${kind} ${principalId}`, limit: ARM_LIMITS[kind] };
      const provider = computeAllowances(method, path, resourceOf);
      // Below a subscription it counts against that, and all else against the tenant.
      const scope = /^\/subscriptions\//i.test(path) ? 'subscription' : 'tenant';
      const shown = (tokens: number) => String(Math.max(0, Math.floor(tokens)));
      const headers: Record<string, string> = {
        [`x-ms-ratelimit-remaining-${scope}-${looks ? 'resource-requests' : `${kind}s`}`]: shown(buckets.left(own)),
        ...(provider.length === 0 || isUntold(path, apiVersion)
          ? {}
          : {
              'x-ms-ratelimit-remaining-resource': provider
                .map((one) => `Microsoft.Compute/${one.name};${shown(buckets.left(one))}`)
                .join(','),
            }),
      };
      if (enforced && buckets.left(own) < 0) {
        const retryAfter = buckets.wait(own);
        return { headers, refusal: { error: tooMany(kind, subscriptionId, principalId, retryAfter), retryAfter } };
      }
      const empty = provider.filter((one) => buckets.left(one) < 0);
      if (enforced && empty.length > 0) {
        const retryAfter = Math.max(...empty.map((one) => buckets.wait(one)));
        return { headers, refusal: { error: providerRefusal(empty, now()), retryAfter } };
      }
      for (const one of [own, ...provider]) buckets.take(one);
      return { headers };
    },
  };
}

/** As recorded: of what a location offers, older versions are not told their allowances. */
const isUntold = (path: string, apiVersion: string): boolean =>
  apiVersion < '2020-12-01' && /\/locations\/[^/]+\/publishers\//i.test(path);

function kindOf(method: string): CallKind {
  if (method === 'GET' || method === 'HEAD') return 'read';
  return method === 'DELETE' ? 'delete' : 'write';
}

function tooMany(kind: CallKind, subscriptionId: string, actor: string, seconds: number): ArmError {
  return new ArmError(
    429,
    'SubscriptionRequestsThrottled',
    `Number of '${kind}' requests for subscription '${subscriptionId}' actor '${actor}' exceeded. Please try again ` +
      `after '${seconds}' seconds after additional tokens are available. ` +
      'Refer to https://aka.ms/arm-throttling for additional information.',
  );
}

/** Compute words it as its refusals of what is not allowed, with the groups that ran out as details. */
function providerRefusal(empty: Array<{ name: string; limit: Limit }>, time: number): ArmError {
  const at = (ms: number) => new Date(ms).toISOString();
  return new ArmError(
    429,
    'OperationNotAllowed',
    'The server rejected the request because too many requests have been received for this subscription.',
    undefined,
    empty.map(({ name, limit }) => ({
      code: 'TooManyRequests',
      target: name,
      message: JSON.stringify({
        operationGroup: name,
        startTime: at(time - 60_000),
        endTime: at(time),
        allowedRequestCount: limit.burst,
        measuredRequestCount: limit.burst + 1,
      }),
    })),
  );
}
