/** What cannot be done yet because something else is under way, and what lies in a resource that is not there. */
import { ArmError, type ArmRequest, type ResourceStore, type Services } from '../../core.ts';
import { sameId } from '../../resource-id.ts';
import { parentId, propertiesOf } from './bodies.ts';

/** Throws ArmError 404 ParentResourceNotFound. */
export function requireParent(store: ResourceStore, type: string, id: string): void {
  if (store.get(parentId(id)) !== undefined) return;
  throw new ArmError(
    404,
    'ParentResourceNotFound',
    `Failed to perform 'write' on resource(s) of type '${type.slice(type.indexOf('/') + 1)}', because the parent resource '${parentId(id)}' could not be found.`,
  );
}

/** One thing at a time is done in a network. Throws ArmError 409 AnotherOperationInProgress. */
export function refuseWhileKinChange({ store, operations }: Services, request: ArmRequest, id: string): void {
  const parent = parentId(id);
  const kin = [...store.list({ under: parent }).map((one) => one.id), parent].filter((other) => !sameId(other, id));
  const pending = kin.flatMap((other) => operations.pending(other))[0];
  if (pending === undefined) return;
  const place = `${request.origin}/subscriptions/${pending.subscriptionId}/providers/Microsoft.Network/locations/${pending.location}`;
  throw new ArmError(
    409,
    'AnotherOperationInProgress',
    `Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: ${place}/operations/${pending.id}?api-version=${request.apiVersion}.`,
  );
}

/** Throws ArmError 429 RetryableError while what `from` is to use is still being made. */
export function requireProvisioned(store: ResourceStore, id: string, from: string): void {
  const used = store.get(id);
  const state = propertiesOf(used?.body)['provisioningState'];
  if (used === undefined || state !== 'Updating') return;
  const what = used.type.split('/').at(-1) ?? '';
  throw new ArmError(429, 'RetryableError', 'A retryable error occurred.', undefined, [
    {
      code: 'ReferencedResourceNotProvisioned',
      message: `Cannot proceed with operation because resource ${used.id} used by resource ${from} is not in Succeeded state. Resource is in Updating state and the last operation that updated/is updating the resource is ${OPERATIONS[what.toLowerCase()] ?? 'an update'}.`,
    },
  ]);
}

/** As the service calls what makes them. */
const OPERATIONS: Record<string, string> = {
  virtualnetworks: 'PutVirtualNetworkOperation',
  subnets: 'PutSubnetOperation',
  networksecuritygroups: 'PutNetworkSecurityGroupOperation',
  publicipaddresses: 'PutPublicIpAddressOperation',
  publicipprefixes: 'PutPublicIpPrefixOperation',
  routetables: 'PutRouteTableOperation',
  natgateways: 'PutNatGatewayOperation',
};
