import type { Json, JsonObject } from './core.ts';

/** A JSON value as text: a string as it is, '' where there is none, else its JSON. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') {
    return value;
  }
  return value === undefined ? '' : JSON.stringify(value);
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object as it is, else an empty one. */
export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
