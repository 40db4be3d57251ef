/** Microsoft.ManagedIdentity: user-assigned identities and whom they trust. All synchronous, as Azure's are. */
import { describeTypes } from '../../api-versions/index.ts';
import { type JsonObject, LOCAL_TENANT, type Provider, type Services } from '../../core.ts';
import { guidFrom } from '../../guid.ts';
import { textOf } from '../../json.ts';
import { refuseBadName, requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { introduce } from '../authorization/principals.ts';
import { federatedCredentialRoutes } from './federated-credentials.ts';
import { systemAssignedRoutes } from './system-assigned.ts';
import { IDENTITY, show } from './identity-type.ts';

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}';
const ALL = `/providers/${IDENTITY}`;
const ONE = `${GROUP}${ALL}/{name}`;
const NAME = /^[A-Za-z0-9][\w-]{2,127}$/;

const principalOf = ({ properties }: JsonObject): string => textOf((properties as JsonObject)['principalId']);

export function createManagedIdentityProvider(services: Services): Provider {
  const { store } = services;
  return {
    namespace: 'Microsoft.ManagedIdentity',
    resourceTypes: describeTypes('Microsoft.ManagedIdentity'),
    routes: [
      ...federatedCredentialRoutes(store),
      ...systemAssignedRoutes(store),
      {
        method: 'PUT',
        path: ONE,
        handle({ id, params, body }) {
          const name = params['name'] ?? '';
          refuseBadName(
            name,
            NAME,
            'an identity starts with a letter or digit and has 3 to 128 letters, digits, - or _',
          );
          const existing = store.get(id);
          const identity: JsonObject = {
            id: existing?.id ?? id,
            name: existing?.body['name'] ?? name,
            type: IDENTITY,
            location: requireRegion(body?.['location'], IDENTITY),
            tags: body?.['tags'] ?? {},
            properties: existing?.body['properties'] ?? {
              tenantId: LOCAL_TENANT,
              principalId: guidFrom(`principal ${id}`),
              clientId: guidFrom(`client ${id}`),
            },
          };
          store.put({ id: textOf(identity['id']), type: IDENTITY, body: identity, hidden: {} });
          const shown = show(identity);
          if (existing === undefined) introduce(services, principalOf(identity), textOf(identity['location']));
          return existing === undefined
            ? { status: 201, body: shown, headers: { Location: textOf(shown['id']) } }
            : { status: 200, body: shown };
        },
      },
      {
        method: 'PATCH',
        path: ONE,
        handle({ id, body }) {
          const identity = requireResource(store, id);
          const changed = { ...identity.body, ...(body?.['tags'] === undefined ? {} : { tags: body['tags'] }) };
          store.put({ ...identity, body: changed });
          return { status: 200, body: show(changed) };
        },
      },
      { method: 'GET', path: ONE, handle: ({ id }) => ({ status: 200, body: show(requireResource(store, id).body) }) },
      {
        method: 'DELETE',
        path: ONE,
        handle({ id }) {
          const status = store.get(id) === undefined ? 204 : 200;
          for (const child of store.list({ under: id })) store.delete(child.id);
          store.delete(id);
          return { status };
        },
      },
      ...[GROUP, '/subscriptions/{subscriptionId}'].map((scope) => ({
        method: 'GET' as const,
        path: `${scope}${ALL}`,
        handle: ({ id }: { id: string }) => ({
          status: 200,
          body: {
            value: store.list({ type: IDENTITY, under: id.slice(0, -ALL.length) }).map(({ body }) => show(body)),
          },
        }),
      })),
    ],
  };
}
