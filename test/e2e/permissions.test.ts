import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Role } from '../../src/client/role-definitions.ts';
import { createClients } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import { DEFINITION, GROUP, shellTemplate } from './templates.ts';

const template = shellTemplate(['# nothing'], {
  distribute: [
    {
      type: 'SharedImage',
      runOutputName: 'gallery',
      galleryImageId: DEFINITION,
      targetRegions: [{ name: 'westeurope' }],
    },
    {
      type: 'ManagedImage',
      runOutputName: 'managed',
      imageId: `${GROUP}/Microsoft.Compute/images/least`,
      location: 'westeurope',
    },
    { type: 'VHD', runOutputName: 'vhd' },
  ],
  validate: { inVMValidations: [{ type: 'Shell', name: 'check', inline: ['# nothing'] }] },
});

/** Each template's role, and each action taken from it: every-template.test.ts. */
describe('a worker with the roles that `kiln role` prints, and no others', () => {
  const stack = new TestStack('simulated');
  let file: string;
  let roles: Role[];
  const definitions = new Map<Role, string>();

  async function ask(method: string, path: string, properties?: object): Promise<unknown> {
    const { credential } = createClients(stack.connection());
    const { token } = await credential.getToken('https://management.azure.com/.default');
    const answer = await fetch(`${stack.connection().endpoint}${path}?api-version=2022-04-01`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(properties === undefined ? {} : { body: JSON.stringify({ properties }) }),
    });
    assert.ok(answer.ok, await answer.clone().text());
    return answer.json();
  }

  const define = (id: string, actions: string[], dataActions: string[] = []): Promise<unknown> =>
    ask('PUT', id, { roleName: id, assignableScopes: ['/'], permissions: [{ actions, dataActions }] });

  before(async () => {
    await stack.up();
    file = stack.write('least', template);
    const printed = await stack.kiln('role', file, '--json');
    roles = JSON.parse(printed.stdout) as Role[];
    const subscription = `/subscriptions/${stack.connection().subscriptionId}`;
    const authorization = `${subscription}/providers/Microsoft.Authorization`;
    type Assignment = { id: string; properties: { principalId: string } };
    const { value: former } = (await ask('GET', `${authorization}/roleAssignments`)) as { value: Assignment[] };
    const principalId = former[0]?.properties.principalId;
    const assign = async (scope: string, actions: string[], dataActions: string[] = []): Promise<string> => {
      const id = `${authorization}/roleDefinitions/${randomUUID()}`;
      await define(id, actions, dataActions);
      const assignment = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
      await ask('PUT', assignment, { roleDefinitionId: id, principalId });
      return id;
    };
    for (const role of roles) {
      const { Actions, DataActions } = role.definition;
      definitions.set(role, await assign(role.scope, Actions, DataActions));
    }
    // So that the test may go on changing them.
    await assign(subscription, ['Microsoft.Authorization/*']);
    for (const { id } of former) await ask('DELETE', id);
  });
  after(() => stack.close());

  it('builds, shows its logs and removes them', async () => {
    const { code, stdout, stderr } = await stack.kiln('build', file, '--id', 'least');
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.equal((await stack.kiln('logs', 'least')).code, 0);
    assert.equal((await stack.kiln('delete', 'least')).code, 0);
  });

  it('is told what it may not do, all at once, before anything is made', async () => {
    const before = await stack.inventory();
    const taken = [
      'Microsoft.Compute/virtualMachines/generalize/action',
      'Microsoft.Compute/images/write',
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
    ];
    const left = (actions: string[]): string[] => actions.filter((action) => !taken.includes(action));
    for (const role of roles) {
      const { Actions, DataActions } = role.definition;
      await define(definitions.get(role) ?? '', left(Actions), left(DataActions));
    }
    const { code, stderr } = await stack.kiln('build', file, '--id', 'less');
    assert.equal(code, 2, stderr);
    for (const action of taken) assert.match(stderr, new RegExp(`may not .*${action.replaceAll('.', '\\.')}`));
    assert.deepEqual(await stack.inventory(), before);
  });
});
