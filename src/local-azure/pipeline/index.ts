/**
 * What happens to a request, in this order:
 *   context → authenticate → validate → authorize → locks → throttle → route → handle → serialize, and errors at the end of it all.
 * The authority and the diagnostics stand beside it and need no token; the directory looks at its own.
 */
import { Hono } from 'hono';
import type { Authority } from '../authority.ts';
import { directory } from '../directory.ts';
import { createCallCounter } from '../call-counter.ts';
import type { Exchange, Provider, Services } from '../core.ts';
import type { Limits } from '../limits/index.ts';
import type { OperationEngine } from '../operations.ts';
import { createRouter } from '../router.ts';
import { createAccess } from '../providers/authorization/access.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { context } from './context.ts';
import { diagnostics } from './diagnostics.ts';
import type { Environment } from './environment.ts';
import { createHandler } from './handle.ts';
import { failure, serialize } from './serialize.ts';
import { locks } from './locks.ts';
import { observe } from './observe.ts';
import type { StaleReads } from './stale-reads.ts';
import { throttle } from './throttle.ts';
import { limitBody, validate } from './validate.ts';

export interface PipelineParts {
  services: Services & { operations: OperationEngine };
  providers: Provider[];
  authority: Authority;
  limits: Limits;
  observe?: (exchange: Exchange) => void;
  staleReads?: StaleReads | undefined;
}

export function createPipeline(parts: PipelineParts): Hono<Environment> {
  const { services, providers, authority, limits } = parts;
  const calls = createCallCounter();
  const handle = createHandler(services, createRouter(providers), calls);
  const app = new Hono<Environment>();

  app.use(context);
  app.onError((error, c) => {
    calls.countRefusal(error);
    return failure(error, c, services);
  });
  app.route('/', diagnostics(services, calls));
  app.route('/', authority.routes);
  app.route('/', directory(services.store, authority));

  app.use(authenticate(authority));
  app.use(limitBody);
  if (parts.observe !== undefined) app.use(observe(parts.observe));
  app.use(validate(services));
  app.use(authorize(createAccess(services.store)));
  app.use(locks(services));
  app.use(throttle(limits));
  if (parts.staleReads !== undefined) app.use(parts.staleReads.stage);
  app.all('*', async (c) => serialize(c, await handle(c), services));
  return app;
}
