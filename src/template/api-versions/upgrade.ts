/**
 * From any api-version's body to the newest one's. Most versions only added fields, so a body of theirs is one of the
 * newest already; what was renamed is listed here, by the version that renamed it.
 */
import { isRecord } from '../schema/values.ts';
import { atLeast } from './api-versions.ts';
import type { ApiVersion } from './api-versions.ts';

interface Renames {
  /** The first version with the new names. */
  from: ApiVersion;
  fields: ReadonlyMap<string, string>;
  types: ReadonlyMap<string, string>;
}

/** In parts that have a `type`: the source, customizers, validators and distributors. */
const RENAMES: Renames[] = [
  {
    from: '2019-02-01-preview',
    fields: new Map(),
    types: new Map([
      ['shell', 'Shell'],
      ['managedImage', 'ManagedImage'],
      ['sharedImage', 'SharedImage'],
    ]),
  },
  {
    from: '2019-05-01-preview',
    fields: new Map([
      ['script', 'scriptUri'],
      ['sourceURI', 'sourceUri'],
    ]),
    types: new Map(),
  },
];

/** @param properties as the version's own schema took them */
export function upgrade(version: ApiVersion, properties: Record<string, unknown>): Record<string, unknown> {
  let upgraded = properties;
  for (const renames of RENAMES) {
    if (atLeast(version, renames.from)) continue;
    upgraded = Object.fromEntries(
      Object.entries(upgraded).map(([name, part]) => [
        name,
        Array.isArray(part) ? part.map((item) => rename(item, renames)) : rename(part, renames),
      ]),
    );
  }
  return upgraded;
}

function rename(part: unknown, { fields, types }: Renames): unknown {
  if (!isRecord(part) || typeof part['type'] !== 'string') return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [
      fields.get(name) ?? name,
      name === 'type' && typeof value === 'string' ? (types.get(value) ?? value) : value,
    ]),
  );
}
