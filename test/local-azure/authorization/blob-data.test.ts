import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { startIssuer, type Issuer } from '../../support/issuer.ts';
import { readBlobRequest } from '../../../src/local-azure/providers/storage/blob-actions.ts';
import { collect, FAST, startTestAzure, type TestAzure } from '../support.ts';
import { assign, BUILT_IN, makePrincipal, type Principal, unassign } from './principals.ts';

/** In a header, since an answer to HEAD has no body. */
const MISMATCH = (error: unknown): boolean => {
  const { statusCode, details } = error as { statusCode?: number; details?: { errorCode?: string } };
  assert.deepEqual([statusCode, details?.errorCode], [403, 'AuthorizationPermissionMismatch']);
  return true;
};
const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

describe('blobs reached by a token', () => {
  let azure: TestAzure;
  let issuer: Issuer;
  let accountId: string;
  let endpoint: string;
  /** The first client, which owns them. */
  let owner: BlobServiceClient;
  let who: Principal;
  let blobs: BlobServiceClient;

  before(async () => {
    [azure, issuer] = await Promise.all([startTestAzure(undefined), startIssuer()]);
    const account = await azure.clients.storage.storageAccounts.create(
      'golden-images',
      'scripts',
      { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2' },
      FAST,
    );
    accountId = account.id ?? '';
    endpoint = account.primaryEndpoints?.blob ?? '';
    const options = { retryOptions: { maxTries: 1 } };
    owner = new BlobServiceClient(endpoint, azure.clients.credential, options);
    for (const name of ['one', 'two']) {
      await owner.getContainerClient(name).create();
      await owner.getContainerClient(name).getBlockBlobClient('script.sh').upload(`echo ${name}\n`, 9);
    }
    who = await makePrincipal(azure, issuer, 'reader');
    blobs = new BlobServiceClient(endpoint, who.credential, options);
  });
  after(async () => {
    issuer.close();
    await azure.close();
  });

  const read = async (container: string): Promise<string> =>
    (await blobs.getContainerClient(container).getBlobClient('script.sh').downloadToBuffer()).toString();
  const write = (container: string) =>
    blobs.getContainerClient(container).getBlockBlobClient('new.sh').upload('echo\n', 5);

  it('are nobody’s without a data action, not even an owner’s of the subscription', async () => {
    await assert.rejects(read('one'), MISMATCH);
    const { assignment } = await assign(azure, who.principalId, BUILT_IN.owner);
    await assert.rejects(read('one'), MISMATCH);
    // Containers are managed by actions, here too.
    assert.equal((await collect(blobs.listContainers())).length, 2);
    await unassign(azure, assignment);
    await assert.rejects(collect(blobs.listContainers()), MISMATCH);
  });

  it('are read where the role is assigned: at one container', async () => {
    const scope = `${accountId}/blobServices/default/containers/one`;
    const { assignment } = await assign(azure, who.principalId, BUILT_IN.blobReader, scope);
    assert.equal(await read('one'), 'echo one\n');
    assert.equal((await collect(blobs.getContainerClient('one').listBlobsFlat())).length, 1);
    await assert.rejects(read('two'), MISMATCH);
    await assert.rejects(write('one'), MISMATCH);
    await assert.rejects(blobs.getContainerClient('one').getBlobClient('script.sh').delete(), MISMATCH);
    await unassign(azure, assignment);
    await assert.rejects(read('one'), MISMATCH);
  });

  it('are written by a custom role but for its notDataActions', async () => {
    const role = { dataActions: [`${BLOBS}/*`], notDataActions: [`${BLOBS}/delete`] };
    const { assignment } = await assign(azure, who.principalId, role, accountId);
    await write('one');
    await assert.rejects(blobs.getContainerClient('one').getBlobClient('new.sh').delete(), MISMATCH);
    await assert.rejects(blobs.getContainerClient('made').create(), MISMATCH);
    await assert.rejects(
      blobs.getUserDelegationKey(new Date(), new Date(Date.now() + 3_600_000)),
      MISMATCH,
      'a key that signs is an action of its own',
    );
    await unassign(azure, assignment);
  });

  it('are copied by who may read the one and write the other', async () => {
    const source = `${endpoint}${endpoint.endsWith('/') ? '' : '/'}two/script.sh`;
    const copy = async () =>
      (await blobs.getContainerClient('one').getBlobClient('copy.sh').beginCopyFromURL(source)).pollUntilDone();
    const containers = `${accountId}/blobServices/default/containers`;
    const added = await assign(azure, who.principalId, { dataActions: [`${BLOBS}/add/action`] }, `${containers}/one`);
    await assert.rejects(copy(), MISMATCH);
    const reads = await assign(azure, who.principalId, BUILT_IN.blobReader, `${containers}/two`);
    await copy();
    for (const { assignment } of [added, reads]) await unassign(azure, assignment);
  });

  it('are refused to a token that was made for something else, or by somebody else', async () => {
    const get = (token: string) =>
      fetch(`${endpoint.replace(/\/$/, '')}/one/script.sh`, {
        headers: { authorization: `Bearer ${token}`, 'x-ms-version': '2024-11-04' },
      });
    const { token: forManagement } = await azure.clients.credential.getToken('https://management.azure.com/.default');
    const foreign = await issuer.sign('owner', { audience: 'https://storage.azure.com' });
    for (const token of [forManagement, foreign, 'none']) {
      const answer = await get(token);
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('x-ms-error-code'), 'InvalidAuthenticationInfo');
      assert.match(answer.headers.get('www-authenticate') ?? '', /resource_id=https:\/\/storage\.azure\.com/);
    }
    const { token: good } = await azure.clients.credential.getToken('https://storage.azure.com/.default');
    assert.equal((await get(good)).status, 200);
  });
});

it('requests for blobs are named as role definitions name them', () => {
  const containers = 'Microsoft.Storage/storageAccounts/blobServices/containers';
  const cases: Array<[method: string, url: string, container: string | undefined, need: string | undefined]> = [
    ['GET', '/acct?comp=list', undefined, `action ${containers}/read`],
    [
      'GET',
      '/acct/?restype=service&comp=properties',
      undefined,
      'action Microsoft.Storage/storageAccounts/blobServices/read',
    ],
    [
      'PUT',
      '/acct/?restype=service&comp=properties',
      undefined,
      'action Microsoft.Storage/storageAccounts/blobServices/write',
    ],
    ['HEAD', '/acct?restype=account&comp=properties', undefined, undefined],
    ['PUT', '/acct/c?restype=container', 'c', `action ${containers}/write`],
    ['DELETE', '/acct/c?restype=container', 'c', `action ${containers}/delete`],
    ['GET', '/acct/c?restype=container&comp=list', 'c', `dataAction ${BLOBS}/read`],
    ['GET', '/acct/c/folder/blob', 'c', `dataAction ${BLOBS}/read`],
    ['PUT', '/acct/c/blob', 'c', `dataAction ${BLOBS}/write or ${BLOBS}/add/action`],
    ['PUT', '/acct/c/blob?comp=block&blockid=1', 'c', `dataAction ${BLOBS}/write`],
    ['PUT', '/acct/c/blob?comp=appendblock', 'c', `dataAction ${BLOBS}/write or ${BLOBS}/add/action`],
    ['DELETE', '/acct/c/blob', 'c', `dataAction ${BLOBS}/delete`],
    ['PUT', '/acct/c/blob?comp=tags', 'c', `dataAction ${BLOBS}/tags/write`],
    ['GET', '/acct/blob.txt', '$root', `dataAction ${BLOBS}/read`],
    ['GET', '/acct/with%20space/blob', 'with space', `dataAction ${BLOBS}/read`],
  ];
  for (const [method, url, container, wanted] of cases) {
    const { need, ...read } = readBlobRequest(method, url, undefined);
    assert.equal(read.container, container, url);
    assert.equal(
      need === undefined ? undefined : `${need.kind} ${need.anyOf.join(' or ')}`,
      wanted,
      `${method} ${url}`,
    );
  }
});
