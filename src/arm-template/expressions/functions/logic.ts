/** Comparing, deciding and counting. `if`, `and`, `or` and `coalesce` are with the evaluation: they are lazy. */
import type { Host, TemplateFunction } from '../evaluate.ts';
import { ExpressionError } from '../expression-error.ts';
import { boolean, integer, isEqual, list, string } from '../values.ts';

export const logic: Record<string, TemplateFunction> = {
  not: { takes: [1, 1], run: ([value]) => !boolean(value) },
  true: { takes: [0, 0], run: () => true },
  false: { takes: [0, 0], run: () => false },
  null: { takes: [0, 0], run: () => null },
  equals: { takes: [2, 2], run: ([left, right]) => isEqual(left, right) },
  less: { takes: [2, 2], run: ([left, right]) => compare(left, right) < 0 },
  lessorequals: { takes: [2, 2], run: ([left, right]) => compare(left, right) <= 0 },
  greater: { takes: [2, 2], run: ([left, right]) => compare(left, right) > 0 },
  greaterorequals: { takes: [2, 2], run: ([left, right]) => compare(left, right) >= 0 },
  bool: { takes: [1, 1], run: ([value]) => toBoolean(value) },
  int: { takes: [1, 1], run: ([value]) => (typeof value === 'number' ? Math.trunc(value) : integer(value)) },
  float: {
    takes: [1, 1],
    run: ([value]) => {
      const number = Number(string(value));
      if (!Number.isFinite(number)) throw new ExpressionError(`expected a number, got ${JSON.stringify(value)}`);
      return number;
    },
  },
  add: { takes: [2, 2], run: ([left, right]) => integer(integer(left) + integer(right)) },
  sub: { takes: [2, 2], run: ([left, right]) => integer(integer(left) - integer(right)) },
  mul: { takes: [2, 2], run: ([left, right]) => integer(integer(left) * integer(right)) },
  div: { takes: [2, 2], run: ([left, right]) => Math.trunc(integer(left) / divisor(right)) },
  mod: { takes: [2, 2], run: ([left, right]) => integer(left) % divisor(right) },
  min: { takes: [1, Infinity], run: (args) => numbers(args).reduce((left, right) => Math.min(left, right)) },
  max: { takes: [1, Infinity], run: (args) => numbers(args).reduce((left, right) => Math.max(left, right)) },
  fail: {
    takes: [1, 1],
    run: ([message]) => {
      throw new ExpressionError(`the template itself refuses: ${string(message)}`);
    },
  },
  copyindex: { takes: [0, 2], run: (args, host) => copyIndex(args, host) },
};

function compare(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  throw new ExpressionError('expected two numbers or two texts to compare');
}

function toBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  const text = string(value).toLowerCase();
  if (['true', 'false', '1', '0'].includes(text)) return text === 'true' || text === '1';
  throw new ExpressionError(`expected true or false, got ${JSON.stringify(value)}`);
}

function divisor(value: unknown): number {
  const number = integer(value);
  if (number === 0) throw new ExpressionError('a number is divided by 0');
  return number;
}

function numbers(args: unknown[]): number[] {
  const [first] = args;
  const all = args.length === 1 && Array.isArray(first) ? list(first) : args;
  if (all.length === 0) throw new ExpressionError('expected at least one number');
  return all.map(integer);
}

/** `copyIndex()`, `copyIndex(offset)`, `copyIndex('loop')` or `copyIndex('loop', offset)`. */
function copyIndex([first, second]: unknown[], host: Host): number {
  const [name, offset] = typeof first === 'string' ? [first, second] : [undefined, first];
  return host.copyIndex(name) + (offset === undefined ? 0 : integer(offset));
}
