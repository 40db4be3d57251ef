/** Looking into zod schemas: what is inside the wrappers, and which of several objects a value means. */
import { z } from 'zod';

/** Without `optional`, `default` and the like. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as { def: { type: string; innerType?: z.core.$ZodType } };
  return def.innerType === undefined ? schema : unwrap(def.innerType);
}

export interface Choice {
  /** The field that tells the variants apart. */
  key: string;
  /** By the value of that field. */
  variants: Map<string, z.ZodObject>;
}

/** Looked into for every line of every script, so each schema is asked once. */
function once<T>(work: (schema: z.core.$ZodType) => T): (schema: z.core.$ZodType) => T {
  const known = new WeakMap<z.core.$ZodType, { value: T }>();
  return (schema) => {
    const before = known.get(schema) ?? { value: work(schema) };
    known.set(schema, before);
    return before.value;
  };
}

export const choiceOf = once((schema): Choice | undefined => {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return undefined;
  const key = schema.def.discriminator;
  const variants = new Map<string, z.ZodObject>();
  for (const option of schema.options) {
    if (!(option instanceof z.ZodObject)) continue;
    const literal = option.shape[key];
    if (literal instanceof z.ZodLiteral) variants.set(String(literal.value), option);
  }
  return { key, variants };
});

/** The words that a value may be; undefined where it may be any. */
export const wordsOf = once((schema): string[] | undefined => {
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String);
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  const open = z.globalRegistry.get(schema as z.ZodType)?.['enum'];
  return Array.isArray(open) ? open.map(String) : undefined;
});
