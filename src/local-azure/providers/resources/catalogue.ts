/** What a subscription is and has to offer: itself, its regions, its resource providers. */
import {
  ArmError,
  LOCAL_SUBSCRIPTION,
  LOCAL_TENANT,
  type Provider,
  type ResourceStore,
  type Route,
} from '../../core.ts';
import { isRegistered, setRegistered } from '../../registrations.ts';
import { describeRegions, REGION_NAMES, regionDisplayName } from '../../regions.ts';

const SUBSCRIPTION = {
  id: `/subscriptions/${LOCAL_SUBSCRIPTION}`,
  authorizationSource: 'RoleBased',
  managedByTenants: [],
  subscriptionId: LOCAL_SUBSCRIPTION,
  tenantId: LOCAL_TENANT,
  displayName: 'Kiln local Azure',
  state: 'Enabled',
  subscriptionPolicies: { locationPlacementId: 'Public_2014-09-01', quotaId: 'Local_2014-09-01', spendingLimit: 'Off' },
};

const describe = (provider: Provider, store: ResourceStore) => ({
  id: `/subscriptions/${LOCAL_SUBSCRIPTION}/providers/${provider.namespace}`,
  namespace: provider.namespace,
  registrationPolicy: 'RegistrationRequired',
  registrationState: isRegistered(store, provider.namespace) ? 'Registered' : 'Unregistered',
  resourceTypes: provider.resourceTypes.map((type) => ({
    ...type,
    locations: REGION_NAMES.map(regionDisplayName),
    defaultApiVersion: type.apiVersions[0] ?? '',
  })),
});

export function catalogueRoutes(providers: Provider[], store: ResourceStore): Route[] {
  const find = (namespace = '') => {
    const provider = providers.find((candidate) => candidate.namespace.toLowerCase() === namespace.toLowerCase());
    if (provider === undefined) {
      throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
    }
    return { status: 200, body: describe(provider, store) };
  };
  return [
    {
      method: 'GET',
      path: '/subscriptions',
      handle: () => ({ status: 200, body: { value: [SUBSCRIPTION], count: { type: 'Total', value: 1 } } }),
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
              displayName: 'Kiln local Azure',
              tenantCategory: 'Home',
            },
          ],
        },
      }),
    },
    { method: 'GET', path: '/subscriptions/{subscriptionId}', handle: () => ({ status: 200, body: SUBSCRIPTION }) },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/locations',
      handle: () => ({ status: 200, body: { value: describeRegions(LOCAL_SUBSCRIPTION) } }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers',
      handle: () => ({ status: 200, body: { value: providers.map((provider) => describe(provider, store)) } }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers/{namespace}',
      handle: ({ params }) => find(params['namespace']),
    },
    ...(['register', 'unregister'] as const).map((verb): Route => ({
      method: 'POST',
      path: `/subscriptions/{subscriptionId}/providers/{namespace}/${verb}`,
      handle({ params: { namespace = '' } }) {
        find(namespace);
        setRegistered(store, namespace, verb === 'register');
        return find(namespace);
      },
    })),
  ];
}
