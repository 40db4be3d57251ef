/** Variables of an HCL template: their values from defaults, the environment, files and the command, in that order. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from './hcl/evaluate.ts';
import type { Scope } from './hcl/evaluate.ts';
import { named, parseExpression, parseHcl } from './hcl/syntax.ts';
import type { HclBlock, HclExpression, Node } from './hcl/syntax.ts';
import type { PackerOptions } from './model.ts';
import { PackerError } from './place.ts';
import type { Place } from './place.ts';
import type { Report } from './report.ts';

interface Given {
  value: () => unknown;
  place: Place;
}

/** For `var` in expressions: each is computed when it is asked for. */
type Variables = Record<string, () => unknown>;

export async function readVariables(
  blocks: HclBlock[],
  folder: string,
  options: PackerOptions,
  scope: Scope,
  report: Report,
): Promise<Variables> {
  const given = await givenValues(folder, options, scope, blocks);
  const names = new Set(blocks.map(({ labels }) => labels[0] ?? ''));
  for (const [name, { place }] of given) {
    if (!names.has(name)) report.add('needless', place, `var.${name}`, 'no variable of the template has this name');
  }
  const lookUp = Object.fromEntries(
    blocks.map((block) => {
      const [name = ''] = block.labels;
      const attribute = (wanted: string) => block.body.attributes.find((one) => one.name === wanted);
      for (const { name: other, place } of block.body.attributes) {
        if (!['default', 'type', 'description', 'sensitive'].includes(other)) {
          report.add('lost', place, `variable.${name}.${other}`, 'is not known to the import');
        }
      }
      const secret = attribute('sensitive');
      const isSecret = secret !== undefined && evaluate(secret.expression, scope) === true;
      const type = attribute('type')?.expression;
      const preset = attribute('default')?.expression;
      const compute = (): unknown => {
        if (isSecret)
          report.add('changed', block.place, `var.${name}`, 'is sensitive, and the template holds it in clear');
        return valueOf(name, block, given.get(name), preset, type, scope);
      };
      return [name, once(compute)];
    }),
  );
  for (const block of blocks) validate(block, lookUp, scope, report);
  return lookUp;
}

function valueOf(
  name: string,
  { place }: HclBlock,
  given: Given | undefined,
  preset: HclExpression | undefined,
  type: HclExpression | undefined,
  scope: Scope,
): unknown {
  if (given === undefined && preset === undefined) {
    throw new PackerError([{ place, message: `the variable ${name} has no value: give it by --var ${name}=…` }]);
  }
  const value = given === undefined ? evaluate(preset as HclExpression, scope) : given.value();
  return type === undefined ? value : converted(value, type.node, given?.place ?? place, name);
}

/** As HCL converts to a type; what cannot be is a problem of the value. */
function converted(value: unknown, type: Node, place: Place, name: string): unknown {
  const fail = (what: string): never => {
    throw new PackerError([{ place, message: `the variable ${name} is ${what}` }]);
  };
  if (value === null) return null;
  const [inner, args] = typeParts(type);
  const [of] = args;
  switch (inner) {
    case 'string':
      return typeof value === 'object' ? fail('a text') : String(value as string | number | boolean);
    case 'number': {
      const number = typeof value === 'string' && value !== '' ? Number(value) : value;
      return typeof number === 'number' && !Number.isNaN(number) ? number : fail('a number');
    }
    case 'bool':
      if (typeof value === 'boolean') return value;
      return value === 'true' ? true : value === 'false' ? false : fail('true or false');
    case 'list':
    case 'set':
      if (!Array.isArray(value)) return fail(`a ${inner}`);
      return of === undefined ? value : value.map((item) => converted(item, of, place, name));
    case 'map':
      if (typeof value !== 'object' || Array.isArray(value)) return fail('a map');
      return of === undefined
        ? value
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, converted(item, of, place, name)]));
  }
  return value;
}

/** `list(string)` is `list` and its argument. */
function typeParts(node: Node): [name: string, args: Node[]] {
  const [only] = named(node);
  if (node.type === 'expression' && only !== undefined) return typeParts(only);
  if (node.type === 'function_call') {
    const [name, args] = named(node);
    return [name?.text ?? '', args === undefined ? [] : named(args)];
  }
  return [node.text.replaceAll('"', ''), []];
}

function validate(block: HclBlock, lookUp: Record<string, () => unknown>, scope: Scope, report: Report): void {
  const [name = ''] = block.labels;
  for (const { type, body, place } of block.body.blocks) {
    if (type !== 'validation') {
      report.add('lost', place, `variable.${name}.${type}`, 'is not known to the import');
      continue;
    }
    const find = (wanted: string) => body.attributes.find((one) => one.name === wanted)?.expression;
    const [condition, message] = [find('condition'), find('error_message')];
    if (condition === undefined) continue;
    try {
      if (evaluate(condition, { ...scope, lookUp: (wanted) => (wanted === 'var' ? lookUp : undefined) }) === true)
        continue;
      report.problem(
        place,
        `the variable ${name}: ${message === undefined ? 'is not valid' : String(evaluate(message, scope))}`,
      );
    } catch (error) {
      // A variable that nothing uses needs no value.
      if (!(error instanceof PackerError)) throw error;
    }
  }
}

async function givenValues(
  folder: string,
  { vars, varFiles, env }: PackerOptions,
  scope: Scope,
  blocks: HclBlock[],
): Promise<Map<string, Given>> {
  const given = new Map<string, Given>();
  const types = new Map(
    blocks.map(({ labels, body }) => {
      const type = body.attributes.find((one) => one.name === 'type')?.expression.node;
      return [labels[0] ?? '', type === undefined ? undefined : typeParts(type)[0]] as const;
    }),
  );
  const take = async (name: string, text: string, file: string): Promise<void> => {
    const place = { file, line: 1 };
    const type = types.get(name);
    // Without a type a text is meant, as with Packer.
    if (type === undefined || type === 'string') return void given.set(name, { value: () => text, place });
    const expression = await parseExpression(text, file).catch(() => undefined);
    given.set(name, { value: () => (expression === undefined ? text : evaluate(expression, scope)), place });
  };
  for (const [key, value] of Object.entries(env)) {
    if (key.startsWith('PKR_VAR_') && value !== undefined) await take(key.slice('PKR_VAR_'.length), value, key);
  }
  const automatic = existsSync(folder)
    ? readdirSync(folder).filter((file) => /\.auto\.pkrvars\.(hcl|json)$/.test(file))
    : [];
  for (const file of [...automatic.toSorted().map((one) => join(folder, one)), ...varFiles]) {
    for (const [name, value] of await readVarFile(file, scope)) given.set(name, value);
  }
  for (const pair of vars) {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new PackerError([{ place: { file: '--var', line: 1 }, message: `expected name=value, got ${pair}` }]);
    await take(pair.slice(0, at), pair.slice(at + 1), `--var ${pair.slice(0, at)}`);
  }
  return given;
}

async function readVarFile(file: string, scope: Scope): Promise<Array<[string, Given]>> {
  const text = readText(file);
  if (file.endsWith('.json')) {
    return Object.entries(parseJson(text, file)).map(([name, value]) => [
      name,
      { value: () => value, place: { file, line: 1 } },
    ]);
  }
  const { attributes } = await parseHcl(text, file);
  return attributes.map(({ name, expression, place }) => [name, { value: () => evaluate(expression, scope), place }]);
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new PackerError([{ place: { file, line: 1 }, message }]);
  }
}

export function parseJson(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new TypeError('expected an object');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new PackerError([{ place: { file, line: 1 }, message }]);
  }
}

/** Computed once, and not within itself. */
export function once<T>(work: () => T): () => T {
  let state: { value: T } | 'busy' | undefined;
  return () => {
    if (state === 'busy') throw new TypeError('it needs itself to be computed');
    if (state !== undefined) return state.value;
    state = 'busy';
    try {
      state = { value: work() };
      return state.value;
    } catch (error) {
      state = undefined;
      throw error;
    }
  };
}
