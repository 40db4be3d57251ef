import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ImageBuilderClient } from '@azure/arm-imagebuilder';
import { DeploymentsClient } from '@azure/arm-resourcesdeployments';
import type { ResourceManagementClient } from '@azure/arm-resources';
import { collect, createClients, FAST } from '../local-azure/support.ts';
import { TestStack } from '../e2e/stack.ts';
import { quickstart } from './quickstart.ts';

const GROUP = 'deployed';

describe('image templates in deployments, by the endpoint of the gateway', () => {
  const stack = new TestStack('simulated');
  let dev: ReturnType<TestStack['start']>;
  let resources: ResourceManagementClient;
  let builder: ImageBuilderClient;
  let client: DeploymentsClient;

  before(async () => {
    const { dev: started, endpoint } = await stack.upWithGateway();
    dev = started;
    const clients = createClients({ ...stack.connection(), endpoint });
    ({ resources } = clients);
    const options = { endpoint, retryOptions: { maxRetries: 0 } };
    builder = new ImageBuilderClient(clients.credential, stack.connection().subscriptionId, options);
    client = new DeploymentsClient(clients.credential, stack.connection().subscriptionId, options);
    await resources.resourceGroups.createOrUpdate(GROUP, { location: 'westeurope' });
  });
  after(async () => {
    dev.signal('SIGTERM');
    await dev.ended;
    await stack.close();
  });

  const deploy = (template: object, name = 'linux') =>
    client.deployments.createOrUpdate(
      GROUP,
      'quickstart',
      { properties: { mode: 'Incremental', template, parameters: { name: { value: name } } } },
      FAST,
    );
  const operations = async () => {
    const found = await collect(client.deploymentOperations.list(GROUP, 'quickstart'));
    return found.map(({ properties }) => ({
      type: properties?.targetResource?.resourceType,
      state: properties?.provisioningState,
      message: JSON.stringify(properties?.statusMessage ?? {}),
    }));
  };
  const ofTemplate = async () =>
    (await operations()).find(({ type }) => type === 'Microsoft.VirtualMachineImages/imageTemplates');

  it('are made with all that they name, run, deployed again, and go with their group', async () => {
    const { properties } = await deploy(quickstart());
    assert.equal(properties?.provisioningState, 'Succeeded');
    assert.deepEqual(properties?.outputs?.['state'], { type: 'String', value: 'Succeeded' });
    assert.match(String(properties?.outputs?.['version']?.value), /^\d[\d.]+$/);
    assert.ok(properties?.outputResources?.some(({ id }) => id?.endsWith('/imageTemplates/linux')));
    assert.equal((await ofTemplate())?.state, 'Succeeded');

    const templates = builder.virtualMachineImageTemplates;
    const made = await templates.get(GROUP, 'linux');
    assert.deepEqual(made.tags, { made: 'by-a-deployment' });
    await templates.run(GROUP, 'linux', FAST);
    assert.equal((await templates.get(GROUP, 'linux')).lastRunStatus?.runState, 'Succeeded');

    // The same again changes nothing, and keeps what the run made.
    const again = await deploy(quickstart());
    assert.equal(again.properties?.provisioningState, 'Succeeded');
    const [output] = await collect(templates.listRunOutputs(GROUP, 'linux'));
    assert.match(output?.artifactId ?? '', /\/galleries\/gallery\/images\/debian\/versions\//);

    await resources.resourceGroups.delete(GROUP, FAST);
    const left = await collect(templates.list());
    assert.deepEqual(
      left.map(({ name }) => name),
      [],
    );
    assert.deepEqual(
      (await stack.inventory()).filter((id) => /deployed/i.test(id)),
      [],
    );
    await resources.resourceGroups.createOrUpdate(GROUP, { location: 'westeurope' });
  });

  it('fail their deployment with what is wrong, be it told at once or by the submission', async () => {
    const bad = quickstart({ buildTimeoutInMinutes: 961, customize: [{ type: 'Shell', name: 'none' }] });
    await assert.rejects(async () => deploy(bad, 'bad'), /DeploymentFailed|At least one resource/);
    const refused = await ofTemplate();
    assert.equal(refused?.state, 'Failed');
    assert.match(refused?.message ?? '', /ValidationFailed.*customize\[0\].*buildTimeoutInMinutes/);
    const { properties } = await client.deployments.get(GROUP, 'quickstart');
    assert.match(JSON.stringify(properties?.error), /DeploymentFailed.*ValidationFailed/);

    const absent = { type: 'PlatformImage', publisher: 'Nobody', offer: 'none', sku: 'none', version: 'latest' };
    await assert.rejects(
      async () => deploy(quickstart({ source: absent }), 'absent'),
      /DeploymentFailed|At least one resource/,
    );
    assert.match((await ofTemplate())?.message ?? '', /BadPIRSource/);
    // It stays with its reason, as in Azure, and a corrected deployment corrects it.
    assert.equal((await builder.virtualMachineImageTemplates.get(GROUP, 'absent')).provisioningState, 'Failed');
    assert.equal((await deploy(quickstart(), 'absent')).properties?.provisioningState, 'Succeeded');
  });

  it('hold their group while one of them is being built', async () => {
    await deploy(
      quickstart({ customize: [{ type: 'Shell', name: 'long', inline: ['# simulate: seconds=600'] }] }),
      'busy',
    );
    const running = builder.virtualMachineImageTemplates.run(GROUP, 'busy', FAST);
    await running.submitted();
    await assert.rejects(
      async () => resources.resourceGroups.delete(GROUP, FAST),
      /ResourceGroupDeletionBlocked|imageTemplates\/busy/,
    );
    await builder.virtualMachineImageTemplates.cancel(GROUP, 'busy', FAST);
    await assert.rejects(async () => running, /cancel/i);
    await resources.resourceGroups.delete(GROUP, FAST);
    assert.deepEqual(
      (await stack.inventory()).filter((id) => /deployed/i.test(id)),
      [],
    );
  });
});
