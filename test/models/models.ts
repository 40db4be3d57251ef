/** Azure's published resource models, read from where they lie beside the repository: a type in an api-version → its form. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MODELS = join(fileURLToPath(new URL('../../..', import.meta.url)), 'shared', 'azure-types');

export interface Reference {
  $ref: string;
}

export interface Property {
  type: Reference;
  flags: number;
}

export const REQUIRED = 1;
export const READ_ONLY = 2;
export const WRITE_ONLY = 4;

/** An entry of a file of models. */
export interface Entry {
  $type: string;
  name?: string;
  value?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minValue?: number;
  maxValue?: number;
  discriminator?: string;
  baseProperties?: Record<string, Property>;
  properties?: Record<string, Property>;
  additionalProperties?: Reference;
  elements?: Record<string, Reference> | Reference[];
  itemType?: Reference;
  body?: Reference;
  resourceType?: string;
  input?: Reference;
  output?: Reference;
}

/** A form, and the file in which its references are found. */
export interface Model {
  entry: Entry;
  at(reference: Reference): Entry;
  /** That it comes from, which may be another than the one asked for. */
  apiVersion: string;
}

interface Kept {
  apiVersion: string;
  entries: Entry[];
}

/** Undefined where this machine has no models. */
export function readModels(): Models | undefined {
  return existsSync(MODELS) ? new Models() : undefined;
}

export class Models {
  readonly #files = new Map<string, Kept[]>();

  /** The body of a resource; see `#nearest` for which models those are. */
  resource(type: string, apiVersion: string): Model[] {
    return this.#nearest(this.allOf(type), apiVersion);
  }

  /** What a POST takes or answers. */
  action(type: string, verb: string, part: 'input' | 'output', apiVersion: string): Model[] {
    return this.#nearest(this.allOfAction(type, verb, part), apiVersion);
  }

  /** In every api-version that has the type, oldest first. */
  allOf(type: string): Model[] {
    const wanted = type.toLowerCase();
    return this.#find(wanted, ({ $type, name, body }) =>
      $type === 'ResourceType' && name?.split('@')[0]?.toLowerCase() === wanted ? body : undefined,
    );
  }

  allOfAction(type: string, verb: string, part: 'input' | 'output'): Model[] {
    const wanted = type.toLowerCase();
    return this.#find(wanted, (entry) =>
      entry.$type === 'ResourceFunctionType' &&
      entry.resourceType?.toLowerCase() === wanted &&
      entry.name?.toLowerCase() === verb.toLowerCase()
        ? entry[part]
        : undefined,
    );
  }

  #find(type: string, pick: (entry: Entry) => Reference | undefined): Model[] {
    return this.#read(type.split('/')[0] ?? '').flatMap(({ apiVersion, entries }) => {
      const at = ({ $ref }: Reference): Entry => {
        const entry = entries[Number($ref.slice(2))];
        if (entry === undefined) throw new RangeError($ref);
        return entry;
      };
      const found = entries.map(pick).find((reference) => reference !== undefined);
      return found === undefined ? [] : [{ entry: at(found), at, apiVersion }];
    });
  }

  /** The api-version's own model, else the nearest before it and the nearest after it: a body need fit one of the two. */
  #nearest(models: Model[], apiVersion: string): Model[] {
    const before = models.findLast((model) => model.apiVersion <= apiVersion);
    if (before?.apiVersion === apiVersion) return [before];
    return [before, models.find((model) => model.apiVersion > apiVersion)].filter((model) => model !== undefined);
  }

  /** Oldest first. */
  #read(namespace: string): Kept[] {
    const known = this.#files.get(namespace);
    if (known !== undefined) return known;
    const folder = join(MODELS, namespace);
    const files = existsSync(folder) ? readdirSync(folder).toSorted() : [];
    const read = files.map((file) => ({
      apiVersion: file.replace(/\.json$/, ''),
      entries: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Entry[],
    }));
    this.#files.set(namespace, read);
    return read;
  }
}
