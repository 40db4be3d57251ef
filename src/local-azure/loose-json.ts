/**
 * JSON as Resource Manager takes it where a template may be in it: with comments, keys without quotes, trailing commas and
 * texts over several lines. The Azure CLI sends templates as they are written.
 */
import JSON5 from 'json5';
import { bracketDepth, scanJson } from '../arm-template/expressions/json-text.ts';

const MAX_DEPTH = 200;
const BREAKS: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** @throws SyntaxError */
export function parseLooseJson(text: string): unknown {
  if (bracketDepth(text) > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`);
  const broken: Array<{ at: number; char: string }> = [];
  scanJson(text, true, (char, at, inText) => {
    if (inText && char in BREAKS) broken.push({ at, char });
  });
  let strict = '';
  let from = 0;
  for (const { at, char } of broken) {
    strict += text.slice(from, at) + (BREAKS[char] ?? char);
    from = at + 1;
  }
  return JSON5.parse(strict + text.slice(from));
}
