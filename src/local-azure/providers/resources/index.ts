/** Microsoft.Resources: subscriptions, regions, providers, resource groups, and the lists of all resources. */
import { describeTypes } from '../../api-versions/index.ts';
import type { Provider } from '../../core.ts';
import type { ResourcesServices } from './services.ts';
import type { InsideCalls } from '../../inside-calls.ts';
import { catalogueRoutes } from './catalogue.ts';
import { deploymentRoutes } from './deployments/index.ts';
import { exportTemplateRoutes } from './export-template.ts';
import { linkRoutes } from './links.ts';
import { resourceGroupRoutes } from './resource-groups.ts';
import { resourceListRoutes } from './resource-lists.ts';
import { tagNameRoutes } from './tag-names.ts';
import { tagRoutes } from './tags.ts';

/** `providers` is the list that the server fills; groups are emptied with the help of each resource's provider. */
export function createResourcesProvider(
  services: ResourcesServices,
  providers: Provider[],
  calls: InsideCalls,
): Provider {
  return {
    namespace: 'Microsoft.Resources',
    resourceTypes: describeTypes('Microsoft.Resources'),
    routes: [
      ...catalogueRoutes(providers, services.store),
      ...resourceGroupRoutes(services, providers, calls),
      ...resourceListRoutes(services),
      ...tagRoutes(services),
      ...tagNameRoutes(services),
      ...linkRoutes(services),
      ...exportTemplateRoutes(services),
      ...deploymentRoutes(services, calls),
    ],
  };
}
