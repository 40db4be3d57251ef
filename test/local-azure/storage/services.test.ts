import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobServiceClient, ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';

const location = 'westeurope';
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
  await azure.clients.resources.resourceGroups.createOrUpdate('one', { location });
  await makeAccount('services');
});
after(() => azure?.close());

const makeAccount = (name: string, more: object = {}) =>
  azure.clients.storage.storageAccounts.create(
    'one',
    name,
    { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' }, ...more },
    FAST,
  );

const path = (below: string, apiVersion = '2023-01-01') =>
  `/subscriptions/${azure.connection.subscriptionId}/resourceGroups/one/providers/Microsoft.Storage/storageAccounts/${below}?api-version=${apiVersion}`;

test('shares, queues and tables are made, read, listed and deleted by the real client', async () => {
  const { storage } = azure.clients;
  await storage.fileShares.create('one', 'services', 'share-1', {});
  const share = await storage.fileShares.get('one', 'services', 'share-1');
  assert.deepEqual([share.shareQuota, share.accessTier], [5120, 'TransactionOptimized']);
  await storage.fileShares.update('one', 'services', 'share-1', { shareQuota: 10 });
  assert.equal((await storage.fileShares.get('one', 'services', 'share-1')).shareQuota, 10);

  await storage.queue.create('one', 'services', 'queue-1', { metadata: { for: 'test' } });
  const queue = await storage.queue.get('one', 'services', 'queue-1');
  assert.deepEqual([queue.metadata, queue.approximateMessageCount], [{ for: 'test' }, 0]);

  await storage.table.create('one', 'services', 'table1');
  assert.equal((await storage.table.get('one', 'services', 'table1')).tableName, 'table1');

  const lists = [
    storage.fileShares.list('one', 'services'),
    storage.queue.list('one', 'services'),
    storage.table.list('one', 'services'),
  ];
  for (const list of lists) assert.equal((await collect<{ name?: string }>(list)).length, 1);
  await storage.fileShares.delete('one', 'services', 'share-1');
  await storage.queue.delete('one', 'services', 'queue-1');
  await storage.table.delete('one', 'services', 'table1');
  await assert.rejects(storage.fileShares.get('one', 'services', 'share-1'), { code: 'ShareNotFound' });
  await assert.rejects(storage.queue.get('one', 'services', 'queue-1'), { code: 'QueueNotFound' });
  await assert.rejects(storage.table.get('one', 'services', 'table1'), { code: 'TableNotFound' });
});

test('what lies in an account that is not there is refused as Resource Manager words it', async () => {
  for (const below of ['fileServices/default', 'queueServices/default/queues/one', 'managementPolicies/default']) {
    const { status, body } = await azure.call('GET', path(`nowhere/${below}`));
    assert.deepEqual([status, body.error?.code], [404, 'ParentResourceNotFound'], below);
  }
});

test('a service tells what was set, and a write that sets nothing is answered with its name', async () => {
  const service = 'services/blobServices/default';
  assert.deepEqual((await azure.call('PUT', path(service), { body: { name: 'default' } })).body, { name: 'default' });
  const retention = { deleteRetentionPolicy: { enabled: true, days: 3 } };
  const written = await azure.call('PUT', path(service), { body: { properties: retention } });
  assert.deepEqual(written.body['properties'], retention);
  const { body } = await azure.call('GET', path(service));
  assert.deepEqual(body['properties'], { cors: { corsRules: [] }, ...retention });
});

test('rules for old blobs are kept, and rules that are none refused', async () => {
  const { storage } = azure.clients;
  const rule = {
    name: 'old',
    type: 'Lifecycle',
    definition: {
      actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 30 } } },
      filters: { blobTypes: ['blockBlob'] },
    },
  };
  await storage.managementPolicies.createOrUpdate('one', 'services', 'default', { policy: { rules: [rule] } });
  const { policy, name } = await storage.managementPolicies.get('one', 'services', 'default');
  assert.equal(name, 'DefaultManagementPolicy');
  assert.equal(policy?.rules?.[0]?.enabled, true);
  const twice = { policy: { rules: [rule, rule] } };
  await assert.rejects(storage.managementPolicies.createOrUpdate('one', 'services', 'default', twice), {
    statusCode: 400,
  });
  await storage.managementPolicies.delete('one', 'services', 'default');
  await assert.rejects(storage.managementPolicies.get('one', 'services', 'default'), {
    code: 'ManagementPolicyNotFound',
  });
});

test('an account is completed by kind, redundancy and the version that made it', async () => {
  const made = async (name: string, apiVersion: string, kind: string, sku: string) => {
    const body = { location, kind, sku: { name: sku }, properties: { networkAcls: { defaultAction: 'Deny' } } };
    assert.equal((await azure.call('PUT', path(name, apiVersion), { body })).status, 202);
    for (const { id } of azure.azure.services.operations.pending(path(name).replace(/\?.*/, ''))) {
      await azure.azure.services.operations.expedite(id);
    }
    return (await azure.call('GET', path(name, apiVersion))).body['properties'] as Record<string, object>;
  };
  const old = await made('oldone', '2019-06-01', 'Storage', 'Standard_LRS');
  assert.ok(!('minimumTlsVersion' in old) && !('keyCreationTime' in old) && !('accessTier' in old));
  assert.deepEqual(Object.keys(old['primaryEndpoints'] ?? {}), ['blob', 'queue', 'table', 'file']);
  assert.ok(!('ipv6Rules' in (old['networkAcls'] ?? {})));
  const recent = await made('recentone', '2024-01-01', 'BlobStorage', 'Standard_RAGRS');
  assert.deepEqual(
    [recent['minimumTlsVersion'], recent['allowBlobPublicAccess'], recent['allowCrossTenantReplication']],
    ['TLS1_2', false, false],
  );
  assert.deepEqual(Object.keys(recent['primaryEndpoints'] ?? {}), ['dfs', 'blob', 'table']);
  assert.deepEqual([recent['secondaryLocation'], recent['statusOfSecondary']], ['northeurope', 'available']);
  assert.ok('blob' in (recent['secondaryEndpoints'] ?? {}));
  assert.deepEqual(recent['networkAcls'], {
    ipv6Rules: [],
    bypass: 'AzureServices',
    virtualNetworkRules: [],
    ipRules: [],
    defaultAction: 'Deny',
  });
});

test('an account fails over to its second region, and one that has none is refused', async () => {
  const { storage } = azure.clients;
  await makeAccount('farcopy', { sku: { name: 'Standard_GRS' } });
  await storage.storageAccounts.failover('one', 'farcopy', FAST);
  const moved = await storage.storageAccounts.getProperties('one', 'farcopy');
  assert.deepEqual([moved.primaryLocation, moved.sku?.name], ['northeurope', 'Standard_LRS']);
  await assert.rejects(storage.storageAccounts.failover('one', 'farcopy', FAST), { statusCode: 409 });
});

test('an account is refused an identity that is not there, and has what is', async () => {
  const { storage, identity } = azure.clients;
  const id = `/subscriptions/${azure.connection.subscriptionId}/resourceGroups/one/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader`;
  const asked = { identity: { type: 'SystemAssigned,UserAssigned', userAssignedIdentities: { [id]: {} } } };
  await assert.rejects(makeAccount('whoami', asked), { code: 'FailedIdentityOperation', statusCode: 400 });
  const reader = await identity.userAssignedIdentities.createOrUpdate('one', 'reader', { location });
  const made = await makeAccount('whoami', asked);
  assert.match(made.identity?.principalId ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(made.identity?.userAssignedIdentities?.[id]?.principalId, reader.principalId);
  await storage.storageAccounts.update('one', 'whoami', { identity: { type: 'None' } });
  assert.equal((await storage.storageAccounts.getProperties('one', 'whoami')).identity, undefined);
});

test('a container is open to whom it says, held by a lease, and kept by a legal hold', async () => {
  const { storage } = azure.clients;
  await storage.blobContainers.create('one', 'services', 'open', { publicAccess: 'Blob', metadata: { a: 'b' } });
  const open = await storage.blobContainers.get('one', 'services', 'open');
  assert.deepEqual([open.publicAccess, open.metadata, open.leaseState], ['Blob', { a: 'b' }, 'Available']);
  const endpoint = azure.connection.blobEndpoint;
  const credential = await keyOf('services');
  await new BlobServiceClient(`${endpoint}/services`, credential)
    .getContainerClient('open')
    .getBlockBlobClient('x')
    .upload('hello', 5);
  const anonymous = new ContainerClient(`${endpoint}/services/open`).getBlobClient('x');
  assert.equal((await anonymous.downloadToBuffer()).toString(), 'hello');

  const { leaseId } = await storage.blobContainers.lease('one', 'services', 'open', {
    parameters: { action: 'Acquire', leaseDuration: -1 },
  });
  assert.equal((await storage.blobContainers.get('one', 'services', 'open')).leaseState, 'Leased');
  await storage.blobContainers.lease('one', 'services', 'open', {
    parameters: { action: 'Release', ...(leaseId === undefined ? {} : { leaseId }) },
  });

  await storage.blobContainers.setLegalHold('one', 'services', 'open', { tags: ['court'] });
  await assert.rejects(storage.blobContainers.delete('one', 'services', 'open'), { statusCode: 409 });
  await storage.blobContainers.clearLegalHold('one', 'services', 'open', { tags: ['court'] });
  await storage.blobContainers.createOrUpdateImmutabilityPolicy('one', 'services', 'open', {
    parameters: { immutabilityPeriodSinceCreationInDays: 3 },
  });
  const { immutabilityPolicy } = await storage.blobContainers.get('one', 'services', 'open');
  assert.equal(immutabilityPolicy?.state, 'Unlocked');
  await storage.blobContainers.lockImmutabilityPolicy('one', 'services', 'open', immutabilityPolicy?.etag ?? '');
  await assert.rejects(storage.blobContainers.delete('one', 'services', 'open'), { statusCode: 409 });
});

test('a signature for one container opens that one only', async () => {
  const { storage } = azure.clients;
  for (const name of ['signed', 'other']) await storage.blobContainers.create('one', 'services', name, {});
  const { serviceSasToken } = await storage.storageAccounts.listServiceSAS('one', 'services', {
    canonicalizedResource: '/blob/services/signed',
    permissions: 'l',
    sharedAccessExpiryTime: new Date(Date.now() + 60_000),
  });
  const at = (name: string) =>
    new ContainerClient(`${azure.connection.blobEndpoint}/services/${name}?${serviceSasToken ?? ''}`);
  assert.deepEqual(await collect(at('signed').listBlobsFlat()), []);
  await assert.rejects(collect(at('other').listBlobsFlat()), { statusCode: 403 });
});

test('storage says how many accounts a region may have and what it offers', async () => {
  const { storage } = azure.clients;
  const [usage] = await collect(storage.usages.listByLocation(location));
  assert.equal(usage?.limit, 250);
  assert.ok((usage?.currentValue ?? 0) > 0);
  const skus = await collect(storage.skus.list());
  assert.ok(skus.some(({ name, kind }) => name === 'Standard_ZRS' && kind === 'StorageV2'));
  const links = await storage.privateLinkResources.listByStorageAccount('one', 'services');
  assert.deepEqual(
    links.value?.map(({ groupId }) => groupId),
    ['blob', 'table', 'queue', 'file', 'web', 'dfs'],
  );
});

async function keyOf(account: string): Promise<StorageSharedKeyCredential> {
  const { keys } = await azure.clients.storage.storageAccounts.listKeys('one', account);
  return new StorageSharedKeyCredential(account, keys?.[0]?.value ?? '');
}
