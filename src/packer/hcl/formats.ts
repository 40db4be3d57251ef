/** Go's ways to write times and patterns, which Packer's functions take. All times are UTC. */

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const two = (value: number): string => String(value).padStart(2, '0');

export function parseTimestamp(given: string): Date {
  const parsed = new Date(given);
  if (!/^\d{4}-\d\d-\d\dT/.test(given) || Number.isNaN(parsed.getTime())) {
    throw new TypeError(`expected a time such as 2026-01-02T03:04:05Z, got ${given}`);
  }
  return parsed;
}

/** HCL's formatdate. */
export function formatDate(form: string, moment: Date): string {
  const hour12 = moment.getUTCHours() % 12 || 12;
  const month = MONTHS[moment.getUTCMonth()] ?? '';
  const day = DAYS[moment.getUTCDay()] ?? '';
  const late = moment.getUTCHours() >= 12;
  const values: Record<string, string> = {
    YYYY: String(moment.getUTCFullYear()),
    YY: two(moment.getUTCFullYear() % 100),
    MMMM: month,
    MMM: month.slice(0, 3),
    MM: two(moment.getUTCMonth() + 1),
    M: String(moment.getUTCMonth() + 1),
    DD: two(moment.getUTCDate()),
    D: String(moment.getUTCDate()),
    EEEE: day,
    EEE: day.slice(0, 3),
    hh: two(moment.getUTCHours()),
    h: String(moment.getUTCHours()),
    HH: two(hour12),
    H: String(hour12),
    AA: late ? 'PM' : 'AM',
    aa: late ? 'pm' : 'am',
    mm: two(moment.getUTCMinutes()),
    m: String(moment.getUTCMinutes()),
    ss: two(moment.getUTCSeconds()),
    s: String(moment.getUTCSeconds()),
    ZZZZZ: '+00:00',
    ZZZZ: '+0000',
    ZZZ: 'UTC',
    Z: 'Z',
  };
  return form.replaceAll(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (whole: string, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    const value = values[whole];
    if (value === undefined) throw new TypeError(`${whole} is no part of a date: put it in quotes`);
    return value;
  });
}

/** Go's reference time, Mon Jan 2 15:04:05 MST 2006. Without a form: RFC 3339. */
export function toLegacyTime(form: string | undefined, now: Date): string {
  if (form === undefined || form === '') return now.toISOString().replace(/\.\d+Z$/, 'Z');
  const by = (date: string): string => formatDate(date, now);
  const parts: Record<string, string> = {
    January: 'MMMM',
    Jan: 'MMM',
    Monday: 'EEEE',
    Mon: 'EEE',
    2006: 'YYYY',
    '01': 'MM',
    '02': 'DD',
    '03': 'HH',
    '04': 'mm',
    '05': 'ss',
    '06': 'YY',
    15: 'hh',
    PM: 'AA',
    pm: 'aa',
    MST: 'ZZZ',
    'Z07:00': 'Z',
    1: 'M',
    2: 'D',
    3: 'H',
    4: 'm',
    5: 's',
  };
  return form.replaceAll(/January|Jan|Monday|Mon|2006|Z07:00|MST|PM|pm|0[1-6]|15|[1-5]/g, (part: string) =>
    by(parts[part] ?? `'${part}'`),
  );
}

export function strftime(form: string, now: Date): string {
  const parts: Record<string, string> = {
    Y: 'YYYY',
    y: 'YY',
    m: 'MM',
    d: 'DD',
    e: 'D',
    H: 'hh',
    I: 'HH',
    M: 'mm',
    S: 'ss',
    B: 'MMMM',
    b: 'MMM',
    A: 'EEEE',
    a: 'EEE',
    p: 'AA',
    Z: 'ZZZ',
    z: 'ZZZZ',
    F: 'YYYY-MM-DD',
    T: 'hh:mm:ss',
    R: 'hh:mm',
  };
  return form.replaceAll(/%([A-Za-z%])/g, (whole: string, part: string) => {
    if (part === '%') return '%';
    const date = parts[part];
    if (date === undefined) throw new TypeError(`${whole} is not known`);
    return formatDate(date, now);
  });
}

const CLASSES: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  punct: '!-\\/:-@\\[-`{-~',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
};

/** A pattern of Go's RE2. */
export function goRegExp(pattern: string, flags = ''): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const source = pattern
    .slice(inline?.[0].length ?? 0)
    .replaceAll(/\(\?P</g, '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replaceAll(/\[:(\w+):\]/g, (whole: string, name: string) => CLASSES[name] ?? whole);
  return new RegExp(source, flags + (inline?.[1] ?? ''));
}

/** `$1` and `${name}` of Go's. */
export function goReplacement(by: string): string {
  return by.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`));
}
