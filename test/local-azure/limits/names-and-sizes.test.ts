import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { describeMachine, location, makeNic } from '../compute/support.ts';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';

const GROUP = '/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/rules';
const COMPUTE = `${GROUP}/providers/Microsoft.Compute`;

let azure: TestAzure;
let nic: string;
before(async () => {
  azure = await startTestAzure(undefined);
  nic = await makeNic(azure, 'rules');
});
after(() => azure?.close());

async function refusal(path: string, body: unknown, version = '2024-03-01', method = 'PUT'): Promise<string> {
  const answer = await azure.call(method, `${path}?api-version=${version}`, { body });
  const { code = '', target = '', message = '' } = answer.body.error ?? {};
  return answer.status < 300 ? 'taken' : `${answer.status} ${code} ${target}: ${message}`;
}

const disk = { location, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 8 } };

test('names of Microsoft.Compute follow the rule that Azure quotes; those of galleries have no dash', async () => {
  for (const name of ['_disk', 'disk-', 'disk.', 'di sk', 'd'.repeat(81)]) {
    const said = await refusal(`${COMPUTE}/disks/${encodeURIComponent(name)}`, disk, '2023-04-02');
    assert.match(said, /^400 InvalidParameter diskName: The entity name 'diskName' is invalid according to/, name);
  }
  assert.equal(await refusal(`${COMPUTE}/disks/${'d'.repeat(80)}`, disk, '2023-04-02'), 'taken');
  for (const name of ['my-gallery', 'gallery_']) {
    assert.match(
      await refusal(`${COMPUTE}/galleries/${name}`, { location }, '2023-07-03'),
      /^400 BadRequest : Gallery name is invalid\. Allowed characters are English alphanumeric/,
    );
  }
  assert.equal(await refusal(`${COMPUTE}/galleries/my_gallery.2`, { location }, '2023-07-03'), 'taken');
});

test('an image definition has a publisher, an offer and a sku of its own', async () => {
  await azure.clients.compute.galleries.createOrUpdate('rules', 'gallery', { location }, FAST);
  const definition = (identifier: object): object => ({
    location,
    properties: { osType: 'Linux', osState: 'Generalized', identifier },
  });
  const images = `${COMPUTE}/galleries/gallery/images`;
  const identifier = { publisher: 'kiln', offer: 'golden', sku: 'debian' };
  assert.equal(await refusal(`${images}/one`, definition(identifier), '2023-07-03'), 'taken');
  assert.equal(await refusal(`${images}/one`, definition(identifier), '2023-07-03'), 'taken', 'itself, again');
  assert.match(
    await refusal(`${images}/two`, definition({ ...identifier, publisher: 'KILN' }), '2023-07-03'),
    /^409 Conflict : Gallery image: two identified by \(publisher:KILN, offer:golden, sku:debian\) already exists/,
  );
  for (const [key, value] of Object.entries({ publisher: 'p'.repeat(129), offer: 'two words', sku: 'ends.' })) {
    assert.match(
      await refusal(`${images}/three`, definition({ ...identifier, [key]: value }), '2023-07-03'),
      new RegExp(`^400 InvalidParameter galleryImage\\.properties\\.identifier\\.${key}: Asset name`),
    );
  }
  const version = { location, properties: { storageProfile: { source: { id: `${COMPUTE}/images/x` } } } };
  for (const name of ['1.0', 'latest', '1.0.2147483648']) {
    assert.match(
      await refusal(`${images}/one/versions/${name}`, version, '2023-07-03'),
      /^400 InvalidParameter galleryImageVersion\.name: The image version name is invalid\./,
    );
  }
  const replicas = (regions: object[]): object => ({
    ...version,
    properties: { ...version.properties, publishingProfile: { targetRegions: regions } },
  });
  assert.match(
    await refusal(
      `${images}/one/versions/1.0.0`,
      replicas([{ name: location, regionalReplicaCount: 101 }]),
      '2023-07-03',
    ),
    /^400 InvalidParameter .*: The value '101' of parameter '.*' is out of range\. The value must be between '1' and '100'/,
  );
  assert.match(
    await refusal(
      `${images}/one/versions/1.0.0`,
      replicas([{ name: location }, { name: 'West Europe' }]),
      '2023-07-03',
    ),
    /^400 InvalidParameter targetRegions: Duplicate regions are not allowed/,
  );
});

test('what a machine says of its users and its data is held to Azure’s limits', async () => {
  const base = describeMachine(nic);
  const osProfile = { computerName: 'builder', adminUsername: 'kiln', adminPassword: 'Secret-123456' };
  const machine = (profile: object, more: object = {}): object => ({
    location,
    properties: {
      hardwareProfile: base.hardwareProfile,
      networkProfile: base.networkProfile,
      storageProfile: base.storageProfile,
      osProfile: { ...osProfile, ...profile },
      ...more,
    },
  });
  const windows = {
    storageProfile: {
      imageReference: {
        publisher: 'MicrosoftWindowsServer',
        offer: 'WindowsServer',
        sku: '2022-datacenter-g2',
        version: 'latest',
      },
      osDisk: { createOption: 'FromImage' },
    },
  };
  const dataDisks = (...luns: number[]): object => ({
    storageProfile: {
      ...base.storageProfile,
      dataDisks: luns.map((lun) => ({ lun, createOption: 'Empty', diskSizeGB: 1 })),
    },
  });
  const bodies: Array<[body: object, said: RegExp]> = [
    [machine({ computerName: 'two words' }), /^400 InvalidParameter computerName: Linux host name cannot exceed 64/],
    [
      machine({ computerName: 'sixteen-letters-' }, windows),
      /computerName: Windows computer name cannot be more than 15/,
    ],
    [machine({ computerName: '12345' }, windows), /^400 InvalidParameter computerName: Windows computer name/],
    [
      machine({ adminUsername: 'Root' }),
      /^400 InvalidParameter adminUsername: The Admin Username specified is not allowed/,
    ],
    [machine({ adminUsername: undefined }), /adminUsername: Required parameter 'adminUsername' is missing/],
    [machine({ adminUsername: 'a-name-of-over-twenty-letters' }, windows), /adminUsername: Windows admin user name/],
    [
      machine({ adminPassword: 'P@ssw0rd' }),
      /^400 InvalidParameter adminPassword: The Admin password specified is not/,
    ],
    [machine({ adminPassword: 'aB-1' }), /adminPassword: The supplied password must be between 6-72 characters long/],
    [machine({ adminPassword: undefined }), /adminPassword: Required parameter 'adminPassword' is missing/],
    [
      machine({ adminPassword: undefined, linuxConfiguration: { disablePasswordAuthentication: true } }),
      /linuxConfiguration: Authentication using either SSH or by user name and password must be enabled/,
    ],
    [
      machine({ customData: 'not base64 !' }),
      /^400 InvalidParameter customData: Custom data in OSProfile must be in Base64/,
    ],
    [machine({ customData: 'A'.repeat(87_384) }), /customData: .* maximum length of 87380 characters/],
    [machine({}, { userData: '{}' }), /^400 InvalidParameter userData: User data must be in Base64/],
    [
      machine(
        {},
        { storageProfile: { ...base.storageProfile, osDisk: { createOption: 'FromImage', diskSizeGB: 10 } } },
      ),
      /^409 OperationNotAllowed osDisk\.diskSizeGB: The specified disk size 10 GB is smaller than/,
    ],
    [machine({}, dataDisks(0, 1, 2, 3, 4)), /^409 OperationNotAllowed dataDisks: The maximum number of data disks/],
    [machine({}, dataDisks(1, 1)), /^400 InvalidParameter dataDisk\.lun: A disk at LUN 1 already exists/],
  ];
  for (const [body, said] of bodies) assert.match(await refusal(`${COMPUTE}/virtualMachines/vm`, body), said);
  assert.equal(await refusal(`${COMPUTE}/virtualMachines/vm`, machine({}, dataDisks(0, 1))), 'taken');
});

test('a disk has a size that there is, and never becomes smaller', async () => {
  const sized = (diskSizeGB: number): object => ({ ...disk, properties: { ...disk.properties, diskSizeGB } });
  for (const size of [0, 65_537]) {
    assert.match(
      await refusal(`${COMPUTE}/disks/sized`, sized(size), '2023-04-02'),
      /^400 InvalidParameter diskSizeGB: .* The value must be between '1' and '65536', inclusive\.$/,
    );
  }
  await azure.clients.compute.disks.createOrUpdate(
    'rules',
    'shrinking',
    { location, creationData: { createOption: 'Empty' }, diskSizeGB: 16 },
    FAST,
  );
  const smaller = { properties: { diskSizeGB: 8 } };
  assert.match(
    await refusal(`${COMPUTE}/disks/shrinking`, smaller, '2023-04-02', 'PATCH'),
    /^409 OperationNotAllowed disk\.diskSizeGB: The disk\/snapshot resource with id .* cannot be resized down/,
  );
});

test('sizes of many series are there, and a machine without identities shows none', async () => {
  const sizes = new Map<string, number>();
  for await (const { name = '', numberOfCores = 0 } of azure.clients.compute.virtualMachineSizes.list(location)) {
    sizes.set(name, numberOfCores);
  }
  assert.deepEqual(
    ['Standard_F2s', 'Standard_DS13_v2', 'Standard_NV36ads_A10_v5', 'Standard_D96ads_v5'].map((name) =>
      sizes.get(name),
    ),
    [2, 8, 36, 96],
  );
  const machine = await azure.clients.compute.virtualMachines.createOrUpdate(
    'rules',
    'plain',
    describeMachine(await makeNic(azure, 'rules', 'second'), {
      hardwareProfile: { vmSize: 'Standard_F2s' },
      identity: { type: 'None' },
      storageProfile: { ...describeMachine('').storageProfile, osDisk: { createOption: 'FromImage' } },
    }),
    FAST,
  );
  assert.equal(machine.identity, undefined);
});

test('tags are at most 50, with names and values of a length', async () => {
  const tags = (entries: Array<[string, string]>): object => ({ location, tags: Object.fromEntries(entries) });
  const bodies: Array<[body: object, said: RegExp]> = [
    [tags(Array.from({ length: 51 }, (_, index) => [`tag${index}`, ''])), /^400 TooManyTags/],
    [tags([['n'.repeat(513), '']]), /^400 InvalidTagNameLength : Tag name too large/],
    [tags([['a/b', '']]), /^400 InvalidTagNameCharacters : The tag names 'a\/b' have reserved characters/],
    [tags([['a', 'v'.repeat(257)]]), /^400 InvalidTagValueLength : Tag value too large/],
  ];
  for (const [body, said] of bodies) assert.match(await refusal(GROUP, body, '2022-09-01'), said);
  assert.equal(await refusal(GROUP, tags([['hidden-link:/a/b', 'v'.repeat(256)]]), '2022-09-01'), 'taken');
});
