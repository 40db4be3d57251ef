/** What of a template that is kept in the newest spelling a client of an older api-version is shown: what that one has. */
import { z } from 'zod';
import { isApiVersion } from './api-versions/api-versions.ts';
import type { ApiVersion } from './api-versions/api-versions.ts';
import { properties as propertiesOf } from './schema/image-template.ts';
import { isRecord } from './schema/values.ts';
import { versionNotes } from './schema/version-notes.ts';
import { choiceOf, unwrap } from './schema/walk.ts';

const cache = new Map<ApiVersion, z.core.$ZodType>();

/** @param properties with what the service adds to those that were written */
export function shownIn(version: string, properties: Record<string, unknown>): Record<string, unknown> {
  if (!isApiVersion(version)) throw new RangeError(`no api-version: ${version}`);
  const schema = cache.get(version) ?? propertiesOf(version);
  cache.set(version, schema);
  return known(schema, properties) as Record<string, unknown>;
}

/** Undefined for one of several objects that the version has not. */
function known(wrapped: z.core.$ZodType, value: unknown): unknown {
  const schema = unwrap(wrapped);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => known(schema.element, item)).filter((item) => item !== undefined);
  }
  if (!isRecord(value)) return value;
  const choice = choiceOf(schema);
  if (choice !== undefined) {
    const variant = choice.variants.get(String(value[choice.key]));
    return variant === undefined ? undefined : known(variant, value);
  }
  if (!(schema instanceof z.ZodObject)) return value;
  const { shape } = schema as z.ZodObject;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, held]) => {
      const field = shape[name];
      if (field === undefined) return [[name, held]];
      const { since, until } = versionNotes.get(field as z.ZodType) ?? {};
      return since === undefined && until === undefined ? [[name, known(field, held)]] : [];
    }),
  );
}
