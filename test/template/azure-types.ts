/** Microsoft's published resource model of an api-version, as a list of fields with what each takes. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ApiVersion } from '../../src/template/api-versions/api-versions.ts';
import { READ_ONLY, REQUIRED } from '../models/models.ts';
import type { Entry, Property, Reference } from '../models/models.ts';

const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Where reference data is, or false where this machine has none of it. */
export function shared(path: string): string | false {
  return existsSync(SHARED + path) ? SHARED + path : false;
}

export const WITHOUT_SHARED = 'the reference data is not on this machine';

export interface Field {
  /** As in `properties.customize[Shell].inline[]`. */
  path: string;
  required: boolean;
  readOnly: boolean;
  /** As in `text`, `whole 0..960`, `Enabled|Disabled`, `object`, `array`, `map`. */
  kind: string;
}

export function azureFields(file: string, version: ApiVersion): Map<string, Field> {
  const entries = JSON.parse(readFileSync(`${file}/${version}.json`, 'utf8')) as Entry[];
  const at = ({ $ref }: Reference): Entry => {
    const entry = entries[Number($ref.slice(2))];
    if (entry === undefined) throw new RangeError($ref);
    return entry;
  };
  const resource = entries.find(
    ({ $type, name }) => $type === 'ResourceType' && name?.startsWith('Microsoft.VirtualMachineImages/imageTemplates@'),
  );
  if (resource?.body === undefined) throw new RangeError(`no imageTemplates in ${version}`);
  const fields = new Map<string, Field>();

  const visit = (entry: Entry, path: string): void => {
    switch (entry.$type) {
      case 'ObjectType':
        for (const [name, property] of Object.entries(entry.properties ?? {})) add(name, property, path);
        if (entry.additionalProperties !== undefined) visit(at(entry.additionalProperties), `${path}[]`);
        break;
      case 'DiscriminatedObjectType':
        for (const [variant, reference] of Object.entries(entry.elements ?? {}) as Array<[string, Reference]>) {
          for (const [name, property] of Object.entries(entry.baseProperties ?? {})) {
            add(name, property, `${path}[${variant}]`);
          }
          visit(at(reference), `${path}[${variant}]`);
        }
        break;
      case 'ArrayType':
        if (entry.itemType !== undefined) visit(at(entry.itemType), `${path}[]`);
        break;
    }
  };
  const add = (name: string, { type, flags }: Property, path: string): void => {
    const where = path === '' ? name : `${path}.${name}`;
    const entry = at(type);
    const readOnly = (flags & READ_ONLY) !== 0;
    fields.set(where, { path: where, required: (flags & REQUIRED) !== 0, readOnly, kind: kindOf(entry, at) });
    if (!readOnly) visit(entry, where);
  };
  visit(at(resource.body), '');
  return fields;
}

function kindOf(entry: Entry, at: (reference: Reference) => Entry): string {
  switch (entry.$type) {
    case 'StringType':
      return entry.pattern === undefined ? 'text' : `text ${entry.pattern}`;
    case 'IntegerType':
      return entry.minValue === undefined && entry.maxValue === undefined
        ? 'whole'
        : `whole ${entry.minValue ?? ''}..${entry.maxValue ?? ''}`;
    case 'BooleanType':
      return 'flag';
    case 'StringLiteralType':
      return entry.value ?? '';
    case 'UnionType':
      return (entry.elements as Reference[])
        .map(at)
        .map((part) => (part.$type === 'StringLiteralType' ? (part.value ?? '') : ''))
        .filter((word) => word !== '')
        .toSorted()
        .join('|');
    case 'ArrayType':
      return 'array';
    case 'DiscriminatedObjectType':
      return 'object';
    case 'ObjectType':
      return entry.additionalProperties === undefined ? 'object' : 'map';
    default:
      return entry.$type;
  }
}
