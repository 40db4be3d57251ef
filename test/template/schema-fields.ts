/** What a zod schema takes, in the words of `azure-types.ts`, so that the two can be compared. */
import { z } from 'zod';
import type { ApiVersion } from '../../src/template/api-versions/api-versions.ts';
import { imageTemplate } from '../../src/template/schema/image-template.ts';
import { versionNotes } from '../../src/template/schema/version-notes.ts';
import { choiceOf, unwrap, wordsOf } from '../../src/template/schema/walk.ts';
import type { Field } from './azure-types.ts';

export function schemaFields(version: ApiVersion): Map<string, Field> {
  const fields = new Map<string, Field>();
  visit(imageTemplate(version), '', fields);
  return fields;
}

function visit(wrapped: z.core.$ZodType, path: string, fields: Map<string, Field>): void {
  const schema = unwrap(wrapped);
  const choice = choiceOf(schema);
  if (choice !== undefined) {
    for (const [name, variant] of choice.variants) {
      // A retired variant is read in every version, and has its fields only where Azure had it.
      const had = versionNotes.get(variant)?.retired === undefined || Object.keys(variant.shape).length > 1;
      if (had) visit(variant, `${path}[${name}]`, fields);
    }
  } else if (schema instanceof z.ZodObject) {
    for (const [name, field] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
      const note = versionNotes.get(field);
      if (note !== undefined && note.readOnly !== true) continue;
      const where = path === '' ? name : `${path}.${name}`;
      const readOnly = note?.readOnly === true;
      const required = !field.safeParse(undefined).success;
      fields.set(where, { path: where, required, readOnly, kind: readOnly ? '' : kindOf(unwrap(field)) });
      if (!readOnly) visit(field, where, fields);
    }
  } else if (schema instanceof z.ZodArray) visit(schema.def.element, `${path}[]`, fields);
  else if (schema instanceof z.ZodRecord) visit(schema.valueType, `${path}[]`, fields);
}

function kindOf(schema: z.core.$ZodType): string {
  const words = wordsOf(schema);
  if (words !== undefined) return words.toSorted().join('|');
  if (schema instanceof z.ZodString) {
    const { pattern } = z.toJSONSchema(schema);
    return pattern === undefined ? 'text' : `text ${pattern.replaceAll('\\-', '-')}`;
  }
  if (schema instanceof z.ZodNumber) {
    const { minimum = -Infinity, maximum = Infinity } = z.toJSONSchema(schema);
    const low = minimum <= Number.MIN_SAFE_INTEGER ? '' : minimum;
    const high = maximum >= Number.MAX_SAFE_INTEGER ? '' : maximum;
    return low === '' && high === '' ? 'whole' : `whole ${low}..${high}`;
  }
  if (schema instanceof z.ZodBoolean) return 'flag';
  if (schema instanceof z.ZodArray) return 'array';
  if (schema instanceof z.ZodRecord) return 'map';
  return 'object';
}
