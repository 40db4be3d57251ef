/** An azure-arm source as the parts of an image template that are not steps. */
import type { Fields } from '../fields.ts';
import { compact, idOf, literals } from './literals.ts';
import { distributors } from './outputs.ts';
import { DEFINITION } from './parameters.ts';
import type { Parameter } from './parameters.ts';

export interface ImageParts {
  location: string;
  tags: Record<string, string>;
  osType: 'Linux' | 'Windows';
  parameters: Record<string, Parameter>;
  properties: Record<string, unknown>;
}

const names = (text: string): string[] => text.trim().split(/\s+/);

/** How Packer signs in, and how it gets into the machine: Kiln's worker has its own credential, and needs no way in. */
const SIGN_IN = names(`
  client_id client_secret client_cert_path client_cert_password client_cert_token_timeout client_jwt object_id tenant_id
  use_azure_cli_auth use_interactive_auth metadata_host cloud_environment_name oidc_request_token oidc_request_url
  oidc_token oidc_token_file_path use_oidc skip_create_build_key_vault`);
const WAY_IN =
  /^(communicator|ssh_\w+|winrm_\w+|temporary_key_pair_\w+|build_key_vault_\w+|pause_before_connecting|allowed_inbound_ip_addresses|public_ip_sku|host)$/;
const NAMES = names(`
  temp_resource_group_name temp_compute_name temp_nic_name temp_os_disk_name temp_deployment_name temp_key_vault_name
  temp_nsg_name custom_resource_build_prefix`);
const WAITING = ['polling_duration_timeout', 'async_resourcegroup_delete', 'shared_image_gallery_timeout'];
const MACHINE_ONLY: Record<string, string> = {
  custom_data: 'the build machine is set up without custom data: make it a first provisioner',
  custom_data_file: 'the build machine is set up without custom data: make it a first provisioner',
  user_data: 'the build machine has no user data: make it a first provisioner',
  user_data_file: 'the build machine has no user data: make it a first provisioner',
  custom_script: 'no script extension is run: make it a first provisioner',
  license_type: 'the build machine is not licensed by it',
  boot_diag_storage_account: 'the build machine keeps no boot diagnostics',
  disk_caching_type: 'the disks have the default caching',
  disk_encryption_set_id: 'disks are encrypted with platform keys',
  encryption_at_host: 'the build machine is not encrypted at its host',
  security_type: 'the build machine is of the standard security type',
  secure_boot_enabled: 'the build machine is of the standard security type',
  vtpm_enabled: 'the build machine is of the standard security type',
  security_encryption_type: 'the build machine is of the standard security type',
  spot: 'the build machine is no spot machine',
  zones: 'the build machine is in no zone of choice',
};

export function imageParts(source: Fields): ImageParts {
  const parameters: Record<string, Parameter> = {};
  needless(source);
  const osType = /^windows$/i.test(source.text('os_type') ?? '') ? 'Windows' : 'Linux';
  const location = locationOf(source, parameters);
  const tags = tagsOf(source);
  const subscription = source.text('subscription_id');
  if (subscription !== undefined) {
    source.note(
      'changed',
      'subscription_id',
      `it is built in the subscription that Kiln is given: --subscription ${subscription}`,
    );
  }
  return {
    location,
    tags,
    osType,
    parameters,
    properties: compact({
      source: sourceOf(source),
      vmProfile: machineOf(source, parameters),
      additionalDataDisks: source.numbers('disk_additional_size').map((sizeGB) => ({ sizeGB })),
      stagingResourceGroup: stagingOf(source),
      managedResourceTags: literals(tags),
      distribute: distributors(source, { location, tags, parameters }),
    }),
  };
}

function needless(source: Fields): void {
  source.noteGiven('needless', SIGN_IN, 'Azure is asked with the credential of the worker');
  source.noteGiven(
    'needless',
    source.names.filter((name) => WAY_IN.test(name)),
    'steps go through the agent of the machine, into which nothing is let',
  );
  source.noteGiven('needless', NAMES, 'what a build makes for itself has names of its own');
  source.noteGiven('needless', WAITING, 'what Azure does is waited for to its end');
  for (const [name, why] of Object.entries(MACHINE_ONLY)) source.noteGiven('lost', [name], why);
}

function locationOf(source: Fields, parameters: Record<string, Parameter>): string {
  const location = source.text('location');
  if (location !== undefined) return location;
  const description = 'Region of the build: the Packer file takes it from a resource group.';
  parameters['location'] = { type: 'string', metadata: { description } };
  return "[parameters('location')]";
}

function stagingOf(source: Fields): string | undefined {
  const group = source.text('build_resource_group_name');
  if (group === undefined) return undefined;
  source.note('changed', 'build_resource_group_name', 'as the staging group, which must be empty before a build');
  return `[concat(subscription().id, '/resourceGroups/${group}')]`;
}

function tagsOf(source: Fields): Record<string, string> {
  const more = [...source.blocks('azure_tag'), ...(source.isList('azure_tags') ? source.blocks('azure_tags') : [])];
  return {
    ...(source.isList('azure_tags') ? {} : source.map('azure_tags')),
    ...Object.fromEntries(more.map((tag) => [tag.text('name') ?? '', tag.text('value') ?? ''])),
  };
}

function sourceOf(source: Fields): Record<string, unknown> {
  const gallery = source.block('shared_image_gallery');
  if (gallery !== undefined) return { type: 'SharedImageVersion', imageVersionId: galleryImage(gallery) };
  const image = source.text('custom_managed_image_name');
  if (image !== undefined) {
    const group = source.text('custom_managed_image_resource_group_name') ?? '';
    if (group === '')
      source.problem('custom_managed_image_name', 'expected custom_managed_image_resource_group_name beside it');
    return { type: 'ManagedImage', imageId: idOf({ group, type: 'Microsoft.Compute/images', names: [image] }) };
  }
  if (source.has('image_url')) {
    source.problem('image_url', 'a template cannot start from a VHD: make a managed image or a gallery version of it');
  }
  const [publisher, offer, sku] = ['image_publisher', 'image_offer', 'image_sku'].map((name) => {
    const value = source.text(name);
    if (value === undefined && !source.has('image_url')) source.problem(name, 'is missing: it says what to start from');
    return value;
  });
  const plan = source.block('plan_info');
  plan?.noteGiven('lost', ['plan_promotion_code'], 'the plan of a template has no promotion code');
  return compact(
    literals({
      type: 'PlatformImage',
      publisher,
      offer,
      sku,
      version: source.text('image_version') ?? 'latest',
      planInfo:
        plan === undefined
          ? undefined
          : {
              planName: plan.text('plan_name'),
              planProduct: plan.text('plan_product'),
              planPublisher: plan.text('plan_publisher'),
            },
    }),
  );
}

function galleryImage(gallery: Fields): string {
  for (const name of ['id', 'direct_shared_gallery_image_id', 'community_gallery_image_id']) {
    const id = gallery.text(name);
    if (id !== undefined) return /\/versions\/[^/]+$/i.test(id) ? id : `${id}/versions/latest`;
  }
  const [group, name, image] = ['resource_group', 'gallery_name', 'image_name'].map((field) => {
    const value = gallery.text(field);
    if (value === undefined) gallery.problem(field, 'is missing: it says what to start from');
    return value ?? '';
  });
  return idOf({
    subscription: gallery.text('subscription'),
    group: group ?? '',
    type: `${DEFINITION}/versions`,
    names: [name ?? '', image ?? '', gallery.text('image_version') ?? 'latest'],
  });
}

function machineOf(source: Fields, parameters: Record<string, Parameter>): Record<string, unknown> {
  if (!source.has('vm_size')) {
    source.note('changed', 'vm_size', 'is chosen by the generation of the source, where Packer takes Standard_A1');
  }
  return compact({
    vmSize: source.text('vm_size'),
    osDiskSizeGB: source.number('os_disk_size_gb'),
    userAssignedIdentities: source.texts('user_assigned_managed_identities'),
    vnetConfig: compact({ subnetId: subnetOf(source, parameters) }),
  });
}

/** Packer looks for a group and a subnet that the file does not name; a template names them. */
function subnetOf(source: Fields, parameters: Record<string, Parameter>): string | undefined {
  const network = source.text('virtual_network_name');
  if (network === undefined) return undefined;
  source.noteGiven(
    'lost',
    ['private_virtual_network_with_public_ip'],
    'a machine in your own network gets no public address',
  );
  const given = (name: string, parameter: string, description: string): string => {
    const value = source.text(name);
    if (value !== undefined) return `'${value.replaceAll("'", "''")}'`;
    parameters[parameter] = { type: 'string', metadata: { description } };
    return `parameters('${parameter}')`;
  };
  const group = given(
    'virtual_network_resource_group_name',
    'networkGroup',
    `Resource group of the network ${network}.`,
  );
  const subnet = given('virtual_network_subnet_name', 'subnet', `Subnet of the network ${network} for the machine.`);
  return `[resourceId(${group}, 'Microsoft.Network/virtualNetworks/subnets', '${network}', ${subnet})]`;
}
