/** `npm run test:az`: the commands for groups, machines, images, galleries, snapshots and roles, against the local Azure. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { loadPlans } from '../../src/client/load-plan.ts';
import { readSettings } from '../../src/client/settings.ts';
import { rolesFor, roleScript } from '../../src/client/role-definitions.ts';
import { LOCAL_SUBSCRIPTION } from '../../src/local-azure/core.ts';
import { permissionsOf } from '../../src/template/permissions.ts';
import { EXAMPLE } from '../e2e/stack.ts';
import { startTestAzure, type TestAzure } from '../local-azure/support.ts';
import { logIn, skip, type Az } from '../support/azure-cli.ts';

const GROUP = 'by-az';
const IDS = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/${GROUP}/providers`;

/** Where Azure sends no Retry-After the CLI asks every 30 s, so what does not wait for another goes beside it. */
describe('az', { skip, concurrency: true }, () => {
  let azure: TestAzure;
  let az: Az;
  before(async () => {
    azure = await startTestAzure(undefined, { profile: 'recorded', timeFactor: 0.001, limits: 'off' });
    az = await logIn(azure.connection);
    await az.run(`group create -l westeurope -n ${GROUP}`);
  });
  after(async () => {
    az.close();
    await azure.close();
  });

  const inGroup = <T>(command: string, ...args: string[]): Promise<T> => az.run<T>(command, ...args, '-g', GROUP);
  const machine = (name: string, image: string) =>
    inGroup<{ powerState: string }>('vm create', '-n', name, '--image', image, ...ADMIN, '--public-ip-address', '');

  it('group: create, show, list, delete', async () => {
    await az.run('group create -n short -l northeurope --tags a=b');
    const shown = await az.run<{ tags: object }>('group show -n short');
    assert.deepEqual(shown.tags, { a: 'b' });
    assert.ok((await az.run<Named[]>('group list')).some(({ name }) => name === 'short'));
    await az.run('group delete -n short --yes');
    assert.equal(await az.run('group exists -n short'), false);
    const providers = await az.run<Array<{ registrationState: string }>>('provider list');
    assert.ok(providers.every(({ registrationState }) => registrationState === 'Registered'));
  });

  it('vm create, run-command, image create, sig: from the marketplace to machines from what was captured', async () => {
    const { powerState } = await machine('first', 'Debian:debian-12:12-gen2:latest');
    assert.equal(powerState, 'VM running');
    const command = (verb: string, ...args: string[]) =>
      inGroup<{ instanceView?: { executionState: string; exitCode: number } }>(
        `vm run-command ${verb} --vm-name first --run-command-name hello`,
        ...args,
      );
    await command('create', '-l', 'westeurope', '--script', 'echo hello');
    const { instanceView } = await command('show', '--instance-view');
    assert.deepEqual([instanceView?.executionState, instanceView?.exitCode], ['Succeeded', 0]);
    await command('delete', '--yes');
    assert.deepEqual(await inGroup('vm run-command list --vm-name first'), []);
    const invoked = await inGroup<{ value: Array<{ message: string }> }>(
      'vm run-command invoke -n first --command-id RunShellScript --scripts',
      'echo hello',
    );
    assert.match(invoked.value[0]?.message ?? '', /\[stdout\]/);

    await inGroup('vm deallocate -n first');
    await inGroup('vm generalize -n first');
    await inGroup('image create -n image --source first --hyper-v-generation V2');
    await inGroup('sig create --gallery-name gallery');
    const definition = '--gallery-name gallery --gallery-image-definition debian';
    await inGroup(
      `sig image-definition create ${definition} --publisher kiln --offer az --sku one --os-type Linux --os-state Generalized --hyper-v-generation V2`,
    );
    const version = (verb: string, name: string, ...args: string[]) =>
      inGroup<Version>(`sig image-version ${verb} ${definition} --gallery-image-version ${name}`, ...args);
    await version('create', '1.0.0', '--managed-image', 'image', '--target-regions', 'westeurope=1', 'northeurope');
    const { replicationStatus } = await version('show', '1.0.0', '--expand', 'ReplicationStatus');
    assert.equal(replicationStatus?.summary.length, 2);
    await Promise.all([
      version('create', '1.0.1', '--virtual-machine', `${IDS}/Microsoft.Compute/virtualMachines/first`),
      machine('second', 'image'),
      machine('third', `${IDS}/Microsoft.Compute/galleries/gallery/images/debian/versions/1.0.0`),
    ]);
    assert.equal((await inGroup<Named[]>(`sig image-version list ${definition}`)).length, 2);
    await Promise.all([version('delete', '1.0.1'), inGroup('vm delete -n third --yes')]);
    const left = await inGroup<Named[]>('vm list -d');
    assert.deepEqual(left.map(({ name }) => name).toSorted(), ['first', 'second']);
  });

  it('disk, snapshot create and grant-access, image create from a snapshot', async () => {
    await inGroup('disk create -n disk --size-gb 4');
    await inGroup('snapshot create -n snapshot --source disk');
    const { accessSAS } = await inGroup<{ accessSAS: string }>(
      'snapshot grant-access -n snapshot --duration-in-seconds 3600',
    );
    assert.match(accessSAS, /^https:.*sig=/);
    await inGroup('snapshot revoke-access -n snapshot');
    await inGroup('image create -n from-snapshot --source snapshot --os-type Linux');
    for (const one of ['image delete -n from-snapshot', 'snapshot delete -n snapshot', 'disk delete -n disk --yes']) {
      await inGroup(one);
    }
  });

  it('storage: an account, and blobs by a token', async () => {
    const account = await inGroup<{ primaryEndpoints: { blob: string } }>(
      'storage account create -n azstorage -l westeurope --sku Standard_LRS',
    );
    const storage = <T>(command: string, ...args: string[]): Promise<T> =>
      az.run(`storage ${command}`, ...args, '--auth-mode', 'login', '--blob-endpoint', account.primaryEndpoints.blob);
    const file = join(az.folder, 'script.sh');
    writeFileSync(file, 'echo\n');
    await storage('container create -n scripts');
    await storage('blob upload -c scripts -n script.sh -f', file);
    const [blob] = await storage<Named[]>('blob list -c scripts');
    assert.equal(blob?.name, 'script.sh');
  });

  it('deployment: validate, create, show, its operations', async () => {
    const file = join(az.folder, 'template.json');
    // As people write templates, which the CLI sends on as they are.
    writeFileSync(file, DEPLOYED);
    const deployment = <T>(verb: string, ...args: string[]): Promise<T> =>
      inGroup<T>(`deployment group ${verb} -n deployed`, ...args);
    await deployment('validate', '-f', file, '-p', 'name=deployed');
    await deployment('create', '-f', file, '-p', 'name=deployed');
    const { properties } = await deployment<{ properties: { outputs: object } }>('show');
    assert.deepEqual(properties.outputs, {
      id: { type: 'String', value: `${IDS}/Microsoft.Compute/disks/deployed` },
    });
    const operations = await inGroup<Array<{ properties: { targetResource?: { resourceName: string } } }>>(
      'deployment operation group list -n deployed',
    );
    assert.ok(operations.some(({ properties: { targetResource } }) => targetResource?.resourceName === 'deployed'));
  });

  it('provider register, for each that a build needs', async () => {
    for (const name of ['Compute', 'Network', 'Storage', 'ManagedIdentity']) {
      await az.run(`provider register --wait --namespace Microsoft.${name}`);
    }
  });

  it('runs what `kiln role` prints, again and again, and the identity may then do that', async () => {
    const { principalId } = await inGroup<{ principalId: string }>('identity create -n worker');
    await inGroup(
      'identity federated-credential create --identity-name worker --name cluster --issuer https://cluster.invalid --subject system:serviceaccount:kiln:worker --audiences api://AzureADTokenExchange',
    );
    const [plan] = loadPlans(EXAMPLE, { id: 'role' }, readSettings({ cloud: 'local' }));
    assert.ok(plan);
    // A template names the account of a VHD by address only.
    const account = await inGroup<{ id: string; primaryEndpoints: { blob: string } }>(
      'storage account create --name rolevhds --sku Standard_LRS --allow-shared-key-access false --location westeurope',
    );
    const uri = `${account.primaryEndpoints.blob}images/golden.vhd`;
    const elsewhere = { type: 'VHD' as const, index: 3, runOutputName: 'elsewhere', artifactTags: {}, uri };
    const needed = permissionsOf({ ...plan, distribute: [...plan.distribute, elsewhere] });
    const roles = rolesFor(plan.template.name, needed);
    const script = join(az.folder, 'roles.sh');
    writeFileSync(script, roleScript(roles, principalId).join('\n'));
    for (let times = 0; times < 2; times++) {
      await promisify(execFile)('bash', [script], { env: az.environment });
    }
    const held = await azure.call(
      'GET',
      `/subscriptions/${LOCAL_SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=principalId eq '${principalId}'`,
    );
    const assignments = held.body['value'] as Array<{ properties: { scope: string } }>;
    const listed = await az.run<Array<{ principalName: string }>>('role assignment list --all --assignee', principalId);
    assert.equal(listed.length, roles.length);
    assert.deepEqual(
      assignments.map(({ properties }) => properties.scope).toSorted(),
      roles.map(({ scope }) => (scope.startsWith('/') ? scope : account.id)).toSorted(),
    );
  });
});

interface Named {
  name: string;
}

interface Version extends Named {
  replicationStatus?: { summary: unknown[] };
}

const DEPLOYED = `{
  // one disk
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": { "name": { "type": "string" } },
  "resources": [
    {
      "type": "Microsoft.Compute/disks",
      "apiVersion": "2024-03-02",
      "name": "[parameters('name')]",
      "location": "[resourceGroup().location]",
      "properties": { "creationData": { "createOption": "Empty" }, "diskSizeGB": 4 }
    }
  ],
  "outputs": {
    "id": { "type": "string", "value": "[resourceId('Microsoft.Compute/disks', parameters('name'))]" }
  }
}`;

const ADMIN = ['--admin-username', 'somebody', '--admin-password', 'Not-a-secret-12345'];
