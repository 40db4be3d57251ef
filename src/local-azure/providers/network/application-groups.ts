/** Application security groups: names for sets of interfaces, which rules may say in place of addresses. */
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import type { Route, Services } from '../../core.ts';
import { routesOf } from './resource-kinds.ts';

export function applicationGroupRoutes(services: Services): Route[] {
  const type = RESOURCE_TYPES.applicationGroup;
  return routesOf(
    services,
    { type, retryAfter: 1, deleteRetryAfter: 1, hasGuid: false, build: (request) => propertiesOf(request.body) },
    `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${type}/{name}`,
  );
}
