/** Versions of an image definition as they are, and their removal. */
import { getClient } from '@temporalio/activity';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { finish } from '../azure/operations.ts';
import { OWNERSHIP_TAG } from '../template/build-plan.ts';
import { requireResourceId } from '../template/resource-id.ts';
import type { RetentionActivities } from './contract.ts';

export function createRetentionActivities(azure: Azure): RetentionActivities {
  return {
    async findSourcesInUse({ workflowType, attribute }) {
      const query = `WorkflowType = '${workflowType}' AND ExecutionStatus = 'Running' AND ${attribute} IS NOT NULL`;
      const found = new Set<string>();
      for await (const { typedSearchAttributes } of getClient().workflow.list({ query })) {
        const source = typedSearchAttributes.get(defineSearchAttributeKey(attribute, 'KEYWORD'));
        if (source !== undefined) found.add(source);
      }
      return [...found];
    },

    async listVersions(imageDefinitionId) {
      const { subscriptionId, resourceGroup, names } = requireResourceId(imageDefinitionId);
      const [gallery = '', definition = ''] = names;
      const { galleryImages, galleryImageVersions } = azure.clients(subscriptionId).compute;
      return attempt(`list the versions of ${definition}`, async () => {
        if ((await orNotFound(galleryImages.get(resourceGroup, gallery, definition))) === undefined) {
          throw failure('NotFound', `there is no image definition ${imageDefinitionId}`);
        }
        const found = [];
        for await (const version of galleryImageVersions.listByGalleryImage(resourceGroup, gallery, definition)) {
          const { id, name = '', publishingProfile, provisioningState, tags } = version;
          if (id === undefined) continue;
          found.push({
            id,
            name,
            published: publishingProfile?.publishedDate?.toISOString() ?? '',
            good: provisioningState === 'Succeeded' && publishingProfile?.excludeFromLatest !== true,
            settled: provisioningState === 'Succeeded' || provisioningState === 'Failed',
            byKiln: tags?.[OWNERSHIP_TAG] !== undefined && tags['createdBy'] === 'kiln',
          });
        }
        return found;
      });
    },

    async removeVersion(versionId) {
      const { subscriptionId, resourceGroup, names } = requireResourceId(versionId);
      const [gallery = '', definition = '', name = ''] = names;
      const { galleryImageVersions } = azure.clients(subscriptionId).compute;
      const path = [resourceGroup, gallery, definition, name] as const;
      const version = await attempt(`look at version ${name}`, () => orNotFound(galleryImageVersions.get(...path)));
      if (version === undefined) return;
      // Asked again right before: tags may have been taken off to keep it.
      if (version.tags?.[OWNERSHIP_TAG] === undefined || version.tags['createdBy'] !== 'kiln') {
        throw failure('Refused', `version ${name} does not carry Kiln's tags`);
      }
      await finish(`delete version ${name}`, () => galleryImageVersions.delete(...path));
    },
  };
}
