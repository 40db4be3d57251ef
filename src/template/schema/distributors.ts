/** Where the image goes. */
import { z } from 'zod';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import { atLeast } from '../api-versions/api-versions.ts';
import { normalizeRegion, parseIdOfType } from '../resource-id.ts';
import {
  flag,
  idOf,
  isRecord,
  objects,
  openEnum,
  region,
  resourceName,
  rule,
  strictObject,
  tags,
  webAddress,
  whenObject,
  whole,
} from './values.ts';
import { meantAs, oneOf, since } from './version-notes.ts';

const DEFINITION = 'Microsoft.Compute/galleries/images';
const MAX_REPLICAS = 100;

function base(version: ApiVersion) {
  return {
    runOutputName: resourceName(version).describe('Names the output; each distributor has one of its own.'),
    artifactTags: tags.optional().describe('Tags of the image that is made.'),
    ...meantAs('artifactTags'),
  };
}

function spelled<const T extends string>(version: ApiVersion, type: T): T {
  return (version === '2018-02-01-preview' ? type.charAt(0).toLowerCase() + type.slice(1) : type) as T;
}

export function managedImage(version: ApiVersion) {
  return strictObject({
    type: z.literal(spelled(version, 'ManagedImage')),
    ...base(version),
    imageId: idOf('Microsoft.Compute/images'),
    location: region,
  });
}

export function vhd(version: ApiVersion) {
  return strictObject({
    type: z.literal('VHD'),
    ...base(version),
    ...since(version, '2022-07-01', {
      uri: webAddress.optional().describe('Address of the blob to write; without it, one in the staging account.'),
    }),
  });
}

/** Premium_LRS came with 2022-07-01. */
function storageAccountType(version: ApiVersion) {
  const older = ['Standard_LRS', 'Standard_ZRS'];
  return openEnum(atLeast(version, '2022-07-01') ? [...older, 'Premium_LRS'] : older).optional();
}

export function targetRegion(version: ApiVersion) {
  return strictObject({
    name: region,
    replicaCount: whole(1)
      .refine((count) => count <= MAX_REPLICAS, `expected at most ${MAX_REPLICAS} replicas in a region`)
      .optional(),
    storageAccountType: storageAccountType(version),
  });
}

export function versioning() {
  return z.discriminatedUnion(
    'scheme',
    [
      strictObject({
        scheme: z.literal('Latest'),
        major: whole(-1).optional().describe('Raise the highest version of this major; -1 (the default) of all.'),
      }),
      strictObject({ scheme: z.literal('Source') }),
    ],
    { error: 'expected Latest or Source' },
  );
}

export function sharedImage(version: ApiVersion) {
  const regionsRequired = !atLeast(version, '2022-07-01');
  const replicationRegions = objects(region);
  return strictObject({
    type: z.literal(spelled(version, 'SharedImage')),
    ...base(version),
    galleryImageId: idOf(DEFINITION, `${DEFINITION}/versions`)
      .refine(hasUsableVersion, 'expected a version of three whole numbers, as in 1.2.3')
      .refine(
        (id) => atLeast(version, '2020-02-14') || explicitVersion(id) === undefined,
        'an exact version came with api-version 2020-02-14: name the image definition, or raise apiVersion',
      )
      .describe('Id of the image definition; with /versions/1.2.3 at its end, that version is made.'),
    // Typed as the newest version has it; older ones require it.
    replicationRegions: (regionsRequired ? replicationRegions : replicationRegions.optional()) as z.ZodOptional<
      typeof replicationRegions
    >,
    ...since(version, '2020-02-14', {
      excludeFromLatest: flag.optional(),
      storageAccountType: storageAccountType(version),
    }),
    ...since(version, '2022-07-01', {
      targetRegions: objects(targetRegion(version)).optional(),
      versioning: versioning().optional(),
    }),
    ...since(version, '2025-10-01', {
      replicationMode: openEnum(['Full', 'Shallow']).optional(),
    }),
  })
    .refine((value) => !hasItems(value.targetRegions) || !hasItems(value.replicationRegions), {
      when: whenObject,
      path: ['replicationRegions'],
      error: 'expected targetRegions or the older replicationRegions, not both',
    })
    .refine((value) => value.storageAccountType === undefined || !hasItems(value.targetRegions), {
      when: whenObject,
      path: ['storageAccountType'],
      error: 'expected storageAccountType in each of targetRegions: the field here goes with replicationRegions only',
    })
    .check(
      rule((value) => repeatedRegions(value).map((path) => ({ path, message: 'this region is in the list already' }))),
    );
}

const hasItems = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

function repeatedRegions(distributor: Record<string, unknown>): Array<[field: string, index: number]> {
  return ['targetRegions', 'replicationRegions'].flatMap((field) => {
    const list: unknown = distributor[field];
    const seen = new Set<string>();
    return (Array.isArray(list) ? list : []).flatMap((item: unknown, index): Array<[string, number]> => {
      const given = isRecord(item) ? item['name'] : item;
      if (typeof given !== 'string') return [];
      const known = seen.has(normalizeRegion(given));
      seen.add(normalizeRegion(given));
      return known ? [[field, index]] : [];
    });
  });
}

export function explicitVersion(galleryImageId: string): string | undefined {
  return parseIdOfType(galleryImageId, `${DEFINITION}/versions`)?.names[2];
}

/** Gallery versions are three numbers of 32 bits. */
function hasUsableVersion(id: string): boolean {
  const version = explicitVersion(id);
  if (version === undefined) return true;
  return /^\d{1,10}\.\d{1,10}\.\d{1,10}$/.test(version) && version.split('.').every((part) => Number(part) < 2 ** 31);
}

type Distributor = ReturnType<typeof sharedImage> | ReturnType<typeof managedImage> | ReturnType<typeof vhd>;

export function distributor(version: ApiVersion) {
  return oneOf<Distributor>(version, 'type', {
    [spelled(version, 'SharedImage')]: { schema: sharedImage(version) },
    [spelled(version, 'ManagedImage')]: { schema: managedImage(version) },
    VHD: { schema: vhd(version), since: '2019-02-01-preview' },
  });
}
