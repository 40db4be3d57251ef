/**
 * Microsoft.Features: features that a subscription registers for. Those that everybody may have are registered at once,
 * all others wait for an approval that never comes here. Which others there are changes by the week, so any name is one.
 */
import { describeTypes } from '../../api-versions/index.ts';
import { type JsonObject, LOCAL_SUBSCRIPTION, type Provider, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';

const ROOT = '/subscriptions/{subscriptionId}/providers/Microsoft.Features';
const OF_PROVIDER = `${ROOT}/providers/{namespace}/features`;
const ONE = `${OF_PROVIDER}/{feature}`;
const TYPE = 'Microsoft.Features/providers/features';

/** Features that clients of image builds look at. */
const OPEN = [
  'Microsoft.Compute/EncryptionAtHost',
  'Microsoft.Compute/UseStandardSecurityType',
  'Microsoft.Compute/TrustedLaunchByDefaultPreview',
  'Microsoft.Network/AllowBringYourOwnPublicIpAddress',
  'Microsoft.Resources/EUAPParticipation',
  'Microsoft.Storage/AllowHNS',
  'Microsoft.VirtualMachineImages/VirtualMachineTemplatePreview',
];

export function createFeaturesProvider({ store }: Services): Provider {
  const idOf = (name: string): string => {
    const [namespace = '', feature = ''] = name.split('/');
    return `/subscriptions/${LOCAL_SUBSCRIPTION}/providers/Microsoft.Features/providers/${namespace}/features/${feature}`;
  };
  const show = (name: string): JsonObject => {
    const id = idOf(name);
    const held = store.get(id);
    return {
      properties: { state: held?.body['state'] ?? 'NotRegistered' },
      id: held?.id ?? id,
      type: TYPE,
      name: held?.body['name'] ?? name,
    };
  };
  const all = (): string[] => {
    const asked = store.list({ type: TYPE }).map(({ body }) => textOf(body['name']));
    const known = new Set(asked.map((name) => name.toLowerCase()));
    return [...asked, ...OPEN.filter((name) => !known.has(name.toLowerCase()))];
  };
  const nameOf = (params: Record<string, string>): string => `${params['namespace']}/${params['feature']}`;

  const turn = (verb: 'register' | 'unregister'): Route => ({
    method: 'POST',
    path: `${ONE}/${verb}`,
    handle({ params }) {
      const asked = nameOf(params);
      const name = OPEN.find((one) => one.toLowerCase() === asked.toLowerCase());
      const registered = name === undefined ? 'Pending' : 'Registered';
      const state = verb === 'register' ? registered : 'Unregistered';
      store.put({ id: idOf(asked), type: TYPE, body: { name: name ?? asked, state }, hidden: {} });
      // Becoming so takes Azure a while, and it is said by the next answer.
      const now = { Registered: 'Registering', Unregistered: 'Unregistering', Pending: 'Pending' }[state];
      return { status: 200, body: { ...show(asked), properties: { state: now ?? state } } };
    },
  });

  return {
    namespace: 'Microsoft.Features',
    resourceTypes: describeTypes('Microsoft.Features'),
    routes: [
      { method: 'GET', path: `${ROOT}/features`, handle: () => ({ status: 200, body: { value: all().map(show) } }) },
      {
        method: 'GET',
        path: OF_PROVIDER,
        handle({ params }) {
          const namespace = `${params['namespace'] ?? ''}/`.toLowerCase();
          const value = all().filter((name) => name.toLowerCase().startsWith(namespace));
          return { status: 200, body: { value: value.map(show) } };
        },
      },
      { method: 'GET', path: ONE, handle: ({ params }) => ({ status: 200, body: show(nameOf(params)) }) },
      turn('register'),
      turn('unregister'),
    ],
  };
}
