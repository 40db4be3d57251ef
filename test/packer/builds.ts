/**
 * `npm run test:packer`: HashiCorp Packer's azure-arm builder, unmodified, against the local Azure with machines that
 * really run: it deploys templates, reaches the machine by SSH, captures and cleans up. Packer is looked for at
 * $KILN_PACKER and on the PATH, its plugin where Packer itself looks for it.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { cacheDir } from '../local-azure/compute/sandbox-support.ts';
import { collect, FAST, startTestAzure, type TestAzure } from '../local-azure/support.ts';

const GROUP = 'golden-images';
const found = findPacker();

describe('packer build, with the builder azure-arm', { skip: found.reason ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-packer-'));
  let azure: TestAzure;
  let blobs: BlobServiceClient;
  before(async () => {
    azure = await startTestAzure(undefined, { machine: 'sandbox', cacheDir });
    const { primaryEndpoints } = await azure.clients.storage.storageAccounts.create(
      GROUP,
      'disks',
      { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2' },
      FAST,
    );
    blobs = new BlobServiceClient(primaryEndpoints?.blob ?? '', azure.clients.credential);
    // Packer makes no container.
    await blobs.getContainerClient('images').create();
    await azure.clients.resources.resourceGroups.createOrUpdate('builds', { location: 'westeurope' });
  });
  after(async () => {
    await azure.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What it said, whether it succeeded or not. */
  async function packer(
    name: string,
    builder: object,
    steps: string[] | object[],
    { flags = [], interruptAt }: { flags?: string[]; interruptAt?: RegExp } = {},
  ) {
    const { endpoint, tenantId, subscriptionId, clientId, clientSecret, caFile } = azure.connection;
    const source = {
      metadata_host: endpoint,
      // A name that no real cloud has: should the metadata not be had, nothing goes there.
      cloud_environment_name: 'KilnLocal',
      tenant_id: tenantId,
      subscription_id: subscriptionId,
      client_id: clientId,
      client_secret: clientSecret,
      os_type: 'Linux',
      vm_size: 'Standard_D2s_v3',
      ssh_username: 'packer',
      ...PLATFORM,
      ...builder,
    };
    const template = {
      source: { 'azure-arm': { build: source } },
      build: [
        {
          sources: ['source.azure-arm.build'],
          provisioner: typeof steps[0] === 'string' ? [{ shell: { inline: steps } }] : steps,
        },
      ],
    };
    const file = join(folder, `${name}.pkr.json`);
    writeFileSync(file, JSON.stringify(template));
    const env = {
      ...process.env,
      SSL_CERT_FILE: caFile,
      GO_AZURE_SDK_SKIP_POLLING_DELAY: 'true',
      CHECKPOINT_DISABLE: '1',
      PACKER_CONFIG_DIR: folder,
      PACKER_NO_COLOR: '1',
    };
    return new Promise<{ code: number; said: string }>((resolve) => {
      const args = ['build', '-color=false', ...flags, file];
      // A group of its own, as in a terminal: an interruption is for all of it.
      const child = spawn(found.path ?? 'packer', args, { env, detached: true });
      let said = '';
      let interrupted = false;
      const hear = (words: Buffer): void => {
        said += words.toString();
        if (interrupted || interruptAt?.test(said) !== true) return;
        interrupted = true;
        process.kill(-(child.pid ?? 0), 'SIGINT');
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.on('close', (code) => resolve({ code: code ?? -1, said }));
    });
  }

  /** Groups, and resources in the named ones, that are there. */
  async function inventory(): Promise<string[]> {
    const groups = await collect(azure.clients.resources.resourceGroups.list());
    const resources = await collect(azure.clients.resources.resources.list());
    return [...groups, ...resources].map(({ id }) => id?.toLowerCase() ?? '').toSorted();
  }

  async function added(work: () => Promise<void>): Promise<string[]> {
    const former = new Set(await inventory());
    await work();
    return (await inventory())
      .filter((id) => !former.has(id))
      .map((id) => id.slice(id.lastIndexOf('/providers/') + '/providers/'.length));
  }

  it('makes a managed image and a gallery version, and removes the rest', async () => {
    const made = await added(async () => {
      const { code, said } = await packer(
        'both',
        {
          location: 'westeurope',
          managed_image_name: 'first',
          managed_image_resource_group_name: GROUP,
          shared_image_gallery_destination: {
            resource_group: GROUP,
            gallery_name: 'golden',
            image_name: 'debian-12',
            image_version: '7.0.0',
            replication_regions: ['westeurope', 'northeurope'],
          },
        },
        ['sudo sh -c "echo made by packer > /etc/made"', 'id -un', ...DEPROVISION],
      );
      assert.equal(code, 0, said);
      assert.match(said, /build\.?.*: packer$/m);
    });
    assert.deepEqual(made, [
      'microsoft.compute/galleries/golden/images/debian-12/versions/7.0.0',
      'microsoft.compute/images/first',
    ]);
    const { publishingProfile } = await azure.clients.compute.galleryImageVersions.get(
      GROUP,
      'golden',
      'debian-12',
      '7.0.0',
    );
    assert.deepEqual(
      publishingProfile?.targetRegions?.map(({ name }) => name.replaceAll(' ', '').toLowerCase()).toSorted(),
      ['northeurope', 'westeurope'],
    );
  });

  it('makes nothing in place of an image that is there, unless forced', async () => {
    const image = { location: 'westeurope', managed_image_name: 'first', managed_image_resource_group_name: GROUP };
    const refused = await packer('again', image, ['true']);
    assert.notEqual(refused.code, 0);
    assert.match(refused.said, /the managed image named first already exists/);
    const before = await azure.clients.compute.images.get(GROUP, 'first');
    const forced = await packer('forced', { ...image, azure_tags: { forced: 'yes' } }, DEPROVISION, {
      flags: ['-force'],
    });
    assert.equal(forced.code, 0, forced.said);
    const now = await azure.clients.compute.images.get(GROUP, 'first');
    assert.deepEqual([before.tags?.['forced'], now.tags?.['forced']], [undefined, 'yes']);
  });

  it('builds from a managed image in a group that is there, which stays', async () => {
    const made = await added(async () => {
      const { code, said } = await packer(
        'existing',
        {
          build_resource_group_name: 'builds',
          ...NO_PLATFORM,
          custom_managed_image_name: 'first',
          custom_managed_image_resource_group_name: GROUP,
          managed_image_name: 'second',
          managed_image_resource_group_name: GROUP,
        },
        DEPROVISION,
      );
      assert.equal(code, 0, said);
    });
    assert.deepEqual(made, ['microsoft.compute/images/second']);
  });

  it('builds from a gallery version what that one was given, into another version alone', async () => {
    const made = await added(async () => {
      const { code, said } = await packer(
        'gallery',
        {
          location: 'westeurope',
          ...NO_PLATFORM,
          shared_image_gallery: {
            subscription: azure.connection.subscriptionId,
            resource_group: GROUP,
            gallery_name: 'golden',
            image_name: 'debian-12',
            image_version: '7.0.0',
          },
          shared_image_gallery_destination: {
            resource_group: GROUP,
            gallery_name: 'golden',
            image_name: 'debian-12',
            image_version: '7.0.1',
            replication_regions: ['westeurope'],
          },
        },
        ['cat /etc/made', ...DEPROVISION],
      );
      assert.equal(code, 0, said);
      assert.match(said, /made by packer/);
    });
    assert.deepEqual(made, ['microsoft.compute/galleries/golden/images/debian-12/versions/7.0.1']);
  });

  it('makes a VHD in a storage account, by its token', async () => {
    const made = await added(async () => {
      const { code, said } = await packer(
        'vhd',
        {
          location: 'westeurope',
          resource_group_name: GROUP,
          storage_account: 'disks',
          capture_container_name: 'images',
          capture_name_prefix: 'packer',
        },
        DEPROVISION,
      );
      assert.equal(code, 0, said);
    });
    assert.deepEqual(made, []);
    const [vhd] = await collect(blobs.getContainerClient('images').listBlobsFlat());
    assert.match(vhd?.name ?? '', /^packer.*\.vhd$/);
    assert.ok((vhd?.properties.contentLength ?? 0) > 1 << 20);
  });

  it('takes what else a source may ask for: disks, snapshots, rules, tags, an identity, its tenant unsaid', async () => {
    const user = await azure.clients.identity.userAssignedIdentities.get(GROUP, 'image-builder');
    const made = await added(async () => {
      const { code, said } = await packer(
        'more',
        {
          location: 'westeurope',
          tenant_id: undefined,
          os_disk_size_gb: 40,
          disk_additional_size: [8],
          allowed_inbound_ip_addresses: ['127.0.0.0/8'],
          azure_tags: { team: 'platform' },
          user_assigned_managed_identities: [user.id],
          async_resourcegroup_delete: false,
          managed_image_name: 'more',
          managed_image_resource_group_name: GROUP,
          managed_image_storage_account_type: 'Premium_LRS',
          managed_image_os_disk_snapshot_name: 'more_os',
          managed_image_data_disk_snapshot_prefix: 'more_data',
        },
        DEPROVISION,
      );
      assert.equal(code, 0, said);
    });
    assert.deepEqual(made.slice(0, 1), ['microsoft.compute/images/more']);
    assert.deepEqual(made.slice(1), ['microsoft.compute/snapshots/more_data0', 'microsoft.compute/snapshots/more_os']);
    const { storageProfile, tags } = await azure.clients.compute.images.get(GROUP, 'more');
    assert.deepEqual([storageProfile?.dataDisks?.length, tags?.['team']], [1, 'platform']);
  });

  it('builds in a network that is there, which stays, with custom data and files, through a restart', async () => {
    const { network } = azure.clients;
    await network.virtualNetworks.createOrUpdate(
      'builds',
      'lan',
      {
        location: 'westeurope',
        addressSpace: { addressPrefixes: ['10.7.0.0/16'] },
        subnets: [{ name: 'machines', addressPrefix: '10.7.1.0/24' }],
      },
      FAST,
    );
    writeFileSync(join(folder, 'file.txt'), 'brought\n');
    const made = await added(async () => {
      const { code, said } = await packer(
        'network',
        {
          location: 'westeurope',
          virtual_network_name: 'lan',
          virtual_network_resource_group_name: 'builds',
          virtual_network_subnet_name: 'machines',
          private_virtual_network_with_public_ip: true,
          temp_resource_group_name: 'packer-temporary',
          async_resourcegroup_delete: true,
          custom_data: Buffer.from('#!/bin/sh\necho custom >/etc/custom\n').toString('base64'),
          user_data: Buffer.from('user').toString('base64'),
          shared_image_gallery_destination: {
            resource_group: GROUP,
            gallery_name: 'golden',
            image_name: 'debian-12',
            image_version: '7.1.0',
            use_shallow_replication: true,
          },
        },
        [
          { shell: { inline: ['cloud-init status --wait', 'cat /etc/custom'] } },
          { file: { source: join(folder, 'file.txt'), destination: '/tmp/file.txt' } },
          { shell: { inline: ['sudo cp /tmp/file.txt /etc/brought', 'sudo reboot'], expect_disconnect: true } },
          {
            shell: {
              inline: ['id -un; cat /etc/brought'],
              pause_before: '2s',
              execute_command: "chmod +x {{ .Path }}; {{ .Vars }} sudo -E sh '{{ .Path }}'",
            },
          },
          { shell: { inline: DEPROVISION } },
        ],
      );
      assert.equal(code, 0, said);
      assert.match(said, /: custom$/m);
      assert.match(said, /: root$/m);
      assert.match(said, /: brought$/m);
    });
    // Its group goes on going after Packer has ended.
    assert.deepEqual(
      made.filter((id) => !id.includes('packer-temporary')),
      ['microsoft.compute/galleries/golden/images/debian-12/versions/7.1.0'],
    );
    const { publishingProfile } = await azure.clients.compute.galleryImageVersions.get(
      GROUP,
      'golden',
      'debian-12',
      '7.1.0',
    );
    assert.equal(publishingProfile?.replicationMode, 'Shallow');
  });

  it('removes all that it made when it is interrupted', async () => {
    const made = await added(async () => {
      const { code, said } = await packer(
        'interrupted',
        { location: 'westeurope', managed_image_name: 'never', managed_image_resource_group_name: GROUP },
        [{ shell: { inline: ['echo has begun; sleep 300'] } }],
        { interruptAt: /has begun/ },
      );
      assert.equal(code, 1);
      assert.match(said, /Cleanly cancelled builds after being interrupted/);
    });
    assert.deepEqual(made, []);
  });

  it('removes all that it made when a provisioner fails', async () => {
    const made = await added(async () => {
      const { code, said } = await packer(
        'failing',
        { location: 'westeurope', managed_image_name: 'never', managed_image_resource_group_name: GROUP },
        ['echo about to fail', 'exit 9'],
      );
      assert.equal(code, 1);
      assert.match(said, /about to fail/);
      assert.match(said, /exit status: 9/);
    });
    assert.deepEqual(made, []);
  });
});

const PLATFORM = { image_publisher: 'Debian', image_offer: 'debian-12', image_sku: '12-gen2' };
const NO_PLATFORM = { image_publisher: undefined, image_offer: undefined, image_sku: undefined };
/** As its documentation ends every Linux build. */
const DEPROVISION = ['sudo /usr/sbin/waagent -force -deprovision+user && export HISTSIZE=0 && sync'];

function findPacker(): { path?: string; reason?: string } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return { reason: 'the sandbox needs root on Linux' };
  let path = process.env['KILN_PACKER'];
  try {
    path ??= execFileSync('sh', ['-c', 'command -v packer'], { encoding: 'utf8' }).trim();
  } catch {
    return { reason: 'packer is not installed: set KILN_PACKER, or put it on the PATH' };
  }
  if (!existsSync(path)) return { reason: `there is no ${path}` };
  const plugins = execFileSync(path, ['plugins', 'installed'], { encoding: 'utf8' });
  return /hashicorp\/azure/.test(plugins) ? { path } : { reason: 'packer has no plugin azure: packer plugins install' };
}
