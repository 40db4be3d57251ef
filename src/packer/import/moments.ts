/**
 * Packer computes the time anew in each build; a template does by a parameter whose default is the time. Where the time
 * of the import stands in a template as one of the usual dates, such a parameter takes its place.
 */
import { formatDate } from '../hcl/formats.ts';
import type { Parameter } from './parameters.ts';

/** Longest first. HCL's format, .NET's and what the parameter is called. */
const DATES: Array<[hcl: string, dotNet: string, name: string]> = [
  ["YYYY-MM-DD'T'hh:mm:ss'Z'", 'yyyy-MM-ddTHH:mm:ssZ', 'buildTime'],
  ['YYYYMMDD-hhmmss', 'yyyyMMdd-HHmmss', 'buildStamp'],
  ['YYYYMMDDhhmmss', 'yyyyMMddHHmmss', 'buildSecond'],
  ['YYYYMMDDhhmm', 'yyyyMMddHHmm', 'buildMinute'],
  ['YYYY-MM-DD', 'yyyy-MM-dd', 'buildDate'],
  ['YYYY.MM.DD', 'yyyy.MM.dd', 'buildVersion'],
  ['YYYYMMDD', 'yyyyMMdd', 'buildDay'],
];

export interface WithMoments<T> {
  value: T;
  parameters: Record<string, Parameter>;
}

export function withMoments<T>(value: T, now: Date): WithMoments<T> {
  const parameters: Record<string, Parameter> = {};
  const texts = DATES.map(([hcl, dotNet, name]) => ({ text: formatDate(hcl, now), dotNet, name }));

  const replaced = (one: unknown): unknown => {
    if (typeof one === 'string') return inText(one);
    if (Array.isArray(one)) return one.map(replaced);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, replaced(item)]));
  };

  /** In an expression the date is within a quoted text, and the text becomes a `concat`. */
  const inText = (text: string): string => {
    if (!texts.some((date) => text.includes(date.text))) return text;
    const expression = text.startsWith('[') && !text.startsWith('[[') && text.endsWith(']');
    if (!expression) return `[${inQuoted(text.startsWith('[[') ? text.slice(1) : text)}]`;
    return text.replaceAll(/'((?:[^']|'')*)'/g, (quoted: string, inner: string) =>
      texts.some((date) => inner.includes(date.text)) ? inQuoted(inner.replaceAll("''", "'")) : quoted,
    );
  };

  const inQuoted = (text: string): string => {
    const parts = split(text).filter((part) => part !== "''");
    return parts.length === 1 ? (parts[0] ?? '') : `concat(${parts.join(', ')})`;
  };

  const split = (text: string): string[] => {
    for (const { text: date, dotNet, name } of texts) {
      const at = text.indexOf(date);
      if (at < 0) continue;
      const description = 'The time of the build, in a name.';
      parameters[name] = { type: 'string', defaultValue: `[utcNow('${dotNet}')]`, metadata: { description } };
      return [...split(text.slice(0, at)), `parameters('${name}')`, ...split(text.slice(at + date.length))];
    }
    return [`'${text.replaceAll("'", "''")}'`];
  };

  return { value: replaced(value) as T, parameters };
}

/** Whether the time of the import is still in it, in another form or to the second. */
export function holdsMoment(text: string, now: Date): boolean {
  const seconds = String(Math.floor(now.getTime() / 1000));
  const forms = [...DATES.map(([hcl]) => hcl), 'hhmmss', 'hh:mm:ss', 'hhmm'].map((form) => formatDate(form, now));
  return [seconds, ...forms].some((form) => text.includes(form));
}
