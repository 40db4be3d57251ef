/** The types of Microsoft.Network that are played, and how their bodies are read. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../../core.ts';

export const RESOURCE_TYPES = {
  network: 'Microsoft.Network/virtualNetworks',
  subnet: 'Microsoft.Network/virtualNetworks/subnets',
  peering: 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings',
  securityGroup: 'Microsoft.Network/networkSecurityGroups',
  applicationGroup: 'Microsoft.Network/applicationSecurityGroups',
  routeTable: 'Microsoft.Network/routeTables',
  natGateway: 'Microsoft.Network/natGateways',
  publicIp: 'Microsoft.Network/publicIPAddresses',
  publicIpPrefix: 'Microsoft.Network/publicIPPrefixes',
  nic: 'Microsoft.Network/networkInterfaces',
} as const;

export const propertiesOf = (holder: { [key: string]: unknown } | undefined): JsonObject =>
  (holder?.['properties'] ?? {}) as JsonObject;

/** Whether resources of the type lie in another one. */
export const isChild = (type: string): boolean => type.split('/').length > 2;

export const parentId = (id: string): string => id.split('/').slice(0, -2).join('/');

export function stateOf(body: JsonObject, provisioningState: string): JsonObject {
  return {
    ...body,
    etag: `W/"${randomUUID()}"`,
    properties: { ...propertiesOf(body), provisioningState },
  };
}

/** Whether two bodies say the same, their states and marks of change aside. */
export const sameContent = (one: Json, other: Json): boolean => isDeepStrictEqual(content(one), content(other));

function content(value: Json): Json {
  if (Array.isArray(value)) return value.map(content);
  if (typeof value !== 'object' || value === null) return value;
  const told = Object.entries(value).filter(([key]) => key !== 'etag' && key !== 'provisioningState');
  return Object.fromEntries(told.map(([key, held]) => [key, content(held)]));
}
