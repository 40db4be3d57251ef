/** Peerings of virtual networks: each side has its own, and they are connected once both are there. */
import { ArmError, type JsonObject, type ResourceStore, type Services, type StoredResource } from '../../core.ts';
import { sameId } from '../../resource-id.ts';
import { parentId, propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { overlap, parseRange } from './ip-ranges.ts';
import { idOf, referencesTo, requireReference } from './references.ts';
import type { Kind, View } from './resource-kinds.ts';
import { spaceOf } from './subnets.ts';

const DEFAULTS = {
  allowVirtualNetworkAccess: true,
  allowForwardedTraffic: false,
  allowGatewayTransit: false,
  useRemoteGateways: false,
  doNotVerifyRemoteGateways: false,
};
/** Since there are peerings whose sides may differ. */
const SYNC_SINCE = '2021-02-01';

export interface PeeringKind extends Kind {
  show(peering: StoredResource, view: View): JsonObject;
  /** The properties to keep of a peering with this id. Throws ArmError for what is wrong with those sent. */
  keep(sent: JsonObject, id: string): JsonObject;
}

export function peeringKind({ store }: Services): PeeringKind {
  function keep(sent: JsonObject, id: string): JsonObject {
    const remote = idOf(sent['remoteVirtualNetwork']);
    if (remote === undefined) {
      throw new ArmError(
        400,
        'InvalidRequestFormat',
        `Peering ${id} has no remote virtual network: expected properties.remoteVirtualNetwork.id.`,
      );
    }
    requireReference(store, sent['remoteVirtualNetwork'], id);
    refuseSecond(store, id, remote);
    refuseOverlap(store, id, remote);
    const { remoteAddressSpace: _, remoteVirtualNetworkAddressSpace: __, peeringState: ___, ...asked } = sent;
    const { peeringSyncLevel: ____, ...kept } = asked;
    return { ...DEFAULTS, ...kept, remoteVirtualNetwork: { id: remote } };
  }

  return {
    type: RESOURCE_TYPES.peering,
    retryAfter: 10,
    hasGuid: true,
    keep,
    build: (request, _existing, id) => keep(propertiesOf(request.body), id),
    show(peering, { apiVersion }) {
      const properties = propertiesOf(peering.body);
      const remote = store.get(idOf(properties['remoteVirtualNetwork']) ?? '');
      const back =
        remote === undefined
          ? []
          : referencesTo(store, RESOURCE_TYPES.peering, 'remoteVirtualNetwork', parentId(peering.id)).filter((other) =>
              sameId(parentId(other.id), remote.id),
            );
      const state = back.length > 0 ? 'Connected' : remote === undefined ? 'Disconnected' : 'Initiated';
      const space = { addressPrefixes: remote === undefined ? [] : spaceOf(propertiesOf(remote.body)) };
      const since = {
        peeringSyncLevel: state === 'Connected' ? 'FullyInSync' : 'RemoteNotInSync',
        peerCompleteVnets: true,
        remoteVirtualNetworkAddressSpace: space,
      };
      return {
        ...peering.body,
        properties: {
          ...(apiVersion < SYNC_SINCE ? {} : since),
          ...properties,
          peeringState: state,
          remoteAddressSpace: space,
          routeServiceVips: {},
        },
      };
    },
  };
}

function refuseSecond(store: ResourceStore, id: string, remote: string): void {
  const other = referencesTo(store, RESOURCE_TYPES.peering, 'remoteVirtualNetwork', remote).find(
    (one) => sameId(parentId(one.id), parentId(id)) && !sameId(one.id, id),
  );
  if (other === undefined) return;
  throw new ArmError(
    400,
    'AnotherPeeringAlreadyReferencesRemoteVnet',
    `Peering ${id} and peering ${other.id} both reference remote virtual network ${remote}. Two peerings in the same virtual network cannot reference the same remote virtual network.`,
  );
}

function refuseOverlap(store: ResourceStore, id: string, remote: string): void {
  const [own, theirs] = [parentId(id), remote].map((network) => spaceOf(propertiesOf(store.get(network)?.body)));
  const shared = (own ?? []).filter((prefix) =>
    (theirs ?? []).some((other) => overlap(parseRange(prefix), parseRange(other))),
  );
  if (shared.length === 0) return;
  throw new ArmError(
    400,
    'VnetAddressSpacesOverlap',
    `Cannot create or update peering ${id}. Virtual networks ${parentId(id)} and ${remote} cannot be peered because their address spaces overlap. Overlapping address prefixes: ${shared.join(', ')}. For more information please refer to https://aka.ms/VnetPeeringInfo`,
  );
}
