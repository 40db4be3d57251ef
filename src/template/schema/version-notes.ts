/**
 * What an api-version lacks stays in its schema as a field that takes nothing, noted with the versions that have it: so
 * that a template which uses it is told when it came or went, not only that it is unknown.
 */
import { z } from 'zod';
import { API_VERSIONS, atLeast } from '../api-versions/api-versions.ts';
import type { ApiVersion } from '../api-versions/api-versions.ts';

interface VersionNote {
  /** The version that has not this field yet ignores it. */
  since?: ApiVersion;
  /** The last version that had it under this name. */
  until?: ApiVersion;
  /** Filled by the service; says nothing to a build. */
  readOnly?: true;
  /** Read only to be refused. */
  retired?: true;
  /** Never a field of Azure's, but its meaning is plain: taken for that field. */
  meantAs?: string;
  /** Kiln's own, which no version of Azure's has: to be used here, or read only to be refused. */
  own?: 'offered' | 'refused';
}

export const versionNotes = z.registry<VersionNote>();

type Shape = Record<string, z.ZodType>;

/** Fields that came with `first`. Typed as the newest version has them, the only one whose output is used. */
export function since<S extends Shape>(version: ApiVersion, first: ApiVersion, shape: S): S {
  if (atLeast(version, first)) return shape;
  return lacking(shape, { since: first }, `this field came with api-version ${first}`) as S;
}

/** Fields that `last` had, and later versions call `now`. */
export function until(version: ApiVersion, last: ApiVersion, shape: Shape, now: string): Record<never, never> {
  if (atLeast(last, version)) return shape;
  const next = API_VERSIONS[API_VERSIONS.indexOf(last) + 1] ?? '';
  return lacking(shape, { until: last }, `this field is called ${now} since api-version ${next}`);
}

function lacking(shape: Shape, note: VersionNote, error: string): Shape {
  return Object.fromEntries(
    Object.keys(shape).map((key) => [key, z.never({ error }).optional().register(versionNotes, note)]),
  );
}

/** What the service fills in. Accepted and left out, so its value is of no interest. */
export function readOnly(): z.ZodOptional<z.ZodUnknown> {
  return z.unknown().optional().meta({ readOnly: true }).register(versionNotes, { readOnly: true });
}

/** A name that people give to `field`, which Azure never had. */
export function meantAs(field: string): Record<never, never> {
  return { tags: z.never().optional().register(versionNotes, { meantAs: field }) };
}

export interface Variant<S extends z.ZodType = z.ZodType> {
  schema: S;
  since?: ApiVersion;
  until?: ApiVersion;
  /** Read only to be refused: no message offers it. */
  retired?: true;
}

/** One of several objects, told apart by the literal in `key`; only those that the version has. */
export function oneOf<S extends z.core.$ZodTypeDiscriminable>(
  version: ApiVersion,
  key: string,
  variants: Record<string, Variant<S & z.ZodType>>,
): z.ZodDiscriminatedUnion<S[]> {
  const has = ({ since: first, until: last }: Variant): boolean =>
    (first === undefined || atLeast(version, first)) && (last === undefined || atLeast(last, version));
  const names = Object.entries(variants).flatMap(([name, variant]) =>
    has(variant) && variant.retired !== true ? [name] : [],
  );
  const schemas = Object.values(variants).flatMap((variant) => (has(variant) ? [variant.schema] : []));
  for (const { schema, retired } of Object.values(variants)) {
    if (retired === true) versionNotes.add(schema, { retired });
  }
  const [first, ...rest] = schemas;
  if (first === undefined)
    throw new RangeError(`api-version ${version} has none of ${Object.keys(variants).join(', ')}`);
  return z.discriminatedUnion(key, [first, ...rest], {
    error: ({ input }) => {
      if (typeof input !== 'object' || input === null || Array.isArray(input)) return 'expected an object';
      const given: unknown = (input as Record<string, unknown>)[key];
      const other = Object.entries(variants).find(
        ([name]) => typeof given === 'string' && name.toLowerCase() === given.toLowerCase() && !names.includes(name),
      );
      const expected = names.length === 1 ? names.join() : `one of ${names.join(', ')}`;
      if (other === undefined) return `expected ${expected}`;
      const [name, { since: came, until: went }] = other;
      const when = came === undefined ? `went after api-version ${went ?? ''}` : `came with api-version ${came}`;
      return `expected ${expected}; ${name} ${when}`;
    },
  }) as unknown as z.ZodDiscriminatedUnion<S[]>;
}
