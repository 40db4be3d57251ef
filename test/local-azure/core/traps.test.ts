/** What the real Azure was recorded to do and a client would not think of. That Kiln survives it is in test/activities. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { heldProfile } from '../held-profile.ts';
import { startTestAzure, type TestAzure } from '../support.ts';

const S = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const GROUP = `${S}/resourceGroups/golden-images/providers`;
const location = 'westeurope';

async function startHeld(t: Parameters<typeof startTestAzure>[0]): Promise<TestAzure> {
  const { profile, hold } = heldProfile();
  const azure = await startTestAzure(t, { timeProfile: profile, limits: 'off' });
  hold();
  return azure;
}

test('a principal that was just made with an identity cannot be given a role by its id alone', async (t) => {
  const azure = await startHeld(t);
  const identity = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/new-one?api-version=2023-01-31`;
  const made = await azure.call('PUT', identity, { body: { location } });
  const { principalId } = made.body['properties'] as { principalId: string };
  const roleDefinitionId = `${S}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
  const assign = (more: object = {}) =>
    azure.call(
      'PUT',
      `${S}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555?api-version=2022-04-01`,
      { body: { properties: { roleDefinitionId, principalId, ...more } } },
    );
  const early = await assign();
  assert.deepEqual([early.status, early.body.error?.code], [400, 'PrincipalNotFound']);
  assert.match(early.body.error?.message ?? '', /set the role assignment principalType property/);
  const { operations } = azure.azure.services;
  for (const { id } of operations.pending(`/directory/${principalId}`)) await operations.expedite(id);
  assert.equal((await assign()).status, 201);
});

test('who says what kind of principal it is need not wait', async (t) => {
  const azure = await startHeld(t);
  const identity = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/new-one?api-version=2023-01-31`;
  const { principalId } = (await azure.call('PUT', identity, { body: { location } })).body['properties'] as {
    principalId: string;
  };
  const roleDefinitionId = `${S}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
  const answer = await azure.call(
    'PUT',
    `${S}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555?api-version=2022-04-01`,
    { body: { properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' } } },
  );
  assert.equal(answer.status, 201);
});

test('addresses of operations are signed, kilobytes long, and in part without a pause to ask again after', async (t) => {
  const azure = await startHeld(t);
  const put = (path: string, body: object) => azure.call('PUT', `${GROUP}/${path}`, { body: { location, ...body } });
  const disk = await put('Microsoft.Compute/disks/signed?api-version=2024-03-02', {
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
  });
  const address = disk.headers.get('azure-asyncoperation') ?? '';
  assert.ok(address.length > 2500 && address.length < 4000, `${address.length} characters`);
  assert.deepEqual(
    [...new URL(address).searchParams.keys()].filter((key) => key.length === 1),
    ['p', 't', 'c', 's', 'h'],
  );
  assert.equal((await azure.call('GET', address.slice(azure.connection.endpoint.length))).status, 200);
  assert.equal(disk.headers.get('retry-after'), '2');
  const gallery = await put('Microsoft.Compute/galleries/paceless?api-version=2024-03-03', { properties: {} });
  assert.equal(gallery.status, 201);
  assert.notEqual(gallery.headers.get('azure-asyncoperation'), null);
  assert.equal(gallery.headers.get('retry-after'), null);
});

test('a network interface is Succeeded with its first answer, and has an operation that goes on', async (t) => {
  const { profile, hold } = heldProfile();
  const azure = await startTestAzure(t, { timeProfile: profile, limits: 'off' });
  const network = await azure.call('PUT', `${GROUP}/Microsoft.Network/virtualNetworks/net?api-version=2024-05-01`, {
    body: {
      location,
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/24'] },
        subnets: [{ name: 'a', properties: { addressPrefix: '10.0.0.0/24' } }],
      },
    },
  });
  assert.equal(network.status, 201, network.text);
  hold();
  const subnet = { id: `${GROUP}/Microsoft.Network/virtualNetworks/net/subnets/a` };
  const nic = await azure.call('PUT', `${GROUP}/Microsoft.Network/networkInterfaces/nic?api-version=2024-05-01`, {
    body: { location, properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] } },
  });
  assert.equal(nic.status, 201, nic.text);
  assert.equal((nic.body['properties'] as { provisioningState: string }).provisioningState, 'Succeeded');
  const operation = nic.headers.get('azure-asyncoperation') ?? '';
  const told = await azure.call('GET', operation.slice(azure.connection.endpoint.length));
  assert.equal(told.body['status'], 'InProgress');
});

test('a group that Azure writes in capitals or small letters is the same group', async (t) => {
  const azure = await startTestAzure(t);
  const identity = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder?api-version=2023-01-31`;
  const { body } = await azure.call('GET', identity);
  assert.match(String(body['id']), /\/resourcegroups\/golden-images\//);
  const capitals = identity.replace('golden-images', 'GOLDEN-IMAGES').replace('resourceGroups', 'RESOURCEGROUPS');
  assert.equal((await azure.call('GET', capitals)).status, 200);
});

test('what was just written may not be found by its next read, where that is asked for', async (t) => {
  const azure = await startTestAzure(t, { staleReads: true });
  const starter = await azure.call('GET', `${S}/resourceGroups/golden-images?api-version=2024-11-01`);
  assert.equal(starter.status, 200, starter.text);
  const group = `${S}/resourceGroups/late?api-version=2024-11-01`;
  assert.equal((await azure.call('PUT', group, { body: { location } })).status, 201);
  const read = await azure.call('GET', group);
  assert.deepEqual([read.status, read.body.error?.code], [404, 'ResourceGroupNotFound']);
  assert.equal((await azure.call('GET', group)).status, 200);
  const identity = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/late?api-version=2023-01-31`;
  assert.equal((await azure.call('PUT', identity, { body: { location } })).status, 201);
  const { status, body } = await azure.call('GET', identity);
  assert.deepEqual([status, body.error?.code], [404, 'ResourceNotFound']);
  assert.match(
    body.error?.message ?? '',
    /'Microsoft.ManagedIdentity\/userAssignedIdentities\/late' under .* 'golden-images'/,
  );
  assert.equal((await azure.call('GET', identity)).status, 200);
});
