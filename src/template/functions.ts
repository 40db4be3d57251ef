/**
 * The template functions that image templates use. `uniqueString` and `guid` answer the same for the same input, but
 * not what Azure would answer: its algorithm is not published.
 */
import { createHash } from 'node:crypto';
import { ExpressionError } from './expression.ts';
import type { ExpressionFunction } from './expression.ts';

export interface Scope {
  subscriptionId: string;
  resourceGroup: string;
  location: string | undefined;
  parameter(name: string): unknown;
  variable(name: string): unknown;
}

export function templateFunctions(scope: Scope): ReadonlyMap<string, ExpressionFunction> {
  const groupId = `/subscriptions/${scope.subscriptionId}/resourceGroups/${scope.resourceGroup}`;
  const functions: Record<string, ExpressionFunction> = {
    parameters: (name) => scope.parameter(string(name)),
    variables: (name) => scope.variable(string(name)),
    subscription: () => ({ subscriptionId: scope.subscriptionId, id: `/subscriptions/${scope.subscriptionId}` }),
    resourcegroup: () => ({
      name: scope.resourceGroup,
      id: groupId,
      ...(scope.location === undefined ? {} : { location: scope.location }),
    }),
    resourceid: (...args) => resourceId(scope, args.map(string)),
    subscriptionresourceid: (...args) => {
      const [type = '', ...names] = args.map(string);
      return `/subscriptions/${scope.subscriptionId}/providers/${path(type, names)}`;
    },
    reference: () => {
      throw new ExpressionError(
        'reference() asks Azure for a deployed resource, which planning does not do: give the value as a parameter',
      );
    },
    concat: (...args) => (args.every(Array.isArray) ? args.flat() : args.map(string).join('')),
    format: (text, ...args) => string(text).replaceAll(/\{(\d+)\}/g, (_, index: string) => string(args[Number(index)])),
    tolower: (text) => string(text).toLowerCase(),
    toupper: (text) => string(text).toUpperCase(),
    trim: (text) => string(text).trim(),
    replace: (text, from, to) => string(text).replaceAll(string(from), string(to)),
    split: (text, by) => string(text).split(string(by)),
    join: (parts, by) => list(parts).map(string).join(string(by)),
    substring: (text, start, length) =>
      string(text).slice(Number(start), length === undefined ? undefined : Number(start) + Number(length)),
    startswith: (text, start) => string(text).toLowerCase().startsWith(string(start).toLowerCase()),
    endswith: (text, end) => string(text).toLowerCase().endsWith(string(end).toLowerCase()),
    union: (...args) =>
      args.every(Array.isArray) ? [...new Set(args.flat())] : (Object.assign({}, ...args) as unknown),
    createarray: (...args) => args,
    createobject: (...args) =>
      Object.fromEntries(
        Array.from({ length: args.length / 2 }, (_, index) => [string(args[index * 2]), args[index * 2 + 1]]),
      ),
    array: (value) => (Array.isArray(value) ? value : [value]),
    first: (value) => (typeof value === 'string' ? value.slice(0, 1) : list(value)[0]),
    last: (value) => (typeof value === 'string' ? value.slice(-1) : list(value).at(-1)),
    length: (value) =>
      typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(Object(value)).length,
    empty: (value) =>
      value === null ||
      value === undefined ||
      value === '' ||
      (typeof value === 'object' && Object.keys(value).length === 0),
    contains: (holder, what) =>
      typeof holder === 'string'
        ? holder.includes(string(what))
        : Array.isArray(holder)
          ? holder.includes(what)
          : string(what) in Object(holder),
    equals: (left, right) => JSON.stringify(left) === JSON.stringify(right),
    and: (...args) => args.every((value) => value === true),
    or: (...args) => args.includes(true),
    not: (value) => value !== true,
    if: (condition, yes, no) => (condition === true ? yes : no),
    coalesce: (...args) => args.find((value) => value !== null && value !== undefined) ?? null,
    string: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
    int: (value) => integer(value),
    bool: (value) => value === true || string(value).toLowerCase() === 'true',
    json: (text) => JSON.parse(string(text)) as unknown,
    base64: (text) => Buffer.from(string(text)).toString('base64'),
    true: () => true,
    false: () => false,
    null: () => null,
    uniquestring: (...args) => digest(args.map(string)).slice(0, 13),
    guid: (...args) => digest(args.map(string)).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-a$4-$5'),
  };
  return new Map(Object.entries(functions));
}

/** `resourceId([subscriptionId], [group], type, name, …)`; the type is the first argument with a slash. */
function resourceId(scope: Scope, args: string[]): string {
  const at = args.findIndex((arg) => arg.includes('/'));
  if (at < 0) throw new ExpressionError('resourceId() needs a resource type such as Microsoft.Compute/images');
  const [type = '', ...names] = args.slice(at);
  const group = at > 0 ? args[at - 1] : scope.resourceGroup;
  const subscription = at > 1 ? args[at - 2] : scope.subscriptionId;
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/${path(type, names)}`;
}

function path(type: string, names: string[]): string {
  const [namespace = '', ...types] = type.split('/');
  if (types.length !== names.length) {
    throw new ExpressionError(`${type} needs ${types.length} names, got ${names.length}`);
  }
  return [namespace, ...types.map((segment, index) => `${segment}/${names[index]}`)].join('/');
}

function string(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ExpressionError(`expected text, got ${JSON.stringify(value) ?? 'nothing'}`);
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new ExpressionError(`expected an array, got ${JSON.stringify(value) ?? 'nothing'}`);
  return value;
}

function integer(value: unknown): number {
  const number = Number(value);
  if (!Number.isInteger(number)) throw new ExpressionError(`expected a whole number, got ${JSON.stringify(value)}`);
  return number;
}

const digest = (parts: string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
