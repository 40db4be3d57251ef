import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { failureOf } from '../../src/client/kiln-client.ts';
import { planFile } from '../../src/template/index.ts';
import { permissionsOf } from '../../src/template/permissions.ts';
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

describe('a worker with the permissions that a build needs, and no others', () => {
  const stack = new TestStack('simulated');
  let needed: ReturnType<typeof permissionsOf>;
  let plan: NonNullable<ReturnType<typeof planOf>>;
  /** Role definition by scope. */
  const roles = new Map<string, string>();

  function planOf(runId: string) {
    const { subscriptionId } = stack.connection();
    const planned = planFile(JSON.stringify(template), {
      fileName: 'least.json',
      parameters: {},
      subscriptionId,
      resourceGroup: 'golden-images',
      runId,
    });
    return planned.ok ? planned.plans[0] : undefined;
  }

  async function put(path: string, properties: object): Promise<void> {
    const { credential } = createClients(stack.connection());
    const { token } = await credential.getToken('https://management.azure.com/.default');
    const answer = await fetch(`${stack.connection().endpoint}${path}?api-version=2022-04-01`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ properties }),
    });
    assert.ok(answer.ok, await answer.text());
  }

  const define = (scope: string, actions: string[]): Promise<void> =>
    put(roles.get(scope) ?? '', { roleName: scope, assignableScopes: ['/'], permissions: [{ actions }] });

  before(async () => {
    await stack.up();
    const wanted = planOf('least');
    assert.ok(wanted);
    plan = wanted;
    needed = permissionsOf(plan);
    const { credential } = createClients(stack.connection());
    const { token } = await credential.getToken('https://management.azure.com/.default');
    const { oid } = JSON.parse(atob(token.split('.')[1] ?? '')) as { oid: string };
    const authorization = `/subscriptions/${stack.connection().subscriptionId}/providers/Microsoft.Authorization`;
    const scopes = [...new Set(needed.map(({ scope }) => scope))];
    for (const scope of [...scopes, 'administration']) {
      roles.set(scope, `${authorization}/roleDefinitions/${randomUUID()}`);
      const own = needed.filter((one) => one.scope === scope).flatMap(({ actions }) => actions);
      await define(scope, scope === 'administration' ? ['Microsoft.Authorization/*'] : own);
      const at = scope === 'administration' ? authorization.replace('/providers/Microsoft.Authorization', '') : scope;
      const assignment = `${at}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
      await put(assignment, { roleDefinitionId: roles.get(scope), principalId: oid });
    }
    const list = await fetch(`${stack.connection().endpoint}${authorization}/roleAssignments?api-version=2022-04-01`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { value } = (await list.json()) as { value: Array<{ id: string; properties: { roleDefinitionId: string } }> };
    const owner = value.find(({ properties }) => !new Set(roles.values()).has(properties.roleDefinitionId));
    await fetch(`${stack.connection().endpoint}${owner?.id}?api-version=2022-04-01`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
  });
  after(() => stack.close());

  it('builds', async () => {
    const { code, stdout, stderr } = await stack.kiln('build', stack.write('least', template), '--id', 'least');
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.equal((await stack.kiln('logs', 'least')).code, 0);
    assert.equal((await stack.kiln('delete', 'least')).code, 0);
  });

  it('fails its check without any one of them, which is named, and makes nothing', async () => {
    const client = await stack.client();
    const before = await stack.inventory();
    for (const scope of new Set(needed.map((one) => one.scope))) {
      const actions = [...new Set(needed.filter((one) => one.scope === scope).flatMap((one) => one.actions))];
      for (const action of actions) {
        // What is granted at the subscription holds everywhere.
        const elsewhere = needed.some(
          (one) => one.scope !== scope && scope.startsWith(`${one.scope}/`) && one.actions.includes(action),
        );
        if (elsewhere) continue;
        await define(
          scope,
          actions.filter((one) => one !== action),
        );
        const again = { ...plan, runId: `least-${randomUUID().slice(0, 8)}` };
        await assert.rejects(client.plan(again), (error: unknown) => {
          const failure = failureOf(error);
          assert.equal(failure?.type, 'InvalidPlan', `${action}: ${failure?.message}`);
          assert.match(failure.message, new RegExp(`may not .*${action.replaceAll('.', '\\.')}.* at ${scope}`));
          return true;
        });
      }
      await define(scope, actions);
    }
    assert.deepEqual(await stack.inventory(), before);
  });
});
