/** Disks and snapshots as an api-version shows them, and what a write of one is answered with. */
import type { ArmRequest, JsonObject, Services, StoredResource } from '../../core.ts';
import { shownCreation } from './disk-bodies.ts';
import { isAsked, performance } from './disk-performance.ts';
import { object, text, TYPES, type Show } from './shared.ts';

/** The whole body, less what older versions of the API do not know. */
export const showDisk: Show = ({ type, body }, apiVersion) => {
  const {
    networkAccessPolicy,
    publicNetworkAccess,
    encryption,
    tier: _asked,
    ...properties
  } = object(body['properties']);
  return {
    ...body,
    properties: {
      ...properties,
      ...(type === TYPES.disk ? performance(object(body['sku']), object(body['properties']), apiVersion) : {}),
      ...(encryption === undefined || apiVersion < '2019-07-01' ? {} : { encryption }),
      ...(networkAccessPolicy === undefined || apiVersion < '2020-05-01' ? {} : { networkAccessPolicy }),
      ...(publicNetworkAccess === undefined || apiVersion < '2021-08-01' ? {} : { publicNetworkAccess }),
    },
  };
};

/**
 * How a write is answered by api-version, as recorded. Versions up to 2020-12-01 were recorded in their own time, before
 * the answer had an id and a type; 2020-09-30 later, between the two.
 */
function ageOf(apiVersion: string): { id: boolean; type: boolean; old: boolean; between: boolean } {
  const old = apiVersion <= '2020-12-01';
  const between = apiVersion === '2020-09-30';
  return { id: !old || between, type: !old, old, between };
}

/** A write is answered with what was sent and, once it exists, with its SKU; the rest is known when it is done. */
export function acceptedDisk(
  services: Services,
  request: ArmRequest,
  existing: StoredResource | undefined,
): (resource: StoredResource) => JsonObject {
  const { apiVersion, method, body: sent = {} } = request;
  const age = ageOf(apiVersion);
  return ({ id, type, body }) => {
    const held = object(body['properties']);
    const properties = ofTheirOwn(object(sent['properties']), text(object(sent['sku'])['name']));
    const creation = object(properties['creationData']);
    const { sourceUniqueId: copied, ...heldCreation } = object(held['creationData']);
    const sourceUniqueId = method === 'PATCH' ? copied : shownCreation(services, creation)['sourceUniqueId'];
    const unique = sourceUniqueId === undefined || !age.old ? {} : { sourceUniqueId };
    const shown: JsonObject =
      method === 'PATCH'
        ? { creationData: { ...heldCreation, ...unique }, diskSizeGB: held['diskSizeGB'] ?? 0, ...properties }
        : { ...properties, creationData: { ...creation, ...unique } };
    const named = type === TYPES.disk || sent['name'] !== undefined;
    const changed = existing !== undefined && (method === 'PATCH' || age.between);
    return {
      ...(named ? { name: body['name'] ?? '' } : {}),
      ...(age.id ? { id } : {}),
      ...(age.type ? { type } : {}),
      location: body['location'] ?? '',
      ...(sent['tags'] === undefined ? {} : { tags: sent['tags'] }),
      ...(sent['sku'] === undefined ? {} : { sku: sent['sku'] }),
      ...(existing !== undefined && (type === TYPES.snapshot || method === 'PATCH') ? { sku: body['sku'] ?? {} } : {}),
      properties: {
        ...shown,
        ...(existing !== undefined && type === TYPES.disk ? tierOf(body, apiVersion) : {}),
        provisioningState: 'Updating',
        ...(age.old ? { isArmResource: true } : {}),
        ...(changed && age.between ? { colocationConstraints: {} } : {}),
        ...(changed && age.old && type === TYPES.snapshot ? { faultDomain: 0 } : {}),
      },
    };
  };
}

const tierOf = (body: JsonObject, apiVersion: string): JsonObject => {
  const { tier } = performance(object(body['sku']), object(body['properties']), apiVersion);
  return tier === undefined ? {} : { tier };
};

/** What a disk can do is Azure's to say, but for those where a person says it. */
function ofTheirOwn({ diskIOPSReadWrite, diskMBpsReadWrite, ...properties }: JsonObject, sku: string): JsonObject {
  if (!isAsked(sku)) return properties;
  return {
    ...properties,
    ...(diskIOPSReadWrite === undefined ? {} : { diskIOPSReadWrite }),
    ...(diskMBpsReadWrite === undefined ? {} : { diskMBpsReadWrite }),
  };
}
