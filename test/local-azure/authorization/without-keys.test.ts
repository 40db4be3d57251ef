import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AnonymousCredential,
  type BlobClient,
  BlobSASPermissions,
  BlobServiceClient,
  BlockBlobClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { startIssuer, type Issuer } from '../../support/issuer.ts';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';
import { assign, BUILT_IN, makePrincipal, type Principal, unassign } from './principals.ts';

const refused = (status: number, code: string) => (error: unknown) => {
  const { statusCode, details } = error as { statusCode?: number; details?: { errorCode?: string } };
  assert.deepEqual([statusCode, details?.errorCode], [status, code]);
  return true;
};
const FORBIDDEN = refused(403, 'KeyBasedAuthenticationNotPermitted');
const MISMATCH = refused(403, 'AuthorizationPermissionMismatch');
const OPTIONS = { retryOptions: { maxTries: 1 } };
const HOUR_MS = 3_600_000;
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS);

describe('an account that forbids its keys', () => {
  let azure: TestAzure;
  let issuer: Issuer;
  let endpoint: string;
  let accountId: string;
  /** By token. */
  let owner: BlobServiceClient;
  let byKey: BlobServiceClient;

  before(async () => {
    [azure, issuer] = await Promise.all([startTestAzure(undefined), startIssuer()]);
    const { storageAccounts } = azure.clients.storage;
    const account = await storageAccounts.create(
      'golden-images',
      'nokeys',
      { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', allowSharedKeyAccess: false },
      FAST,
    );
    assert.equal(account.allowSharedKeyAccess, false);
    accountId = account.id ?? '';
    endpoint = account.primaryEndpoints?.blob ?? '';
    owner = new BlobServiceClient(endpoint, azure.clients.credential, OPTIONS);
    // They can be listed all the same.
    const { keys } = await storageAccounts.listKeys('golden-images', 'nokeys');
    byKey = new BlobServiceClient(endpoint, new StorageSharedKeyCredential('nokeys', keys?.[0]?.value ?? ''), OPTIONS);
    await owner.getContainerClient('files').create();
    await owner.getContainerClient('files').getBlockBlobClient('script.sh').upload('echo\n', 5);
  });
  after(async () => {
    issuer.close();
    await azure.close();
  });

  const at = (url: string): BlockBlobClient => new BlockBlobClient(url, new AnonymousCredential(), OPTIONS);
  const scriptOf = (service: BlobServiceClient): BlobClient =>
    service.getContainerClient('files').getBlobClient('script.sh');

  it('refuses them, and what they signed, and is managed as any other', async () => {
    await assert.rejects(collect(byKey.listContainers()), FORBIDDEN);
    await assert.rejects(scriptOf(byKey).download(), FORBIDDEN);
    const blob = await scriptOf(byKey).generateSasUrl({
      permissions: BlobSASPermissions.parse('r'),
      expiresOn: inHours(1),
    });
    await assert.rejects(at(blob).download(), FORBIDDEN);
    const whole = new URL(
      byKey.generateAccountSasUrl(
        inHours(1),
        AccountSASPermissions.parse('rl'),
        AccountSASResourceTypes.parse('sco').toString(),
      ),
    );
    await assert.rejects(at(`${endpoint}files/script.sh${whole.search}`).download(), FORBIDDEN);
    // Nor is it copied from by such an address.
    await assert.rejects(
      owner.getContainerClient('files').getBlobClient('copy.sh').beginCopyFromURL(blob),
      refused(403, 'CannotVerifyCopySource'),
    );

    const { blobContainers, storageAccounts } = azure.clients.storage;
    await blobContainers.create('golden-images', 'nokeys', 'more', {});
    assert.equal((await collect(blobContainers.list('golden-images', 'nokeys'))).length, 2);
    await storageAccounts.update('golden-images', 'nokeys', { allowSharedKeyAccess: true });
    await scriptOf(byKey).download();
    await at(blob).download();
    await storageAccounts.update('golden-images', 'nokeys', { allowSharedKeyAccess: false });
    await assert.rejects(at(blob).download(), FORBIDDEN);
  });

  it('takes addresses that a user delegation key signed, as far as the roles go of who asked for the key', async () => {
    const who: Principal = await makePrincipal(azure, issuer, 'signer');
    const service = new BlobServiceClient(endpoint, who.credential, OPTIONS);
    await assert.rejects(service.getUserDelegationKey(new Date(), inHours(1)), MISMATCH);
    const { assignment } = await assign(azure, who.principalId, BUILT_IN.blobReader, accountId);
    const key = await service.getUserDelegationKey(new Date(), inHours(1));
    assert.deepEqual(
      [key.signedObjectId, key.signedTenantId, key.signedService],
      [who.principalId, azure.connection.tenantId, 'b'],
    );
    const sign = (permissions: string): Promise<string> =>
      scriptOf(service).generateUserDelegationSasUrl(
        {
          permissions: BlobSASPermissions.parse(permissions),
          startsOn: key.signedStartsOn,
          expiresOn: key.signedExpiresOn,
        },
        key,
      );
    const address = await sign('rw');
    await at(address).download();
    await assert.rejects(at(address).upload('other\n', 6), MISMATCH, 'who asked for the key may only read');
    const writes = await assign(azure, who.principalId, BUILT_IN.blobContributor, accountId);
    await at(address).upload('other\n', 6);
    await assert.rejects(at(await sign('r')).upload('more\n', 5), MISMATCH, 'the address is for reading only');
    await assert.rejects(at(address.replace(/sig=.{4}/, 'sig=abcd')).download(), { statusCode: 403 });
    for (const one of [assignment, writes.assignment]) await unassign(azure, one);
    await assert.rejects(at(address).download(), MISMATCH, 'a role that is taken back ends what was signed');
  });

  it('takes no longer what was signed by keys that are revoked', async () => {
    const file = scriptOf(owner);
    const sign = async (from: Date): Promise<string> => {
      const key = await owner.getUserDelegationKey(from, inHours(1));
      const permissions = BlobSASPermissions.parse('r');
      return file.generateUserDelegationSasUrl({ permissions, expiresOn: key.signedExpiresOn }, key);
    };
    const address = await sign(inHours(-1));
    await at(address).download();
    await azure.clients.storage.storageAccounts.revokeUserDelegationKeys('golden-images', 'nokeys');
    await assert.rejects(at(address).download(), refused(403, 'AuthenticationFailed'));
    // Two that say the same of themselves are one.
    await at(await sign(inHours(-2))).download();
  });

  it('gives no such key for more than seven days', async () => {
    await owner.getUserDelegationKey(new Date(), inHours(7 * 24 - 1));
    const expiry = inHours(7 * 24 + 1);
    await assert.rejects(owner.getUserDelegationKey(new Date(), expiry), (error) => {
      const { details } = error as { details: { XmlNodeName?: string } };
      assert.equal(details.XmlNodeName, `${expiry.toISOString().slice(0, 19)}Z`);
      return refused(400, 'InvalidXmlNodeValue')(error);
    });
    await assert.rejects(
      owner.getUserDelegationKey(inHours(2), inHours(1)),
      refused(400, 'InvalidXmlNodeValue'),
      'nor for none at all',
    );
  });
});
