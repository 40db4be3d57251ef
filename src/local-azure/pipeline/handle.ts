/** Stages 5 and 6: finds who answers, and has the answer made. Polls of operations are answered for all providers alike. */
import { requireApiVersion } from '../api-versions/index.ts';
import { answerStatus, isStatusPath } from '../async-answers.ts';
import type { createCallCounter } from '../call-counter.ts';
import {
  type ArmRequest,
  type ArmResponse,
  LOCAL_SUBSCRIPTION,
  type JsonObject,
  type ResourceStore,
  type Services,
} from '../core.ts';
import type { OperationEngine } from '../operations.ts';
import { parseResourceId, providerIndex } from '../resource-id.ts';
import type { Match, Router } from '../router.ts';
import { fitAction, fitBody } from '../shapes/index.ts';
import type { RequestContext } from './environment.ts';

export function createHandler(
  services: Services & { operations: OperationEngine },
  router: Router,
  calls: ReturnType<typeof createCallCounter>,
) {
  return (c: RequestContext): Promise<ArmResponse> | ArmResponse => {
    const method = c.req.method as ArmRequest['method'];
    const path = c.get('path');
    if (isStatusPath(path) && method === 'GET') {
      calls.count(`${method} operation status`);
      const url = `${c.get('origin')}${c.req.url.slice(new URL(c.req.url).origin.length)}`;
      return answerStatus(path, { query: c.get('query'), url }, services);
    }
    const match = router.match(method, path, c.get('apiVersion'));
    calls.countRoute(match.route);
    const type = typeOf(match);
    const body = c.get('body');
    requireApiVersion(type, c.get('apiVersion'), locationOf(services.store, match.id, body));
    if (type !== undefined) c.set('body', fitted(type, method, match.route.path, body));
    return match.route.handle(armRequest(c, match));
  };
}

function armRequest(c: RequestContext, match: Match): ArmRequest {
  return {
    method: c.req.method as ArmRequest['method'],
    params: match.params,
    id: match.id,
    path: c.get('path'),
    query: c.get('query'),
    body: c.get('body'),
    apiVersion: c.get('apiVersion'),
    subscriptionId: LOCAL_SUBSCRIPTION,
    principal: c.get('principal'),
    origin: c.get('origin'),
  };
}

/** Whose provider is asked: said by the body or the path, or that of what is there, or of what it lies in, at last of its group. */
function locationOf(store: ResourceStore, id: string, body: JsonObject | undefined): string | undefined {
  const told = body?.['location'] ?? /\/locations\/([^/]+)/i.exec(id)?.[1];
  if (typeof told === 'string') return told;
  const parts = id.split('/');
  const around = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  const held = around.map((one) => store.get(one)?.body['location']).find((location) => typeof location === 'string');
  return typeof held === 'string' ? held : undefined;
}

/** As the handler gets it. Throws ArmError 400 for what the type does not take. */
function fitted(type: string, method: string, route: string, body: JsonObject | undefined): JsonObject | undefined {
  if (method === 'POST') return fitAction(type, route.slice(route.lastIndexOf('/') + 1), body);
  return body === undefined || (method !== 'PUT' && method !== 'PATCH') ? body : fitBody(type, body, method);
}

/**
 * Of the last provider that an id names: a role assignment lies at another's resource. Undefined for what is Resource
 * Manager's own, as are the providers themselves.
 */
function typeOf({ id, route }: Match): string | undefined {
  const at = providerIndex(id);
  if (at < 0) return /\/resourcegroups\/[^/]+$/i.test(id) ? 'Microsoft.Resources/resourceGroups' : undefined;
  const { type } = parseResourceId(id.slice(at));
  const isProvider = type?.includes('/') !== true && route.path.includes('/providers/{namespace}');
  return isProvider ? undefined : type;
}
