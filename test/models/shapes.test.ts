/** The shapes by which the local Azure takes bodies, against the published models: nothing more, nothing less. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SHAPES } from '../../src/local-azure/shapes/index.ts';
import type { ObjectShape, Shape } from '../../src/local-azure/shapes/shape.ts';
import { readModels, READ_ONLY, REQUIRED, type Entry, type Model, type Property } from './models.ts';

const models = readModels();

/** What Azure does not insist on though its models say so: recorded, or taken over from what the resource lies in. */
const NOT_REQUIRED = /\.(storageProfile\.(osDisk\.(osType|osState)|dataDisks))$/;
const EXPECTED = [
  // Refused by the service: a machine is never put back with its extensions in it.
  /^resources: is not taken$/,
  // In some versions, and taken in others.
  /\.(diskIOPSReadWrite|diskMBpsReadWrite|enableVMAgentPlatformUpdates): is Azure's to answer$/,
];
/** Of these there are no models here. */
const WITHOUT_MODELS = /^microsoft\.(resources\/(resourcegroups|tags|links)|authorization\/locks)$/;
/** Recorded, or sent by a pinned SDK that is newer than the models. */
const UNPUBLISHED =
  /^(isArmResource|faultDomain|allowPort25Out|routeServiceVips|allowCrossTenantDelegationSas|turboTier|targetPercent|allowBlobAccessPoints|requireUserBound\w+|blobAccessPointConfiguration\w*)$/;
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
    case 'choice':
    case 'words': {
      const parts = entry.$type === 'UnionType' ? (entry.elements as Array<{ $ref: string }>).map(at) : [entry];
      const words = parts.flatMap(({ $type, value }) =>
        $type === 'StringLiteralType' && value !== undefined ? [value] : [],
      );
      const taken = shape.words.map((word) => word.replaceAll(' ', ''));
      return words
        .filter((word) => !taken.includes(word.replaceAll(' ', '')))
        .map((word) => `${path}: '${word}' is not taken`);
    }
    case 'flag':
      return entry.$type === 'BooleanType' ? [] : [`${path}: a flag here, ${entry.$type} there`];
    case 'whole':
    case 'number':
      return entry.$type === 'IntegerType' ? [] : [`${path}: a whole number here, ${entry.$type} there`];
    case 'map':
      return entry.additionalProperties === undefined
        ? [`${path}: a map here, ${entry.$type} there`]
        : differences(shape.of, at(entry.additionalProperties), at, `${path}{}`);
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
    if (depth < 16) names(at(type), at, into, depth + 1);
  }
  for (const within of [entry.itemType, entry.additionalProperties]) {
    if (within !== undefined && depth < 16) names(at(within), at, into, depth + 1);
  }
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
  for (const [type, { shape }] of Object.entries(SHAPES).filter(([one]) => !WITHOUT_MODELS.test(one))) {
    const versions = ['2022-03-01', '2022-11-01', '2023-07-03', '2025-04-01', '2099-01-01'];
    const published = () =>
      versions.flatMap((version) => models?.resource(type, version) ?? []).filter((model) => model !== undefined);

    it(`takes of ${type} all that its models have`, () => {
      assert.ok(published().length > 0);
      const found = new Set(published().flatMap(({ entry, at }) => differences(shape, entry, at, '')));
      assert.deepEqual(
        [...found].filter((one) => !EXPECTED.some((expected) => expected.test(one))),
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

/** What an SDK has in a body, found in the code by which it writes one: by the first of its writers. */
const WRITTEN: Array<[sdk: string, writer: string, type: string]> = [
  ['arm-compute', 'virtualMachine', 'microsoft.compute/virtualmachines'],
  ['arm-compute', 'virtualMachineUpdate', 'microsoft.compute/virtualmachines'],
  ['arm-compute', 'virtualMachineRunCommand', 'microsoft.compute/virtualmachines/runcommands'],
  ['arm-compute', 'virtualMachineExtension', 'microsoft.compute/virtualmachines/extensions'],
  ['arm-compute', 'disk', 'microsoft.compute/disks'],
  ['arm-compute', 'diskUpdate', 'microsoft.compute/disks'],
  ['arm-compute', 'snapshot', 'microsoft.compute/snapshots'],
  ['arm-compute', 'image', 'microsoft.compute/images'],
  ['arm-compute', 'gallery', 'microsoft.compute/galleries'],
  ['arm-compute', 'galleryImage', 'microsoft.compute/galleries/images'],
  ['arm-compute', 'galleryImageVersion', 'microsoft.compute/galleries/images/versions'],
  ['arm-compute', 'galleryApplication', 'microsoft.compute/galleries/applications'],
  ['arm-network', 'virtualNetwork', 'microsoft.network/virtualnetworks'],
  ['arm-network', 'subnet', 'microsoft.network/virtualnetworks/subnets'],
  ['arm-network', 'networkSecurityGroup', 'microsoft.network/networksecuritygroups'],
  ['arm-network', 'securityRule', 'microsoft.network/networksecuritygroups/securityrules'],
  ['arm-network', 'publicIPAddress', 'microsoft.network/publicipaddresses'],
  ['arm-network', 'publicIPPrefix', 'microsoft.network/publicipprefixes'],
  ['arm-network', 'networkInterface', 'microsoft.network/networkinterfaces'],
  ['arm-storage', 'storageAccountCreateParameters', 'microsoft.storage/storageaccounts'],
  ['arm-storage', 'storageAccountUpdateParameters', 'microsoft.storage/storageaccounts'],
  ['arm-storage', 'blobServiceProperties', 'microsoft.storage/storageaccounts/blobservices'],
  ['arm-storage', 'blobContainer', 'microsoft.storage/storageaccounts/blobservices/containers'],
  ['arm-resources', 'resourceGroup', 'microsoft.resources/resourcegroups'],
];
/** Of resources that are referred to: of them the shapes take anything. */
const REFERRED = /^(networkSecurityGroup|routeTable|natGateway|privateLinkService|serviceEndpointPolicy)$/;

function writersOf(sdk: string): Map<string, string> {
  const folder = fileURLToPath(new URL(`../../node_modules/@azure/${sdk}/dist/esm/models/`, import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('models.js'));
  const code = files.map((file) => readFileSync(folder + file, 'utf8')).join('\n');
  return new Map(
    [...code.matchAll(/^export function (\w+)Serializer\(item\) \{([^]*?)^\}/gm)].map(
      ([, name = '', body = '']) => [name, body] as const,
    ),
  );
}

function namesWritten(writers: Map<string, string>, writer: string, seen = new Set<string>()): string[] {
  const code = writers.get(writer);
  if (code === undefined || seen.has(writer) || (seen.size > 0 && REFERRED.test(writer))) return [];
  seen.add(writer);
  const own = [...code.matchAll(/^\s+"?([A-Za-z]\w*)"?: /gm)].map(([, name = '']) => name);
  const inner = [...code.matchAll(/\b(\w+)Serializer\(/g)].flatMap(([, one = '']) => namesWritten(writers, one, seen));
  return [...own, ...inner];
}

describe('the shape of a body that a pinned SDK writes', () => {
  const read = new Map(
    ['arm-compute', 'arm-network', 'arm-storage', 'arm-resources'].map((sdk) => [sdk, writersOf(sdk)]),
  );
  for (const [sdk, writer, type] of WRITTEN) {
    it(`takes all that @azure/${sdk} has of ${writer}`, () => {
      const written = namesWritten(read.get(sdk) ?? new Map(), writer);
      assert.ok(written.length > 3, String(written));
      const known = new Set([...ownNames(SHAPES[type]?.shape ?? { is: 'any' }), ...ENVELOPE]);
      assert.deepEqual(
        written.filter((name) => !known.has(name)),
        [],
      );
    });
  }
});
