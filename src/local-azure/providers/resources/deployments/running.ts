/** What `deployment()`, `subscription()`, `resourceGroup()` and `tenant()` come to. */
import type { RunningDeployment } from '../../../../arm-template/expressions/evaluate.ts';
import { type Json, type JsonObject, LOCAL_TENANT, type StoredResource } from '../../../core.ts';
import type { Site } from './template.ts';

export function around(
  { name, location, subscriptionId }: Site,
  template: JsonObject,
  parameters: Record<string, Json>,
  group: StoredResource | undefined,
): Omit<RunningDeployment, 'reference' | 'list'> {
  return {
    deployment: {
      name,
      location,
      properties: { mode: 'Incremental', provisioningState: 'Accepted', template, parameters },
    },
    subscription: {
      id: `/subscriptions/${subscriptionId}`,
      subscriptionId,
      tenantId: LOCAL_TENANT,
      displayName: 'Kiln local Azure',
    },
    resourceGroup: { ...group?.body, tags: group?.body['tags'] ?? {} },
    tenant: { tenantId: LOCAL_TENANT, displayName: 'Kiln local Azure', countryCode: 'US' },
  };
}
