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
  const parts = piecesOf(node, text, heredoc);
  const flush = heredoc && /^<<-/.test(node.text);
  return parts(flush ? indentation(node, text) : 0).render(evaluation);
}

interface Pieces {
  render(evaluation: Evaluation): string;
}

type Piece = { literal: string } | { node: Node };

/** The literal text is taken from the file, since the tree leaves out the blanks beside what is inserted. */
function piecesOf(node: Node, text: string, heredoc: boolean): (indent: number) => Pieces {
  const children = node.children.filter((child): child is Node => child !== null);
  const isEdge = ({ type }: Node): boolean =>
    /^(quoted_template_start|quoted_template_end|heredoc_start|heredoc_identifier)$/.test(type);
  const edges = children.filter(isEdge);
  const start = heredoc ? text.indexOf('\n', edges[1]?.endIndex ?? node.startIndex) + 1 : (edges[0]?.endIndex ?? 0);
  const end = heredoc ? lineStart(text, edges.at(-1)?.startIndex ?? node.endIndex) : (edges.at(-1)?.startIndex ?? 0);
  const inside = children.filter((child) => !isEdge(child) && child.type !== 'template_literal');
  return (indent) => ({
    render: (evaluation) => renderRange(text, start, end, inside, { heredoc, indent }, evaluation),
  });
}

interface Look {
  heredoc: boolean;
  indent: number;
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
    pieces.push({ literal: text.slice(at, node.startIndex) }, { node });
    at = node.endIndex;
  }
  pieces.push({ literal: text.slice(at, end) });
  let atLineStart = look.heredoc;
  return pieces
    .map((piece, index) => {
      if ('node' in piece) {
        atLineStart = false;
        return renderNode(piece.node, text, look, evaluation);
      }
      const before = pieces[index - 1];
      const after = pieces[index + 1];
      let literal = look.indent > 0 ? unindented(piece.literal, look.indent, atLineStart) : piece.literal;
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
  const parts = directive.children.filter(
    (child): child is Node => child !== null && child.type !== 'template_literal',
  );
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
const endsWithMarker = (node: Node): boolean => /~\}$/.test(node.text);

function unescaped(literal: string, heredoc: boolean): string {
  const plain = heredoc
    ? literal
    : literal.replaceAll(/\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)/g, (whole: string, what: string) =>
        /^[uU]./.test(what) ? String.fromCodePoint(Number.parseInt(what.slice(1), 16)) : (ESCAPES[what] ?? whole),
      );
  return plain.replaceAll(/([$%])\1\{/g, '$1{');
}

const lineStart = (text: string, index: number): number => text.lastIndexOf('\n', index - 1) + 1;

/** Of `<<-`: what all lines that are not blank are indented by. */
function indentation(node: Node, text: string): number {
  const start = text.indexOf('\n', node.startIndex) + 1;
  const lines = text.slice(start, lineStart(text, node.endIndex)).split('\n');
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  return depths.length === 0 ? 0 : Math.min(...depths);
}

function unindented(literal: string, indent: number, first: boolean): string {
  return literal
    .split('\n')
    .map((line, index) => {
      if (index === 0 && !first) return line;
      const blank = line.length - line.trimStart().length;
      return line.slice(Math.min(indent, blank));
    })
    .join('\n');
}
