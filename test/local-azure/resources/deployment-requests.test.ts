import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { type JsonObject, LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { textOf } from '../../../src/local-azure/json.ts';
import { eventually, FAST, startTestAzure, type TestAzure } from '../support.ts';

const GROUP = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/asked`;
const location = 'westeurope';
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
  await azure.clients.resources.resourceGroups.createOrUpdate('asked', { location });
});
after(() => azure?.close());

const at = (name: string, rest = '') =>
  `${GROUP}/providers/Microsoft.Resources/deployments/${name}${rest}?api-version=2022-09-01`;
const templateOf = (resources: JsonObject[], more: JsonObject = {}): JsonObject => ({
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  ...more,
  resources,
});
const network = (name: string, tags: JsonObject, prefix = '10.0.0.0/16'): JsonObject => ({
  type: 'Microsoft.Network/virtualNetworks',
  apiVersion: '2022-07-01',
  name,
  location: '[resourceGroup().location]',
  tags,
  properties: { addressSpace: { addressPrefixes: [prefix] } },
});

async function deploy(name: string, properties: JsonObject): Promise<JsonObject> {
  const taken = await azure.call('PUT', at(name), { body: { properties: { mode: 'Incremental', ...properties } } });
  assert.equal(taken.status, 201, taken.text);
  return eventually(
    async () => (await azure.call('GET', at(name))).body['properties'] as JsonObject,
    ({ provisioningState }) => /Succeeded|Failed/.test(textOf(provisioningState)),
  );
}

test('what would change is told resource by resource, and nothing is changed', async () => {
  await deploy('first', { template: templateOf([network('kept', { a: '1' }), network('changed', { a: '1' })]) });
  const template = templateOf([
    network('kept', { a: '1' }),
    network('changed', { b: '2' }, '10.1.0.0/16'),
    network('new', {}),
  ]);
  const asked = async (more: JsonObject = {}) => {
    const begun = await azure.call('POST', at('second', '/whatIf'), {
      body: { properties: { mode: 'Incremental', template, ...more } },
    });
    assert.equal(begun.status, 202, begun.text);
    const url = new URL(begun.headers.get('location') ?? '');
    const ended = await eventually(
      () => azure.call('GET', `${url.pathname}${url.search}`),
      ({ status }) => status !== 202,
    );
    assert.deepEqual([ended.status, ended.body['status']], [200, 'Succeeded']);
    return (ended.body['properties'] as { changes: Array<Record<string, JsonObject[]> & { changeType: string }> })
      .changes;
  };
  const changes = await asked();
  const told = changes.map(({ resourceId, changeType }) => [
    textOf(resourceId as unknown as string)
      .split('/')
      .at(-1),
    changeType,
  ]);
  assert.deepEqual(told, [
    ['changed', 'Modify'],
    ['kept', 'NoChange'],
    ['new', 'Create'],
  ]);
  assert.deepEqual(
    changes[0]?.['delta']?.map(({ path, propertyChangeType }) => [path, propertyChangeType]),
    [
      ['tags.b', 'Create'],
      ['tags.a', 'Delete'],
      ['properties.addressSpace.addressPrefixes', 'Modify'],
    ],
  );
  const [first] = await asked({ whatIfSettings: { resultFormat: 'ResourceIdOnly' } });
  assert.deepEqual(Object.keys(first ?? {}), ['resourceId', 'changeType']);
  await assert.rejects(azure.clients.network.virtualNetworks.get('asked', 'new'), { statusCode: 404 });
  assert.equal((await azure.call('GET', at('second'))).body.error?.code, 'DeploymentNotFound');
});

test('a template and its parameters are fetched from where they are said to be', async () => {
  const { storage } = azure.clients;
  await storage.storageAccounts.create(
    'asked',
    'linkedtemplates',
    { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
    FAST,
  );
  const { keys } = await storage.storageAccounts.listKeys('asked', 'linkedtemplates');
  const credential = new StorageSharedKeyCredential('linkedtemplates', keys?.[0]?.value ?? '');
  const blobs = new BlobServiceClient(`${azure.connection.blobEndpoint}/linkedtemplates`, credential);
  const container = blobs.getContainerClient('open');
  await container.create({ access: 'blob' });
  const put = async (name: string, content: object): Promise<string> => {
    const blob = container.getBlockBlobClient(name);
    const text = JSON.stringify(content);
    await blob.upload(text, text.length);
    return blob.url;
  };
  const uri = await put(
    'template.json',
    templateOf([], {
      parameters: { word: { type: 'string' } },
      outputs: { said: { type: 'string', value: "[parameters('word')]" } },
    }),
  );
  const parametersUri = await put('parameters.json', { parameters: { word: { value: 'hello' } } });
  const properties = await deploy('linked', { templateLink: { uri }, parametersLink: { uri: parametersUri } });
  assert.deepEqual(properties['outputs'], { said: { type: 'String', value: 'hello' } });
  assert.deepEqual(properties['templateLink'], { uri, contentVersion: '1.0.0.0' });
  assert.deepEqual(properties['parametersLink'], { uri: parametersUri });

  const refused = async (more: JsonObject) => {
    const answer = await azure.call('PUT', at('lost'), { body: { properties: { mode: 'Incremental', ...more } } });
    return [answer.status, answer.body.error?.code];
  };
  assert.deepEqual(await refused({ templateLink: { uri: `${uri}2` } }), [400, 'InvalidContentLink']);
  assert.deepEqual(await refused({ templateLink: { uri: 'nowhere' } }), [400, 'InvalidContentLink']);
  assert.deepEqual(await refused({ templateLink: { uri, contentVersion: '2.0.0.0' } }), [400, 'InvalidContentLink']);
  assert.deepEqual(await refused({ templateLink: { uri }, template: templateOf([]) }), [400, 'InvalidDeployment']);
});

test('a deployment refers to its resources by type and name, and is told by the number of its beginning', async () => {
  const template = templateOf([network('named', {})], {
    outputs: {
      prefixes: {
        type: 'array',
        value: "[reference('Microsoft.Network/virtualNetworks/named').addressSpace.addressPrefixes]",
      },
    },
  });
  const path = at('numbered').replace('resourceGroups', 'resourcegroups');
  const taken = await azure.call('PUT', path, { body: { properties: { mode: 'Incremental', template } } });
  const status = new URL(taken.headers.get('azure-asyncoperation') ?? '');
  assert.match(status.pathname, /\/resourcegroups\/asked\/.*\/operationStatuses\/0858\d{16}$/);
  const ended = await eventually(
    async () => (await azure.call('GET', `${status.pathname}${status.search}`)).body['status'],
    (state) => state !== 'Running',
  );
  assert.equal(ended, 'Succeeded');
  const { outputs } = (await azure.call('GET', at('numbered'))).body['properties'] as { outputs: JsonObject };
  assert.deepEqual(outputs, { prefixes: { type: 'Array', value: ['10.0.0.0/16'] } });
  const { body } = await azure.call('GET', at('numbered', '/operations'));
  const [made, evaluated] = body['value'] as Array<{ operationId: string; properties: Record<string, string> }>;
  assert.match(made?.properties['serviceRequestId'] ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(evaluated?.operationId, status.pathname.split('/').at(-1));
  const exported = await azure.call('POST', at('numbered', '/exportTemplate'));
  assert.equal((exported.body as { template: typeof template }).template['outputs'] !== undefined, true);
  const cancelled = await azure.call('POST', at('numbered', '/cancel'));
  assert.deepEqual([cancelled.status, cancelled.body.error?.code], [409, 'DeploymentCannotBeCancelled']);
});
