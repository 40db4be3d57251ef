import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';

const S = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

const refused = async (method: string, path: string, status: number, code: string, options = {}) => {
  const answer = await azure.call(method, path, options);
  assert.deepEqual([answer.status, answer.body.error?.code], [status, code], JSON.stringify(answer.body));
  return answer;
};

test('a call without a token is told where to get one', async () => {
  const answer = await fetch(`${azure.connection.endpoint}${S}?api-version=2022-12-01`);
  assert.equal(answer.status, 401);
  assert.equal(((await answer.json()) as { error: { code: string } }).error.code, 'AuthenticationFailed');
  assert.match(answer.headers.get('www-authenticate') ?? '', /authorization_uri="https:\/\/127\.0\.0\.1:\d+\/10ca1a2e/);
});

test('a token that is not ours is refused', async () => {
  await refused('GET', `${S}?api-version=2022-12-01`, 401, 'InvalidAuthenticationToken', {
    headers: { authorization: 'Bearer a.b.c' },
  });
});

test('what is wrong with a request is said in the words of Azure', async () => {
  const v = 'api-version=2024-03-01';
  await refused('GET', S, 400, 'MissingApiVersionParameter');
  await refused('GET', `/subscriptions/no-such?${v}`, 404, 'SubscriptionNotFound');
  await refused('GET', `${S}/resourceGroups/none?${v}`, 404, 'ResourceGroupNotFound');
  await refused(
    'GET',
    `${S}/resourceGroups/none/providers/Microsoft.Network/virtualNetworks/v?${v}`,
    404,
    'ResourceGroupNotFound',
  );
  await azure.clients.resources.resourceGroups.createOrUpdate('words', { location: 'westeurope' });
  const group = `${S}/resourcegroups/words`;
  await refused('GET', `${group}/providers/Microsoft.Network/virtualNetworks/v?${v}`, 404, 'ResourceNotFound');
  await refused('GET', `${group}/providers/Microsoft.Nothing/things/t?${v}`, 404, 'InvalidResourceNamespace');
  await refused('GET', `${group}/providers/Microsoft.Network/things/t?${v}`, 404, 'InvalidResourceType');
  await refused('PUT', `${group}?${v}`, 400, 'InvalidRequestContent', { body: '{not json' });
  await refused('PUT', `${group}?${v}`, 413, 'RequestContentTooLarge', {
    body: `{"x":"${'x'.repeat(5 * 1024 * 1024)}"}`,
  });
  await refused('PUT', `${S}/resourceGroups/mars?${v}`, 400, 'LocationNotAvailableForResourceGroup', {
    body: { location: 'marscentral' },
  });
});

test('every answer carries its ids and what remains of the allowance', async () => {
  const answer = await azure.call('GET', `${S}/locations?api-version=2022-12-01`, {
    headers: { 'x-ms-correlation-request-id': 'from-the-client' },
  });
  assert.equal(answer.headers.get('x-ms-correlation-request-id'), 'from-the-client');
  assert.ok(answer.headers.get('x-ms-request-id'));
  assert.match(answer.headers.get('x-ms-ratelimit-remaining-subscription-reads') ?? '', /^2[0-4]\d$/);
  const names = (answer.body['value'] as Array<{ name: string }>).map(({ name }) => name);
  assert.ok(names.length >= 25 && names.includes('northeurope'));
});

test('ids are read without regard to case and kept in the casing of the first write', async () => {
  const { network, resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate('Casing', { location: 'West Europe' });
  const body = { location: 'West Europe', addressSpace: { addressPrefixes: ['10.0.0.0/16'] } };
  await network.virtualNetworks.createOrUpdate('Casing', 'MyNet', body, FAST);
  const again = await network.virtualNetworks.createOrUpdate('casing', 'mynet', body, FAST);
  assert.equal(again.id, `${S}/resourceGroups/Casing/providers/Microsoft.Network/virtualNetworks/MyNet`);
  assert.equal(again.location, 'westeurope');
});

test('a client finds the cloud by its metadata, and calls are counted by method and type', async () => {
  const get = async (path: string) => (await fetch(`${azure.connection.endpoint}${path}`)).json() as Promise<unknown>;
  const metadata = (await get('/metadata/endpoints?api-version=2022-09-01')) as { resourceManager: string };
  assert.equal(metadata.resourceManager, azure.connection.endpoint);
  assert.ok(Array.isArray(await get('/metadata/endpoints?api-version=2019-05-01')));
  const calls = (await get('/local-azure/calls')) as { total: number; byOperation: Record<string, number> };
  assert.ok((calls.byOperation['PUT Microsoft.Network/virtualNetworks'] ?? 0) >= 2);
});
