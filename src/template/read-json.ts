/** JSON as Resource Manager takes it: with comments and trailing commas. */
import { parse, printParseErrorCode } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';
import type { TemplateProblem } from './problems.ts';

/** Resource Manager's own limit for a template. */
const MAX_BYTES = 4 * 1024 * 1024;

export function readJson(text: string): { value: unknown } | { problems: TemplateProblem[] } {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    const size = (bytes / 1024 / 1024).toFixed(1);
    return { problems: [{ path: '', message: `the file has ${size} MiB and Resource Manager takes at most 4 MiB` }] };
  }
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return { value };
  const before = text.slice(0, first.offset).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  return { problems: [{ path: '', message: `this is not JSON: ${printParseErrorCode(first.error)} at ${place}` }] };
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
