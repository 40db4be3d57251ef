/** The shapes by which the local Azure takes bodies, against the published models: nothing more, nothing less. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SHAPES } from '../../src/local-azure/shapes/index.ts';
import type { ObjectShape, Shape } from '../../src/local-azure/shapes/shape.ts';
import { readModels, READ_ONLY, REQUIRED, type Entry, type Model, type Property } from './models.ts';

const models = readModels();

/** What Azure does not insist on though its models say so: recorded, or taken over from what the resource lies in. */
const NOT_REQUIRED = /\.(storageProfile\.(osDisk\.(osType|osState)|dataDisks))$/;
/** In a model, and refused by the service: a machine is never put back with its extensions in it. */
const REFUSED = /^resources: is not taken$/;
/** Known to services, and recorded, but published in no model. */
const UNPUBLISHED = /isArmResource|faultDomain|allowPort25Out|routeServiceVips/;
/** Resource Manager's own, on any resource. */
const ENVELOPE = new Set(
  'id name type apiVersion location tags sku kind plan identity zones managedBy managedByExtended extendedLocation etag eTag systemData'.split(
    ' ',
  ),
);

function differences(shape: Shape, entry: Entry, at: Model['at'], path: string): string[] {
  switch (shape.is) {
    case 'any':
    case 'answered':
      return [];
    case 'object': {
      const properties = entry.properties;
      if (properties === undefined) return [`${path}: an object here, ${entry.$type} there`];
      return [
        ...compareMembers(shape.properties, properties, at, path),
        ...compareRequired(shape.required, properties, path),
      ];
    }
    case 'list':
      return entry.itemType === undefined
        ? [`${path}: a list here, ${entry.$type} there`]
        : differences(shape.of, at(entry.itemType), at, `${path}[]`);
    case 'choice': {
      const parts = entry.$type === 'UnionType' ? (entry.elements as Array<{ $ref: string }>).map(at) : [entry];
      const words = parts.flatMap(({ $type, value }) =>
        $type === 'StringLiteralType' && value !== undefined ? [value] : [],
      );
      return words.filter((word) => !shape.words.includes(word)).map((word) => `${path}: '${word}' is not taken`);
    }
    case 'flag':
      return entry.$type === 'BooleanType' ? [] : [`${path}: a flag here, ${entry.$type} there`];
    case 'whole':
      return entry.$type === 'IntegerType' ? [] : [`${path}: a whole number here, ${entry.$type} there`];
    case 'map':
      return entry.additionalProperties === undefined ? [`${path}: a map here, ${entry.$type} there`] : [];
    case 'text':
      return /^(StringType|UnionType|StringLiteralType)$/.test(entry.$type)
        ? []
        : [`${path}: text here, ${entry.$type} there`];
  }
}

function compareMembers(
  own: Record<string, Shape>,
  published: Record<string, Property>,
  at: Model['at'],
  path: string,
): string[] {
  return Object.entries(published).flatMap(([name, { type, flags }]) => {
    const where = path === '' ? name : `${path}.${name}`;
    const shape = own[name];
    if (shape === undefined) return [`${where}: is not taken`];
    if ((flags & READ_ONLY) !== 0) {
      return shape.is === 'answered' || shape.is === 'any' || ENVELOPE.has(name)
        ? []
        : [`${where}: is Azure's to answer`];
    }
    return shape.is === 'answered' ? [`${where}: is dropped`] : differences(shape, at(type), at, where);
  });
}

function compareRequired(required: string[], published: Record<string, Property>, path: string): string[] {
  return Object.entries(published).flatMap(([name, { flags }]) => {
    const where = `${path}.${name}`;
    const demanded = (flags & REQUIRED) !== 0 && (flags & READ_ONLY) === 0 && !(path === '' && ENVELOPE.has(name));
    return demanded && !required.includes(name) && !NOT_REQUIRED.test(where) ? [`${where}: is required there`] : [];
  });
}

/** Every name below a form, in any published version. */
function names(entry: Entry, at: Model['at'], into = new Set<string>(), depth = 0): Set<string> {
  for (const [name, { type }] of Object.entries(entry.properties ?? {})) {
    into.add(name);
    if (depth < 8) names(at(type), at, into, depth + 1);
  }
  if (entry.itemType !== undefined) names(at(entry.itemType), at, into, depth + 1);
  return into;
}

/** Without what any resource may have. */
const besides = ({ properties }: ObjectShape): Record<string, Shape> =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !ENVELOPE.has(name)));

function ownNames(shape: Shape): string[] {
  if (shape.is === 'list' || shape.is === 'map') return ownNames(shape.of);
  if (shape.is !== 'object') return [];
  return Object.entries(shape.properties).flatMap(([name, of]) => [name, ...ownNames(of)]);
}

describe('the shape of a body', { skip: models === undefined ? 'no models here' : false }, () => {
  for (const [type, { shape }] of Object.entries(SHAPES)) {
    const versions = ['2022-03-01', '2022-11-01', '2023-07-03', '2099-01-01'];
    const published = () =>
      versions.flatMap((version) => models?.resource(type, version) ?? []).filter((model) => model !== undefined);

    it(`takes of ${type} all that its models have`, () => {
      assert.ok(published().length > 0);
      const found = new Set(published().flatMap(({ entry, at }) => differences(shape, entry, at, '')));
      assert.deepEqual(
        [...found].filter((one) => !REFUSED.test(one)),
        [],
      );
    });

    it(`takes of ${type} nothing that no model has`, () => {
      const known = new Set(published().flatMap(({ entry, at }) => [...names(entry, at)]));
      const unknown = ownNames({ is: 'object', properties: besides(shape), required: [] }).filter(
        (name) => !known.has(name) && !ENVELOPE.has(name) && !UNPUBLISHED.test(name),
      );
      assert.deepEqual(unknown, []);
    });
  }
});
