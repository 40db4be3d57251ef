/** Kinds of values that templates are made of, each with what a person is told where it is something else. */
import { z } from 'zod';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import { atLeast } from '../api-versions/api-versions.ts';
import { parseIdOfType } from '../resource-id.ts';

/** Most runs read one template: compiling a schema first costs more than it saves. */
z.config({ jitless: true });

/** Resource Manager's limits on the tags of a resource. */
const MAX_TAGS = 50;
const MAX_TAG_NAME = 512;
const MAX_TAG_VALUE = 256;

export const text = z.string({ error: ({ input }) => expected('text', input) });
export const flag = z.boolean({ error: ({ input }) => expected('true or false', input) });

export function expected(what: string, input: unknown): string {
  return input === undefined ? `is required: expected ${what}` : `expected ${what}`;
}

/** A whole number from `min` to `max`, both included. */
export function whole(min?: number, max?: number): z.ZodNumber {
  const told =
    min === undefined
      ? 'a whole number'
      : max === undefined
        ? `a whole number of ${min} or more`
        : `a whole number from ${min} to ${max}`;
  const error = ({ input }: { input?: unknown }): string => expected(told, input);
  const number = z.int({ error });
  const low = min === undefined ? number : number.min(min, { error });
  return max === undefined ? low : low.max(max, { error });
}

/** Azure's open enumerations: text to its types, but only these values mean something. */
export function openEnum(values: readonly string[]): z.ZodString {
  const error = `expected ${values.length === 1 ? values.join() : `one of ${values.join(', ')}`}`;
  return text.refine((value) => values.includes(value), { error }).meta({ enum: [...values] });
}

export function closedEnum<const V extends string>(values: readonly V[]): z.ZodEnum<{ [K in V]: K }> {
  return z.enum(values, { error: ({ input }) => expected(`one of ${values.join(', ')}`, input) });
}

export function objects<S extends z.ZodType>(item: S): z.ZodArray<S> {
  return z.array(item, { error: ({ input }) => expected('an array', input) });
}

export const texts = objects(text);

/** The name of a template or run output; the dot came with 2019-05-01-preview. */
export function resourceName(version: ApiVersion): z.ZodString {
  const dotted = atLeast(version, '2019-05-01-preview');
  const error = `expected 1 to 64 letters, digits, - or _${dotted ? ' or .' : ''}`;
  return text.regex(dotted ? /^[A-Za-z0-9\-_.]{1,64}$/ : /^[A-Za-z0-9\-_]{1,64}$/, error);
}

export const region = text.refine((name) => name.trim() !== '', 'expected the name of a region');

export const webAddress = text.refine(
  (address) => address === '' || (/^https?:\/\//i.test(address) && URL.canParse(address)),
  'expected an http or https address',
);

export const sha256 = text.regex(/^([0-9A-Fa-f]{64})?$/, 'expected 64 hexadecimal digits');

export function idOf(...types: string[]): z.ZodString {
  return text.refine((id) => types.some((type) => parseIdOfType(id, type) !== undefined), {
    error: `expected the resource id of ${types.join(' or ')}`,
  });
}

export const tags = z
  .record(
    z
      .string()
      .min(1, 'expected a name for the tag')
      .max(MAX_TAG_NAME, `expected a tag's name of at most ${MAX_TAG_NAME} characters`)
      .regex(/^(hidden-.*|[^<>%&\\?/]*)$/, "expected a tag's name without < > % & \\ ? and /"),
    text.max(MAX_TAG_VALUE, `expected at most ${MAX_TAG_VALUE} characters`),
    { error: ({ input }) => expected('an object of tags', input) },
  )
  .refine((all) => Object.keys(all).length <= MAX_TAGS, `expected at most ${MAX_TAGS} tags`);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** For rules about several fields: they are looked at even where one of the fields is wrong by itself. */
export const whenObject = ({ value }: { value: unknown }): boolean => isRecord(value);

/** A rule that can be broken in several places of an object. */
export function rule<T extends object>(
  broken: (value: Partial<T>) => Array<{ path: PropertyKey[]; message: string }>,
): z.core.$ZodCheck<T> {
  const check = z.core._check<T>(({ value, issues }) => {
    for (const { path, message } of broken(value)) issues.push({ code: 'custom', input: value, path, message });
  });
  check._zod.def.when = whenObject;
  return check;
}

export function strictObject<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape, { error: ({ input }) => expected('an object', input) });
}
