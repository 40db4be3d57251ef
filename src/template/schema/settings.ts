/** How a build runs: its machine, its checks, its staging group, and what it does on an error. */
import type { ApiVersion } from '../api-versions/api-versions.ts';
import { parseGroupId } from '../resource-id.ts';
import {
  closedEnum,
  flag,
  idOf,
  objects,
  openEnum,
  sha256,
  strictObject,
  text,
  webAddress,
  whenObject,
  whole,
} from './values.ts';
import { validator } from './steps.ts';
import { since } from './version-notes.ts';

/** GiB; what Azure takes for an operating system disk. */
const MAX_OS_DISK = 4095;
const MAX_DATA_DISK = 32_767;
const MAX_DATA_DISKS = 64;

const SUBNET = 'Microsoft.Network/virtualNetworks/subnets';
const state = closedEnum(['Enabled', 'Disabled']).optional();
/** An empty text is as good as none, as the service has it. */
const optionalId = (type: string) => {
  const id = idOf(type);
  return text.refine((given) => given === '' || id.safeParse(given).success, `expected the resource id of ${type}`);
};

export function vnetConfig(version: ApiVersion) {
  return strictObject({
    subnetId: optionalId(SUBNET).optional().describe('An existing subnet for the build machine.'),
    ...since(version, '2021-10-01', { proxyVmSize: text.optional() }),
    ...since(version, '2024-02-01', { containerInstanceSubnetId: optionalId(SUBNET).optional() }),
  }).refine(
    ({ containerInstanceSubnetId, subnetId }) =>
      (containerInstanceSubnetId ?? '') === '' || (subnetId !== undefined && subnetId !== containerInstanceSubnetId),
    {
      when: whenObject,
      path: ['containerInstanceSubnetId'],
      error: 'expected subnetId beside it, naming another subnet',
    },
  );
}

export function vmProfile(version: ApiVersion) {
  return strictObject({
    vmSize: text.optional().describe('Size of the build machine; the default depends on the generation of the source.'),
    ...since(version, '2020-02-14', {
      osDiskSizeGB: whole(0)
        .refine((size) => size <= MAX_OS_DISK, `expected at most ${MAX_OS_DISK} GiB`)
        .optional()
        .describe("GiB; 0 (the default) keeps the source's size."),
      vnetConfig: vnetConfig(version).optional(),
    }),
    ...since(version, '2021-10-01', {
      userAssignedIdentities: objects(idOf('Microsoft.ManagedIdentity/userAssignedIdentities'))
        .optional()
        .describe('Identities that the build machine has.'),
    }),
  });
}

export function validation(version: ApiVersion) {
  return strictObject({
    continueDistributeOnFailure: flag
      .optional()
      .describe('Distribute an image that failed; the run fails all the same.'),
    sourceValidationOnly: flag.optional().describe('Build nothing; run the validators on the source image.'),
    inVMValidations: objects(validator(version)).optional(),
  });
}

export function optimize(version: ApiVersion) {
  return strictObject({
    vmBoot: strictObject({ state }).optional(),
    ...since(version, '2025-10-01', {
      workload: strictObject({
        state,
        scriptUri: webAddress.optional(),
        sha256Checksum: sha256.optional(),
      }).optional(),
    }),
  });
}

export function errorHandling() {
  const onError = openEnum(['cleanup', 'abort']).optional();
  return strictObject({
    onCustomizerError: onError.describe('abort leaves the machine for a person to look at.'),
    onValidationError: onError,
  });
}

export function autoRun() {
  return strictObject({ state });
}

export const dataDisks = objects(
  strictObject({
    sizeGB: whole(0)
      .refine((size) => size <= MAX_DATA_DISK, `expected at most ${MAX_DATA_DISK} GiB`)
      .optional(),
  }),
).refine((disks) => disks.length <= MAX_DATA_DISKS, `expected at most ${MAX_DATA_DISKS} data disks`);

export const stagingResourceGroup = text
  .refine(
    (id) => id === '' || parseGroupId(id) !== undefined,
    'expected the id of a resource group: /subscriptions/{subscription}/resourceGroups/{name}',
  )
  // One that is not there is made, so its name must be one that a group can have.
  .refine(
    (id) => /^[\p{L}\p{N}_.()-]{0,89}[\p{L}\p{N}_()-]$/u.test(parseGroupId(id)?.resourceGroup ?? '_'),
    'expected a name of 1 to 90 letters, digits, - _ ( ) and ., not ending in .',
  );
