/** Functions on arrays and objects, and those that take a lambda. */
import { Lambda } from '../evaluate.ts';
import type { TemplateFunction } from '../evaluate.ts';
import { ExpressionError } from '../expression-error.ts';
import { boolean, fieldOf, integer, isEqual, isJson, list, object, string } from '../values.ts';
import type { Json } from '../values.ts';

const MAX_RANGE = 10_000;
const MAX_INT = 2_147_483_647;

export const collections: Record<string, TemplateFunction> = {
  array: { takes: [1, 1], run: ([value]) => (Array.isArray(value) ? value : [value]) },
  createarray: { takes: [0, Infinity], run: (args) => args },
  createobject: {
    takes: [0, Infinity],
    run: (args) => {
      if (args.length % 2 !== 0) throw new ExpressionError('expected a value for every name');
      return Object.fromEntries(
        Array.from({ length: args.length / 2 }, (_, at) => [string(args[at * 2]), args[at * 2 + 1]]),
      );
    },
  },
  first: {
    takes: [1, 1],
    run: ([value]) => (typeof value === 'string' ? value.slice(0, 1) : (list(value)[0] ?? null)),
  },
  last: {
    takes: [1, 1],
    run: ([value]) => (typeof value === 'string' ? value.slice(-1) : (list(value).at(-1) ?? null)),
  },
  length: {
    takes: [1, 1],
    run: ([value]) =>
      typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(object(value)).length,
  },
  empty: {
    takes: [1, 1],
    run: ([value]) =>
      value === null ||
      (typeof value === 'string'
        ? value === ''
        : Object.keys(Array.isArray(value) ? value : object(value)).length === 0),
  },
  contains: {
    takes: [2, 2],
    run: ([holder, what]) => {
      if (typeof holder === 'string') return holder.includes(string(what));
      if (Array.isArray(holder)) return holder.some((item) => isEqual(item, what));
      return fieldOf(object(holder), string(what)) !== undefined;
    },
  },
  union: {
    takes: [1, Infinity],
    run: (args) => (Array.isArray(args[0]) ? unique(args.flatMap(list)) : args.map(object).reduce(merge, {})),
  },
  shallowmerge: {
    takes: [1, 1],
    run: ([objects]) => Object.fromEntries(list(objects).flatMap((item) => Object.entries(object(item)))),
  },
  intersection: {
    takes: [2, Infinity],
    run: ([start, ...others]) =>
      Array.isArray(start)
        ? unique(start).filter((item) => others.every((other) => list(other).some((found) => isEqual(found, item))))
        : Object.fromEntries(
            Object.entries(object(start)).filter(([key, value]) =>
              others.every((other) => isEqual(fieldOf(object(other), key)?.[1], value)),
            ),
          ),
  },
  skip: {
    takes: [2, 2],
    run: ([value, count]) => (typeof value === 'string' ? value : list(value)).slice(Math.max(0, integer(count))),
  },
  take: {
    takes: [2, 2],
    run: ([value, count]) => (typeof value === 'string' ? value : list(value)).slice(0, Math.max(0, integer(count))),
  },
  range: {
    takes: [2, 2],
    run: ([start, count]) => {
      const [from, many] = [integer(start), integer(count)];
      if (many < 0 || many > MAX_RANGE)
        throw new ExpressionError(`expected a count from 0 to ${MAX_RANGE}, got ${many}`);
      if (from + many > MAX_INT)
        throw new ExpressionError(`expected start and count to be at most ${MAX_INT} together`);
      return Array.from({ length: many }, (_, at) => from + at);
    },
  },
  flatten: { takes: [1, 1], run: ([value]) => list(value).flatMap(list) },
  items: {
    takes: [1, 1],
    run: ([value]) =>
      Object.entries(object(value))
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([key, item]) => ({ key, value: item })),
  },
  objectkeys: { takes: [1, 1], run: ([value]) => Object.keys(object(value)).toSorted() },
  tryget: {
    takes: [2, Infinity],
    run: ([holder, ...keys]) => keys.reduce<unknown>(tryGet, holder),
  },
  indexfromend: { takes: [2, 2], run: ([value, at]) => fromEnd(value, at) ?? outside(value, at) },
  tryindexfromend: { takes: [2, 2], run: ([value, at]) => fromEnd(value, at) ?? null },
  map: { takes: [2, 2], run: ([value, work]) => list(value).map((item, at) => lambda(work).call(item, at)) },
  filter: {
    takes: [2, 2],
    run: ([value, test]) => list(value).filter((item, at) => boolean(lambda(test).call(item, at))),
  },
  reduce: {
    takes: [3, 3],
    run: ([value, start, work]) => list(value).reduce((sum, item, at) => lambda(work).call(sum, item, at), start),
  },
  sort: {
    takes: [2, 2],
    run: ([value, before]) =>
      list(value).toSorted((left, right) => (boolean(lambda(before).call(left, right)) ? -1 : 1)),
  },
  mapvalues: {
    takes: [2, 2],
    run: ([value, work]) =>
      Object.fromEntries(Object.entries(object(value)).map(([key, item]) => [key, lambda(work).call(item)])),
  },
  groupby: {
    takes: [2, 2],
    run: ([value, key]) => {
      const groups = new Map<string, unknown[]>();
      for (const item of list(value)) {
        const name = string(lambda(key).call(item));
        groups.set(name, [...(groups.get(name) ?? []), item]);
      }
      return Object.fromEntries(groups);
    },
  },
  toobject: {
    takes: [2, 3],
    run: ([value, key, pick]) =>
      Object.fromEntries(
        list(value).map((item) => [
          string(lambda(key).call(item)),
          pick === undefined ? item : lambda(pick).call(item),
        ]),
      ),
  },
};

function lambda(value: unknown): Lambda {
  if (value instanceof Lambda) return value;
  throw new ExpressionError("expected lambda('name', …)");
}

function tryGet(holder: unknown, key: unknown): unknown {
  if (Array.isArray(holder)) return holder[integer(key)] ?? null;
  return isJson(holder) ? (fieldOf(holder, string(key))?.[1] ?? null) : null;
}

function fromEnd(value: unknown, at: unknown): unknown {
  return integer(at) < 1 ? undefined : list(value).at(-integer(at));
}

function outside(value: unknown, at: unknown): never {
  throw new ExpressionError(`there is no item ${integer(at)} from the end in an array of ${list(value).length}`);
}

function unique(values: unknown[]): unknown[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = JSON.stringify(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The later value counts; objects are merged with what they meet, arrays are not. */
function merge(left: Json, right: Json): Json {
  const merged = new Map(Object.entries(left));
  for (const [key, value] of Object.entries(right)) {
    const name = fieldOf(left, key)?.[0] ?? key;
    const before = merged.get(name);
    merged.set(name, isJson(before) && isJson(value) ? merge(before, value) : value);
  }
  return Object.fromEntries(merged);
}
