/** Availability sets and proximity placement groups: said of machines and kept, all of it at once. */
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { sameId } from '../../resource-id.ts';
import { requireName } from './names.ts';
import { GROUP_PATH, idIn, object, propertiesOf, readRoutes, text, TYPES } from './shared.ts';

interface Placement {
  type: string;
  /** The property of a machine that names one. */
  named: 'availabilitySet' | 'proximityPlacementGroup';
  /** As Azure's refusals call it. */
  called: string;
  created: 200 | 201;
  defaults: JsonObject;
  /** Beside the properties. */
  beside: JsonObject;
  /** Lists of those that are in it. */
  holds: (members: (type: string) => JsonObject[]) => JsonObject;
}

const PLACEMENTS: Placement[] = [
  {
    type: TYPES.availabilitySet,
    named: 'availabilitySet',
    called: 'Availability Set',
    created: 200,
    defaults: { platformUpdateDomainCount: 5, platformFaultDomainCount: 3 },
    beside: { sku: { name: 'Classic' } },
    holds: (members) => ({ virtualMachines: members(TYPES.machine) }),
  },
  {
    type: TYPES.proximityGroup,
    named: 'proximityPlacementGroup',
    called: 'Proximity Placement Group',
    created: 201,
    defaults: { proximityPlacementGroupType: 'Standard' },
    beside: {},
    holds: (members) => ({
      virtualMachines: members(TYPES.machine),
      virtualMachineScaleSets: [],
      availabilitySets: members(TYPES.availabilitySet),
    }),
  },
];

export function placementRoutes(services: Services): Route[] {
  return PLACEMENTS.flatMap((placement) => routesOf(services, placement));
}

function routesOf(services: Services, placement: Placement): Route[] {
  const { store } = services;
  const { type, named, called } = placement;
  const path = `${GROUP_PATH}/providers/${type}/{name}`;
  const members = (id: string, of: string): JsonObject[] =>
    store
      .list({ type: of })
      .filter((other) => sameId(idIn(propertiesOf(other)[named]) ?? '', id))
      .map((other) => ({ id: other.id }));
  /** Read, it tells what is in it; written, it does not. */
  const show = ({ id, body }: StoredResource): JsonObject => ({
    ...body,
    properties: { ...object(body['properties']), ...placement.holds((of) => members(id, of)) },
  });

  function write(request: ArmRequest): ArmResponse {
    const { id, params, body = {}, method } = request;
    const existing = method === 'PATCH' ? requireResource(store, id) : store.get(id);
    requireName(type, params['name'] ?? '');
    const kept = method === 'PATCH' ? existing?.body : undefined;
    const resource: StoredResource = {
      id: existing?.id ?? id,
      type,
      hidden: {},
      body: {
        ...kept,
        name: existing?.body['name'] ?? params['name'] ?? '',
        id: existing?.id ?? id,
        type,
        location: existing?.body['location'] ?? requireRegion(body['location'], type),
        ...(body['tags'] === undefined ? {} : { tags: body['tags'] }),
        ...(body['zones'] === undefined ? {} : { zones: body['zones'] }),
        properties: { ...placement.defaults, ...object(kept?.['properties']), ...object(body['properties']) },
        ...placement.beside,
        ...(body['sku'] === undefined ? {} : { sku: body['sku'] }),
      },
    };
    store.put(resource);
    return { status: existing === undefined ? placement.created : 200, body: resource.body };
  }

  return [
    { method: 'PUT', path, handle: write },
    { method: 'PATCH', path, handle: write },
    ...readRoutes(services, type, show),
    {
      method: 'DELETE',
      path,
      handle({ id }) {
        const held = store.get(id);
        if (held === undefined) return { status: 204 };
        const inside = Object.values(placement.holds((of) => members(held.id, of))).flat();
        if (inside.length > 0) {
          throw new ArmError(
            409,
            'OperationNotAllowed',
            `${called} '${text(held.body['name'])}' cannot be deleted. Before deleting it please ensure that it does not contain any VM.`,
          );
        }
        store.delete(held.id);
        return { status: 200 };
      },
    },
  ];
}
