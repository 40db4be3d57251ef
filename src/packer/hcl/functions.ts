/** The functions that Packer's HCL has. What needs a server (Vault, Consul, AWS) or a secret key is refused by name. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { formatDate, goRegExp, goReplacement, parseTimestamp, strftime, toLegacyTime } from './formats.ts';
import type { Scope } from './evaluate.ts';

type Fn = (args: unknown[], scope: Scope) => unknown;

const text = (value: unknown, what = 'a text'): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`expected ${what}`);
};
const number = (value: unknown): number => {
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof found !== 'number' || Number.isNaN(found)) throw new TypeError('expected a number');
  return found;
};
const list = (value: unknown): unknown[] => {
  if (!Array.isArray(value)) throw new TypeError('expected a list');
  return value;
};
const map = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('expected a map');
  return value as Record<string, unknown>;
};
const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);
const distinct = (items: unknown[]): unknown[] =>
  items.filter((item, index) => items.findIndex((other) => same(other, item)) === index);
const numbers = (args: unknown[]): number[] => args.map(number);
const texts = (value: unknown): string[] => list(value).map((item) => text(item));
const digest = (algorithm: string) => (args: unknown[]) => createHash(algorithm).update(text(args[0])).digest('hex');
const flat = (items: unknown[]): unknown[] => items.flatMap((item) => (Array.isArray(item) ? flat(item) : [item]));
const at = (scope: Scope, path: unknown): string => resolve(scope.folder, text(path, 'a path'));

const strings: Record<string, Fn> = {
  chomp: ([s]) => text(s).replace(/[\r\n]+$/, ''),
  endswith: ([s, end]) => text(s).endsWith(text(end)),
  format: ([form, ...args]) => format(text(form), args),
  formatlist: ([form, ...args]) => {
    const length = Math.max(...args.filter(Array.isArray).map((arg) => (arg as unknown[]).length), 0);
    return Array.from({ length }, (_, index) =>
      format(
        text(form),
        args.map((arg) => (Array.isArray(arg) ? (arg as unknown[])[index] : arg)),
      ),
    );
  },
  indent: ([count, s]) => text(s).replaceAll('\n', `\n${' '.repeat(number(count))}`),
  join: ([separator, ...lists]) => lists.flatMap(texts).join(text(separator)),
  lower: ([s]) => text(s).toLowerCase(),
  upper: ([s]) => text(s).toUpperCase(),
  title: ([s]) =>
    text(s).replaceAll(
      /(^|[^\p{L}\p{N}'])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    ),
  regex: ([pattern, s]) => captures(goRegExp(text(pattern)).exec(text(s)) ?? noMatch(pattern)),
  regexall: ([pattern, s]) => [...text(s).matchAll(goRegExp(text(pattern), 'g'))].map(captures),
  regex_replace: ([s, pattern, by]) => text(s).replaceAll(goRegExp(text(pattern), 'g'), goReplacement(text(by))),
  replace: ([s, what, by]) => text(s).replaceAll(text(what), () => text(by)),
  split: ([separator, s]) => text(s).split(text(separator)),
  startswith: ([s, start]) => text(s).startsWith(text(start)),
  strcontains: ([s, what]) => text(s).includes(text(what)),
  strlen: ([s]) => Array.from(text(s)).length,
  strrev: ([s]) => Array.from(text(s)).toReversed().join(''),
  substr: ([s, offset, length]) => {
    const all = Array.from(text(s));
    const from = number(offset) < 0 ? all.length + number(offset) : number(offset);
    return all.slice(from, number(length) < 0 ? undefined : from + number(length)).join('');
  },
  trim: ([s, set]) => trimmed(text(s), text(set), true, true),
  trimprefix: ([s, prefix]) => (text(s).startsWith(text(prefix)) ? text(s).slice(text(prefix).length) : text(s)),
  trimspace: ([s]) => text(s).trim(),
  trimsuffix: ([s, suffix]) =>
    text(suffix) !== '' && text(s).endsWith(text(suffix)) ? text(s).slice(0, -text(suffix).length) : text(s),
};

const collections: Record<string, Fn> = {
  alltrue: ([items]) => list(items).every((item) => item === true || item === 'true'),
  anytrue: ([items]) => list(items).some((item) => item === true || item === 'true'),
  chunklist: ([items, size]) =>
    Array.from({ length: Math.ceil(list(items).length / number(size)) }, (_, index) =>
      list(items).slice(index * number(size), (index + 1) * number(size)),
    ),
  coalesce: (args) => args.find((arg) => arg !== null && arg !== '') ?? fail('all of them are empty'),
  coalescelist: (args) => args.find((arg) => list(arg).length > 0) ?? fail('all of them are empty'),
  compact: ([items]) => list(items).filter((item) => item !== '' && item !== null),
  concat: (args) => args.flatMap(list),
  contains: ([items, item]) => list(items).some((other) => same(other, item)),
  distinct: ([items]) => distinct(list(items)),
  element: ([items, index]) => list(items)[number(index) % list(items).length],
  flatten: ([items]) => flat(list(items)),
  index: ([items, item]) => {
    const found = list(items).findIndex((other) => same(other, item));
    return found < 0 ? fail('it is not in the list') : found;
  },
  keys: ([m]) => Object.keys(map(m)).toSorted(),
  length: ([value]) =>
    typeof value === 'string'
      ? Array.from(value).length
      : Array.isArray(value)
        ? value.length
        : Object.keys(map(value)).length,
  lookup: ([m, key, otherwise]) =>
    Object.hasOwn(map(m), text(key)) ? map(m)[text(key)] : (otherwise ?? fail(`there is no ${text(key)} in it`)),
  merge: (args) => Object.assign({}, ...args.filter((arg) => arg !== null).map(map)) as unknown,
  range: (args) => {
    const [a = 0, b, c] = numbers(args);
    const [start, end] = b === undefined ? [0, a] : [a, b];
    const step = c ?? (end < start ? -1 : 1);
    const length = step === 0 ? 0 : Math.min(1024, Math.max(0, Math.ceil((end - start) / step)));
    return Array.from({ length }, (_, index) => start + index * step);
  },
  reverse: ([items]) => list(items).toReversed(),
  setintersection: ([first, ...rest]) =>
    distinct(list(first)).filter((item) => rest.every((other) => list(other).some((one) => same(one, item)))),
  setproduct: (args) =>
    args.map(list).reduce<unknown[][]>((all, items) => all.flatMap((one) => items.map((item) => [...one, item])), [[]]),
  setsubtract: ([first, second]) =>
    distinct(list(first)).filter((item) => !list(second).some((one) => same(one, item))),
  setunion: (args) => distinct(args.flatMap(list)),
  slice: ([items, from, to]) => list(items).slice(number(from), number(to)),
  sort: ([items]) => texts(items).toSorted(),
  sum: ([items]) => numbers(list(items)).reduce((sum, one) => sum + one, 0),
  values: ([m]) =>
    Object.keys(map(m))
      .toSorted()
      .map((key) => map(m)[key]),
  zipmap: ([keys, values]) => Object.fromEntries(texts(keys).map((key, index) => [key, list(values)[index]])),
};

const conversions: Record<string, Fn> = {
  base64decode: ([s]) => Buffer.from(text(s), 'base64').toString('utf8'),
  base64encode: ([s]) => Buffer.from(text(s)).toString('base64'),
  convert: ([value]) => value,
  jsondecode: ([s]) => JSON.parse(text(s)) as unknown,
  jsonencode: ([value]) => JSON.stringify(sorted(value)),
  urlencode: ([s]) => encodeURIComponent(text(s)).replaceAll('%20', '+'),
  md5: digest('md5'),
  sha1: digest('sha1'),
  sha256: digest('sha256'),
  sha512: digest('sha512'),
};

const arithmetic: Record<string, Fn> = {
  abs: ([n]) => Math.abs(number(n)),
  ceil: ([n]) => Math.ceil(number(n)),
  floor: ([n]) => Math.floor(number(n)),
  log: ([n, base]) => Math.log(number(n)) / Math.log(number(base)),
  max: (args) => Math.max(...numbers(args)),
  min: (args) => Math.min(...numbers(args)),
  parseint: ([s, base]) => Number.parseInt(text(s), number(base)),
  pow: ([n, power]) => number(n) ** number(power),
  signum: ([n]) => Math.sign(number(n)),
};

const moments: Record<string, Fn> = {
  timestamp: (_, { now }) => now.toISOString().replace(/\.\d+Z$/, 'Z'),
  formatdate: ([form, moment]) => formatDate(text(form), parseTimestamp(text(moment))),
  timeadd: ([moment, duration]) => {
    const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
    const parts = [...text(duration).matchAll(/(-?[\d.]+)(ms|h|m|s)/g)];
    const sum = parts.reduce((all, [, count, unit = '']) => all + Number(count) * (units[unit] ?? 0), 0);
    return new Date(parseTimestamp(text(moment)).getTime() + sum).toISOString().replace(/\.\d+Z$/, 'Z');
  },
  isotime: ([form], { now }) => toLegacyTime(form === undefined ? undefined : text(form), now),
  legacy_isotime: ([form], { now }) => toLegacyTime(form === undefined ? undefined : text(form), now),
  legacy_strftime: ([form], { now }) => strftime(text(form), now),
  uuidv4: () => randomUUID(),
};

const files: Record<string, Fn> = {
  abspath: ([path], scope) => at(scope, path),
  basename: ([path]) => basename(text(path)),
  dirname: ([path]) => dirname(text(path)),
  env: ([name], { env }) => env[text(name)] ?? '',
  file: ([path], scope) => readFileSync(at(scope, path), 'utf8'),
  filebase64: ([path], scope) => readFileSync(at(scope, path)).toString('base64'),
  fileexists: ([path], scope) => existsSync(at(scope, path)),
  fileset: ([path, pattern], scope) => globSync(text(pattern), { cwd: at(scope, path) }).toSorted(),
  pathexpand: ([path]) => text(path).replace(/^~(?=\/|$)/, homedir()),
};

const FUNCTIONS: Record<string, Fn> = {
  ...strings,
  ...collections,
  ...conversions,
  ...arithmetic,
  ...moments,
  ...files,
};

const ELSEWHERE = new Set([
  'vault',
  'consul_key',
  'aws_secretsmanager',
  'aws_secretsmanager_raw',
  'hcp_packer_registry',
]);

/** @throws where there is no such function, or its arguments are wrong */
export function callFunction(name: string, args: unknown[], scope: Scope): unknown {
  const fn = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (fn === undefined) {
    const why = ELSEWHERE.has(name) ? 'asks a server, which an import does not' : 'is not known here';
    throw new TypeError(`the function ${name} ${why}: put its value into a variable`);
  }
  if (name in moments && name !== 'formatdate' && name !== 'timeadd') scope.onMoment?.(name);
  try {
    return fn(args, scope);
  } catch (error) {
    throw new TypeError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Maps are in the order of their keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function fail(message: string): never {
  throw new TypeError(message);
}

function noMatch(pattern: unknown): never {
  return fail(`nothing matches ${String(pattern)}`);
}

/** As HCL has it: a map of named groups, a list of groups, or the whole. */
function captures(match: RegExpExecArray | RegExpMatchArray): unknown {
  if (match.groups !== undefined) return { ...match.groups };
  return match.length === 1 ? match[0] : match.slice(1).map((group) => (group as string | undefined) ?? null);
}

function trimmed(given: string, set: string, start: boolean, end: boolean): string {
  let [from, to] = [0, given.length];
  while (start && from < to && set.includes(given.charAt(from))) from++;
  while (end && to > from && set.includes(given.charAt(to - 1))) to--;
  return given.slice(from, to);
}

/** The verbs of HCL's format: %s %q %v %d %b %o %x %X %f %e %t %%, with flags, width, precision and %[n]. */
function format(form: string, args: unknown[]): string {
  let next = 0;
  return form.replaceAll(
    /%(?:\[(\d+)\])?([-+ 0#]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g,
    (whole: string, at: string | undefined, flags: string, width = '', precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = at === undefined ? args[next++] : args[Number(at) - 1];
      const made =
        verbText(verb, value, precision === undefined ? undefined : Number(precision), flags) ??
        fail(`${whole} is not known`);
      if (flags.includes('-')) return made.padEnd(Number(width));
      return made.padStart(Number(width), flags.includes('0') && verb !== 's' ? '0' : ' ');
    },
  );
}

function verbText(verb: string, value: unknown, precision: number | undefined, flags: string): string | undefined {
  const signed = (made: string): string => (flags.includes('+') && !made.startsWith('-') ? `+${made}` : made);
  switch (verb) {
    case 's':
      return precision === undefined ? text(value) : text(value).slice(0, precision);
    case 'v':
      return typeof value === 'object' ? JSON.stringify(value) : text(value);
    case 'q':
      return JSON.stringify(text(value));
    case 't':
      return String(value);
    case 'd':
      return signed(String(Math.trunc(number(value))));
    case 'f':
      return signed(number(value).toFixed(precision ?? 6));
    case 'e':
      return number(value).toExponential(precision ?? 6);
    case 'b':
      return number(value).toString(2);
    case 'o':
      return number(value).toString(8);
    case 'x':
    case 'X': {
      const hex = typeof value === 'string' ? Buffer.from(value).toString('hex') : number(value).toString(16);
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
  }
  return undefined;
}
