/** What follows for an interface from the groups, routes and networks around it. Told only: machines here are not held to it. */
import type { Json, JsonObject, Route, Services, StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { sameId } from '../../resource-id.ts';
import { parentId, propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { defaultRules } from './default-rules.ts';
import { idOf, ipConfigurations } from './references.ts';
import { begin } from './resource-kinds.ts';
import { spaceOf } from './subnets.ts';
import { notFound } from './words.ts';

const NIC = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${RESOURCE_TYPES.nic}/{nic}`;
/** Ranges that lead nowhere unless a network has them. */
const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'];

export function interfaceViewRoutes(services: Services): Route[] {
  const { store, operations } = services;
  const etagged = (nic: StoredResource): JsonObject[] =>
    ipConfigurations(nic).map((configuration) => ({ ...configuration, etag: nic.body['etag'] ?? '' }));
  const nicOf = (id: string, levels: number): StoredResource =>
    requireResource(store, id.split('/').slice(0, -levels).join('/'));
  const subnetsOf = (nic: StoredResource): StoredResource[] =>
    ipConfigurations(nic).flatMap((one) => store.get(idOf(propertiesOf(one)['subnet']) ?? '') ?? []);

  function effectiveGroups(nic: StoredResource): JsonObject {
    const holders = [nic, ...subnetsOf(nic)];
    const value = holders.flatMap((holder): JsonObject[] => {
      const group = store.get(idOf(propertiesOf(holder.body)['networkSecurityGroup']) ?? '');
      if (group === undefined) return [];
      const own = (propertiesOf(group.body)['securityRules'] ?? []) as JsonObject[];
      const named = (rule: JsonObject, kind: string): JsonObject => {
        const { provisioningState: _, description: __, ...told } = propertiesOf(rule);
        return { name: `${kind}/${textOf(rule['name'])}`, ...told };
      };
      return [
        {
          networkSecurityGroup: { id: group.id },
          association: holder === nic ? { networkInterface: { id: nic.id } } : { subnet: { id: holder.id } },
          effectiveSecurityRules: [
            ...own.map((rule) => named(rule, 'securityRules')),
            ...defaultRules(group).map((rule) => named(rule, 'defaultSecurityRules')),
          ],
          tagMap: {},
        },
      ];
    });
    return { value };
  }

  function effectiveRoutes(nic: StoredResource): JsonObject {
    const route = (source: string, prefix: string, nextHopType: string, nextHop: string[] = []): JsonObject => ({
      disableBgpRoutePropagation: false,
      source,
      state: 'Active',
      hasBgpOverride: false,
      addressPrefix: [prefix],
      nextHopType,
      nextHopIpAddress: nextHop,
      destinationServiceTags: [],
      tagMap: {},
    });
    const [subnet] = subnetsOf(nic);
    const network = subnet === undefined ? undefined : store.get(parentId(subnet.id));
    const peered = store
      .list({ type: RESOURCE_TYPES.peering })
      .filter(({ id }) => network !== undefined && sameId(parentId(id), network.id))
      .flatMap(({ body }) => store.get(idOf(propertiesOf(body)['remoteVirtualNetwork']) ?? '') ?? []);
    const table = store.get(idOf(propertiesOf(subnet?.body)['routeTable']) ?? '');
    const own = ((propertiesOf(table?.body)['routes'] ?? []) as JsonObject[]).map(propertiesOf);
    const given = [
      ...spaceOf(propertiesOf(network?.body)).map((prefix) => route('Default', prefix, 'VnetLocal')),
      ...peered.flatMap((one) =>
        spaceOf(propertiesOf(one.body)).map((prefix) => route('Default', prefix, 'VNetPeering')),
      ),
      route('Default', '0.0.0.0/0', 'Internet'),
      ...PRIVATE.map((prefix) => route('Default', prefix, 'None')),
    ];
    const replaced = new Set(own.map((one) => textOf(one['addressPrefix'])));
    const value = [
      ...given.map((one) =>
        replaced.has(textOf((one['addressPrefix'] as Json[])[0])) ? { ...one, state: 'Invalid' } : one,
      ),
      ...own.map((one) => {
        const hop = one['nextHopIpAddress'];
        const hops = typeof hop === 'string' ? [hop] : [];
        return route('User', textOf(one['addressPrefix']), textOf(one['nextHopType']), hops);
      }),
    ];
    return { value };
  }

  const VIEWS = { effectiveNetworkSecurityGroups: effectiveGroups, effectiveRouteTable: effectiveRoutes };
  for (const [name, view] of Object.entries(VIEWS)) {
    operations.register(`${RESOURCE_TYPES.nic}/${name}`, ({ resourceId }) =>
      Promise.resolve(view(requireResource(store, resourceId))),
    );
  }

  return [
    {
      method: 'GET',
      path: `${NIC}/ipConfigurations`,
      handle: ({ id }) => ({ status: 200, body: { value: etagged(nicOf(id, 1)) } }),
    },
    {
      method: 'GET',
      path: `${NIC}/ipConfigurations/{name}`,
      handle({ id, params }) {
        const wanted = (params['name'] ?? '').toLowerCase();
        const one = etagged(nicOf(id, 2)).find((each) => textOf(each['name']).toLowerCase() === wanted);
        if (one === undefined) throw notFound(id);
        return { status: 200, body: one };
      },
    },
    // Load balancers are not played.
    {
      method: 'GET',
      path: `${NIC}/loadBalancers`,
      handle({ id }) {
        nicOf(id, 1);
        return { status: 200, body: { value: [] } };
      },
    },
    ...Object.keys(VIEWS).map((name): Route => ({
      method: 'POST',
      path: `${NIC}/${name}`,
      handle({ id }) {
        const operation = begin(services, requireResource(store, id), `${RESOURCE_TYPES.nic}/${name}`);
        return {
          status: 202,
          body: null,
          operation: { operation, form: { segment: 'operations', headers: 'location', retryAfter: 10 } },
        };
      },
    })),
  ];
}
