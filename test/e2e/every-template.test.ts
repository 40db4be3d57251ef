/** Every template of the shared folder to its end, whatever its age; Windows and Linux ones with simulated machines. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { createClients, FAST } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import { GROUP, IDENTITY } from './templates.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/templates', import.meta.url));
const skip = existsSync(FOLDER) ? false : `there is no ${FOLDER}`;
const files = skip === false ? readdirSync(FOLDER).filter((name) => !name.includes('trigger.json')) : [];

const SUBSCRIPTION = GROUP.split('/')[2] ?? '';
const IN_GROUP = 'golden-images';
const REGION = 'westus2';
const SCRIPT = 'echo served\n';
const VALUES: Record<string, string> = {
  imgBuilderId: IDENTITY,
  region: REGION,
  region1: REGION,
  region2: 'eastus',
  rgName: IN_GROUP,
  rg: IN_GROUP,
  vnetRgName: IN_GROUP,
  vnetName: 'corporate',
  vnet: 'corporate',
  subnetName: 'builds',
  subnet: 'builds',
  imageName: 'made',
  sharedImageGalName: 'golden',
  acgName: 'golden',
  gal: 'golden',
  sigImageVersion: '1.2.3',
  runOutputName: 'output',
  name: 'everything',
  baseTime: '20260101',
  acct: 'account',
  container: 'scripts',
  mi: 'managed',
  umi: 'unmanaged',
  imageTemplateName: 'sample',
  'api-version': '2022-07-01',
  svclocation: REGION,
  svcLocation: REGION,
  managedImageResGroupId: `${GROUP}/Microsoft.Compute/images/`,
  managedImageName: 'made',
  packagesToInstall: 'nginx',
  targetOS: 'linux',
};

describe('every published template, with simulated machines', { skip }, () => {
  const stack = new TestStack('simulated', { KILN_PROFILE: 'instant' });
  const web = createServer((_request, response) => response.end(SCRIPT));
  let address = '';

  before(async () => {
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    await stack.up();
    await furnish(stack);
  });
  after(async () => {
    web.close();
    await stack.close();
  });

  for (const name of files) {
    it(`builds ${name}`, async () => {
      const windows = /win|wvd/i.test(name);
      const runId = `t${files.indexOf(name)}`;
      const before = await stack.inventory();
      const file = stack.write(runId, here(readFileSync(join(FOLDER, name), 'utf8')));
      const given = {
        ...VALUES,
        scriptUrl: `${address}/script.sh`,
        srcImageName: 'source-linux',
        imageDefName: definitionFor(name),
        def: 'linux-second',
        sigDefImgVersionId: `${GROUP}/Microsoft.Compute/galleries/golden/images/${windows ? 'windows' : 'linux'}/versions/0.1.0`,
      };
      const parameters = Object.entries(given).flatMap(([key, value]) => ['--param', `${key}=${value}`]);
      const identity = /VHD|devOpsEnv/.test(name) ? ['--identity', IDENTITY] : [];
      const { code, stdout, stderr } = await stack.kiln(
        'build',
        file,
        '--id',
        runId,
        '--json',
        ...parameters,
        ...identity,
      );
      assert.equal(code, 0, stderr);
      const status = JSON.parse(stdout) as BuildStatus;
      assert.equal(status.state, 'Succeeded');
      assert.deepEqual(status.leftovers, []);
      assert.ok(status.steps.every(({ state }) => state === 'Succeeded'));
      const made = status.outputs.map(({ artifactId = '' }) => artifactId.toLowerCase());
      const left = (await stack.inventory()).filter((id) => !before.includes(id));
      assert.deepEqual(
        left.filter((id) => !made.includes(id.toLowerCase()) && !/storageaccounts/i.test(id)),
        [],
      );
    });
  }

  /** Scripts from this process, and places that are here, in place of those that the template was written for. */
  function here(text: string): string {
    const moved = text
      .replaceAll(/https:\/\/(raw\.githubusercontent\.com|example\.com|<acct>\.blob\.core\.windows\.net)/g, address)
      .replaceAll(/00000000-0000-0000-0000-000000000000|\{subscription-id\}/g, SUBSCRIPTION)
      .replaceAll('1_location', 'westus')
      .replaceAll(/source_image/g, text.includes('PowerShell') ? 'source-windows' : 'source-linux');
    return JSON.stringify(JSON.parse(moved), (_key, value: unknown) => {
      const step = value as { sha256Checksum?: string } | null;
      return typeof step === 'object' && step?.sha256Checksum !== undefined
        ? { ...step, sha256Checksum: createHash('sha256').update(SCRIPT).digest('hex') }
        : value;
    });
  }
});

/** An image definition of the source's system and generation. */
function definitionFor(name: string): string {
  if (name.startsWith('1_Creating_a_Custom_Linux')) return 'linux-second';
  return /win|wvd/i.test(name) ? 'windows' : 'linux';
}

/** What the templates expect to find: groups, networks, definitions, and images to start from. */
async function furnish(stack: TestStack): Promise<void> {
  const { compute, network, resources, identity } = createClients(stack.connection());
  for (const group of ['rg1', `${IN_GROUP}-staging`]) {
    await resources.resourceGroups.createOrUpdate(group, { location: group === 'rg1' ? 'westus' : REGION });
  }
  await identity.userAssignedIdentities.createOrUpdate('rg1', 'identity_1', { location: 'westus' });
  for (const [group, location, name, subnet] of [
    [IN_GROUP, REGION, 'corporate', 'builds'],
    ['rg1', 'westus', 'vnet_name', 'subnet_name'],
  ] as const) {
    const subnets = [{ name: subnet, addressPrefix: '10.9.0.0/26' }];
    const addressSpace = { addressPrefixes: ['10.9.0.0/24'] };
    await network.virtualNetworks.createOrUpdate(group, name, { location, addressSpace, subnets }, FAST);
  }
  for (const [name, osType, hyperVGeneration] of [
    ['linux', 'Linux', 'V1'],
    ['linux-second', 'Linux', 'V2'],
    ['windows', 'Windows', 'V1'],
  ] as const) {
    const identifier = { publisher: 'kiln', offer: 'test', sku: name };
    const definition = { location: REGION, osType, osState: 'Generalized' as const, hyperVGeneration, identifier };
    await compute.galleryImages.createOrUpdate(IN_GROUP, 'golden', name, definition, FAST);
  }
  for (const [osType, publisher, offer, sku] of [
    ['Linux', 'Canonical', 'UbuntuServer', '18.04-LTS'],
    ['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2019-Datacenter'],
  ] as const) {
    for (const [group, location] of [
      [IN_GROUP, REGION],
      ['rg1', 'westus'],
    ] as const) {
      const [platform] = await compute.virtualMachineImages.list(location, publisher, offer, sku);
      const disk = await compute.disks.createOrUpdate(
        group,
        `source-${osType}`,
        { location, osType, creationData: { createOption: 'FromImage', imageReference: { id: platform?.id ?? '' } } },
        FAST,
      );
      const image = await compute.images.createOrUpdate(
        group,
        `source-${osType.toLowerCase()}`,
        {
          location,
          hyperVGeneration: 'V1',
          storageProfile: { osDisk: { osType, osState: 'Generalized', managedDisk: { id: disk.id ?? '' } } },
        },
        FAST,
      );
      if (group === 'rg1') continue;
      const version = {
        location,
        storageProfile: { source: { id: image.id ?? '' } },
        publishingProfile: { targetRegions: [{ name: location }] },
      };
      await compute.galleryImageVersions.createOrUpdate(
        IN_GROUP,
        'golden',
        osType.toLowerCase(),
        '0.1.0',
        version,
        FAST,
      );
    }
  }
}
