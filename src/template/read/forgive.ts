/**
 * Takes what real files get wrong and the meaning is plain of, each with a warning: read-only fields, another case and
 * unknown fields where the api-version does not mind them. Guided by the schema that the rest is checked with.
 */
import { z } from 'zod';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import type { PlanWarning } from '../build-plan.ts';
import { formatPath, nearest } from '../../arm-template/problems.ts';
import { isRecord } from '../schema/values.ts';
import { versionNotes } from '../schema/version-notes.ts';
import { choiceOf, unwrap, wordsOf } from '../schema/walk.ts';

export interface Forgiving {
  apiVersion: ApiVersion;
  /** Whether another case and unknown fields are the template's fault. */
  strict: boolean;
  warnings: PlanWarning[];
}

/** Azure would leave it out unseen; Kiln, whose key it is, takes it or says why not. */
const OWN_KEY = 'kiln';

/** A copy of `value` in which only what is truly wrong is left for the schema to find. */
export function forgive(wrapped: z.core.$ZodType, value: unknown, to: Forgiving, path: PropertyKey[] = []): unknown {
  const schema = unwrap(wrapped);
  const choice = choiceOf(schema);
  if (choice !== undefined && isRecord(value)) {
    const { key, variants } = choice;
    const told = recase(value[key], [...variants.keys()], to, [...path, key]);
    const variant = typeof told === 'string' ? variants.get(told) : undefined;
    return variant === undefined ? value : forgive(variant, { ...value, [key]: told }, to, path);
  }
  if (schema instanceof z.ZodObject && isRecord(value)) return forgiveObject(schema, value, to, path);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) => forgive(schema.def.element, item, to, [...path, index]));
  }
  if (schema instanceof z.ZodRecord && isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) =>
        item === null ? [] : [[key, forgive(schema.valueType, item, to, [...path, key])]],
      ),
    );
  }
  const words = wordsOf(schema);
  return words === undefined ? value : recase(value, words, to, path);
}

function recase(value: unknown, words: string[], { strict, warnings }: Forgiving, path: PropertyKey[]): unknown {
  if (strict || typeof value !== 'string' || words.includes(value)) return value;
  const meant = words.find((word) => word.toLowerCase() === value.toLowerCase());
  if (meant === undefined) return value;
  warnings.push({ path: formatPath(path), message: `${value} is read as ${meant}` });
  return meant;
}

function forgiveObject(
  schema: z.ZodObject,
  value: Record<string, unknown>,
  to: Forgiving,
  path: PropertyKey[],
): unknown {
  const { shape } = schema;
  const kept: Array<[string, unknown]> = [];
  const has = (name: string): boolean => Object.hasOwn(value, name) || kept.some(([known]) => known === name);
  for (const [given, item] of Object.entries(value)) {
    // Resource Manager takes null for absent; here and among tags, which Bicep's functions make so.
    if (item === null) continue;
    const name = fieldFor(given, shape, to, has);
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    const warn = (message: string): number => to.warnings.push({ path: formatPath([...path, given]), message });
    const note = field === undefined ? undefined : versionNotes.get(field as z.ZodType);
    if (note?.readOnly === true) {
      warn('is filled by the service, and is ignored');
    } else if (note?.meantAs !== undefined) {
      if (has(note.meantAs)) warn(`is no field here, and is ignored beside ${note.meantAs}`);
      else {
        warn(`is read as ${note.meantAs}`);
        const meant = shape[note.meantAs];
        kept.push([note.meantAs, meant === undefined ? item : forgive(meant, item, to, [...path, given])]);
      }
    } else if (note?.since !== undefined && !to.strict) {
      warn(`came with api-version ${note.since}, and is ignored as ${to.apiVersion} does`);
    } else if (field === undefined && !to.strict && name !== OWN_KEY) {
      warn(`is not known in api-version ${to.apiVersion}, and is ignored as it does${suggestion(given, shape)}`);
    } else {
      if (name !== given) warn(`is read as ${name}`);
      const within = note?.own === undefined ? to : { ...to, strict: true };
      kept.push([name, field === undefined ? item : forgive(field, item, within, [...path, name])]);
    }
  }
  return Object.fromEntries(kept);
}

/** The schema's name for a field, without regard to case where the api-version has none. */
function fieldFor(given: string, shape: object, { strict }: Forgiving, has: (name: string) => boolean): string {
  if (strict || Object.hasOwn(shape, given)) return given;
  const meant = Object.keys(shape).find((name) => name.toLowerCase() === given.toLowerCase());
  return meant === undefined || has(meant) ? given : meant;
}

/** The fields that a person may give in this version. */
export function fieldsOf(shape: Record<string, z.core.$ZodType>): string[] {
  return Object.entries(shape).flatMap(([name, field]) => {
    const note = versionNotes.get(field as z.ZodType);
    return note === undefined || note.own === 'offered' ? [name] : [];
  });
}

/** Nearest field that the version has, as an addition to a sentence. */
export function suggestion(given: string, shape: Record<string, z.core.$ZodType>): string {
  const near = nearest(given, fieldsOf(shape));
  return near === undefined ? '' : `: did you mean ${near}?`;
}
