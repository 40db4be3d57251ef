/** Stage 4: takes the request's tokens, and tells what remains of the allowances. */
import type { Limits } from '../limits/index.ts';
import type { Stage } from './environment.ts';

export function throttle(limits: Limits): Stage {
  return async (c, next) => {
    const { headers, refusal } = limits.take(
      c.req.method,
      c.get('path'),
      c.get('principal').objectId,
      c.get('apiVersion'),
    );
    c.set('rateHeaders', headers);
    if (refusal !== undefined) {
      c.header('Retry-After', String(refusal.retryAfter));
      throw refusal.error;
    }
    await next();
  };
}
