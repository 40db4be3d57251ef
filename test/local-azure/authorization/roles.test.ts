import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { actionOf } from '../../../src/local-azure/pipeline/authorize.ts';
import { startTestAzure } from '../support.ts';
import type { TestAzure } from '../support.ts';

const SUBSCRIPTION = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const GROUP = `${SUBSCRIPTION}/resourceGroups/roles`;
const VERSION = 'api-version=2022-04-01';

/** The client with exactly these actions at the scope, in place of all that it owns. */
async function withRole(azure: TestAzure, permission: { actions: string[]; notActions?: string[] }, scope: string) {
  const definition = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${randomUUID()}`;
  const properties = {
    roleName: `role ${randomUUID()}`,
    assignableScopes: [SUBSCRIPTION],
    permissions: [{ notActions: [], ...permission }],
  };
  const made = await azure.call('PUT', `${definition}?${VERSION}`, { body: { properties } });
  assert.equal(made.status, 201, made.text);
  const assignments = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments`;
  const { body } = await azure.call('GET', `${assignments}?${VERSION}`);
  const former = body['value'] as Array<{ id: string; properties: { principalId: string } }>;
  const principalId = former[0]?.properties.principalId;
  assert.ok(principalId);
  const assigned = await azure.call(
    'PUT',
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?${VERSION}`,
    { body: { properties: { roleDefinitionId: definition, principalId } } },
  );
  assert.equal(assigned.status, 201, assigned.text);
  // Owner last: it is what lets the others be taken away.
  for (const { id } of former.toReversed()) {
    assert.equal((await azure.call('DELETE', `${id}?${VERSION}`)).status, 200);
  }
}

const putGroup = (azure: TestAzure, name = 'roles') =>
  azure.call('PUT', `${SUBSCRIPTION}/resourceGroups/${name}?api-version=2024-11-01`, {
    body: { location: 'westeurope' },
  });
const putDisk = (azure: TestAzure, group = GROUP) =>
  azure.call('PUT', `${group}/providers/Microsoft.Compute/disks/one?api-version=2024-03-02`, {
    body: { location: 'westeurope', properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } },
  });

test('a role allows its actions, by wildcards, but for its notActions', async (t) => {
  const azure = await startTestAzure(t);
  await putGroup(azure);
  const actions = ['*/read', 'Microsoft.Compute/disks/*'];
  await withRole(azure, { actions, notActions: ['Microsoft.Compute/disks/delete'] }, SUBSCRIPTION);
  assert.equal((await putDisk(azure)).status, 202);
  const refused = await azure.call('DELETE', `${GROUP}/providers/Microsoft.Compute/disks/one?api-version=2024-03-02`);
  assert.equal(refused.status, 403);
  assert.equal(refused.body.error?.code, 'AuthorizationFailed');
  assert.match(
    refused.body.error?.message ?? '',
    /^The client '[^']+' with object id '[^']+' does not have authorization to perform action 'Microsoft\.Compute\/disks\/delete' over scope '\/subscriptions\/.*\/disks\/one' or the scope is invalid\./,
  );
  assert.equal((await putGroup(azure, 'other')).status, 403);
});

test('a role at a scope holds below it, and nowhere else', async (t) => {
  const azure = await startTestAzure(t);
  await putGroup(azure);
  await putGroup(azure, 'roles2');
  await withRole(azure, { actions: ['*'] }, GROUP);
  assert.equal((await putDisk(azure)).status, 202);
  assert.equal((await putDisk(azure, `${GROUP}2`)).status, 403, 'a longer name is another group');
  const { body } = await azure.call('GET', `${GROUP}/providers/Microsoft.Authorization/permissions?${VERSION}`);
  assert.deepEqual((body['value'] as Array<{ actions: string[] }>)[0]?.actions, ['*']);
  const none = await azure.call('GET', `${GROUP}2/providers/Microsoft.Authorization/permissions?${VERSION}`);
  assert.deepEqual(none.body['value'], []);
});

test('what a resource is to use asks for an action of its own', async (t) => {
  const azure = await startTestAzure(t);
  await putGroup(azure);
  const network = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net`;
  const space = { addressSpace: { addressPrefixes: ['10.0.0.0/24'] } };
  const subnets = [{ name: 'one', properties: { addressPrefix: '10.0.0.0/26' } }];
  await azure.call('PUT', `${network}?api-version=2024-05-01`, {
    body: { location: 'westeurope', properties: { ...space, subnets } },
  });
  await withRole(azure, { actions: ['*/read', 'Microsoft.Network/networkInterfaces/*'] }, SUBSCRIPTION);
  const ipConfigurations = [{ name: 'a', properties: { subnet: { id: `${network}/subnets/one` } } }];
  const refused = await azure.call(
    'PUT',
    `${GROUP}/providers/Microsoft.Network/networkInterfaces/nic?api-version=2024-05-01`,
    { body: { location: 'westeurope', properties: { ipConfigurations } } },
  );
  assert.equal(refused.body.error?.code, 'LinkedAuthorizationFailed', refused.text);
  assert.match(
    refused.body.error?.message ?? '',
    /'Microsoft\.Network\/virtualNetworks\/subnets\/join\/action' on the linked scope/,
  );
});

test('assignments and definitions are refused for what they are', async (t) => {
  const azure = await startTestAzure(t);
  const assignments = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments`;
  const definitions = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions`;
  const reader = `${definitions}/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
  const put = (name: string, properties: object) =>
    azure.call('PUT', `${assignments}/${name}?${VERSION}`, { body: { properties } });
  const principalId = randomUUID();
  const name = randomUUID();
  assert.equal((await put(name, { roleDefinitionId: reader, principalId, principalType: 'User' })).status, 201);
  const cases: Array<[Promise<{ body: { error?: { code: string } } }>, string]> = [
    [put('no-guid', { roleDefinitionId: reader, principalId }), 'InvalidRoleAssignmentId'],
    [put(randomUUID(), { roleDefinitionId: reader, principalId }), 'RoleAssignmentExists'],
    [put(name, { roleDefinitionId: reader, principalId: randomUUID() }), 'RoleAssignmentUpdateNotPermitted'],
    [
      put(randomUUID(), { roleDefinitionId: `${definitions}/${randomUUID()}`, principalId }),
      'RoleDefinitionDoesNotExist',
    ],
    [put(randomUUID(), { principalId }), 'BadRequestFormat'],
    [put(randomUUID(), { roleDefinitionId: reader, principalId: randomUUID() }), 'PrincipalNotFound'],
    [azure.call('GET', `${assignments}/${randomUUID()}?${VERSION}`), 'RoleAssignmentNotFound'],
    [
      azure.call('PUT', `${reader}?${VERSION}`, { body: { properties: { roleName: 'x', permissions: [] } } }),
      'RoleDefinitionIsReadOnly',
    ],
  ];
  const custom = (roleName: string, assignableScopes: string[]) => ({
    properties: { roleName, assignableScopes, permissions: [{ actions: ['*/read'] }] },
  });
  await putGroup(azure);
  const narrow = `${definitions}/${randomUUID()}`;
  assert.equal((await azure.call('PUT', `${narrow}?${VERSION}`, { body: custom('narrow', [GROUP]) })).status, 201);
  cases.push(
    [put(randomUUID(), { roleDefinitionId: narrow, principalId }), 'RoleAssignmentScopeNotAssignableToRoleDefinition'],
    ...['narrow', 'Owner'].map((name): (typeof cases)[number] => [
      azure.call('PUT', `${definitions}/${randomUUID()}?${VERSION}`, { body: custom(name, [SUBSCRIPTION]) }),
      'RoleDefinitionWithSameNameExists',
    ]),
  );
  for (const [answer, code] of cases) assert.equal((await answer).body.error?.code, code);
  const { body } = await azure.call('GET', `${definitions}?${VERSION}&$filter=roleName eq 'Contributor'`);
  assert.equal((body['value'] as unknown[]).length, 1);
});

test('requests are named as role definitions name them', () => {
  const cases: Array<[method: string, path: string, action: string | undefined]> = [
    ['GET', '/subscriptions', undefined],
    ['GET', '/subscriptions/s', 'Microsoft.Resources/subscriptions/read'],
    ['PUT', '/subscriptions/s/resourcegroups/g', 'Microsoft.Resources/subscriptions/resourceGroups/write'],
    [
      'GET',
      '/subscriptions/s/resourceGroups/g/resources',
      'Microsoft.Resources/subscriptions/resourceGroups/resources/read',
    ],
    ['GET', '/subscriptions/s/providers/Microsoft.Compute/skus', 'Microsoft.Compute/skus/read'],
    [
      'GET',
      '/subscriptions/s/providers/Microsoft.Compute/locations/w/usages',
      'Microsoft.Compute/locations/usages/read',
    ],
    [
      'POST',
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d/beginGetAccess',
      'Microsoft.Compute/disks/beginGetAccess/action',
    ],
    [
      'DELETE',
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0',
      'Microsoft.Compute/galleries/images/versions/delete',
    ],
  ];
  for (const [method, path, action] of cases) assert.equal(actionOf(method, path), action);
});
