/** Beside authorization: what a lock forbids. */
import type { Services } from '../core.ts';
import { refuseLocked } from '../providers/authorization/locks.ts';
import type { Stage } from './environment.ts';

export function locks({ store }: Services): Stage {
  return async (c, next) => {
    refuseLocked(store, c.req.method, c.get('path'));
    await next();
  };
}
