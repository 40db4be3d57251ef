import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { type Json, type JsonObject, LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { eventually, startTestAzure } from '../support.ts';
import type { TestAzure } from '../support.ts';

const GROUP = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/deployed`;
const VERSION = 'api-version=2022-09-01';
const urlOf = (name: string, rest = '') =>
  `${GROUP}/providers/Microsoft.Resources/deployments/${name}${rest}?${VERSION}`;

async function start(t: TestContext): Promise<TestAzure> {
  const azure = await startTestAzure(t);
  await azure.call('PUT', `${GROUP}?api-version=2024-11-01`, { body: { location: 'westeurope', tags: { of: 'us' } } });
  return azure;
}

const put = (azure: TestAzure, name: string, template: JsonObject, parameters: JsonObject = {}) =>
  azure.call('PUT', urlOf(name), { body: { properties: { mode: 'Incremental', template, parameters } } });

/** The deployment's body once it has ended. */
async function ended(azure: TestAzure, name: string): Promise<JsonObject> {
  return eventually(
    async () => (await azure.call('GET', urlOf(name))).body['properties'] as JsonObject,
    ({ provisioningState }) => provisioningState !== 'Accepted' && provisioningState !== 'Running',
  );
}

const template = (resources: Json, more: JsonObject = {}): JsonObject => ({
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  resources,
  ...more,
});

test('a template is taken as people write it, which is how the Azure CLI sends it', async (t) => {
  const azure = await start(t);
  const body = `{"properties": {"parameters": {}, "mode": "Incremental", template:{
    // a comment
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [], /* none */
    "outputs": {
      "lines": {
        "type": "string",
        "value": "[concat('one
two', ' three')]",
      },
    },
  }}}`;
  const taken = await azure.call('PUT', urlOf('written'), { body });
  assert.equal(taken.status, 201, taken.text);
  const { outputs } = await ended(azure, 'written');
  assert.deepEqual(outputs, { lines: { type: 'String', value: 'one\ntwo three' } });
  const refused = await azure.call('PUT', urlOf('broken'), { body: '{"properties": {template:{]}' });
  assert.deepEqual([refused.status, refused.body.error?.code], [400, 'InvalidRequestContent']);
});

const disk = (name: string, more: JsonObject = {}): JsonObject => ({
  type: 'Microsoft.Compute/disks',
  apiVersion: '2024-03-02',
  name,
  location: '[resourceGroup().location]',
  properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
  ...more,
});

/** A machine with all that it needs, written as tools that deploy machines write it. */
const MACHINE = template(
  [
    {
      apiVersion: "[variables('network')]",
      type: 'Microsoft.Network/publicIPAddresses',
      name: "[parameters('ip')]",
      location: "[variables('location')]",
      sku: { name: 'Standard', tier: 'Regional' },
      properties: { publicIPAllocationMethod: 'Static', dnsSettings: { domainNameLabel: "[parameters('label')]" } },
    },
    {
      apiVersion: "[variables('network')]",
      type: 'Microsoft.Network/networkInterfaces',
      name: 'nic',
      location: "[variables('location')]",
      dependsOn: [
        "[concat('Microsoft.Network/publicIPAddresses/', parameters('ip'))]",
        "[concat('Microsoft.Network/virtualNetworks/', 'net')]",
      ],
      properties: {
        ipConfigurations: [
          {
            name: 'ipconfig',
            properties: {
              privateIPAllocationMethod: 'Dynamic',
              publicIPAddress: { id: "[resourceId('Microsoft.Network/publicIPAddresses', parameters('ip'))]" },
              subnet: { id: "[concat(variables('netId'), '/subnets/inner')]" },
            },
          },
        ],
      },
    },
    {
      apiVersion: '2023-03-01',
      type: 'Microsoft.Compute/virtualMachines',
      name: 'machine',
      location: "[variables('location')]",
      dependsOn: ["[concat('Microsoft.Network/networkInterfaces/', 'nic')]"],
      tags: null,
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v3' },
        networkProfile: { networkInterfaces: [{ id: "[resourceId('Microsoft.Network/networkInterfaces', 'nic')]" }] },
        osProfile: {
          adminPassword: "[parameters('password')]",
          adminUsername: 'packer',
          computerName: 'machine',
          linuxConfiguration: { disablePasswordAuthentication: false },
        },
        storageProfile: {
          imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
          osDisk: { name: null, caching: 'ReadWrite', createOption: 'FromImage' },
        },
      },
    },
    {
      apiVersion: '2023-03-01',
      type: 'Microsoft.Compute/virtualMachines/extensions',
      name: 'machine/script',
      condition: "[not(empty(parameters('command')))]",
      location: "[variables('location')]",
      dependsOn: ["[resourceId('Microsoft.Compute/virtualMachines/', 'machine')]"],
      properties: { publisher: 'Microsoft.Compute', type: 'CustomScriptExtension', typeHandlerVersion: '1.10' },
    },
    {
      apiVersion: "[variables('network')]",
      type: 'Microsoft.Network/virtualNetworks',
      name: 'net',
      location: "[variables('location')]",
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 'inner', properties: { addressPrefix: '10.0.0.0/24' } }],
      },
    },
  ],
  {
    parameters: {
      ip: { type: 'string' },
      label: { type: 'string' },
      command: { type: 'string', defaultValue: '' },
      password: { type: 'securestring' },
    },
    variables: {
      location: '[resourceGroup().location]',
      network: '2023-04-01',
      group: '[resourceGroup().name]',
      netId: "[resourceId(variables('group'), 'Microsoft.Network/virtualNetworks', 'net')]",
    },
    outputs: {
      address: { type: 'string', value: "[reference(parameters('ip')).ipAddress]" },
      size: {
        type: 'string',
        value: "[reference(resourceId('Microsoft.Compute/virtualMachines', 'machine')).hardwareProfile.vmSize]",
      },
    },
  },
);

test('a template is validated, deployed in order, and told of by its operations', async (t) => {
  const azure = await start(t);
  const parameters = { ip: { value: 'ip' }, label: { value: 'some-label' }, password: { value: 'Secret-1234567' } };
  const validated = await azure.call('POST', urlOf('first', '/validate'), {
    body: { properties: { mode: 'Incremental', template: MACHINE, parameters } },
  });
  assert.equal(validated.status, 200, validated.text);
  assert.equal((validated.body['properties'] as JsonObject)['provisioningState'], 'Succeeded');
  assert.equal((await azure.call('GET', urlOf('first'))).status, 404);

  const accepted = await put(azure, 'first', MACHINE, parameters);
  assert.equal(accepted.status, 201, accepted.text);
  assert.match(
    accepted.headers.get('azure-asyncoperation') ?? '',
    /\/deployments\/first\/operationStatuses\/[^/]+\?api/,
  );
  assert.ok(!accepted.text.includes('Secret-1234567'));
  const properties = await ended(azure, 'first');
  assert.equal(properties['provisioningState'], 'Succeeded', JSON.stringify(properties['error']));
  const outputs = properties['outputs'] as Record<string, { type: string; value: string }>;
  assert.equal(outputs['size']?.value, 'Standard_D2s_v3');
  assert.match(outputs['address']?.value ?? '', /^\d+\.\d+\.\d+\.\d+$/);
  assert.deepEqual(
    (properties['outputResources'] as Array<{ id: string }>).map(({ id }) => id.slice(GROUP.length)),
    [
      '/providers/Microsoft.Compute/virtualMachines/machine',
      '/providers/Microsoft.Network/networkInterfaces/nic',
      '/providers/Microsoft.Network/publicIPAddresses/ip',
      '/providers/Microsoft.Network/virtualNetworks/net',
    ],
  );
  const { pathname, search } = new URL(accepted.headers.get('azure-asyncoperation') ?? '');
  const status = await azure.call('GET', pathname + search);
  assert.deepEqual(status.body, { status: 'Succeeded' });

  // The same operations at the older address, where clients look what to delete.
  for (const path of [urlOf('first', '/operations'), `${GROUP}/deployments/first/operations?%24top=50&${VERSION}`]) {
    const { body } = await azure.call('GET', path);
    const targets = (body['value'] as JsonObject[]).map(
      ({ properties: told }) => (told as JsonObject)['targetResource'] as JsonObject | undefined,
    );
    const names = targets.map((target) =>
      target ? JSON.stringify([target['resourceType'], target['resourceName']]) : 'none',
    );
    assert.deepEqual(names.toSorted(), [
      '["Microsoft.Compute/virtualMachines","machine"]',
      '["Microsoft.Network/networkInterfaces","nic"]',
      '["Microsoft.Network/publicIPAddresses","ip"]',
      '["Microsoft.Network/virtualNetworks","net"]',
      'none',
    ]);
  }
  // Again: what is there stays as it is.
  assert.equal((await put(azure, 'first', MACHINE, parameters)).status, 200);
  assert.equal((await ended(azure, 'first'))['provisioningState'], 'Succeeded');

  assert.equal((await azure.call('DELETE', urlOf('first'))).status, 202);
  const gone = await eventually(
    () => azure.call('GET', urlOf('first')),
    ({ status: code }) => code === 404,
  );
  assert.equal(gone.body.error?.code, 'DeploymentNotFound');
  assert.equal(
    (await azure.call('GET', `${GROUP}/providers/Microsoft.Compute/virtualMachines/machine?api-version=2024-03-01`))
      .status,
    200,
  );
});

test('what is wrong with a template is told at once, and nothing is deployed', async (t) => {
  const azure = await start(t);
  const refused = async (body: JsonObject, parameters: JsonObject = {}) => {
    const answer = await put(azure, 'bad', body, parameters);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.error?.code, 'InvalidTemplate');
    return answer.body.error.message;
  };
  assert.match(
    await refused(template([disk("[parameters('name')]")], { parameters: { name: { type: 'string' } } })),
    /The value for the template parameter 'name' is not provided/,
  );
  assert.match(
    await refused(template([disk('one')]), { other: { value: 1 } }),
    /do not correspond to any parameters.*'other'/,
  );
  assert.match(
    await refused(template([disk("[nope('x')]")])),
    /resources\[0\]\.name: the function nope\(\) is not known/,
  );
  assert.match(await refused(template([disk('one'), disk('one')])), /is defined multiple times/);
  assert.match(
    await refused(template([disk('one', { dependsOn: ['two'] }), disk('two', { dependsOn: ['one'] })])),
    /Circular dependency detected/,
  );
  assert.match(await refused(template([disk('one/two')])), /incorrect segment lengths/);
  assert.match(await refused({ contentVersion: '1.0.0.0' }), /'resources' not found/);
  const complete = await azure.call('PUT', urlOf('bad'), {
    body: { properties: { mode: 'Complete', template: template([]) } },
  });
  assert.equal(complete.body.error?.code, 'InvalidDeployment');
  assert.equal((await azure.call('GET', urlOf('bad'))).status, 404);
  const left = await azure.call('GET', `${GROUP}/resources?${VERSION}`);
  assert.deepEqual(left.body['value'], []);
});

test('a resource that fails fails the deployment; what depends on it is not begun, what is beside it is made', async (t) => {
  const azure = await start(t);
  const bad = disk('bad', {
    properties: {
      creationData: { createOption: 'Copy', sourceResourceId: `${GROUP}/providers/Microsoft.Compute/disks/none` },
    },
  });
  await put(azure, 'failing', template([bad, disk('after', { dependsOn: ['bad'] }), disk('beside')]));
  const properties = await ended(azure, 'failing');
  assert.equal(properties['provisioningState'], 'Failed');
  const error = properties['error'] as { code: string; details: Array<{ code: string }> };
  assert.equal(error.code, 'DeploymentFailed');
  assert.equal(error.details.length, 1);
  const steps = (await azure.call('GET', urlOf('failing', '/operations'))).body['value'] as JsonObject[];
  const told = steps.map(({ properties: step }) => step as JsonObject);
  const stateOf = (name: string) =>
    told.find(({ targetResource }) => (targetResource as JsonObject)['resourceName'] === name)?.['provisioningState'];
  assert.equal(stateOf('bad'), 'Failed');
  assert.equal(stateOf('beside'), 'Succeeded');
  assert.equal(stateOf('after'), undefined);
  assert.equal(
    (await azure.call('GET', `${GROUP}/providers/Microsoft.Compute/disks/after?api-version=2024-03-02`)).status,
    404,
  );
});

test('loops, children, symbols, nested deployments and what they refer to', async (t) => {
  const azure = await start(t);
  const inner = template([disk("[parameters('name')]")], {
    parameters: { name: { type: 'string' } },
    outputs: { id: { type: 'string', value: "[resourceId('Microsoft.Compute/disks', parameters('name'))]" } },
  });
  await put(
    azure,
    'many',
    template([
      disk("[concat('disk-', copyIndex(1))]", {
        copy: { name: 'disks', count: 3 },
        tags: { at: "[string(copyIndex('disks'))]" },
      }),
      {
        type: 'Microsoft.Network/virtualNetworks',
        apiVersion: '2023-04-01',
        name: 'net',
        location: '[resourceGroup().location]',
        tags: '[resourceGroup().tags]',
        dependsOn: ['disks'],
        properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } },
        resources: [
          {
            type: 'subnets',
            apiVersion: '2023-04-01',
            name: 'inner',
            dependsOn: ['net'],
            properties: { addressPrefix: '10.0.1.0/24' },
          },
        ],
      },
    ]),
  );
  const many = await ended(azure, 'many');
  assert.equal(many['provisioningState'], 'Succeeded', JSON.stringify(many['error']));
  await put(azure, 'symbols', {
    ...template(
      {
        net: {
          existing: true,
          type: 'Microsoft.Network/virtualNetworks',
          apiVersion: '2023-04-01',
          name: 'net',
        },
        inner: {
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2022-09-01',
          name: 'inner',
          properties: {
            mode: 'Incremental',
            expressionEvaluationOptions: { scope: 'inner' },
            template: inner,
            parameters: {
              name: { value: "[concat('in-', first(split(reference('net').addressSpace.addressPrefixes[0], '.')))]" },
            },
          },
        },
      },
      { outputs: { id: { type: 'string', value: "[reference('inner').outputs.id.value]" } } },
    ),
    languageVersion: '2.0',
  });
  const symbols = await ended(azure, 'symbols');
  assert.equal(symbols['provisioningState'], 'Succeeded', JSON.stringify(symbols['error']));
  const { value } = (symbols['outputs'] as Record<string, { value: string }>)['id'] ?? { value: '' };
  assert.ok(value.endsWith('/disks/in-10'), value);
  const { body } = await azure.call('GET', `${GROUP}/resources?${VERSION}`);
  assert.deepEqual((body['value'] as Array<{ name: string }>).map(({ name }) => name).toSorted(), [
    'disk-1',
    'disk-2',
    'disk-3',
    'in-10',
    'net',
  ]);
  const subnet = await azure.call(
    'GET',
    `${GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/inner?api-version=2023-04-01`,
  );
  assert.equal(subnet.status, 200);
});

test('a deployment goes on after a restart, and ends when it is cancelled', async (t) => {
  const azure = await start(t);
  const slow = {
    name: 'quick',
    pace: 60,
    retryAfter: () => undefined,
    duration: (kind: string) => (/disks\/write/i.test(kind) ? 700 : 0),
  } as const;
  await azure.restart({ timeProfile: slow });
  const chain = template([disk('one'), disk('two', { dependsOn: ['one'] }), disk('three', { dependsOn: ['two'] })]);
  await put(azure, 'cut', chain);
  assert.equal((await put(azure, 'cut', chain)).body.error?.code, 'DeploymentActive');
  await azure.restart({ timeProfile: slow });
  assert.equal((await ended(azure, 'cut'))['provisioningState'], 'Succeeded');

  await put(azure, 'ended', template([disk('four'), disk('five', { dependsOn: ['four'] })]));
  assert.equal((await azure.call('POST', urlOf('ended', '/cancel'))).status, 204);
  assert.equal((await ended(azure, 'ended'))['provisioningState'], 'Canceled');
  assert.equal(
    (await azure.call('GET', `${GROUP}/providers/Microsoft.Compute/disks/five?api-version=2024-03-02`)).status,
    404,
  );
  assert.equal((await azure.call('POST', urlOf('ended', '/cancel'))).body.error?.code, 'DeploymentCannotBeCancelled');
});
