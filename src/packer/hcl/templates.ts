/** Quoted texts and heredocs: what stands between `${}` and `%{}` is literal, but for escapes and what `~` takes away. */
import type { Evaluation } from './evaluate.ts';
import { fileText, named } from './syntax.ts';
import type { Node } from './syntax.ts';

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** A `~` takes blanks to the end of the line, or before it to its start, or the line's end itself. */
const BLANK_START = /^[^\S\n]*\n?/;
const BLANK_END = /(?:[^\S\n]+|[^\S\n]*\n)$/;

/** Of a string_lit, a quoted_template or a heredoc_template. */
export function templateText(node: Node, evaluation: Evaluation): string {
  const heredoc = node.type === 'heredoc_template';
  const text = fileText(node);
  const { start, end, inside } = partsOf(node, text, heredoc);
  const flush = heredoc && node.text.startsWith('<<-');
  const cuts = flush ? indentCuts(text, start, end, inside) : new Map<number, number>();
  return renderRange(text, start, end, inside, { heredoc, cuts }, evaluation);
}

type Piece = { at: number; literal: string } | { node: Node };

/** The expression of `"${…}"`. */
export function onlyInsertion(node: Node): Node | undefined {
  if (node.type !== 'quoted_template') return undefined;
  const [, insertion, end] = node.children;
  if (insertion?.type !== 'template_interpolation' || end?.type !== 'quoted_template_end') return undefined;
  return named(insertion).find(({ type }) => type === 'expression');
}

const childrenOf = (node: Node): Node[] =>
  node.children.filter((child): child is Node => child !== null && child.type !== 'template_literal');

/** The literal text is taken from the file, since the tree leaves out the blanks beside what is inserted. */
function partsOf(node: Node, text: string, heredoc: boolean): { start: number; end: number; inside: Node[] } {
  const isEdge = ({ type }: Node): boolean =>
    /^(quoted_template_start|quoted_template_end|heredoc_start|heredoc_identifier)$/.test(type);
  const children = childrenOf(node);
  const edges = children.filter(isEdge);
  const start = heredoc ? text.indexOf('\n', edges[1]?.endIndex ?? node.startIndex) + 1 : (edges[0]?.endIndex ?? 0);
  const end = heredoc ? lineStart(text, edges.at(-1)?.startIndex ?? node.endIndex) : (edges.at(-1)?.startIndex ?? 0);
  return { start, end, inside: children.filter((child) => !isEdge(child)) };
}

interface Look {
  heredoc: boolean;
  /** Of `<<-`: how many blanks are taken away where. */
  cuts: Map<number, number>;
  /** Of the whole range: what a `~` at its edges takes away. */
  trimStart?: boolean;
  trimEnd?: boolean;
}

function renderRange(
  text: string,
  start: number,
  end: number,
  inside: Node[],
  look: Look,
  evaluation: Evaluation,
): string {
  const pieces: Piece[] = [];
  let at = start;
  for (const node of inside) {
    pieces.push({ at, literal: text.slice(at, node.startIndex) }, { node });
    at = node.endIndex;
  }
  pieces.push({ at, literal: text.slice(at, end) });
  return pieces
    .map((piece, index) => {
      if ('node' in piece) return renderNode(piece.node, text, look, evaluation);
      const before = pieces[index - 1];
      const after = pieces[index + 1];
      let literal = withoutIndent(piece, look.cuts);
      if (before === undefined ? look.trimStart === true : 'node' in before && endsWithMarker(before.node)) {
        literal = literal.replace(BLANK_START, '');
      }
      if (after === undefined ? look.trimEnd === true : 'node' in after && startsWithMarker(after.node)) {
        literal = literal.replace(BLANK_END, '');
      }
      return unescaped(literal, look.heredoc);
    })
    .join('');
}

function renderNode(node: Node, text: string, look: Look, evaluation: Evaluation): string {
  if (node.type === 'template_interpolation') {
    const expression = named(node).find(({ type }) => type === 'expression');
    if (expression === undefined) return evaluation.fail(node, 'expected an expression');
    return evaluation.text(expression, evaluation.value(expression));
  }
  const [directive] = named(node);
  if (directive === undefined) return evaluation.fail(node, `cannot be evaluated: ${node.text}`);
  const parts = childrenOf(directive);
  const range = (from: Node, to: Node, inner: Evaluation): string => {
    const between = parts.filter((part) => part.startIndex >= from.endIndex && part.endIndex <= to.startIndex);
    const edges = { trimStart: endsWithMarker(from), trimEnd: startsWithMarker(to) };
    return renderRange(text, from.endIndex, to.startIndex, between, { ...look, ...edges }, inner);
  };
  const find = (type: string): Node | undefined => parts.find((part) => part.type === type);
  if (directive.type === 'template_if') {
    const [intro, otherwise, end] = [find('template_if_intro'), find('template_else_intro'), find('template_if_end')];
    const condition = intro === undefined ? undefined : named(intro).find(({ type }) => type === 'expression');
    if (intro === undefined || end === undefined || condition === undefined) {
      return evaluation.fail(node, `cannot be evaluated: ${node.text}`);
    }
    if (String(evaluation.value(condition)) === 'true') return range(intro, otherwise ?? end, evaluation);
    return otherwise === undefined ? '' : range(otherwise, end, evaluation);
  }
  const [intro, end] = [find('template_for_start'), find('template_for_end')];
  if (intro === undefined || end === undefined) return evaluation.fail(node, `cannot be evaluated: ${node.text}`);
  return evaluation
    .rounds(intro)
    .map((round) => range(intro, end, round))
    .join('');
}

const startsWithMarker = (node: Node): boolean => /^[$%]\{~/.test(node.text);
const endsWithMarker = (node: Node): boolean => node.text.endsWith('~}');

function unescaped(literal: string, heredoc: boolean): string {
  const plain = heredoc
    ? literal
    : literal.replaceAll(/\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)/g, (whole: string, what: string) =>
        /^[uU]./.test(what) ? String.fromCodePoint(Number.parseInt(what.slice(1), 16)) : (ESCAPES[what] ?? whole),
      );
  return plain.replaceAll(/([$%])\1\{/g, '$1{');
}

const lineStart = (text: string, index: number): number => text.lastIndexOf('\n', index - 1) + 1;

/**
 * Of `<<-`, as HCL does it: lines lose the blanks that all have in common, but a line that follows a line's end which a
 * `~` has taken away counts for none, and keeps its own.
 */
function indentCuts(text: string, start: number, end: number, inside: Node[]): Map<number, number> {
  const tokens = flatTokens(inside);
  const depths = new Map<number, number>();
  let at = start;
  let atLineStart = true;
  const literal = (to: number, trimmedStart: boolean, trimmedEnd: boolean): void => {
    const lines = text.slice(at, to).match(/[^\n]*\n|[^\n]+$/g) ?? [];
    lines.forEach((line, index) => {
      if (atLineStart && line.trim() + line.slice(-1) !== '\n') depths.set(at, line.length - line.trimStart().length);
      const taken = (trimmedStart && index === 0 && line.trim() === '') || (trimmedEnd && index === lines.length - 1);
      atLineStart = line.endsWith('\n') && !taken;
      at += line.length;
    });
  };
  let trimmed = false;
  for (const token of tokens) {
    literal(token.startIndex, trimmed, startsWithMarker(token));
    if (atLineStart) depths.set(token.startIndex, 0);
    atLineStart = false;
    at = token.endIndex;
    trimmed = endsWithMarker(token);
  }
  literal(end, trimmed, false);
  const least = Math.min(...depths.values());
  return new Map([...depths.keys()].map((offset) => [offset, least]));
}

/** Insertions, and of each directive its parts and what is between them. */
function flatTokens(nodes: Node[]): Node[] {
  return nodes.flatMap((node) => {
    if (node.type !== 'template_directive') return [node];
    const [directive] = named(node);
    return directive === undefined ? [] : flatTokens(childrenOf(directive));
  });
}

function withoutIndent({ at, literal }: { at: number; literal: string }, cuts: Map<number, number>): string {
  if (cuts.size === 0) return literal;
  let offset = at;
  return literal
    .split('\n')
    .map((line) => {
      const cut = cuts.get(offset) ?? 0;
      offset += line.length + 1;
      return line.slice(Math.min(cut, line.length - line.trimStart().length));
    })
    .join('\n');
}
