/** HCL's syntax by its grammar for tree-sitter: blocks and attributes, each with its place; expressions as the tree has them. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Language, Parser } from 'web-tree-sitter';
import type { Node } from 'web-tree-sitter';
import { PackerError } from '../place.ts';
import type { Place, Problem } from '../place.ts';

export type { Node } from 'web-tree-sitter';

export interface HclAttribute {
  name: string;
  place: Place;
  expression: HclExpression;
}

export interface HclBlock {
  type: string;
  labels: string[];
  place: Place;
  body: HclBody;
}

export interface HclBody {
  attributes: HclAttribute[];
  blocks: HclBlock[];
}

/** A part of the tree with the text that it is of. */
export interface HclExpression {
  node: Node;
  file: string;
}

/** A node's own text begins after the blanks that its file begins with. */
const texts = new WeakMap<object, string>();
/** What the indexes of a node count in. */
export const fileText = (node: Node): string => texts.get(node.tree) ?? '';

let parser: Promise<Parser> | undefined;
let loaded: Parser | undefined;

async function loadParser(): Promise<Parser> {
  await Parser.init();
  const { resolve } = createRequire(import.meta.url);
  const made = new Parser();
  made.setLanguage(await Language.load(resolve('@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-hcl.wasm')));
  loaded = made;
  return made;
}

/** @throws PackerError with every place where the syntax is wrong */
export async function parseHcl(text: string, file: string): Promise<HclBody> {
  parser ??= loadParser();
  return parseWith(await parser, text, file);
}

/** The text of a file that is a template by itself. Some file has been parsed before. */
export function parseTemplate(text: string, file: string): HclExpression {
  if (loaded === undefined) throw new TypeError('the grammar of HCL is not loaded');
  const end = `end-${createHash('sha256').update(text).digest('hex')}`;
  const [attribute] = parseWith(loaded, `value = <<${end}\n${text}\n${end}`, file).attributes;
  if (attribute === undefined) throw new PackerError([{ place: { file, line: 1 }, message: 'is no template' }]);
  return attribute.expression;
}

function parseWith(by: Parser, text: string, file: string): HclBody {
  // The grammar wants a line's end after the last line.
  const tree = by.parse(`${text}\n`);
  const root = tree?.rootNode;
  if (tree !== null) texts.set(tree, `${text}\n`);
  if (root === undefined) throw new PackerError([{ place: { file, line: 1 }, message: 'could not be parsed' }]);
  if (root.hasError) throw new PackerError(errorsIn(root, file));
  const body = root.namedChildren.find((child) => child?.type === 'body');
  return body === undefined || body === null ? { attributes: [], blocks: [] } : bodyOf(body, file);
}

/** An expression by itself, as a variable's value on the command line is one. */
export async function parseExpression(text: string, file: string): Promise<HclExpression> {
  const { attributes } = await parseHcl(`value = ${text}`, file);
  const [attribute] = attributes;
  if (attribute === undefined) throw new PackerError([{ place: { file, line: 1 }, message: `no expression: ${text}` }]);
  return attribute.expression;
}

function errorsIn(node: Node, file: string): Problem[] {
  if (node.isError || node.isMissing) {
    const near = (node.text.trim().split('\n')[0] ?? '').slice(0, 40);
    const what = node.isMissing ? `expected ${node.type}` : `cannot be read${near === '' ? '' : `: ${near}`}`;
    return [{ place: placeOf(node, file), message: what }];
  }
  return node.children.flatMap((child) => (child !== null && child.hasError ? errorsIn(child, file) : []));
}

export function placeOf(node: Node, file: string): Place {
  return { file, line: node.startPosition.row + 1 };
}

function bodyOf(node: Node, file: string): HclBody {
  const attributes: HclAttribute[] = [];
  const blocks: HclBlock[] = [];
  for (const child of named(node)) {
    const place = placeOf(child, file);
    if (child.type === 'attribute') {
      const [name, value] = named(child);
      if (name !== undefined && value !== undefined) {
        attributes.push({ name: name.text, place, expression: { node: value, file } });
      }
    } else if (child.type === 'block') {
      const [type, ...rest] = named(child);
      const inner = rest.find((part) => part.type === 'body');
      const labels = rest.filter((part) => part.type === 'string_lit' || part.type === 'identifier').map(labelOf);
      const body = inner === undefined ? { attributes: [], blocks: [] } : bodyOf(inner, file);
      blocks.push({ type: type?.text ?? '', labels, place, body });
    }
  }
  return { attributes, blocks };
}

const labelOf = (node: Node): string => (node.type === 'identifier' ? node.text : node.text.slice(1, -1));

export const named = (node: Node): Node[] =>
  node.namedChildren.filter((child): child is Node => child !== null && child.type !== 'comment');
