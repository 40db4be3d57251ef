/** Where an azure-arm source puts its image: gallery versions, a managed image, a VHD. */
import type { Fields } from '../fields.ts';
import { compact, idOf, literals } from './literals.ts';
import { DEFINITION } from './parameters.ts';
import type { Parameter } from './parameters.ts';

interface Around {
  location: string;
  tags: Record<string, string>;
  parameters: Record<string, Parameter>;
}

export function distributors(source: Fields, around: Around): Array<Record<string, unknown>> {
  const galleries = source.blocks('shared_image_gallery_destination');
  const made = [
    ...galleries.map((gallery, index) => galleryVersion(source, gallery, around, index === 0 ? '' : `-${index + 1}`)),
    ...managedImage(source, around),
    ...vhd(source, around),
  ];
  source.noteGiven('lost', ['keep_os_disk'], 'the disk of the machine is removed with it');
  if (made.length === 0) {
    const skipped = source.flag('skip_create_image') === true;
    const why = skipped
      ? 'a template makes an image: a VHD in the staging account, which kiln delete removes'
      : 'says nowhere to put the image: a VHD in the staging account, which kiln delete removes';
    source.note('changed', skipped ? 'skip_create_image' : '', why);
    return [{ type: 'VHD', runOutputName: 'image', artifactTags: literals(around.tags) }];
  }
  source.noteGiven('lost', ['skip_create_image'], 'a template makes its image');
  return made;
}

function galleryVersion(
  source: Fields,
  gallery: Fields,
  { location, tags }: Around,
  suffix: string,
): Record<string, unknown> {
  const [group, name, image] = ['resource_group', 'gallery_name', 'image_name'].map((field) => {
    const value = gallery.text(field);
    if (value === undefined) gallery.problem(field, 'is missing');
    return value ?? '';
  });
  const names = [name ?? '', image ?? ''];
  const version = gallery.text('image_version');
  const subscription = gallery.text('subscription');
  gallery.noteGiven('lost', ['confidential_vm_image_encryption_type'], 'versions are encrypted with platform keys');
  if (gallery.flag('specialized') === true) {
    gallery.note('refused', 'specialized', 'an image template generalizes its machine');
  }
  const where = 'a version of a template has no end of life';
  source.noteGiven('lost', ['shared_gallery_image_version_end_of_life_date'], where);
  return compact({
    type: 'SharedImage',
    runOutputName: `gallery${suffix}`,
    galleryImageId: idOf({
      ...(subscription === undefined || subscription === source.text('subscription_id') ? {} : { subscription }),
      group: group ?? '',
      type: version === undefined ? DEFINITION : `${DEFINITION}/versions`,
      names: version === undefined ? names : [...names, version],
    }),
    targetRegions: regionsOf(source, gallery, location),
    excludeFromLatest: source.flag('shared_gallery_image_version_exclude_from_latest'),
    replicationMode: gallery.flag('use_shallow_replication') === true ? 'Shallow' : undefined,
    artifactTags: literals(tags),
  });
}

/** The region of the build is always among them. */
function regionsOf(source: Fields, gallery: Fields, location: string): Array<Record<string, unknown>> {
  const replicaCount = source.number('shared_image_gallery_replica_count');
  const storageAccountType = gallery.text('storage_account_type');
  const plain = gallery.texts('replication_regions').map((name) => ({ name, replicaCount }));
  const detailed = gallery.blocks('target_region').map((region) => {
    region.noteGiven('lost', ['disk_encryption_set_id'], 'versions are encrypted with platform keys');
    return { name: region.text('name') ?? '', replicaCount: region.number('replicas') ?? replicaCount };
  });
  const all = [...detailed, ...plain];
  const normal = (name: string): string => name.toLowerCase().replaceAll(' ', '');
  const own = all.some(({ name }) => normal(name) === normal(location)) ? [] : [{ name: location, replicaCount }];
  return [...own, ...all].map((region) => compact({ ...region, storageAccountType }));
}

function managedImage(source: Fields, { location, tags }: Around): Array<Record<string, unknown>> {
  const name = source.text('managed_image_name');
  const group = source.text('managed_image_resource_group_name');
  source.noteGiven(
    'lost',
    [
      'managed_image_storage_account_type',
      'managed_image_os_disk_snapshot_name',
      'managed_image_zone_resilient',
      'managed_image_data_disk_snapshot_prefix',
    ],
    'a managed image of a template has no such setting',
  );
  if (name === undefined || group === undefined) {
    if (name !== undefined)
      source.problem('managed_image_name', 'expected managed_image_resource_group_name beside it');
    return [];
  }
  const imageId = idOf({ group, type: 'Microsoft.Compute/images', names: [name] });
  return [compact({ type: 'ManagedImage', runOutputName: 'image', imageId, location, artifactTags: literals(tags) })];
}

/** Packer's own place for it is below the container `system`, by chance; a template's is by name. */
function vhd(source: Fields, { tags, parameters }: Around): Array<Record<string, unknown>> {
  const account = source.text('storage_account');
  const container = source.text('capture_container_name');
  const prefix = source.text('capture_name_prefix');
  if (account === undefined || container === undefined || prefix === undefined) return [];
  source.noteGiven('needless', ['resource_group_name'], 'a storage account is found by its address');
  const uri = `https://${account}.blob.core.windows.net/${container}/${prefix}-osDisk.vhd`;
  source.note('changed', 'capture_name_prefix', `the VHD is ${uri}, the parameter vhdUri`);
  parameters['vhdUri'] = { type: 'string', defaultValue: uri, metadata: { description: 'Address of the VHD.' } };
  return [compact({ type: 'VHD', runOutputName: 'vhd', uri: "[parameters('vhdUri')]", artifactTags: literals(tags) })];
}
