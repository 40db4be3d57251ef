/** What expressions compute with: JSON values, checked for kind and kept to a size that a template can have. */
import JSON5 from 'json5';
import { ExpressionError } from './expression-error.ts';
import { bracketDepth } from './json-text.ts';

/** Characters and items of one value together; a template has at most 4 MiB. */
const MAX_SIZE = 4_000_000;
const MAX_DEPTH = 100;

export type Json = Record<string, unknown>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function wrong(what: string, value: unknown): ExpressionError {
  const shown = JSON.stringify(value) ?? 'nothing';
  // Half of a long value could be half of a secret, which nobody would know to hide.
  const got = shown.length > 80 ? `${shown.length} characters of JSON` : shown;
  return new ExpressionError(`expected ${what}, got ${got}`);
}

/** Numbers and booleans are text where text is wanted, as Resource Manager has it. */
export function string(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  throw wrong('text', value);
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw wrong('an array', value);
  return value;
}

export function object(value: unknown): Json {
  if (!isJson(value)) throw wrong('an object', value);
  return value;
}

export function integer(value: unknown): number {
  const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw wrong('a whole number', value);
  return number;
}

export function boolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong('true or false', value);
}

/** Deep, and without regard to the order of an object's fields. */
export function isEqual(left: unknown, right: unknown): boolean {
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, at) => isEqual(item, right[at]));
  }
  if (!isJson(left)) return left === right;
  if (!isJson(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  );
}

/** A field without regard to case, as Resource Manager looks for one. */
export function fieldOf(holder: Json, name: string): [string, unknown] | undefined {
  if (Object.hasOwn(holder, name)) return [name, holder[name]];
  return Object.entries(holder).find(([key]) => key.toLowerCase() === name.toLowerCase());
}

interface Extent {
  size: number;
  depth: number;
}

/** Values share parts, so each is measured once. */
const measured = new WeakMap<object, Extent>();

function extentOf(value: unknown): Extent {
  if (typeof value === 'string') return { size: value.length + 1, depth: 0 };
  if (typeof value !== 'object' || value === null) return { size: 1, depth: 0 };
  const known = measured.get(value);
  if (known !== undefined) return known;
  const extent: Extent = { size: 1, depth: 0 };
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const part of parts) {
    const { size, depth } = extentOf(part);
    extent.size += size;
    extent.depth = Math.max(extent.depth, depth);
  }
  extent.depth++;
  measured.set(value, extent);
  return extent;
}

/**
 * The size of a value, in characters and items.
 * @throws ExpressionError for what no template can hold: expressions can double a value with every call
 */
export function checkExtent(value: unknown): number {
  const { size, depth } = extentOf(value);
  if (size > MAX_SIZE) throw new ExpressionError('the value is larger than a template may be (4 MB)');
  if (depth > MAX_DEPTH) throw new ExpressionError(`the value is nested deeper than ${MAX_DEPTH} levels`);
  return size;
}

/**
 * Also as Resource Manager takes it beside the standard: in single quotes, with comments, trailing commas and plain names.
 * @throws ExpressionError for a text that is no JSON or is nested too deep
 */
export function parseJson(text: string): unknown {
  if (bracketDepth(text) > MAX_DEPTH) throw tooDeep();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const loose = parseLoose(text);
    if (loose !== undefined) return loose.value;
    throw new ExpressionError(`the text is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseLoose(text: string): { value: unknown } | undefined {
  let value: unknown;
  try {
    value = JSON5.parse(text);
  } catch {
    return undefined;
  }
  checkPlain(value);
  return { value };
}

const tooDeep = (): ExpressionError => new ExpressionError(`the JSON is nested deeper than ${MAX_DEPTH} levels`);

/** Without a recursion of its own: what is in single quotes hides brackets from a look at the text. */
function checkPlain(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw tooDeep();
    if (level.some((item) => typeof item === 'number' && !Number.isFinite(item))) {
      throw new ExpressionError('the text is not JSON: a number in it has no end');
    }
    level = level.flatMap((item): unknown[] => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
}
