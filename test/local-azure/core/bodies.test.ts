/** What the local Azure refuses of a request, in the words of the service that would. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { startTestAzure, type TestAzure } from '../support.ts';

const GROUP = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/golden-images/providers`;
const location = 'westeurope';
let azure: TestAzure;
before(async () => {
  // Not held to the models: one request here is put in letters of its own.
  azure = await startTestAzure(undefined, { observe: () => undefined });
});
after(() => azure?.close());

interface Refused {
  code: string;
  message: string;
  target?: string;
  details?: Array<{ code: string; message: string }>;
}

async function refused(type: string, body: object, version = '2024-03-02', method = 'PUT'): Promise<Refused> {
  const answer = await azure.call(method, `${GROUP}/${type}/x?api-version=${version}`, { body });
  assert.equal(answer.status, 400, answer.text);
  return answer.body.error as Refused;
}

const disk = (properties: object, more: object = {}): object => ({ location, properties, ...more });
const empty = { createOption: 'Empty' };

test('Microsoft.Compute names the parameter that is missing, or of no such value, or out of range', async () => {
  const missing = await refused('Microsoft.Compute/disks', disk({ diskSizeGB: 4 }));
  assert.deepEqual(missing, {
    code: 'InvalidParameter',
    message: "Required parameter 'creationData' is missing (null).",
    target: 'creationData',
  });
  const inner = await refused('Microsoft.Compute/disks', disk({ creationData: {}, diskSizeGB: 4 }));
  assert.equal(inner.target, 'creationData.createOption');
  const none = await refused('Microsoft.Compute/disks', disk({ creationData: empty, hyperVGeneration: 'V3' }));
  assert.deepEqual([none.code, none.target], ['InvalidParameter', 'hyperVGeneration']);
  const large = await refused('Microsoft.Compute/disks', disk({ creationData: empty, diskSizeGB: 100_000 }));
  assert.match(
    large.message,
    /^The value '100000' of parameter 'diskSizeGB' is out of range\..*'1' and '65536', inclusive/,
  );
});

test('Microsoft.Compute says which member it does not know, and of what type a value is not', async () => {
  const unknown = await refused('Microsoft.Compute/disks', disk({ creationData: empty, diskSizeInGB: 4 }));
  assert.equal(unknown.code, 'BadRequest');
  assert.match(
    unknown.message,
    /^Could not find member 'diskSizeInGB' on object of type 'Properties'\. Path 'properties\.diskSizeInGB', line 1/,
  );
  assert.equal(unknown.target, 'disk.properties.diskSizeInGB');
  const type = await refused('Microsoft.Compute/disks', disk({ creationData: empty, diskSizeGB: 'four' }));
  assert.deepEqual([type.code, type.target], ['BadRequest', 'disk.properties.diskSizeGB']);
  assert.match(type.message, /^Error converting value "four" to type/);
});

test('what is beside the properties is read by Resource Manager itself', async () => {
  const { code, message } = await refused('Microsoft.Compute/disks', disk({}, { accountType: 'Standard_LRS' }));
  assert.equal(code, 'InvalidRequestContent');
  assert.match(
    message,
    /could not be deserialized: 'Could not find member 'accountType' on object of type 'ResourceDefinition'\. Path 'accountType'/,
  );
});

test('Microsoft.Network cannot parse what it does not know', async () => {
  const version = '2025-09-01';
  const unknown = await refused(
    'Microsoft.Network/virtualNetworks',
    { location, properties: { addressspace: {}, x: 1 } },
    version,
  );
  assert.deepEqual([unknown.code, unknown.message], ['InvalidRequestFormat', 'Cannot parse the request.']);
  assert.deepEqual(
    unknown.details?.map(({ code, message }) => [code, message.split('.')[0]]),
    [['InvalidJson', "Could not find member 'x' on object of type 'Properties'"]],
  );
  const method = { location, properties: { publicIPAllocationMethod: 'Sometimes' } };
  assert.equal(
    (await refused('Microsoft.Network/publicIPAddresses', method, version)).details?.[0]?.code,
    'InvalidJson',
  );
});

test('Microsoft.Storage names the values that are wrong', async () => {
  const account = (sku: string, kind: string): object => ({ location, sku: { name: sku }, kind });
  const { code, message } = await refused(
    'Microsoft.Storage/storageAccounts',
    account('Standard_XXX', 'StorageV2'),
    '2025-06-01',
  );
  assert.deepEqual(
    [code, message],
    ['InvalidValuesForRequestParameters', 'Values for request parameters are invalid: sku.'],
  );
  const none = await refused('Microsoft.Storage/storageAccounts', { location, kind: 'StorageV2' }, '2025-06-01');
  assert.match(none.message, /invalid: sku\.$/);
});

test('names and words are read in any case, and what is Azure’s own to say is dropped', async () => {
  const path = `${GROUP}/Microsoft.Compute/disks/any-case?api-version=2024-03-02`;
  const { body, status, text } = await azure.call('PUT', path, {
    body: disk({ CreationData: { createoption: 'empty' }, DISKSIZEGB: 4, uniqueId: 'mine', provisioningState: 'Mine' }),
  });
  assert.equal(status, 202, text);
  const properties = body['properties'] as { [key: string]: unknown };
  assert.deepEqual(properties['creationData'], { createOption: 'Empty' });
  assert.equal(properties['diskSizeGB'], 4);
  assert.notEqual(properties['uniqueId'], 'mine');
  assert.notEqual(properties['provisioningState'], 'Mine');
});
