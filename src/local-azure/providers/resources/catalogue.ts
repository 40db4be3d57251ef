/** What a subscription is and has to offer: itself, its regions, its resource providers. */
import {
  ArmError,
  LOCAL_SUBSCRIPTION,
  LOCAL_TENANT,
  type Provider,
  type ResourceStore,
  type Route,
} from '../../core.ts';
import { isRegistered, NAMED_ONLY, setRegistered } from '../../registrations.ts';
import { describeRegions, REGION_NAMES, regionDisplayName } from '../../regions.ts';
import { operationsOf } from './provider-operations.ts';
import { subscriptionTags } from './tags.ts';

const subscriptionOf = (store: ResourceStore, apiVersion: string) => ({
  id: `/subscriptions/${LOCAL_SUBSCRIPTION}`,
  authorizationSource: 'RoleBased',
  managedByTenants: [],
  ...(apiVersion < '2019-11-01' ? {} : { tags: subscriptionTags(store) }),
  subscriptionId: LOCAL_SUBSCRIPTION,
  tenantId: LOCAL_TENANT,
  displayName: 'Kiln local Azure',
  state: 'Enabled',
  subscriptionPolicies: { locationPlacementId: 'Public_2014-09-01', quotaId: 'Local_2014-09-01', spendingLimit: 'Off' },
});

const MOVES =
  'CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SystemAssignedResourceIdentity, SupportsTags, SupportsLocation';

type Described = Pick<Provider, 'namespace' | 'resourceTypes'>;

const describe = (provider: Described, store: ResourceStore, apiVersion: string) => ({
  id: `/subscriptions/${LOCAL_SUBSCRIPTION}/providers/${provider.namespace}`,
  namespace: provider.namespace,
  registrationPolicy: 'RegistrationRequired',
  registrationState: isRegistered(store, provider.namespace) ? 'Registered' : 'Unregistered',
  resourceTypes: provider.resourceTypes.map((type) => ({
    ...type,
    locations: REGION_NAMES.map(regionDisplayName),
    ...(apiVersion < '2021-01-01' ? {} : { defaultApiVersion: type.apiVersions[0] ?? '' }),
    ...(apiVersion < '2019-05-10' ? {} : { capabilities: hasPlace(type.resourceType) ? MOVES : 'None' }),
  })),
});

function withoutSubscription({ registrationState: _state, ...told }: ReturnType<typeof describe>) {
  return { ...told, id: `/providers/${told.namespace}` };
}

/** Types of resources that lie in a group and a region by themselves. */
const hasPlace = (type: string): boolean =>
  !type.includes('/') &&
  !/^(resource|deployment|subscription|tags|tenant|role|perm|lock|deny|usages|skus|check|locations|feature|operations)/i.test(
    type,
  );

export function catalogueRoutes(providers: Provider[], store: ResourceStore): Route[] {
  const all = (): Described[] => {
    const played = new Set(providers.map(({ namespace }) => namespace.toLowerCase()));
    const others = NAMED_ONLY.filter((namespace) => !played.has(namespace.toLowerCase()));
    return [...providers, ...others.map((namespace) => ({ namespace, resourceTypes: [] }))];
  };
  const find = (namespace = '', apiVersion = '') => {
    const provider = all().find((candidate) => candidate.namespace.toLowerCase() === namespace.toLowerCase());
    if (provider === undefined) {
      throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
    }
    return { status: 200, body: describe(provider, store, apiVersion) };
  };
  return [
    {
      method: 'GET',
      path: '/subscriptions',
      handle: ({ apiVersion }) => ({
        status: 200,
        body: { value: [subscriptionOf(store, apiVersion)], count: { type: 'Total', value: 1 } },
      }),
    },
    {
      method: 'GET',
      path: '/tenants',
      handle: () => ({
        status: 200,
        body: {
          value: [
            {
              id: `/tenants/${LOCAL_TENANT}`,
              tenantId: LOCAL_TENANT,
              tenantCategory: 'Home',
            },
          ],
        },
      }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}',
      handle: ({ apiVersion }) => ({ status: 200, body: subscriptionOf(store, apiVersion) }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/locations',
      handle: ({ apiVersion }) => ({
        status: 200,
        body: { value: describeRegions(LOCAL_SUBSCRIPTION, apiVersion) },
      }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers',
      handle: ({ apiVersion }) => ({
        status: 200,
        body: { value: all().map((provider) => describe(provider, store, apiVersion)) },
      }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers/{namespace}',
      handle: ({ params, apiVersion }) => find(params['namespace'], apiVersion),
    },
    // What there is, whatever a subscription is registered for.
    {
      method: 'GET',
      path: '/providers',
      handle: ({ apiVersion }) => ({
        status: 200,
        body: { value: all().map((provider) => withoutSubscription(describe(provider, store, apiVersion))) },
      }),
    },
    {
      method: 'GET',
      path: '/providers/{namespace}',
      handle: ({ params, apiVersion }) => ({
        status: 200,
        body: withoutSubscription(find(params['namespace'], apiVersion).body),
      }),
    },
    {
      method: 'GET',
      path: '/providers/{namespace}/operations',
      handle({ params, apiVersion }) {
        find(params['namespace'], apiVersion);
        const played = providers.find(
          ({ namespace }) => namespace.toLowerCase() === params['namespace']?.toLowerCase(),
        );
        return { status: 200, body: { value: played === undefined ? [] : operationsOf(played) } };
      },
    },
    ...(['register', 'unregister'] as const).map((verb): Route => ({
      method: 'POST',
      path: `/subscriptions/{subscriptionId}/providers/{namespace}/${verb}`,
      handle({ params: { namespace = '' }, apiVersion }) {
        find(namespace);
        setRegistered(store, namespace, verb === 'register');
        return find(namespace, apiVersion);
      },
    })),
  ];
}
