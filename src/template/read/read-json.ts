/** JSON as Resource Manager takes it: with comments, trailing commas, and texts over several lines. */
import { parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { bracketDepth, scanJson } from '../../arm-template/expressions/json-text.ts';
import type { TemplateProblem } from '../../arm-template/problems.ts';

/** Resource Manager's own limit for a template. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_DEPTH = 100;
/** How the first statement of a Bicep file begins. */
const BICEP =
  /^\s*(targetScope\s*=|param\s+\w+\s+\w|var\s+\w+\s*=|(resource|module)\s+\w+\s+'|metadata\s+\w+\s*=|using\s+'|type\s+\w+\s*=|import\s)/;
/** Where Unicode keeps places for private use: they stand for control characters while the text is parsed. */
const PRIVATE_FROM = 0xe000;
const PRIVATE_TO = 0xf8ff;
const CONTROLS = 0x20;

export function readJson(given: string): { value: unknown } | { problems: TemplateProblem[] } {
  const text = given.startsWith('\uFEFF') ? given.slice(1) : given;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    const size = (bytes / 1024 / 1024).toFixed(1);
    return refuse(`the file has ${size} MiB and Resource Manager takes at most 4 MiB`);
  }
  if (bracketDepth(text) > MAX_DEPTH) return refuse(`the file is nested deeper than ${MAX_DEPTH} levels`);
  const errors: ParseError[] = [];
  const plain = parse(text, errors);
  if (plain !== undefined) return { value: plain.value };
  const folded = foldControls(text);
  const again =
    folded === undefined || bracketDepth(folded.text) > MAX_DEPTH ? undefined : parse(folded.text, [], folded.base);
  if (again !== undefined) return { value: again.value };
  if (isBicep(text)) return refuse('this is Bicep: bicep build makes the JSON that is read here');
  const [first] = errors;
  if (first === undefined) return refuse('the file is empty: expected a template');
  const before = text.slice(0, first.offset).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const there = /^[^\n\r]{1,40}/.exec(text.slice(first.offset))?.[0].trim() ?? '';
  return refuse(`this is not JSON: ${printParseErrorCode(first.error)} at ${place}${there === '' ? '' : `: ${there}`}`);
}

/** Its first statement comes behind comments and decorators. */
function isBicep(text: string): boolean {
  const first = text.split('\n').find((line) => !/^\s*(\/\/|@|$)/.test(line));
  return first !== undefined && BICEP.test(first);
}

function refuse(message: string): { problems: TemplateProblem[] } {
  return { problems: [{ path: '', message }] };
}

function parse(text: string, errors: ParseError[], base?: number): { value: unknown } | undefined {
  const root = parseTree(text, errors, { allowTrailingComma: true });
  return root === undefined || errors.length > 0 ? undefined : { value: valueOf(root, base) };
}

/** Own fields only, whatever they are called: a template may have a tag `__proto__`. */
function valueOf(node: Node, base: number | undefined): unknown {
  switch (node.type) {
    case 'object':
      return Object.fromEntries(
        (node.children ?? []).flatMap(({ children = [] }) => {
          const [key, value] = children;
          return key === undefined || value === undefined ? [] : [[String(valueOf(key, base)), valueOf(value, base)]];
        }),
      );
    case 'array':
      return (node.children ?? []).map((child) => valueOf(child, base));
    case 'string':
      return base === undefined ? (node.value as unknown) : unfoldControls(String(node.value), base);
    case 'property':
    case 'number':
    case 'boolean':
    case 'null':
      return node.value as unknown;
  }
}

/** Line breaks and tabs inside texts, which JSON does not have, as private characters that the file has not. */
function foldControls(text: string): { text: string; base: number } | undefined {
  const base = freeBase(text);
  if (base === undefined) return undefined;
  const chars = text.split('');
  scanJson(text, true, (char, at, inText) => {
    const code = char.charCodeAt(0);
    if (inText && code < CONTROLS) chars[at] = String.fromCharCode(base + code);
  });
  return { text: chars.join(''), base };
}

function unfoldControls(text: string, base: number): string {
  const last = base + CONTROLS - 1;
  return text.replaceAll(/[\ue000-\uf8ff]/g, (mark) => {
    const code = mark.charCodeAt(0);
    return code >= base && code <= last ? String.fromCharCode(code - base) : mark;
  });
}

function freeBase(text: string): number | undefined {
  for (let base = PRIVATE_FROM; base + CONTROLS - 1 <= PRIVATE_TO; base += CONTROLS) {
    const used = new RegExp(`[\\u${base.toString(16)}-\\u${(base + CONTROLS - 1).toString(16)}]`);
    if (!used.test(text)) return base;
  }
  return undefined;
}
