/** What the image starts from. */
import { z } from 'zod';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import { atLeast } from '../api-versions/api-versions.ts';
import { isGalleryVersionId } from '../resource-id.ts';
import { idOf, rule, strictObject, text, whenObject } from './values.ts';
import { oneOf, readOnly, since, until } from './version-notes.ts';
import type { Variant } from './version-notes.ts';

const PLATFORM_FIELDS = ['publisher', 'offer', 'sku'] as const;

const planInfo = strictObject({ planName: text, planProduct: text, planPublisher: text });

export function platformImage(version: ApiVersion) {
  return strictObject({
    type: z.literal('PlatformImage'),
    publisher: text.optional().describe('Publisher in the Azure Marketplace, as in Canonical.'),
    offer: text.optional(),
    sku: text.optional(),
    version: text
      .optional()
      .describe('An exact version, or latest (the default), which is pinned when a build starts.'),
    ...since(version, '2020-02-14', {
      planInfo: planInfo.optional().describe('The purchase plan, for an image that is sold under one.'),
    }),
    ...since(version, '2021-10-01', { exactVersion: readOnly() }),
  }).check(
    // Azure's types have them optional; the service refuses the build.
    rule((value) =>
      PLATFORM_FIELDS.filter((field) => (value[field] ?? '') === '').map((field) => ({
        path: [field],
        message: `is required: expected the image's ${field}`,
      })),
    ),
  );
}

export function managedImageSource() {
  return strictObject({ type: z.literal('ManagedImage'), imageId: idOf('Microsoft.Compute/images') });
}

export function sharedImageVersion(version: ApiVersion) {
  return strictObject({
    type: z.literal('SharedImageVersion'),
    imageVersionId: text
      .refine(
        isGalleryVersionId,
        'expected the id of a gallery image version: …/galleries/{g}/images/{i}/versions/{v}, /sharedGalleries/{g}/images/{i}/versions/{v} or /communityGalleries/{g}/images/{i}/versions/{v}',
      )
      .refine(
        (id) => atLeast(version, '2022-07-01') || !/\/versions\/latest$/i.test(id),
        'latest came with api-version 2022-07-01: name an exact version, or raise apiVersion',
      ),
    ...since(version, '2022-07-01', { exactVersion: readOnly() }),
  });
}

const RETIRED =
  'ISO sources were retired by Azure Image Builder (not processed since 2020-04-30): expected a PlatformImage, ManagedImage or SharedImageVersion';

/** Read in every version, so that it is refused for what it is. */
function iso(version: ApiVersion) {
  const type = { type: z.literal('ISO') };
  const fields = {
    ...type,
    ...until(version, '2019-02-01-preview', { sourceURI: text }, 'sourceUri'),
    ...(atLeast(version, '2019-05-01-preview') ? { sourceUri: text } : {}),
    sha256Checksum: text,
  };
  const refusal = { when: whenObject, error: RETIRED };
  return atLeast(version, '2020-02-14')
    ? z.looseObject(type).refine(() => false, refusal)
    : strictObject(fields).refine(() => false, refusal);
}

type Source =
  ReturnType<typeof platformImage> | ReturnType<typeof managedImageSource> | ReturnType<typeof sharedImageVersion>;

export function source(version: ApiVersion) {
  return oneOf<Source>(version, 'type', {
    PlatformImage: { schema: platformImage(version) },
    ManagedImage: { schema: managedImageSource(), since: '2019-02-01-preview' },
    SharedImageVersion: { schema: sharedImageVersion(version), since: '2019-05-01-preview' },
    ISO: { schema: iso(version), retired: true } as unknown as Variant<Source>,
  });
}
