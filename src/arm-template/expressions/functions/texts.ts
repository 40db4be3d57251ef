/** Functions on text. Comparisons go without regard to case where Resource Manager's do. */
import { format } from '../composite-format.ts';
import type { Host, TemplateFunction } from '../evaluate.ts';
import { ExpressionError } from '../expression-error.ts';
import { guid, uniqueString } from '../unique-names.ts';
import { integer, isEqual, list, parseJson, string } from '../values.ts';

const MAX_PAD = 4096;

export const texts: Record<string, TemplateFunction> = {
  concat: {
    takes: [1, Infinity],
    run: (args) => (args.every((arg) => Array.isArray(arg)) ? args.flat() : args.map(string).join('')),
  },
  format: { takes: [1, Infinity], run: ([text, ...args]) => format(string(text), args) },
  tolower: { takes: [1, 1], run: ([text]) => string(text).toLowerCase() },
  toupper: { takes: [1, 1], run: ([text]) => string(text).toUpperCase() },
  trim: { takes: [1, 1], run: ([text]) => string(text).trim() },
  replace: {
    takes: [3, 3],
    run: ([text, from, to]) => {
      if (string(from) === '') throw new ExpressionError('expected text to replace, got an empty one');
      return string(text).replaceAll(string(from), () => string(to));
    },
  },
  split: {
    takes: [2, 2],
    run: ([text, by]) => {
      const marks = (Array.isArray(by) ? by : [by]).map(string).filter((mark) => mark !== '');
      // All at once, from the left: where several begin in one place, the first of them in the list counts.
      return marks.length === 0 ? [string(text)] : string(text).split(new RegExp(marks.map(escaped).join('|')));
    },
  },
  join: { takes: [2, 2], run: ([parts, by]) => list(parts).map(string).join(string(by)) },
  substring: {
    takes: [2, 3],
    run: ([text, start, length]) => {
      const whole = string(text);
      const from = integer(start);
      const count = length === undefined ? whole.length - from : integer(length);
      if (from < 0 || count < 0 || from + count > whole.length) {
        throw new ExpressionError(`characters ${from} to ${from + count} are not in a text of ${whole.length}`);
      }
      return whole.slice(from, from + count);
    },
  },
  startswith: { takes: [2, 2], run: ([text, start]) => lower(text).startsWith(lower(start)) },
  endswith: { takes: [2, 2], run: ([text, end]) => lower(text).endsWith(lower(end)) },
  indexof: {
    takes: [2, 2],
    run: ([text, what]) =>
      Array.isArray(text) ? text.findIndex((item) => isEqual(item, what)) : lower(text).indexOf(lower(what)),
  },
  lastindexof: {
    takes: [2, 2],
    run: ([text, what]) =>
      Array.isArray(text) ? text.findLastIndex((item) => isEqual(item, what)) : lower(text).lastIndexOf(lower(what)),
  },
  padleft: {
    takes: [2, 3],
    run: ([text, length, pad = ' ']) => {
      const wanted = integer(length);
      if (wanted > MAX_PAD || string(pad).length !== 1) {
        throw new ExpressionError(`expected a length of at most ${MAX_PAD} and one character to fill with`);
      }
      return string(text).padStart(wanted, string(pad));
    },
  },
  uniquestring: { takes: [1, Infinity], run: (args, host) => ownValue(host, 'uniqueString', uniqueString, args) },
  guid: { takes: [1, Infinity], run: (args, host) => ownValue(host, 'guid', guid, args) },
  newguid: {
    takes: [0, 0],
    run: (_args, host) => {
      if (!host.inDefault()) throw new ExpressionError('newGuid() has a value only in the default of a parameter');
      return host.newGuid();
    },
  },
  base64: { takes: [1, 1], run: ([text]) => Buffer.from(string(text)).toString('base64') },
  base64tostring: { takes: [1, 1], run: ([text]) => Buffer.from(string(text), 'base64').toString() },
  base64tojson: { takes: [1, 1], run: ([text]) => parseJson(Buffer.from(string(text), 'base64').toString()) },
  datauri: {
    takes: [1, 1],
    run: ([text]) => `data:text/plain;charset=utf8;base64,${Buffer.from(string(text)).toString('base64')}`,
  },
  datauritostring: {
    takes: [1, 1],
    run: ([uri]) => {
      const match = /^data:[^,]*?(;base64)?,(.*)$/s.exec(string(uri));
      if (match === null) throw new ExpressionError('expected a data URI');
      const [, encoded, text = ''] = match;
      return encoded === undefined ? decodeURIComponent(text) : Buffer.from(text, 'base64').toString();
    },
  },
  uri: {
    takes: [2, 2],
    run: ([base, relative]) => {
      const whole = string(base);
      if (!URL.canParse(string(relative), whole)) throw new ExpressionError('expected an address and a part of one');
      return new URL(string(relative), whole).href;
    },
  },
  uricomponent: {
    takes: [1, 1],
    run: ([text]) =>
      encodeURIComponent(string(text)).replaceAll(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
  },
  uricomponenttostring: { takes: [1, 1], run: ([text]) => decodeURIComponent(string(text)) },
  string: { takes: [1, 1], run: ([value]) => (typeof value === 'object' ? JSON.stringify(value) : string(value)) },
  json: { takes: [1, 1], run: ([text]) => parseJson(string(text)) },
};

/** The same for the same arguments, which is what such names are for; whether it is Azure's nobody has shown. */
function ownValue(host: Host, name: string, hash: (text: string) => string, args: unknown[]): string {
  host.ownValues.add(name);
  return hash(args.map(string).join('-'));
}

const lower = (value: unknown): string => string(value).toLowerCase();

/** For a regular expression that means the text itself. */
const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
