/** HCL in JSON's syntax (`*.pkr.json`): objects for blocks, a level for each label; texts are templates. */
import { getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { PackerError } from '../place.ts';
import { parseHcl } from './syntax.ts';
import type { HclAttribute, HclBlock, HclBody } from './syntax.ts';

/** How many labels a block has. What is not named is an attribute, from which nested blocks are read too. */
const LABELS: Record<string, number> = {
  packer: 0,
  variable: 1,
  variables: 0,
  locals: 0,
  local: 1,
  source: 2,
  data: 2,
  build: 0,
};
const IN_BUILD: Record<string, number> = {
  source: 1,
  provisioner: 1,
  'post-processor': 1,
  'error-cleanup-provisioner': 1,
};
const IN_VARIABLE: Record<string, number> = { validation: 0 };
const INSIDE: Record<string, Record<string, number>> = { build: IN_BUILD, variable: IN_VARIABLE };

export async function parseHclJson(text: string, file: string): Promise<HclBody> {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  if (errors.length > 0 || root === undefined) {
    throw new PackerError(
      errors.map(({ error, offset }) => ({
        place: { file, line: lineAt(offset) },
        message: printParseErrorCode(error),
      })),
    );
  }

  const bodyOf = async (node: Node, known: Record<string, number>): Promise<HclBody> => {
    const attributes: HclAttribute[] = [];
    const blocks: HclBlock[] = [];
    for (const { key, value } of membersOf(node)) {
      if (key.startsWith('//')) continue;
      const labels = Object.hasOwn(known, key) ? known[key] : undefined;
      if (labels !== undefined) blocks.push(...(await blocksOf(key, value, labels, [])));
      else attributes.push(await attributeOf(key, value));
    }
    return { attributes, blocks };
  };

  /** A list holds several blocks, at any level. */
  const blocksOf = async (type: string, node: Node, depth: number, labels: string[]): Promise<HclBlock[]> => {
    const made: HclBlock[] = [];
    for (const one of node.type === 'array' ? (node.children ?? []) : [node]) {
      if (depth === 0) {
        const body = await bodyOf(one, INSIDE[type] ?? {});
        made.push({ type, labels, place: { file, line: lineAt(one.offset) }, body });
      } else
        for (const { key, value } of membersOf(one))
          made.push(...(await blocksOf(type, value, depth - 1, [...labels, key])));
    }
    return made;
  };

  /** JSON is an expression of HCL's; on its own line, so that what is wrong with it has its place. */
  const attributeOf = async (name: string, value: Node): Promise<HclAttribute> => {
    const line = lineAt(value.offset);
    const [attribute] = (await parseHcl(`${'\n'.repeat(line - 1)}value = ${JSON.stringify(getNodeValue(value))}`, file))
      .attributes;
    if (attribute === undefined) throw new PackerError([{ place: { file, line }, message: `${name} cannot be read` }]);
    return { name, place: { file, line }, expression: attribute.expression };
  };

  return bodyOf(root, LABELS);
}

function membersOf(node: Node): Array<{ key: string; value: Node }> {
  return (node.type === 'object' ? (node.children ?? []) : []).flatMap(({ children: [key, value] = [] }) =>
    key === undefined || value === undefined ? [] : [{ key: String(getNodeValue(key)), value }],
  );
}
