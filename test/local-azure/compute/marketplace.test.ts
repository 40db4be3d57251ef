import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collect, startTestAzure, type TestAzure } from '../support.ts';
import { location, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

const FIRST = [
  ['Canonical', 'UbuntuServer', '16.04-LTS'],
  ['Canonical', 'UbuntuServer', '18.04-LTS'],
  ['Canonical', 'UbuntuServer', '18_04-lts-gen2'],
  ['RedHat', 'RHEL', '7.6'],
  ['RedHat', 'RHEL', '7.7'],
  ['OpenLogic', 'CentOS', '7.6'],
  ['OpenLogic', 'CentOS', '7.7'],
  ['SUSE', 'SLES', '12-SP4'],
  ['SUSE', 'SLES', '15'],
  ['SUSE', 'SLES', '15-SP1'],
  ['MicrosoftWindowsDesktop', 'Windows-10', 'rs5-pro'],
  ['MicrosoftWindowsServer', 'WindowsServer', '2016-Datacenter'],
  ['MicrosoftWindowsServer', 'WindowsServer', '2019-Datacenter'],
  ['Debian', 'debian-12', '12-gen2'],
] as const;

test('every first operating system of the service has two versions or more, each with what it is', async () => {
  const { virtualMachineImages } = azure.clients.compute;
  for (const [publisher, offer, sku] of FIRST) {
    const versions = await virtualMachineImages.list(location, publisher, offer, sku);
    assert.ok(versions.length >= 2, `${publisher}:${offer}:${sku} has ${versions.length}`);
    const image = await virtualMachineImages.get(location, publisher, offer, sku, versions[0]?.name ?? '');
    assert.match(image.hyperVGeneration ?? '', /^V[12]$/);
    assert.match(image.osDiskImage?.operatingSystem ?? '', /^(Linux|Windows)$/);
    assert.equal(image.architecture, 'x64');
  }
});

test('a listing is cut and turned round on demand', async () => {
  const { virtualMachineImages } = azure.clients.compute;
  const all = await virtualMachineImages.list(location, 'Debian', 'debian-12', '12');
  const [newest, ...others] = await virtualMachineImages.list(location, 'Debian', 'debian-12', '12', {
    top: 1,
    orderby: 'name desc',
  });
  assert.equal(newest?.name, all.at(-1)?.name);
  assert.deepEqual(others, []);
});

test('publishers, offers and SKUs can be walked, and what is not there is said so', async () => {
  const { virtualMachineImages } = azure.clients.compute;
  const publishers = await virtualMachineImages.listPublishers(location);
  assert.ok(publishers.some(({ name }) => name === 'Canonical'));
  const offers = await virtualMachineImages.listOffers(location, 'canonical');
  assert.ok(offers.some(({ name }) => name === 'UbuntuServer'));
  const skus = await virtualMachineImages.listSkus(location, 'Canonical', 'UbuntuServer');
  assert.ok(skus.some(({ name }) => name === '18.04-LTS'));
  await refused(
    virtualMachineImages.get(location, 'Debian', 'debian-12', '12', '9.9.9'),
    404,
    'NotFound',
    /VMImage was not found/,
  );
});

test('sizes, quota and SKUs are told by region', async () => {
  const { virtualMachineSizes, usage, resourceSkus } = azure.clients.compute;
  const sizes = (await collect(virtualMachineSizes.list(location))).map(({ name }) => name);
  for (const size of ['Standard_D1_v2', 'Standard_D2ds_v4', 'Standard_D2s_v3', 'Standard_A1_v2']) {
    assert.ok(sizes.includes(size), size);
  }
  const cores = (await collect(usage.list(location))).find(({ name }) => name.value === 'cores');
  assert.ok(cores !== undefined && cores.limit > cores.currentValue);
  const skus = await collect(resourceSkus.list());
  assert.ok(skus.some(({ locations }) => locations?.includes('northeurope')));
});
