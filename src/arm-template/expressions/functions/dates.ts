/** Dates, in UTC. */
import type { TemplateFunction } from '../evaluate.ts';
import { ExpressionError } from '../expression-error.ts';
import { integer, string } from '../values.ts';

const DEFAULT_FORMAT = 'yyyyMMddTHHmmssZ';
/** Of .NET's standard formats. */
const STANDARD = new Map([
  ['d', 'MM/dd/yyyy'],
  ['s', 'yyyy-MM-ddTHH:mm:ss'],
  ['u', 'yyyy-MM-dd HH:mm:ssZ'],
  ['o', 'yyyy-MM-ddTHH:mm:ss.fffffffZ'],
  ['O', 'yyyy-MM-ddTHH:mm:ss.fffffffZ'],
]);

export const dates: Record<string, TemplateFunction> = {
  utcnow: {
    takes: [0, 1],
    run: ([format = DEFAULT_FORMAT], host) => {
      if (!host.inDefault()) throw new ExpressionError('utcNow() has a value only in the default of a parameter');
      return formatDate(host.now, string(format));
    },
  },
  datetimeadd: {
    takes: [2, 3],
    run: ([base, duration, format]) => {
      const moved = addDuration(readDate(string(base)), string(duration));
      return formatDate(moved, format === undefined ? 'u' : string(format));
    },
  },
  datetimetoepoch: { takes: [1, 1], run: ([text]) => Math.trunc(readDate(string(text)).getTime() / 1000) },
  datetimefromepoch: {
    takes: [1, 1],
    run: ([seconds]) => formatDate(new Date(integer(seconds) * 1000), 'yyyy-MM-ddTHH:mm:ssZ'),
  },
};

function readDate(text: string): Date {
  const basic = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const date = new Date(basic === null ? text : `${basic.slice(1, 4).join('-')}T${basic.slice(4).join(':')}Z`);
  if (Number.isNaN(date.getTime())) throw new ExpressionError(`expected a date, got ${JSON.stringify(text)}`);
  return date;
}

/** ISO 8601, as in P1Y2M3DT4H5M6S or -PT1H. */
function addDuration(date: Date, text: string): Date {
  const match =
    /^(-?)P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$/.exec(
      text,
    );
  if (match === null || !/\d/.test(text))
    throw new ExpressionError(`expected a duration such as PT1H, got ${JSON.stringify(text)}`);
  const sign = match[1] === '-' ? -1 : 1;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(2)
    .map((part: string | undefined) => sign * Number(part ?? 0));
  const moved = new Date(date);
  // A month later than the last of January is the last of February.
  const day = moved.getUTCDate();
  moved.setUTCFullYear(moved.getUTCFullYear() + years, moved.getUTCMonth() + months);
  if (moved.getUTCDate() !== day) moved.setUTCDate(0);
  moved.setTime(moved.getTime() + (((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds) * 1000);
  return moved;
}

function formatDate(date: Date, format: string): string {
  if (Number.isNaN(date.getTime())) throw new ExpressionError('the date is out of range');
  const iso = date.toISOString();
  const parts = /^[+-]?0*(\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z$/.exec(iso);
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', milli = ''] = parts ?? [];
  const by: Record<string, string> = { y: year, M: month, d: day, H: hour, m: minute, s: second };
  return (STANDARD.get(format) ?? format).replaceAll(
    /'([^']*)'|yyyy|yy|MM?|dd?|HH?|hh?|mm?|ss?|f{1,7}|tt|[A-Za-z]/g,
    (token, quoted?: string) => {
      if (quoted !== undefined) return quoted;
      const twelve = String(Number(hour) % 12 === 0 ? 12 : Number(hour) % 12);
      if (token === 'yyyy') return year;
      if (token === 'yy') return year.slice(-2);
      if (token === 'tt') return Number(hour) < 12 ? 'AM' : 'PM';
      if (token === 'hh') return twelve.padStart(2, '0');
      if (token === 'h') return twelve;
      if (token.startsWith('f')) return milli.padEnd(7, '0').slice(0, token.length);
      const value = by[token.charAt(0)];
      if (value !== undefined && token !== 'y') return token.length === 1 ? String(Number(value)) : value;
      if (token === 'T' || token === 'Z') return token;
      throw new ExpressionError(`the date format ${token} is not supported`);
    },
  );
}
