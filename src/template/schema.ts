/**
 * The image template as Azure Image Builder specifies it (api-versions 2020-02-14 to 2025-10-01), one zod schema a
 * part. Objects are strict: an unknown field is a problem, as with the service since 2024-02-01.
 */
import { z } from 'zod';
import { parseIdOfType } from './resource-id.ts';

/** The name of a template or run output. */
const NAME = /^[A-Za-z0-9\-_.]{1,64}$/;
const name = z.string().regex(NAME, 'expected 1 to 64 letters, digits, -, _ or .');
const sha256 = z.union([z.literal(''), z.string().regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits')]);
const uri = z.url({ protocol: /^https?$/, error: 'expected an http or https address' });
const tags = z.record(z.string(), z.string());
const region = z.string().min(1, 'expected the name of a region');

const idOf = (...types: string[]): z.ZodString =>
  z.string().refine((id) => types.some((type) => parseIdOfType(id, type) !== undefined), {
    error: `expected the resource id of a ${types.join(' or ')}`,
  });

const platformImage = z.strictObject({
  type: z.literal('PlatformImage'),
  publisher: z.string().min(1),
  offer: z.string().min(1),
  sku: z.string().min(1),
  version: z.string().min(1).default('latest'),
  planInfo: z.strictObject({ planName: z.string(), planProduct: z.string(), planPublisher: z.string() }).optional(),
});
const managedImageSource = z.strictObject({
  type: z.literal('ManagedImage'),
  imageId: idOf('Microsoft.Compute/images'),
});
const sharedImageSource = z.strictObject({
  type: z.literal('SharedImageVersion'),
  imageVersionId: idOf('Microsoft.Compute/galleries/images/versions'),
});
const source = z.discriminatedUnion('type', [platformImage, managedImageSource, sharedImageSource]);

const stepName = z.string().optional();
const shell = z
  .strictObject({
    type: z.literal('Shell'),
    name: stepName,
    scriptUri: uri.optional(),
    inline: z.array(z.string()).optional(),
    sha256Checksum: sha256.optional(),
  })
  .refine(({ scriptUri, inline }) => (scriptUri === undefined) !== (inline === undefined), {
    error: 'expected exactly one of scriptUri and inline',
  });
const file = z.strictObject({
  type: z.literal('File'),
  name: stepName,
  sourceUri: uri,
  destination: z.string().regex(/^\//, 'expected an absolute path'),
  sha256Checksum: sha256.optional(),
});
const customizer = z.discriminatedUnion('type', [shell, file]);

const distributorBase = { runOutputName: name, artifactTags: tags.default({}) };
const storageAccountType = z.enum(['Standard_LRS', 'Standard_ZRS', 'Premium_LRS']);
const sharedImage = z
  .strictObject({
    type: z.literal('SharedImage'),
    ...distributorBase,
    galleryImageId: idOf('Microsoft.Compute/galleries/images', 'Microsoft.Compute/galleries/images/versions'),
    targetRegions: z
      .array(
        z.strictObject({
          name: region,
          replicaCount: z.int().min(1).max(100).default(1),
          storageAccountType: storageAccountType.default('Standard_LRS'),
        }),
      )
      .min(1)
      .optional(),
    replicationRegions: z.array(region).min(1).optional(),
    storageAccountType: storageAccountType.optional(),
    excludeFromLatest: z.boolean().default(false),
    versioning: z.strictObject({ scheme: z.literal('Latest'), major: z.int().min(-1).optional() }).optional(),
  })
  .refine(({ targetRegions, replicationRegions }) => targetRegions === undefined || replicationRegions === undefined, {
    error: 'expected targetRegions or the older replicationRegions, not both',
  });
const managedImage = z.strictObject({
  type: z.literal('ManagedImage'),
  ...distributorBase,
  imageId: idOf('Microsoft.Compute/images'),
  location: region,
});
const vhd = z.strictObject({
  type: z.literal('VHD'),
  ...distributorBase,
  uri: uri.optional(),
});
const distributor = z.discriminatedUnion('type', [sharedImage, managedImage, vhd]);

const identityId = idOf('Microsoft.ManagedIdentity/userAssignedIdentities');
const vmProfile = z.strictObject({
  vmSize: z.string().optional(),
  osDiskSizeGB: z.int().min(0).max(4095).default(0),
  userAssignedIdentities: z.array(identityId).default([]),
  vnetConfig: z
    .strictObject({
      subnetId: idOf('Microsoft.Network/virtualNetworks/subnets').optional(),
      proxyVmSize: z.string().optional(),
      containerInstanceSubnetId: z.string().optional(),
    })
    .optional(),
});

const properties = z.strictObject({
  source,
  customize: z.array(customizer).default([]),
  distribute: z.array(distributor).min(1, 'expected at least one distributor'),
  buildTimeoutInMinutes: z.int().min(0).max(960).default(0),
  vmProfile: vmProfile.prefault({}),
  errorHandling: z
    .strictObject({
      onCustomizerError: z.literal('cleanup').optional(),
      onValidationError: z.literal('cleanup').optional(),
    })
    .optional(),
});

export const imageTemplate = z.strictObject({
  name,
  location: region,
  tags: tags.default({}),
  identity: z
    .strictObject({
      type: z.string(),
      userAssignedIdentities: z.record(identityId, z.unknown()).default({}),
    })
    .optional(),
  properties,
});

export type ImageTemplate = z.output<typeof imageTemplate>;
