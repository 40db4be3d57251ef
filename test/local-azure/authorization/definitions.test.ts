import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';

const SUBSCRIPTION = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const GROUP = `${SUBSCRIPTION}/resourceGroups/defined`;
const CONTRIBUTOR = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c`;
const VERSION = 'api-version=2022-04-01';
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
  await azure.clients.resources.resourceGroups.createOrUpdate('defined', { location: 'westeurope' });
});
after(() => azure?.close());

const at = (scope: string, kind: string, name: string) =>
  `${scope}/providers/Microsoft.Authorization/${kind}/${name}?${VERSION}`;
const list = async (scope: string, kind: string, filter = '') => {
  const query = filter === '' ? '' : `&$filter=${encodeURIComponent(filter)}`;
  const { body } = await azure.call('GET', `${scope}/providers/Microsoft.Authorization/${kind}?${VERSION}${query}`);
  return body['value'] as Array<{ name: string; properties: { scope: string; principalId: string } }>;
};

test('a role is completed when it is made, listed by name and kind, and goes with the only group that it was for', async () => {
  const name = randomUUID();
  const properties = {
    roleName: 'group reader',
    assignableScopes: [GROUP],
    permissions: [{ actions: ['Microsoft.Resources/subscriptions/resourceGroups/read'] }],
  };
  const made = await azure.call('PUT', at(GROUP, 'roleDefinitions', name), { body: { properties } });
  const { createdOn, updatedOn, updatedBy, ...told } = made.body['properties'] as Record<string, unknown>;
  assert.deepEqual(told, {
    ...properties,
    type: 'CustomRole',
    description: null,
    permissions: [{ ...properties.permissions[0], notActions: [], dataActions: [], notDataActions: [] }],
    createdBy: null,
  });
  assert.ok(createdOn === updatedOn && typeof updatedBy === 'string');
  assert.deepEqual(
    (await list(GROUP, 'roleDefinitions', "type eq 'CustomRole'")).map((one) => one.name),
    [name],
  );
  assert.equal((await list(SUBSCRIPTION, 'roleDefinitions', "roleName eq 'group reader'")).length, 0);
  const below = "roleName eq 'group reader' and atScopeAndBelow()";
  assert.equal((await list(SUBSCRIPTION, 'roleDefinitions', below)).length, 1);
  await azure.clients.resources.resourceGroups.delete('defined', FAST);
  // Microsoft.Authorization answers for what is not there, whether its group is or not.
  assert.equal((await azure.call('DELETE', at(GROUP, 'roleDefinitions', name))).status, 204);
  assert.equal((await azure.call('DELETE', at(GROUP, 'roleAssignments', randomUUID()))).status, 204);
});

test('assignments are listed by principal and scope, and one that is put again is answered as new', async () => {
  await azure.clients.resources.resourceGroups.createOrUpdate('defined', { location: 'westeurope' });
  const made = await azure.clients.identity.userAssignedIdentities.createOrUpdate('defined', 'reader', {
    location: 'westeurope',
  });
  const { principalId = '' } = made;
  const path = at(GROUP, 'roleAssignments', randomUUID());
  const body = { properties: { roleDefinitionId: CONTRIBUTOR, principalId } };
  for (const time of [1, 2]) assert.equal((await azure.call('PUT', path, { body })).status, 201, `time ${time}`);
  const scopes = async (scope: string, filter: string) =>
    (await list(scope, 'roleAssignments', filter)).map(({ properties }) => properties.scope);
  const own = `principalId eq '${principalId}'`;
  assert.deepEqual(await scopes(GROUP, own), [GROUP]);
  assert.deepEqual(await scopes(SUBSCRIPTION, `assignedTo('${principalId}')`), [GROUP]);
  assert.deepEqual(await scopes(SUBSCRIPTION, `atScope() and ${own}`), []);
  const above = await scopes(GROUP, 'atScope()');
  assert.deepEqual(new Set(above), new Set([SUBSCRIPTION, GROUP]));
  const refused = await azure.call(
    'GET',
    `${GROUP}/providers/Microsoft.Authorization/roleAssignments?${VERSION}&$filter=scope`,
  );
  assert.equal(refused.body.error?.code, 'UnsupportedQuery');
  assert.deepEqual(await list(GROUP, 'denyAssignments'), []);
});

test('a role is found without a subscription before its id', async () => {
  const { status, body } = await azure.call('GET', CONTRIBUTOR.slice(SUBSCRIPTION.length) + `?${VERSION}`);
  assert.deepEqual([status, body['id']], [200, CONTRIBUTOR]);
});
