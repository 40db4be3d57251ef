import type { Json } from './core.ts';

/** A JSON value as text: a string as it is, '' where there is none, else its JSON. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') {
    return value;
  }
  return value === undefined ? '' : JSON.stringify(value);
}
