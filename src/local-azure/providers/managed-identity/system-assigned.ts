/** The identity that a resource has of its own, as a resource that lies at it. */
import { ArmError, type JsonObject, LOCAL_TENANT, type ResourceStore, type Route } from '../../core.ts';
import { guidFrom } from '../../guid.ts';
import { textOf } from '../../json.ts';
import { resourceNotFound } from '../../refusals.ts';

const TYPE = 'Microsoft.ManagedIdentity/identities';
const HOLDER = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/{namespace}/{type}/{name}';

export function systemAssignedRoutes(store: ResourceStore): Route[] {
  return [
    {
      method: 'GET',
      path: `${HOLDER}/providers/${TYPE}/default`,
      handle({ id }) {
        const holderId = id.slice(0, -`/providers/${TYPE}/default`.length);
        const holder = store.get(holderId);
        if (holder === undefined) throw resourceNotFound(holderId);
        const { principalId } = (holder.body['identity'] ?? {}) as JsonObject;
        if (principalId === undefined) {
          throw new ArmError(404, 'NotFound', `The resource '${holder.id}' has no identity of its own.`);
        }
        return {
          status: 200,
          body: {
            id,
            name: 'default',
            type: TYPE,
            location: holder.body['location'] ?? '',
            properties: {
              tenantId: LOCAL_TENANT,
              principalId: textOf(principalId),
              clientId: guidFrom(`client ${holder.id}`),
            },
          },
        };
      },
    },
  ];
}
