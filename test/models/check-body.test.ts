/** The checker itself: that it sees what is wrong, so that a test which it holds to the models can fail. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkBody } from './check-body.ts';
import { checkExchange } from './check-exchange.ts';
import { readModels, type Entry, type Property } from './models.ts';

const ref = (index: number) => ({ $ref: `#/${index}` });
const property = (index: number, flags = 0): Property => ({ type: ref(index), flags });
const entries: Entry[] = [
  {
    $type: 'ObjectType',
    properties: {
      name: property(1, 1),
      sku: property(2, 1),
      state: property(1, 2),
      secret: property(1, 4),
      size: property(3),
      tags: property(4),
      parts: property(5),
      kind: property(6),
    },
  },
  { $type: 'StringType', pattern: '^[a-z]+$', maxLength: 5 },
  { $type: 'UnionType', elements: [ref(7), ref(8)] },
  { $type: 'IntegerType', minValue: 1, maxValue: 9 },
  { $type: 'ObjectType', properties: {}, additionalProperties: ref(1) },
  { $type: 'ArrayType', itemType: ref(3) },
  { $type: 'DiscriminatedObjectType', discriminator: 'type', elements: { A: ref(9) }, baseProperties: {} },
  { $type: 'StringLiteralType', value: 'Basic' },
  { $type: 'StringLiteralType', value: 'Standard' },
  { $type: 'ObjectType', properties: { type: property(1, 1), depth: property(3, 1) } },
];
const at = ({ $ref }: { $ref: string }): Entry => entries[Number($ref.slice(2))] ?? { $type: '' };
const model = { entry: at(ref(0)), at };

describe('a body against its model', () => {
  it('passes where all fits, unknown values of a map and what the address tells among it', () => {
    assert.deepEqual(checkBody(model, { sku: 'Basic', size: 1, tags: { any: 'thing' }, parts: [9] }, 'request'), []);
    assert.deepEqual(checkBody(model, { name: 'ab', sku: 'Basic', state: 'on', size: null }, 'answer'), []);
    assert.deepEqual(checkBody(model, { size: 2 }, 'change'), []);
  });

  it('says each thing that does not', () => {
    const wrong = {
      sku: 'Other',
      state: 'on',
      size: 1.5,
      tags: { any: 3 },
      parts: [0, 'x', 10],
      kind: { type: 'A', depth: 1, more: 1 },
      extra: true,
    };
    assert.deepEqual(checkBody(model, wrong, 'request').toSorted(), [
      'extra: is not known',
      'kind.more: is not known',
      'kind.type: does not fit ^[a-z]+$',
      'parts[]: over 9',
      'parts[]: string instead of a whole number',
      'parts[]: under 1',
      'size: number instead of a whole number',
      'sku: "Other" is none of Basic, Standard',
      'state: is read-only',
      'tags{}: number instead of text',
    ]);
    assert.deepEqual(checkBody(model, { kind: { type: 'B' }, secret: 'abc' }, 'answer').toSorted(), [
      'kind: type is "B"',
      'name: is required',
      'secret: is never answered',
      'sku: is required',
    ]);
  });
});

const models = readModels();

describe('an exchange against the published models', { skip: models === undefined ? 'no models here' : false }, () => {
  const disk = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d?api-version=2026-03-02';
  const exchange = (method: string, path: string, requestBody: object, status = 200, body: object = {}) =>
    models === undefined
      ? { bodies: [], problems: [] }
      : checkExchange(models, {
          method,
          url: `https://management.azure.com${path}`,
          requestBody: requestBody as never,
          status,
          headers: {},
          body: body as never,
        });

  it('finds the model by type and version, and says which exchange does not fit', () => {
    const { bodies, problems } = exchange('PUT', disk, { properties: { creationData: { createOption: 'Nothing' } } });
    assert.deepEqual(bodies, ['PUT Microsoft.Compute/disks request', 'PUT Microsoft.Compute/disks answer']);
    assert.ok(problems.includes('PUT Microsoft.Compute/disks 2026-03-02 request: location: is required'));
    assert.ok(problems.includes('PUT Microsoft.Compute/disks 2026-03-02 answer: location: is required'));
  });

  it('leaves alone what was refused, and what is published nowhere', () => {
    assert.deepEqual(exchange('PUT', disk, { nonsense: true }, 400), { bodies: [], problems: [] });
    assert.deepEqual(exchange('PUT', '/subscriptions/s/resourceGroups/g?api-version=2025-04-01', {}).bodies, []);
  });
});
