/** What is no step of a plan, as an azure-arm source. */
import { defaultVmSize } from '../../template/build-plan.ts';
import type { BuildPlan, PlannedSource, SharedImageDistributor, VhdDistributor } from '../../template/build-plan.ts';
import { parseResourceId } from '../../template/resource-id.ts';
import type { Block } from './hcl-text.ts';
import { Raw } from './hcl-text.ts';
import type { Lost } from './export.ts';

export interface Exported {
  block: Block;
  /** Without values: whoever builds gives them. */
  variables: Record<string, string>;
}

export function sourceBlock(plan: BuildPlan, osType: 'Linux' | 'Windows', lost: Lost): Exported {
  const { template, machine, distribute } = plan;
  const variables: Record<string, string> = {};
  const image = sourceOf(plan.source);
  const gallery = only(
    distribute.filter(({ type }) => type === 'SharedImage'),
    lost,
  );
  const managed = only(
    distribute.filter(({ type }) => type === 'ManagedImage'),
    lost,
  );
  const vhd = only(
    distribute.filter(({ type }) => type === 'VHD'),
    lost,
  );
  const staging = plan.stagingResourceGroup?.split('/').at(-1);
  const destination = gallery?.type === 'SharedImage' ? galleryDestination(gallery, variables, lost) : undefined;
  return {
    variables,
    block: {
      type: 'source',
      labels: ['azure-arm', labelOf(template.name)],
      attributes: {
        use_azure_cli_auth: true,
        subscription_id: template.subscriptionId,
        os_type: osType,
        ...image.attributes,
        ...(staging === undefined ? { location: template.location } : { build_resource_group_name: staging }),
        // Packer's own default cannot start a source of the second generation; this one starts both.
        vm_size: machine.vmSize ?? defaultVmSize('V2'),
        os_disk_size_gb: machine.osDiskSizeGB === 0 ? undefined : machine.osDiskSizeGB,
        disk_additional_size: machine.dataDisks?.map(({ sizeGB }) => sizeGB),
        user_assigned_managed_identities: machine.identities.length === 0 ? undefined : machine.identities,
        ...networkOf(machine.subnetId),
        azure_tags: tagsOf(plan),
        ...(managed?.type === 'ManagedImage' ? managedImage(managed.imageId) : {}),
        ...(vhd?.type === 'VHD' ? vhdOf(plan, vhd, variables, lost) : {}),
        ...destination?.attributes,
        ...wayIn(osType),
      },
      blocks: [...image.blocks, ...(destination === undefined ? [] : [destination.block])],
    },
  };
}

/** A word that HCL takes for a name. */
export const labelOf = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9_-]/g, '-').replace(/^(?=[^A-Za-z_])/, '_');

function only<T extends { index: number; type: string }>(all: T[], lost: Lost): T | undefined {
  for (const { index, type } of all.slice(1)) {
    lost(`properties.distribute[${index}]`, `an azure-arm source has one ${type}`);
  }
  return all[0];
}

function tagsOf({ distribute, managedResourceTags = {} }: BuildPlan): Record<string, string> | undefined {
  const tags = { ...managedResourceTags, ...Object.assign({}, ...distribute.map(({ artifactTags }) => artifactTags)) };
  return Object.keys(tags).length === 0 ? undefined : tags;
}

function sourceOf(source: PlannedSource): { attributes: Record<string, unknown>; blocks: Block[] } {
  switch (source.type) {
    case 'PlatformImage': {
      const { publisher, offer, sku, version, plan } = source;
      const attributes = {
        image_publisher: publisher,
        image_offer: offer,
        image_sku: sku,
        image_version: version === 'latest' ? undefined : version,
      };
      if (plan === undefined) return { attributes, blocks: [] };
      const info = { plan_name: plan.name, plan_product: plan.product, plan_publisher: plan.publisher };
      return { attributes, blocks: [{ type: 'plan_info', attributes: info }] };
    }
    case 'ManagedImage': {
      const { resourceGroup, names } = idParts(source.imageId);
      const attributes = {
        custom_managed_image_name: names[0],
        custom_managed_image_resource_group_name: resourceGroup,
      };
      return { attributes, blocks: [] };
    }
    case 'SharedImageVersion':
      return { attributes: {}, blocks: [{ type: 'shared_image_gallery', attributes: galleryImage(source) }] };
  }
}

function galleryImage({
  imageVersionId,
  gallery,
}: Extract<PlannedSource, { type: 'SharedImageVersion' }>): Record<string, unknown> {
  if (gallery === 'community') return { community_gallery_image_id: imageVersionId };
  if (gallery !== undefined) return { direct_shared_gallery_image_id: imageVersionId };
  const { subscriptionId, resourceGroup, names } = idParts(imageVersionId);
  const [gallery_name, image_name, version] = names;
  return {
    subscription: subscriptionId,
    resource_group: resourceGroup,
    gallery_name,
    image_name,
    image_version: version === 'latest' ? undefined : version,
  };
}

function galleryDestination(
  distributor: SharedImageDistributor,
  variables: Record<string, string>,
  lost: Lost,
): { block: Block; attributes: Record<string, unknown> } {
  const { imageDefinitionId, version, targetRegions, excludeFromLatest, replicationMode, index } = distributor;
  const { subscriptionId, resourceGroup, names } = idParts(imageDefinitionId);
  const [gallery_name, image_name] = names;
  if (version.scheme !== 'explicit') {
    variables['image_version'] = 'Of the gallery: Packer does not count versions.';
    lost(
      `properties.distribute[${index}].versioning`,
      'Packer does not count versions: give the variable image_version',
    );
  }
  const kinds = [...new Set(targetRegions.map(({ storageAccountType }) => storageAccountType))];
  if (kinds.length > 1) {
    lost(
      `properties.distribute[${index}].targetRegions`,
      `Packer keeps all regions on one kind of storage: ${kinds[0] ?? ''}`,
    );
  }
  return {
    attributes: excludeFromLatest ? { shared_gallery_image_version_exclude_from_latest: true } : {},
    block: {
      type: 'shared_image_gallery_destination',
      attributes: {
        subscription: subscriptionId,
        resource_group: resourceGroup,
        gallery_name,
        image_name,
        image_version: version.scheme === 'explicit' ? version.version : new Raw('var.image_version'),
        storage_account_type: kinds[0],
        use_shallow_replication: replicationMode === 'Shallow' ? true : undefined,
      },
      blocks: targetRegions.map(({ name, replicaCount }) => ({
        type: 'target_region',
        attributes: { name, replicas: replicaCount },
      })),
    },
  };
}

function managedImage(imageId: string): Record<string, unknown> {
  const { resourceGroup, names } = idParts(imageId);
  return { managed_image_name: names[0], managed_image_resource_group_name: resourceGroup };
}

function vhdOf(
  plan: BuildPlan,
  { uri, index }: VhdDistributor,
  variables: Record<string, string>,
  lost: Lost,
): Record<string, unknown> {
  const path = `properties.distribute[${index}]`;
  const match = /^https:\/\/([^.]+)\.blob\.[^/]+\/([^/]+)\/(.+?)(-osDisk)?\.vhd$/i.exec(uri ?? '');
  const [, account, container = 'images', prefix = plan.template.name] = match ?? [];
  if (plan.source.type === 'ManagedImage') {
    lost(path, 'Packer makes no VHD of what began as a managed image');
    return {};
  }
  lost(path, 'Packer puts the VHD below the container system of an account of yours, under a name of its own');
  variables['storage_group'] = 'Of the storage account.';
  if (account === undefined) variables['storage_account'] = 'For the VHD.';
  return {
    resource_group_name: new Raw('var.storage_group'),
    storage_account: account ?? new Raw('var.storage_account'),
    capture_container_name: container,
    capture_name_prefix: prefix,
  };
}

function networkOf(subnetId: string | undefined): Record<string, unknown> {
  if (subnetId === undefined) return {};
  const { resourceGroup, names } = idParts(subnetId);
  return {
    virtual_network_name: names[0],
    virtual_network_subnet_name: names[1],
    virtual_network_resource_group_name: resourceGroup,
  };
}

function wayIn(osType: 'Linux' | 'Windows'): Record<string, unknown> {
  if (osType === 'Linux') return { communicator: 'ssh', ssh_username: 'packer' };
  return {
    communicator: 'winrm',
    winrm_username: 'packer',
    winrm_use_ssl: true,
    winrm_insecure: true,
    winrm_timeout: '15m',
  };
}

function idParts(id: string): { subscriptionId: string; resourceGroup: string; names: string[] } {
  const parsed = parseResourceId(id);
  if (parsed === undefined) throw new TypeError(`expected the id of a resource, got ${id}`);
  return parsed;
}
