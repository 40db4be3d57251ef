/** The parts of an account that Azure completes: its rules, its encryption, its redundancy, and defaults by api-version. */
import type { Json, JsonObject } from '../../core.ts';
import { objectOf, textOf } from '../../json.ts';
import { pairedRegion } from '../../regions.ts';

const listOf = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.map(objectOf) : []);

/** Azure has become stricter with the years; an account gets what was usual in the time of the version that made it. */
export function defaultsOf(apiVersion: string): JsonObject {
  return {
    ...(apiVersion < '2021-06-01' ? {} : { minimumTlsVersion: apiVersion < '2024-01-01' ? 'TLS1_0' : 'TLS1_2' }),
    ...(apiVersion < '2021-06-01' ? {} : { allowBlobPublicAccess: apiVersion < '2023-01-01' }),
    ...(apiVersion < '2023-04-01' ? {} : { allowCrossTenantReplication: false }),
  };
}

/** `former` is what the account has so far, by which a change is completed. */
export function networkAcls(sent: Json | undefined, former: Json | undefined): JsonObject {
  const { bypass, defaultAction, virtualNetworkRules, ipRules, ipv6Rules, ...others } = {
    ...objectOf(former),
    ...objectOf(sent),
  } as JsonObject;
  const allowed = (rules: Json | undefined): JsonObject[] =>
    listOf(rules).map((rule) => ({ ...rule, action: rule['action'] ?? 'Allow' }));
  return {
    ...others,
    ipv6Rules: allowed(ipv6Rules),
    bypass: bypass ?? 'AzureServices',
    virtualNetworkRules: allowed(virtualNetworkRules).map((rule) => ({ ...rule, state: 'Succeeded' })),
    ipRules: allowed(ipRules),
    defaultAction: defaultAction ?? 'Allow',
  };
}

/** Files and blobs are encrypted always, tables and queues are told of where a key of their own was asked for. */
export function encryption(sent: Json | undefined, former: Json | undefined, time: string): JsonObject {
  const { services, keySource, keyvaultproperties, ...others } = { ...objectOf(former), ...objectOf(sent) };
  const known = objectOf(objectOf(former)['services']);
  const asked = { ...known, ...objectOf(services) };
  const service = (name: string): JsonObject => ({
    keyType: objectOf(asked[name])['keyType'] ?? 'Account',
    enabled: true,
    lastEnabledTime: objectOf(known[name])['lastEnabledTime'] ?? time,
  });
  const named = ['file', 'table', 'queue', 'blob'].filter((name) => /file|blob/.test(name) || name in asked);
  return {
    ...others,
    ...(keyvaultproperties === undefined ? {} : { keyvaultproperties }),
    services: Object.fromEntries(named.map((name) => [name, service(name)])),
    keySource: keySource ?? 'Microsoft.Storage',
  };
}

/** `tier` is the first word of the name, whatever was sent. */
export function skuOf(sent: Json | undefined): JsonObject {
  const name = textOf(objectOf(sent)['name']);
  return { name, tier: /^premium/i.test(name) ? 'Premium' : 'Standard' };
}

/** Where a second copy is kept. An account in a region without a pair has none. */
export function secondary(sku: JsonObject, location: string): JsonObject {
  const paired = /GRS|GZRS/.test(textOf(sku['name'])) ? pairedRegion(location) : undefined;
  return paired === undefined ? {} : { secondaryLocation: paired, statusOfSecondary: 'available' };
}

/** Services of a kind of account, in the order in which they are told. */
export function endpointsOf(kind: Json | undefined, sku: Json | undefined): string[] {
  switch (textOf(kind)) {
    case 'Storage':
      return ['blob', 'queue', 'table', 'file'];
    case 'BlobStorage':
      return ['dfs', 'blob', 'table'];
    case 'BlockBlobStorage':
      return ['dfs', 'web', 'blob'];
    case 'FileStorage':
      return ['file'];
    default:
      return /^premium/i.test(textOf(objectOf(sku)['name']))
        ? ['web', 'blob']
        : ['dfs', 'web', 'blob', 'queue', 'table', 'file'];
  }
}
