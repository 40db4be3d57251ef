import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ClientAssertionCredential, ClientSecretCredential } from '@azure/identity';
import { ResourceManagementClient } from '@azure/arm-resources';
import { startIssuer, type Issuer } from '../../support/issuer.ts';
import { collect, startTestAzure, type TestAzure } from '../support.ts';
import { assign, BUILT_IN, makePrincipal, unassign } from './principals.ts';

const ARM = 'https://management.azure.com/.default';

describe('an identity that trusts an authority of others', () => {
  let azure: TestAzure;
  let issuer: Issuer;
  before(async () => {
    [azure, issuer] = await Promise.all([startTestAzure(undefined), startIssuer()]);
  });
  after(async () => {
    issuer.close();
    await azure.close();
  });

  it('acts by a federated token in a file, and may do what its roles allow it', async () => {
    const { credential, principalId, clientId } = await makePrincipal(azure, issuer, 'worker');
    const { endpoint, subscriptionId } = azure.connection;
    const options = { endpoint, retryOptions: { maxRetries: 0 } };
    const { resourceGroups } = new ResourceManagementClient(credential, subscriptionId, options);
    await assert.rejects(resourceGroups.get('golden-images'), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(
          `^The client '${clientId}' with object id '${principalId}' does not have authorization to perform action 'Microsoft\\.Resources/subscriptions/resourceGroups/read' over scope '/subscriptions/${subscriptionId}/resourcegroups/golden-images' or the scope is invalid\\.`,
        ),
      );
      return true;
    });
    const { assignment } = await assign(azure, principalId, BUILT_IN.reader);
    assert.ok((await collect(resourceGroups.list())).length > 0);
    await assert.rejects(resourceGroups.createOrUpdate('no', { location: 'westeurope' }), {
      code: 'AuthorizationFailed',
    });
    await unassign(azure, assignment);
    await assert.rejects(resourceGroups.get('golden-images'), { code: 'AuthorizationFailed' });
  });

  it('refuses assertions that it does not trust, as Entra words it', async () => {
    const { clientId } = await makePrincipal(azure, issuer, 'strict');
    const subject = 'system:serviceaccount:builds:strict';
    const another = await startIssuer();
    const gone = await startIssuer();
    const { identity } = azure.clients;
    await identity.federatedIdentityCredentials.createOrUpdate('golden-images', 'strict', 'gone', {
      issuer: gone.issuer,
      subject,
      audiences: ['api://AzureADTokenExchange'],
    });
    const ofGone = await gone.sign(subject);
    gone.close();
    const cases: Array<[assertion: string, refusal: RegExp]> = [
      [await another.sign(subject), /AADSTS700211: .*issuer 'http/],
      [await issuer.sign('system:serviceaccount:other:strict'), /AADSTS700213: .*subject 'system:serviceaccount:other/],
      [await issuer.sign(subject, { audience: 'api://other' }), /AADSTS700212: .*audience 'api:\/\/other'/],
      [await issuer.sign(subject, { expires: '-1m' }), /AADSTS700024/],
      [await issuer.sign(subject, { key: 'another' }), /AADSTS700027/],
      [ofGone, /AADSTS50166: Request to External OIDC endpoint failed/],
      ['no token', /AADSTS50027/],
    ];
    const { tenantId, authorityHost } = azure.connection;
    const options = { authorityHost, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } };
    for (const [assertion, refusal] of cases) {
      const credential = new ClientAssertionCredential(tenantId, clientId, () => Promise.resolve(assertion), options);
      await assert.rejects(credential.getToken(ARM), refusal);
    }
    another.close();
    const secret = new ClientSecretCredential(tenantId, clientId, 'it has none', options);
    await assert.rejects(secret.getToken(ARM), /AADSTS700016/);
    await identity.userAssignedIdentities.delete('golden-images', 'strict');
    const good = await issuer.sign(subject);
    const deleted = new ClientAssertionCredential(tenantId, clientId, () => Promise.resolve(good), options);
    await assert.rejects(deleted.getToken(ARM), /AADSTS700016/);
  });

  it('holds up to twenty of them, each issuer with a subject once', async () => {
    const { identity } = azure.clients;
    const { federatedIdentityCredentials: credentials } = identity;
    await identity.userAssignedIdentities.createOrUpdate('golden-images', 'many', { location: 'westeurope' });
    const body = (subject: string) => ({
      issuer: issuer.issuer,
      subject,
      audiences: ['api://AzureADTokenExchange'],
    });
    const put = (name: string, subject: string) =>
      credentials.createOrUpdate('golden-images', 'many', name, body(subject));
    for (let index = 1; index <= 20; index++) await put(`number-${index}`, `subject ${index}`);
    await assert.rejects(put('one-more', 'another'), /The maximum is 20/);
    await assert.rejects(put('number-1', 'subject 2'), { statusCode: 409 });
    await assert.rejects(
      credentials.createOrUpdate('golden-images', 'many', 'number-1', { ...body('x'), audiences: [] }),
      /must specify 'issuer', 'subject' and 'audience'/,
    );
    assert.equal((await collect(credentials.list('golden-images', 'many'))).length, 20);
    await credentials.delete('golden-images', 'many', 'number-20');
    assert.equal((await credentials.get('golden-images', 'many', 'number-19')).subject, 'subject 19');
    await assert.rejects(credentials.get('golden-images', 'many', 'number-20'), { statusCode: 404 });
    await assert.rejects(credentials.createOrUpdate('golden-images', 'nobody', 'one', body('x')), { statusCode: 404 });
  });
});
