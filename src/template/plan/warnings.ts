/** What is valid, and most likely not what a person thinks it is. */
import type { PlanWarning } from '../build-plan.ts';
import { normalizeRegion } from '../resource-id.ts';
import { explicitVersion } from '../schema/distributors.ts';
import type { ImageTemplateProperties } from '../schema/image-template.ts';

/** It accepts less, and fails the build. */
const LEAST_MINUTES = 6;
/** Azure makes no empty disk without a size, and Image Builder does not say which it takes. */
export const DEFAULT_DATA_DISK_GB = 32;

/** @param location of the build, normalized */
export function warnAbout(properties: ImageTemplateProperties, location: string): PlanWarning[] {
  const { customize = [], validate, distribute, vmProfile } = properties;
  const steps = [
    ...customize.map((step, index) => ({ step, path: `properties.customize[${index}]` })),
    ...(validate?.inVMValidations ?? []).map((step, index) => ({
      step,
      path: `properties.validate.inVMValidations[${index}]`,
    })),
  ];
  const minutes = properties.buildTimeoutInMinutes ?? 0;
  return [
    ...(minutes > 0 && minutes < LEAST_MINUTES
      ? [
          {
            path: 'properties.buildTimeoutInMinutes',
            message: `is less than the ${LEAST_MINUTES} that Azure Image Builder needs`,
          },
        ]
      : []),
    ...steps.flatMap(({ step, path }) => warnAboutStep(step, path)),
    ...distribute.flatMap((distributor, index) => {
      if (distributor.type !== 'SharedImage' || distributor.versioning === undefined) return [];
      const version = explicitVersion(distributor.galleryImageId);
      if (version === undefined) return [];
      const path = `properties.distribute[${index}].versioning`;
      return [{ path, message: `means nothing beside the exact version ${version} in galleryImageId` }];
    }),
    ...distribute.flatMap((distributor, index) => warnAboutRegions(distributor, index, location)),
    ...samePlaces(distribute),
    ...(properties.additionalDataDisks ?? []).flatMap(({ sizeGB = 0 }, index) => {
      const path = `properties.additionalDataDisks[${index}].sizeGB`;
      return sizeGB === 0 ? [{ path, message: `is not said, and is taken as ${DEFAULT_DATA_DISK_GB} GiB` }] : [];
    }),
    ...warnAboutWorkload(properties.optimize?.workload),
    ...(['containerInstanceSubnetId', 'proxyVmSize'] as const).flatMap((field) =>
      (vmProfile?.vnetConfig?.[field] ?? '') === ''
        ? []
        : [
            {
              path: `properties.vmProfile.vnetConfig.${field}`,
              message: 'means nothing to Kiln, which needs no container and no proxy to reach the machine',
            },
          ],
    ),
  ];
}

function warnAboutRegions(
  distributor: ImageTemplateProperties['distribute'][number],
  index: number,
  location: string,
): PlanWarning[] {
  if (distributor.type !== 'SharedImage') return [];
  const { targetRegions = [], replicationRegions = [] } = distributor;
  const names = [...targetRegions.map(({ name }) => name), ...replicationRegions].map(normalizeRegion);
  if (names.length === 0 || names.includes(location)) return [];
  const path = `properties.distribute[${index}].${targetRegions.length > 0 ? 'targetRegions' : 'replicationRegions'}`;
  return [{ path, message: `is without the build's region ${location}, from which Azure replicates: it is there too` }];
}

/** Nothing says that Azure refuses it, and only one of the two images can be there in the end. */
function samePlaces(distribute: ImageTemplateProperties['distribute']): PlanWarning[] {
  const seen = new Map<string, number>();
  return distribute.flatMap((distributor, index) => {
    const [field, place = ''] = placeOf(distributor);
    if (place === '') return [];
    const first = seen.get(place.toLowerCase());
    seen.set(place.toLowerCase(), first ?? index);
    if (first === undefined) return [];
    const path = `properties.distribute[${index}].${field}`;
    return [{ path, message: `is what distribute[${first}] makes too: one would take the other's place` }];
  });
}

function placeOf(distributor: ImageTemplateProperties['distribute'][number]): [field: string, place?: string] {
  switch (distributor.type) {
    case 'ManagedImage':
      return ['imageId', distributor.imageId];
    case 'VHD':
      return distributor.uri === undefined ? ['uri'] : ['uri', distributor.uri];
    case 'SharedImage': {
      const { galleryImageId } = distributor;
      return explicitVersion(galleryImageId) === undefined ? ['galleryImageId'] : ['galleryImageId', galleryImageId];
    }
  }
}

function warnAboutWorkload(workload: NonNullable<ImageTemplateProperties['optimize']>['workload']): PlanWarning[] {
  const { state, scriptUri = '', sha256Checksum = '' } = workload ?? {};
  if (scriptUri !== '') return [];
  const path = 'properties.optimize.workload';
  return [
    ...(state === 'Enabled' ? [{ path, message: 'has no scriptUri, so nothing is run for it' }] : []),
    ...(sha256Checksum === '' ? [] : [{ path: `${path}.sha256Checksum`, message: 'means nothing without scriptUri' }]),
  ];
}

type Step = NonNullable<ImageTemplateProperties['customize']>[number];

function warnAboutStep(step: Step, path: string): PlanWarning[] {
  switch (step.type) {
    case 'Shell':
    case 'PowerShell':
      return (step.sha256Checksum ?? '') !== '' && (step.scriptUri ?? '') === ''
        ? [{ path: `${path}.sha256Checksum`, message: 'means nothing without scriptUri' }]
        : [];
    case 'File':
      return /^(\/|[A-Za-z]:[\\/]|\\\\|%)/.test(step.destination ?? '')
        ? []
        : [{ path: `${path}.destination`, message: 'is no absolute path: it is below the folder that steps run in' }];
    case 'WindowsUpdate':
      return (step.filters ?? []).flatMap((filter, index) =>
        /^(include|exclude):/.test(filter)
          ? []
          : [{ path: `${path}.filters[${index}]`, message: 'starts with neither include: nor exclude:' }],
      );
    case 'WindowsRestart':
      return [];
  }
}
