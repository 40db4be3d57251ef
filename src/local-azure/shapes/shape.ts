/**
 * What a body may hold, and a body held to it. Names and words of a choice are read without regard to case, as Azure's
 * services do, and come out as the shape has them; what only Azure fills in is left out of what is kept.
 */
import type { Json, JsonObject } from '../core.ts';
import { isObject } from '../json.ts';

export type Shape =
  | { is: 'any' }
  /** Azure's own to fill in; clients put back what they were given, so it is taken and dropped. */
  | { is: 'answered' }
  | { is: 'text'; atLeast?: number; atMost?: number }
  | { is: 'number' }
  | { is: 'whole'; from: number; to: number }
  | { is: 'flag' }
  | { is: 'choice'; words: string[] }
  /** Several words of a choice, with commas between them. */
  | { is: 'words'; words: string[] }
  | { is: 'list'; of: Shape }
  | { is: 'map'; of: Shape }
  | ObjectShape;

export interface ObjectShape {
  is: 'object';
  properties: Record<string, Shape>;
  required: string[];
}

export const any: Shape = { is: 'any' };
export const answered: Shape = { is: 'answered' };
export const text: Shape = { is: 'text' };
/** Of so many letters. */
export const limited = (atLeast: number, atMost: number): Shape => ({ is: 'text', atLeast, atMost });
export const flag: Shape = { is: 'flag' };
export const whole = (from = -(2 ** 31), to = 2 ** 31 - 1): Shape => ({ is: 'whole', from, to });
export const number: Shape = { is: 'number' };
/** @param words with a blank between them, or as a list where they have blanks of their own */
export const choice = (words: string | string[]): Shape => ({
  is: 'choice',
  words: typeof words === 'string' ? words.split(' ') : words,
});
export const words = (all: string): Shape => ({ is: 'words', words: all.split(' ') });
export const list = (of: Shape): Shape => ({ is: 'list', of });
export const map = (of: Shape): Shape => ({ is: 'map', of });
export const object = (properties: Record<string, Shape>, required: string[] = []): ObjectShape => ({
  is: 'object',
  properties,
  required,
});
/** `{id}` of another resource. */
export const reference = object({ id: text });

export interface Misfit {
  why: 'unknown' | 'missing' | 'type' | 'choice' | 'range';
  /** `properties.storageProfile.osDisk`, lists with their index. */
  path: string;
  value: Json | undefined;
  /** Of the object that it is in, as Azure would call its type. */
  holder: string;
  shape: Shape | undefined;
}

/** The body as it is to be kept, and the first thing that does not fit. */
export function fit(shape: ObjectShape, body: JsonObject, whole: boolean): { body: JsonObject; misfit?: Misfit } {
  let misfit: Misfit | undefined;
  const refuse = (why: Misfit['why'], path: string, value: Json | undefined, holder: string, of?: Shape): void => {
    misfit ??= { why, path, value, holder, shape: of };
  };

  function look(of: Shape, value: Json, path: string, holder: string): Json {
    switch (of.is) {
      case 'any':
      case 'answered':
        return value;
      case 'text':
        if (typeof value !== 'string') refuse('type', path, value, holder, of);
        else if (value.length < (of.atLeast ?? 0) || value.length > (of.atMost ?? Infinity)) {
          refuse('range', path, value, holder, of);
        }
        return value;
      case 'number':
        if (typeof value !== 'number') refuse('type', path, value, holder, of);
        return value;
      case 'flag':
        if (typeof value !== 'boolean') refuse('type', path, value, holder, of);
        return value;
      case 'whole':
        if (typeof value !== 'number' || !Number.isInteger(value)) refuse('type', path, value, holder, of);
        else if (value < of.from || value > of.to) refuse('range', path, value, holder, of);
        return value;
      case 'choice': {
        const word = typeof value === 'string' ? of.words.find((one) => same(one, value)) : undefined;
        if (word === undefined) refuse(typeof value === 'string' ? 'choice' : 'type', path, value, holder, of);
        return word ?? value;
      }
      case 'words': {
        const parts = typeof value === 'string' ? value.split(/\s*,\s*/) : [];
        const known = parts.flatMap((part) => of.words.find((one) => same(one, part)) ?? []);
        if (typeof value !== 'string') refuse('type', path, value, holder, of);
        else if (known.length < parts.length) refuse('choice', path, value, holder, of);
        return known.length === parts.length ? known.join(', ') : value;
      }
      case 'list':
        if (Array.isArray(value)) return value.map((item, index) => look(of.of, item, `${path}[${index}]`, holder));
        refuse('type', path, value, holder, of);
        return value;
      case 'map':
        if (!isObject(value)) {
          refuse('type', path, value, holder, of);
          return value;
        }
        return Object.fromEntries(
          Object.entries(value).map(([key, held]) => [key, look(of.of, held, `${path}.${key}`, holder)]),
        );
      case 'object':
        if (isObject(value)) return members(of, value, path);
        refuse('type', path, value, holder, of);
        return value;
    }
  }

  function members({ properties, required }: ObjectShape, value: JsonObject, path: string): JsonObject {
    const holder = typeName(path);
    const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
    const kept: JsonObject = {};
    const nameOf = (key: string): string | undefined =>
      key in properties ? key : Object.keys(properties).find((name) => same(name, key));
    const stranger = Object.keys(value).find((key) => nameOf(key) === undefined);
    if (stranger !== undefined) refuse('unknown', below(stranger), value[stranger], holder);
    for (const [key, held] of Object.entries(value)) {
      const known = nameOf(key);
      const of = known === undefined ? undefined : properties[known];
      if (known === undefined || of === undefined) continue;
      if (held === null) kept[known] = held;
      else if (of.is !== 'answered') kept[known] = look(of, held, below(known), holder);
    }
    const missing = required.find((key) => (kept[key] ?? null) === null);
    if (whole && missing !== undefined) refuse('missing', below(missing), undefined, holder, properties[missing]);
    return kept;
  }

  const kept = members(shape, body, '');
  return misfit === undefined ? { body: kept } : { body: kept, misfit };
}

const plain = (word: string): string => word.replaceAll(/\s/g, '').toLowerCase();
const same = (left: string, right: string): boolean => plain(left) === plain(right);
/** `properties.storageProfile` → `StorageProfile`; a whole body is a `ResourceDefinition`. */
function typeName(path: string): string {
  const last =
    path
      .replaceAll(/\[\d+\]/g, '')
      .split('.')
      .at(-1) ?? '';
  return last === '' ? 'ResourceDefinition' : `${last[0]?.toUpperCase() ?? ''}${last.slice(1)}`;
}
