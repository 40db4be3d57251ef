import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';

const location = 'westeurope';
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
  await azure.clients.resources.resourceGroups.createOrUpdate('one', { location });
  await azure.clients.resources.resourceGroups.createOrUpdate('two', { location });
});
after(() => azure?.close());

async function makeAccount(group: string, name: string) {
  const { storage } = azure.clients;
  const account = await storage.storageAccounts.create(
    group,
    name,
    { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
    FAST,
  );
  const { keys } = await storage.storageAccounts.listKeys(group, name);
  const credential = new StorageSharedKeyCredential(name, keys?.[0]?.value ?? '');
  return { account, blobs: new BlobServiceClient(account.primaryEndpoints?.blob ?? '', credential) };
}

test('an account works at once, and its containers are the same over both surfaces', async () => {
  const { storage } = azure.clients;
  const { account, blobs } = await makeAccount('one', 'bothsurfaces');
  assert.equal(account.provisioningState, 'Succeeded');
  await storage.blobContainers.create('one', 'bothsurfaces', 'scripts', {});
  await blobs.getContainerClient('scripts').getBlockBlobClient('a').upload('hello', 5);
  await blobs.createContainer('logs');
  const names = (await collect(storage.blobContainers.list('one', 'bothsurfaces'))).map(({ name }) => name);
  assert.deepEqual(new Set(names), new Set(['logs', 'scripts']));
  await storage.blobContainers.delete('one', 'bothsurfaces', 'logs');
  await assert.rejects(storage.blobContainers.get('one', 'bothsurfaces', 'logs'), { code: 'ContainerNotFound' });
});

test('a blob is copied by the server from one account to another', async () => {
  const from = await makeAccount('one', 'copyfrom');
  const to = await makeAccount('two', 'copyto');
  await from.blobs.createContainer('disks');
  await to.blobs.createContainer('disks');
  const source = from.blobs.getContainerClient('disks').getPageBlobClient('disk.vhd');
  const GiB = 1024 ** 3;
  await source.create(2 * GiB);
  const page = Buffer.alloc(512, 7);
  await source.uploadPages(page, 2 * GiB - 512, 512);
  const { BlobSASPermissions } = await import('@azure/storage-blob');
  const url = await source.generateSasUrl({
    permissions: BlobSASPermissions.parse('r'),
    expiresOn: new Date(Date.now() + 60_000),
  });
  const target = to.blobs.getContainerClient('disks').getPageBlobClient('copy.vhd');
  await (await target.beginCopyFromURL(url)).pollUntilDone();
  assert.equal((await target.getProperties()).contentLength, 2 * GiB);
  assert.deepEqual(await target.downloadToBuffer(2 * GiB - 512, 512), page);
});

test('a token for storage opens the data plane too', async () => {
  const { account } = await makeAccount('one', 'bytoken');
  const blobs = new BlobServiceClient(account.primaryEndpoints?.blob ?? '', azure.clients.credential);
  await blobs.createContainer('made');
  assert.ok(await blobs.getContainerClient('made').exists());
});

test('a name belongs to one account in all the world', async () => {
  const { storage } = azure.clients;
  await makeAccount('one', 'takenname');
  const body = { location, kind: 'StorageV2' as const, sku: { name: 'Standard_LRS' } };
  await assert.rejects(storage.storageAccounts.create('two', 'takenname', body, FAST), {
    code: 'StorageAccountAlreadyTaken',
    statusCode: 409,
  });
  await assert.rejects(storage.storageAccounts.create('two', 'Bad_Name', body, FAST), { code: 'AccountNameInvalid' });
  const answer = await storage.storageAccounts.checkNameAvailability({
    name: 'takenname',
    type: 'Microsoft.Storage/storageAccounts',
  });
  assert.deepEqual([answer.nameAvailable, answer.reason], [false, 'AlreadyExists']);
});

test('an account that is deleted is gone, its name free, and deleting it again is no error', async () => {
  const { storage } = azure.clients;
  const { blobs } = await makeAccount('one', 'shortlived');
  await storage.storageAccounts.delete('one', 'shortlived');
  await storage.storageAccounts.delete('one', 'shortlived');
  await assert.rejects(blobs.getContainerClient('x').create());
  await makeAccount('two', 'shortlived');
});

test('an account is answered 202 with a Location only, as Azure does', async () => {
  const path = `/subscriptions/${azure.connection.subscriptionId}/resourceGroups/one/providers/Microsoft.Storage/storageAccounts/wireform?api-version=2023-01-01`;
  const answer = await azure.call('PUT', path, {
    body: { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
  });
  assert.equal(answer.status, 202);
  assert.match(answer.headers.get('location') ?? '', /\/asyncoperations\/[0-9a-f-]{36}\?.*monitor=true/);
  assert.equal(answer.headers.get('azure-asyncoperation'), null);
});
