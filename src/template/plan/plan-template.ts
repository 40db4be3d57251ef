/** From a read template to its build plan: every default filled and every name fixed. */
import { OWNERSHIP_TAG } from '../build-plan.ts';
import type {
  BuildPlan,
  PlannedMachine,
  PlannedOptimization,
  PlannedSource,
  PlannedValidation,
} from '../build-plan.ts';
import type { ReadTemplate } from '../read/read-template.ts';
import { galleryKindOf, normalizeRegion, parseGroupId } from '../resource-id.ts';
import type { ImageTemplateProperties } from '../schema/image-template.ts';
import { planDistributor } from './plan-distributors.ts';
import { planCustomizer, planValidator, sha256Of } from './plan-steps.ts';
import { stagingNames } from './staging-names.ts';
import { DEFAULT_DATA_DISK_GB, warnAbout } from './warnings.ts';

/** What the service takes 0 to mean. */
export const DEFAULT_TIMEOUT_MINUTES = 240;
const MAX_TAG_VALUE = 256;

export function planTemplate(read: ReadTemplate, runId: string): BuildPlan {
  const { template, apiVersion, warnings, subscriptionId, resourceGroup } = read;
  const { properties, name } = template;
  const location = normalizeRegion(template.location);
  const {
    validate,
    optimize,
    errorHandling,
    managedResourceTags = {},
    stagingResourceGroup = '',
    autoRun,
  } = properties;
  const validation = planValidation(validate);
  const optimization = planOptimization(optimize);
  const staging = stagingNames(resourceGroup, name, runId);
  const own = parseGroupId(stagingResourceGroup);
  return {
    planVersion: 1,
    runId,
    template: {
      id: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.VirtualMachineImages/imageTemplates/${name}`,
      name,
      subscriptionId,
      resourceGroup,
      location,
      apiVersion,
      tags: template.tags ?? {},
      identities: Object.keys(template.identity.userAssignedIdentities ?? {}),
    },
    source: planSource(properties.source),
    customize: (properties.customize ?? []).map(planCustomizer),
    ...(validation === undefined ? {} : { validate: validation }),
    ...(optimization === undefined ? {} : { optimize: optimization }),
    ...(errorHandling === undefined
      ? {}
      : {
          errorHandling: {
            onCustomizerError: onError(errorHandling.onCustomizerError),
            onValidationError: onError(errorHandling.onValidationError),
          },
        }),
    distribute: properties.distribute.map((distributor, index) => planDistributor(distributor, index, location)),
    machine: planMachine(properties),
    staging: own === undefined ? staging : { ...staging, resourceGroup: own.resourceGroup },
    ...(own === undefined ? {} : { stagingResourceGroup }),
    ...(autoRun?.state === 'Enabled' ? { autoRun: true } : {}),
    ...(Object.keys(managedResourceTags).length === 0 ? {} : { managedResourceTags }),
    buildTimeoutInMinutes: properties.buildTimeoutInMinutes || DEFAULT_TIMEOUT_MINUTES,
    tags: {
      // What Kiln goes by is not for a template to say.
      ...managedResourceTags,
      [OWNERSHIP_TAG]: runId,
      createdBy: 'kiln',
      imageTemplateName: name.slice(0, MAX_TAG_VALUE),
      imageTemplateResourceGroupName: resourceGroup.slice(0, MAX_TAG_VALUE),
    },
    warnings: [...warnings, ...warnAbout(properties, location)],
  };
}

const onError = (given: string | undefined): 'cleanup' | 'abort' => (given === 'abort' ? 'abort' : 'cleanup');

function planSource(source: ImageTemplateProperties['source']): PlannedSource {
  switch (source.type) {
    case 'ManagedImage':
      return { type: 'ManagedImage', imageId: source.imageId };
    case 'SharedImageVersion': {
      const { imageVersionId } = source;
      const gallery = galleryKindOf(imageVersionId) ?? 'own';
      return { type: 'SharedImageVersion', imageVersionId, ...(gallery === 'own' ? {} : { gallery }) };
    }
    case 'PlatformImage': {
      const { publisher = '', offer = '', sku = '', version = '', planInfo } = source;
      const image = {
        type: 'PlatformImage' as const,
        publisher,
        offer,
        sku,
        version: version === '' ? 'latest' : version,
      };
      if (planInfo === undefined) return image;
      const { planName, planProduct, planPublisher } = planInfo;
      return { ...image, plan: { name: planName, product: planProduct, publisher: planPublisher } };
    }
  }
}

/** Undefined where nothing is to be checked. */
function planValidation(validate: ImageTemplateProperties['validate']): PlannedValidation | undefined {
  const { inVMValidations = [], continueDistributeOnFailure = false, sourceValidationOnly = false } = validate ?? {};
  if (inVMValidations.length === 0 && !sourceValidationOnly) return undefined;
  return { continueDistributeOnFailure, sourceValidationOnly, validators: inVMValidations.map(planValidator) };
}

function planOptimization(optimize: ImageTemplateProperties['optimize']): PlannedOptimization | undefined {
  const vmBoot = optimize?.vmBoot?.state === 'Enabled';
  const { state, scriptUri = '', sha256Checksum } = optimize?.workload ?? {};
  if (!vmBoot && state !== 'Enabled') return undefined;
  if (state !== 'Enabled') return { vmBoot };
  return { vmBoot, workload: scriptUri === '' ? {} : { scriptUri, ...sha256Of(sha256Checksum) } };
}

function planMachine({ vmProfile = {}, additionalDataDisks = [] }: ImageTemplateProperties): PlannedMachine {
  const { vmSize = '', osDiskSizeGB = 0, userAssignedIdentities = [], vnetConfig = {} } = vmProfile;
  const { subnetId = '', containerInstanceSubnetId = '', proxyVmSize = '' } = vnetConfig;
  return {
    name: 'build',
    ...(vmSize === '' ? {} : { vmSize }),
    osDiskSizeGB,
    identities: userAssignedIdentities,
    ...(subnetId === '' ? {} : { subnetId }),
    ...(containerInstanceSubnetId === '' ? {} : { containerInstanceSubnetId }),
    ...(proxyVmSize === '' ? {} : { proxyVmSize }),
    ...(additionalDataDisks.length === 0
      ? {}
      : { dataDisks: additionalDataDisks.map(({ sizeGB = 0 }) => ({ sizeGB: sizeGB || DEFAULT_DATA_DISK_GB })) }),
  };
}
