/** Dates, in UTC. */
import type { TemplateFunction } from '../evaluate.ts';
import { ExpressionError } from '../expression-error.ts';
import { integer, string } from '../values.ts';

const DEFAULT_FORMAT = 'yyyyMMddTHHmmssZ';
/** .NET's standard formats, without regard to a country. */
const ROUND_TRIP = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";
const RFC1123 = "ddd, dd MMM yyyy HH:mm:ss 'GMT'";
const STANDARD = new Map([
  ['d', 'MM/dd/yyyy'],
  ['D', 'dddd, dd MMMM yyyy'],
  ['f', 'dddd, dd MMMM yyyy HH:mm'],
  ['F', 'dddd, dd MMMM yyyy HH:mm:ss'],
  ['g', 'MM/dd/yyyy HH:mm'],
  ['G', 'MM/dd/yyyy HH:mm:ss'],
  ['m', 'MMMM dd'],
  ['M', 'MMMM dd'],
  ['o', ROUND_TRIP],
  ['O', ROUND_TRIP],
  ['r', RFC1123],
  ['R', RFC1123],
  ['s', "yyyy-MM-dd'T'HH:mm:ss"],
  ['t', 'HH:mm'],
  ['T', 'HH:mm:ss'],
  ['u', "yyyy-MM-dd HH:mm:ss'Z'"],
  ['U', 'dddd, dd MMMM yyyy HH:mm:ss'],
  ['y', 'yyyy MMMM'],
  ['Y', 'yyyy MMMM'],
]);
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

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
  const hours = Number(hour);
  const twelve = hours % 12 === 0 ? 12 : hours % 12;
  const [monthName = '', dayName = ''] = [MONTHS[date.getUTCMonth()], DAYS[date.getUTCDay()]];
  const half = hours < 12 ? 'AM' : 'PM';
  const number = (text: string, count: number): string => (count === 1 ? String(Number(text)) : text);
  return (STANDARD.get(format) ?? format).replaceAll(
    /\\(.)|'([^']*)'|"([^"]*)"|([A-Za-z%\\])\4*/g,
    (token, escaped?: string, single?: string, double?: string) => {
      const text = escaped ?? single ?? double;
      if (text !== undefined) return text;
      const count = token.length;
      switch (token.charAt(0)) {
        case 'y':
          if (count === 2 || count === 4) return year.slice(-count);
          break;
        case 'M':
          if (count <= 2) return number(month, count);
          return count === 3 ? monthName.slice(0, 3) : monthName;
        case 'd':
          if (count <= 2) return number(day, count);
          return count === 3 ? dayName.slice(0, 3) : dayName;
        case 'H':
          return number(hour, count);
        case 'h':
          return number(String(twelve).padStart(2, '0'), count);
        case 'm':
          return number(minute, count);
        case 's':
          return number(second, count);
        case 't':
          return half.slice(0, count);
        case 'f':
          if (count <= 7) return milli.padEnd(7, '0').slice(0, count);
          break;
        case 'K':
          return 'Z'.repeat(count);
        case 'z':
          return ['+0', '+00'][count - 1] ?? '+00:00';
        case 'T':
        case 'Z':
          return token;
        case '%':
          return '';
      }
      throw new ExpressionError(`the date format ${token} is not supported`);
    },
  );
}
