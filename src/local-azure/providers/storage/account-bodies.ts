/** A storage account as an api-version shows it. */
import type { Json, JsonObject } from '../../core.ts';
import { textOf } from '../../json.ts';

/** Properties that older versions of the API do not know. */
const SINCE: Record<string, string> = {
  keyCreationTime: '2021-01-01',
  minimumTlsVersion: '2020-08-01',
  allowBlobPublicAccess: '2020-08-01',
};

/**
 * The endpoints are added when shown: after a restart the blob service may have another port. The other services have
 * addresses that lead nowhere.
 */
export function showAccount(body: JsonObject, apiVersion: string, blobEndpoint: string): JsonObject {
  const name = textOf(body['name']);
  const others = body['kind'] === 'StorageV2' ? ['queue', 'table', 'file', 'dfs', 'web'] : ['queue', 'table', 'file'];
  const primaryEndpoints = {
    blob: `${blobEndpoint}/${name}/`,
    ...Object.fromEntries(others.map((service) => [service, `https://${name}.${service}.local-azure.invalid/`])),
  };
  const known = Object.entries(body['properties'] as JsonObject).filter(([key]) => apiVersion >= (SINCE[key] ?? ''));
  const { accessTier, ...properties } = Object.fromEntries(known) as JsonObject;
  return {
    ...body,
    properties: {
      ...properties,
      ...(apiVersion < '2021-01-01' ? { networkAcls: withoutIpv6(properties['networkAcls']) } : {}),
      ...(accessTier === undefined || body['kind'] === 'Storage' ? {} : { accessTier }),
      primaryEndpoints,
    },
  };
}

function withoutIpv6(acls: Json | undefined): JsonObject {
  const { ipv6Rules: _later, ...rest } = (acls ?? {}) as JsonObject;
  return rest;
}
