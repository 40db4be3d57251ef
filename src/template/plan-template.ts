/** From a read template to its build plan: every default filled and every name fixed. */
import { createHash } from 'node:crypto';
import { OWNERSHIP_TAG } from './build-plan.ts';
import type { BuildPlan, PlannedCustomizer, PlannedDistributor, PlannedSource, StagingNames } from './build-plan.ts';
import { parseIdOfType, normalizeRegion } from './resource-id.ts';
import type { ReadTemplate } from './read-template.ts';
import type { ImageTemplate } from './schema.ts';

/** What the service takes 0 to mean. */
const DEFAULT_TIMEOUT_MINUTES = 240;
const MAX_GROUP_NAME = 90;
const MAX_TAG_VALUE = 256;

export function planTemplate(
  { template, apiVersion, warnings }: ReadTemplate,
  options: { runId: string; subscriptionId: string; resourceGroup: string },
): BuildPlan {
  const { runId, subscriptionId, resourceGroup } = options;
  const { properties, name } = template;
  const location = normalizeRegion(template.location);
  const { vmProfile } = properties;
  const subnetId = vmProfile.vnetConfig?.subnetId;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.VirtualMachineImages/imageTemplates/${name}`;
  return {
    planVersion: 1,
    runId,
    template: {
      id,
      name,
      subscriptionId,
      resourceGroup,
      location,
      apiVersion,
      tags: template.tags,
      identities: Object.keys(template.identity?.userAssignedIdentities ?? {}),
    },
    source: planSource(properties.source),
    customize: properties.customize.map(planCustomizer),
    distribute: properties.distribute.map((distributor, index) => planDistributor(distributor, index, location)),
    machine: {
      name: 'build',
      ...(vmProfile.vmSize === undefined || vmProfile.vmSize === '' ? {} : { vmSize: vmProfile.vmSize }),
      osDiskSizeGB: vmProfile.osDiskSizeGB,
      identities: vmProfile.userAssignedIdentities,
      ...(subnetId === undefined ? {} : { subnetId }),
    },
    staging: stagingNames(resourceGroup, name, runId),
    buildTimeoutInMinutes: properties.buildTimeoutInMinutes || DEFAULT_TIMEOUT_MINUTES,
    tags: {
      [OWNERSHIP_TAG]: runId,
      createdBy: 'kiln',
      imageTemplateName: name.slice(0, MAX_TAG_VALUE),
      imageTemplateResourceGroupName: resourceGroup.slice(0, MAX_TAG_VALUE),
    },
    warnings,
  };
}

function planSource(source: ImageTemplate['properties']['source']): PlannedSource {
  if (source.type !== 'PlatformImage') return source;
  const { planInfo, ...image } = source;
  if (planInfo === undefined) return image;
  const { planName, planProduct, planPublisher } = planInfo;
  return { ...image, plan: { name: planName, product: planProduct, publisher: planPublisher } };
}

function planCustomizer(step: ImageTemplate['properties']['customize'][number], index: number): PlannedCustomizer {
  const name = step.name === undefined || step.name === '' ? `${step.type}-${index + 1}` : step.name;
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  const key = `step-${String(index + 1).padStart(2, '0')}${slug === '' ? '' : `-${slug}`}`;
  const checksum = step.sha256Checksum?.toLowerCase();
  const sha256 = checksum === undefined || checksum === '' ? {} : { sha256: checksum };
  if (step.type === 'File') {
    const { sourceUri, destination } = step;
    return { type: 'File', index, name, key, sourceUri, destination, ...sha256 };
  }
  const { scriptUri, inline = [] } = step;
  const script =
    scriptUri === undefined
      ? { from: 'inline' as const, lines: inline }
      : { from: 'uri' as const, uri: scriptUri, ...sha256 };
  return { type: 'Shell', index, name, key, script };
}

function planDistributor(
  distributor: ImageTemplate['properties']['distribute'][number],
  index: number,
  location: string,
): PlannedDistributor {
  const { runOutputName, artifactTags } = distributor;
  const base = { index, runOutputName, artifactTags };
  switch (distributor.type) {
    case 'ManagedImage':
      return {
        type: 'ManagedImage',
        ...base,
        imageId: distributor.imageId,
        location: normalizeRegion(distributor.location),
      };
    case 'VHD':
      return { type: 'VHD', ...base, ...(distributor.uri === undefined ? {} : { uri: distributor.uri }) };
    case 'SharedImage': {
      const { galleryImageId, targetRegions, replicationRegions, storageAccountType, excludeFromLatest, versioning } =
        distributor;
      const version = parseIdOfType(galleryImageId, 'Microsoft.Compute/galleries/images/versions')?.names[2];
      const major = versioning?.major;
      const older = (replicationRegions ?? [location]).map((name) => ({
        name,
        replicaCount: 1,
        storageAccountType: storageAccountType ?? ('Standard_LRS' as const),
      }));
      return {
        type: 'SharedImage',
        ...base,
        imageDefinitionId: version === undefined ? galleryImageId : galleryImageId.replace(/\/versions\/[^/]+$/i, ''),
        version:
          version === undefined
            ? { scheme: 'latest', ...(major === undefined || major < 0 ? {} : { major }) }
            : { scheme: 'explicit', version },
        targetRegions: (targetRegions ?? older).map((region) => ({ ...region, name: normalizeRegion(region.name) })),
        excludeFromLatest,
      };
    }
  }
}

/** The run id is in every name, so that two runs of one template never meet and the logs of an older one stay. */
function stagingNames(group: string, template: string, runId: string): StagingNames {
  const hash = createHash('sha256').update(`${group}/${template}/${runId}`).digest('hex');
  const whole = `IT_${group}_${template}_${runId}`;
  const resourceGroup =
    whole.length <= MAX_GROUP_NAME ? whole : `${whole.slice(0, MAX_GROUP_NAME - 11)}_${hash.slice(0, 10)}`;
  return {
    resourceGroup,
    storageAccount: `kiln${hash.slice(0, 20)}`,
    virtualNetwork: 'build-vnet',
    subnet: 'build',
    securityGroup: 'build-nsg',
    publicIp: 'build-egress',
    networkInterface: 'build-nic',
    osDisk: 'build-os',
  };
}
