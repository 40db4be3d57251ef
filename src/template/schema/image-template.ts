/** The whole image template, as one api-version has it. */
import { z } from 'zod';
import { atLeast } from '../api-versions/api-versions.ts';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import { distributor } from './distributors.ts';
import {
  autoRun,
  dataDisks,
  errorHandling,
  optimize,
  stagingResourceGroup,
  validation,
  vmProfile,
} from './settings.ts';
import { source } from './source.ts';
import { customizer } from './steps.ts';
import {
  closedEnum,
  expected,
  isRecord,
  objects,
  region,
  resourceName,
  rule,
  strictObject,
  tags,
  whole,
} from './values.ts';
import { readOnly, since } from './version-notes.ts';
import { parseIdOfType } from '../resource-id.ts';

export const MAX_BUILD_MINUTES = 960;
const IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';

export function identity() {
  const key = z
    .string()
    .refine((id) => parseIdOfType(id, IDENTITY) !== undefined, `expected the resource id of ${IDENTITY}`);
  const held = strictObject({ principalId: readOnly(), clientId: readOnly() });
  return strictObject({
    type: closedEnum(['UserAssigned', 'None']).optional(),
    userAssignedIdentities: z
      .record(key, held, { error: ({ input }) => expected('an object whose keys are resource ids', input) })
      .optional(),
  });
}

export function properties(version: ApiVersion) {
  return strictObject({
    source: source(version),
    customize: objects(customizer(version)).optional().describe('Steps inside the build machine, in order.'),
    distribute: objects(distributor(version)).min(1, 'expected at least one distributor'),
    ...since(version, '2019-05-01-preview', {
      buildTimeoutInMinutes: whole(0, MAX_BUILD_MINUTES).optional().describe('0 (the default) means 240.'),
      vmProfile: vmProfile(version).optional(),
    }),
    ...since(version, '2022-02-14', {
      validate: validation(version).optional().describe('Checks in a machine that is booted from the image.'),
      stagingResourceGroup: stagingResourceGroup.optional().describe('An empty group for what a build needs.'),
      exactStagingResourceGroup: readOnly(),
    }),
    ...since(version, '2022-07-01', { optimize: optimize(version).optional() }),
    ...since(version, '2023-07-01', { errorHandling: errorHandling().optional() }),
    ...since(version, '2024-02-01', {
      autoRun: autoRun().optional().describe('Whether creating the template starts a build.'),
      managedResourceTags: tags.optional().describe('Tags of everything that is made for a build.'),
    }),
    ...since(version, '2025-10-01', { additionalDataDisks: dataDisks.optional() }),
    provisioningState: readOnly(),
    provisioningError: readOnly(),
    lastRunStatus: readOnly(),
  }).check(
    rule((value) =>
      repeatedOutputs(value.distribute).map(({ index, first, name }) => ({
        path: ['distribute', index, 'runOutputName'],
        message: `${name} is also the name of distribute[${first}]: each needs a name of its own`,
      })),
    ),
  );
}

function repeatedOutputs(distributors: unknown): Array<{ index: number; first: number; name: string }> {
  const seen = new Map<string, number>();
  return (Array.isArray(distributors) ? distributors : []).flatMap((item: unknown, index) => {
    const name = isRecord(item) ? item['runOutputName'] : undefined;
    if (typeof name !== 'string') return [];
    const first = seen.get(name.toLowerCase());
    if (first !== undefined) return [{ index, first, name }];
    seen.set(name.toLowerCase(), index);
    return [];
  });
}

function imageTemplateOf(version: ApiVersion) {
  const who = identity();
  return strictObject({
    name: resourceName(version),
    location: region,
    tags: tags.optional(),
    ...since(version, '2019-05-01-preview', {
      // Typed as the newest version has it.
      identity: (atLeast(version, '2020-02-14') ? who : who.optional()) as typeof who,
    }),
    properties: properties(version).optional(),
    id: readOnly(),
    type: readOnly(),
    apiVersion: readOnly(),
    ...since(version, '2021-10-01', { systemData: readOnly() }),
  }).refine((value) => value.properties !== undefined, {
    when: ({ value }) => isRecord(value),
    path: ['properties'],
    error: 'is required: expected an object',
  });
}

const cache = new Map<ApiVersion, ReturnType<typeof imageTemplateOf>>();

/** The schema of an api-version; the type is the newest one's. */
export function imageTemplate(version: ApiVersion): ReturnType<typeof imageTemplateOf> {
  const known = cache.get(version);
  if (known !== undefined) return known;
  const made = imageTemplateOf(version);
  cache.set(version, made);
  return made;
}

export type ImageTemplateBody = z.input<ReturnType<typeof imageTemplateOf>>;
export type ImageTemplateProperties = NonNullable<ImageTemplateBody['properties']>;
