/** Resource groups. Deletion is a long-running operation that empties the group in order of dependency. */
import {
  ArmError,
  LOCAL_SUBSCRIPTION,
  type ArmRequest,
  type Json,
  type JsonObject,
  type Provider,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import type { Principal } from '../../authority.ts';
import type { InsideCalls } from '../../inside-calls.ts';
import { textOf } from '../../json.ts';
import { normalizeRegion, REGION_NAMES, requireRegion } from '../../regions.ts';
import { forgetGroup } from '../authorization/role-definitions.ts';
import { emptyOutside } from '../../outside-providers.ts';
import { emptyGroup } from './cascade.ts';
import { pageOf } from './pages.ts';
import type { ResourcesServices } from './services.ts';

const TYPE = 'Microsoft.Resources/resourceGroups';
const DELETE = 'Microsoft.Resources/resourceGroups/delete';
const ONE = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}';
const NAME = /^[\p{L}\p{N}_\-.()]{1,90}(?<!\.)$/u;

export function resourceGroupRoutes(services: ResourcesServices, providers: Provider[], calls: InsideCalls): Route[] {
  const { store, operations } = services;

  function require(request: ArmRequest): StoredResource {
    const group = store.get(request.id);
    if (group === undefined) {
      throw new ArmError(
        404,
        'ResourceGroupNotFound',
        `Resource group '${request.params['resourceGroup']}' could not be found.`,
      );
    }
    return group;
  }

  operations.register(DELETE, async (operation) => {
    const caller = operation.input['caller'] as unknown as Principal | undefined;
    if (caller !== undefined) await emptyOutside(services.stateDir, calls, caller, operation.resourceId);
    await emptyGroup(services, providers, operation.resourceId);
    store.delete(operation.resourceId);
    forgetGroup(store, operation.resourceId);
  });

  return [
    {
      method: 'PUT',
      path: ONE,
      handle(request) {
        const name = request.params['resourceGroup'] ?? '';
        if (!NAME.test(name)) {
          throw new ArmError(
            400,
            'InvalidResourceGroup',
            `The provided resource group name '${name}' is not valid: expected 1 to 90 letters, digits, '_', '-', '.', '(' or ')', not ending in '.'.`,
          );
        }
        const existing = store.get(request.id);
        const location = requireGroupRegion(request.body?.['location']);
        const former = textOf(existing?.body['location'] ?? location);
        if (former !== location) {
          throw new ArmError(
            409,
            'InvalidResourceGroupLocation',
            `Invalid resource group location '${location}'. The Resource group already exists in location '${former}'.`,
          );
        }
        const body: JsonObject = {
          id: existing?.id ?? `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/${name}`,
          name: existing?.body['name'] ?? name,
          type: TYPE,
          location,
          ...(request.body?.['tags'] === undefined ? {} : { tags: request.body['tags'] }),
          ...(request.body?.['managedBy'] === undefined ? {} : { managedBy: request.body['managedBy'] }),
          properties: { provisioningState: 'Succeeded' },
        };
        store.put({ id: textOf(body['id']), type: TYPE, body, hidden: {} });
        return { status: existing === undefined ? 201 : 200, body };
      },
    },
    {
      method: 'PATCH',
      path: ONE,
      handle(request) {
        const group = require(request);
        const location = request.body?.['location'];
        if (typeof location === 'string' && normalizeRegion(location) !== group.body['location']) {
          throw new ArmError(
            409,
            'InvalidResourceGroupLocation',
            `Invalid resource group location '${location}'. The Resource group already exists in location '${textOf(group.body['location'])}'.`,
          );
        }
        const body = { ...group.body, ...(request.body?.['tags'] === undefined ? {} : { tags: request.body['tags'] }) };
        store.put({ ...group, body });
        return { status: 200, body };
      },
    },
    { method: 'GET', path: ONE, handle: (request) => ({ status: 200, body: withState(services, require(request)) }) },
    { method: 'HEAD', path: ONE, handle: (request) => ({ status: store.get(request.id) === undefined ? 404 : 204 }) },
    {
      method: 'DELETE',
      path: ONE,
      handle(request) {
        const group = require(request);
        const operation =
          operations.pending(group.id).find(({ kind }) => kind === DELETE) ??
          operations.begin({
            kind: DELETE,
            subscriptionId: LOCAL_SUBSCRIPTION,
            location: textOf(group.body['location']),
            resourceId: group.id,
            input: { caller: request.principal as unknown as JsonObject },
          });
        return {
          status: 202,
          operation: { operation, form: { segment: 'operationresults', headers: 'location', retryAfter: 15 } },
        };
      },
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/resourceGroups',
      handle(request) {
        const wanted = tagFilter(request.query.get('$filter'));
        const value = store
          .list({ type: TYPE })
          .filter(({ body }) => wanted(body))
          .map((group) => withState(services, group));
        return { status: 200, body: pageOf(request, request.id, value) };
      },
    },
  ];
}

/** Throws ArmError 400 LocationRequired or LocationNotAvailableForResourceGroup. */
function requireGroupRegion(location: Json | undefined): string {
  try {
    return requireRegion(location, TYPE);
  } catch (error) {
    if (!(error instanceof ArmError) || error.code !== 'LocationNotAvailableForResourceType') throw error;
    throw new ArmError(
      400,
      'LocationNotAvailableForResourceGroup',
      `The provided location '${textOf(location)}' is not available for resource group. List of available regions is '${REGION_NAMES.join(',')}'.`,
    );
  }
}

function withState(services: Services, group: StoredResource): JsonObject {
  const deleting = services.operations.pending(group.id).length > 0;
  return { ...group.body, properties: { provisioningState: deleting ? 'Deleting' : 'Succeeded' } };
}

/** `tagName eq 'a' and tagValue eq 'b'`, the one filter that groups take. */
export function tagFilter(filter: string | null): (body: JsonObject) => boolean {
  if (filter === null) {
    return () => true;
  }
  const name = /tagName eq '([^']*)'/i.exec(filter)?.[1];
  const value = /tagValue eq '([^']*)'/i.exec(filter)?.[1];
  if (name === undefined) {
    throw new ArmError(
      400,
      'InvalidFilterInQueryString',
      `Invalid $filter '${filter}' specified in the query string: expected tagName eq '…' and tagValue eq '…'.`,
    );
  }
  return (body) => {
    const tags = Object.entries((body['tags'] ?? {}) as JsonObject);
    return tags.some(
      ([key, held]) => key.toLowerCase() === name.toLowerCase() && (value === undefined || held === value),
    );
  };
}
