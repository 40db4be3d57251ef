import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rolesFor, roleScript } from '../../src/client/role-definitions.ts';

it('a storage account that is known by its address is looked for by the script that assigns its role', () => {
  const address = 'https://images.blob.core.windows.net';
  const roles = rolesFor('golden', [
    { scope: '/subscriptions/s', actions: ['Microsoft.Storage/storageAccounts/read'], why: 'run output vhd' },
    { scope: address, actions: ['c/write'], dataActions: ['b/write', 'b/read', 'b/read'], why: 'run output vhd' },
  ]);
  const storage = roles.find(({ scope }) => scope === address)?.definition;
  assert.deepEqual(storage?.DataActions, ['b/read', 'b/write']);
  // Azure takes no address here, nor a single resource.
  assert.deepEqual(storage.AssignableScopes, ['/subscriptions/s']);
  const script = roleScript(roles, 'me', 'User');
  const found = script.indexOf(`account=$(find_account 's' '${address}/')`);
  assert.ok(found > script.findIndex((line) => line.startsWith('find_account()')));
  assert.equal(script[found + 1], `assign 'Kiln golden: storage' "$account"`);
  assert.ok(script.includes('ASSIGNEE_TYPE=User'));
});
