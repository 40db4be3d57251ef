/** A storage account as an api-version shows it. */
import type { Json, JsonObject } from '../../core.ts';
import { textOf } from '../../json.ts';
import { endpointsOf } from './account-parts.ts';

/** Properties that older versions of the API do not know. */
const SINCE: Record<string, string> = {
  privateEndpointConnections: '2019-06-01',
  minimumTlsVersion: '2019-06-01',
  allowBlobPublicAccess: '2019-06-01',
  allowSharedKeyAccess: '2019-06-01',
  keyCreationTime: '2021-02-01',
  allowCrossTenantReplication: '2021-04-01',
  defaultToOAuthAuthentication: '2021-04-01',
  publicNetworkAccess: '2021-06-01',
  allowedCopyScope: '2021-09-01',
  dnsEndpointType: '2021-09-01',
};

/**
 * The endpoints are added when shown: after a restart the blob service may have another port. The other services have
 * addresses that lead nowhere.
 */
export function showAccount(body: JsonObject, apiVersion: string, blobEndpoint: string): JsonObject {
  const name = textOf(body['name']);
  const known = Object.entries(body['properties'] as JsonObject).filter(([key]) => apiVersion >= (SINCE[key] ?? ''));
  const { accessTier, ...properties } = Object.fromEntries(known) as JsonObject;
  const addresses = (suffix: string, services: string[]): JsonObject =>
    Object.fromEntries(
      services.map((service) => [
        service,
        service === 'blob'
          ? `${blobEndpoint}/${name}${suffix}/`
          : `https://${name}${suffix}.${service}.local-azure.invalid/`,
      ]),
    );
  const services = endpointsOf(body['kind'], body['sku']);
  const readable = textOf((body['sku'] as JsonObject)['name']).startsWith('Standard_RAG');
  return {
    ...body,
    properties: {
      ...properties,
      ...(apiVersion < '2023-01-01' ? { networkAcls: withoutIpv6(properties['networkAcls']) } : {}),
      ...(apiVersion < '2019-06-01' ? { encryption: withoutKeyTypes(properties['encryption']) } : {}),
      ...(accessTier === undefined || /^(Storage|FileStorage)$/.test(textOf(body['kind'])) ? {} : { accessTier }),
      primaryEndpoints: addresses('', services),
      ...(readable && properties['secondaryLocation'] !== undefined
        ? {
            secondaryEndpoints: addresses(
              '-secondary',
              services.filter((service) => service !== 'file'),
            ),
          }
        : {}),
    },
  };
}

function withoutKeyTypes(encryption: Json | undefined): JsonObject {
  const { services, ...rest } = (encryption ?? {}) as JsonObject;
  const plain = Object.entries((services ?? {}) as { [name: string]: JsonObject }).map(([name, service]) => {
    const { keyType: _later, ...told } = service;
    return [name, told] as const;
  });
  return { services: Object.fromEntries(plain), ...rest };
}

function withoutIpv6(acls: Json | undefined): JsonObject {
  const { ipv6Rules: _later, ...rest } = (acls ?? {}) as JsonObject;
  return rest;
}
