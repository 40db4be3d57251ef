/** Route tables and their routes, which live in the table's body. Machines here route as their virtual network does. */
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { keepParts, partRoutes, type PartKind, showParts } from './body-parts.ts';
import { referencesTo } from './references.ts';
import { type Kind, routesOf } from './resource-kinds.ts';

const TYPE = RESOURCE_TYPES.routeTable;

const ROUTES: PartKind = {
  holder: TYPE,
  segment: 'routes',
  retryAfter: 2,
  keep: (sent) => ({ ...sent, hasBgpOverride: false }),
  refuseConflicts: refuseSamePrefix,
};

export function routeTableRoutes(services: Services): Route[] {
  const { store } = services;
  const kind: Kind = {
    type: TYPE,
    retryAfter: 2,
    deleteRetryAfter: 2,
    build: (request, _existing, id) => ({
      disableBgpRoutePropagation: false,
      ...propertiesOf(request.body),
      routes: keepParts(ROUTES, request, id),
    }),
    show(table) {
      const subnets = referencesTo(store, RESOURCE_TYPES.subnet, 'routeTable', table.id).map(({ id }) => ({ id }));
      return {
        ...table.body,
        properties: {
          ...propertiesOf(table.body),
          routes: showParts(ROUTES, table),
          ...(subnets.length === 0 ? {} : { subnets }),
        },
      };
    },
    refuseDeletion(table) {
      const users = referencesTo(store, RESOURCE_TYPES.subnet, 'routeTable', table.id);
      if (users.length > 0) {
        throw new ArmError(
          400,
          'InUseRouteTableCannotBeDeleted',
          `Route table ${textOf(table.body['name'])} is in use and cannot be deleted.`,
        );
      }
    },
  };
  const one = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${TYPE}/{name}`;
  return [...routesOf(services, kind, one), ...partRoutes(services, ROUTES)];
}

function refuseSamePrefix(routes: JsonObject[]): void {
  const seen = new Map<string, string>();
  for (const route of routes) {
    const prefix = textOf(propertiesOf(route)['addressPrefix']).toLowerCase();
    const other = seen.get(prefix);
    if (other !== undefined) {
      throw new ArmError(
        400,
        'RouteConflict',
        `Route ${textOf(route['name'])} conflicts with route ${other}. Routes in the same route table cannot have the same AddressPrefix.`,
      );
    }
    seen.set(prefix, textOf(route['name']));
  }
}
