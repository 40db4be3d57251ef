/** Microsoft.Resources: subscriptions, regions, providers, resource groups, and the lists of all resources. */
import type { Provider } from '../../core.ts';
import type { ResourcesServices } from './services.ts';
import type { InsideCalls } from '../../inside-calls.ts';
import { catalogueRoutes } from './catalogue.ts';
import { deploymentRoutes } from './deployments/index.ts';
import { resourceGroupRoutes } from './resource-groups.ts';
import { resourceListRoutes } from './resource-lists.ts';
import { tagRoutes } from './tags.ts';

/** `providers` is the list that the server fills; groups are emptied with the help of each resource's provider. */
export function createResourcesProvider(
  services: ResourcesServices,
  providers: Provider[],
  calls: InsideCalls,
): Provider {
  return {
    namespace: 'Microsoft.Resources',
    resourceTypes: [
      'subscriptions',
      'subscriptions/resourceGroups',
      'resourceGroups',
      'resources',
      'deployments',
      'tags',
    ].map((resourceType) => ({
      resourceType,
      apiVersions: ['2025-04-01', '2024-11-01', '2022-12-01', '2022-09-01', '2021-04-01', '2020-06-01'],
    })),
    routes: [
      ...catalogueRoutes(providers, services.store),
      ...resourceGroupRoutes(services, providers),
      ...resourceListRoutes(services),
      ...tagRoutes(services),
      ...deploymentRoutes(services, calls),
    ],
  };
}
