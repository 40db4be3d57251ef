/** The values of HCL's expressions. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PackerError } from '../place.ts';
import { callFunction } from './functions.ts';
import { named, parseTemplate, placeOf } from './syntax.ts';
import type { HclExpression, Node } from './syntax.ts';
import { onlyInsertion, templateText } from './templates.ts';

/** What an expression sees: names, and what a call of a function may need of the files. */
export interface Scope {
  /** Undefined for a name that there is not. May throw what is wrong with it. */
  lookUp(name: string): unknown;
  /** The folder that paths are from. */
  folder: string;
  env: Record<string, string | undefined>;
  now: Date;
  /** Told of each call whose answer is another at another time, as in `timestamp`. */
  onMoment?: (call: string) => void;
}

/** @throws PackerError at the place within the expression that has no value */
export function evaluate({ node, file }: HclExpression, scope: Scope): unknown {
  return new Evaluation(file, scope).value(node);
}

export const within = (scope: Scope, names: object): Scope => ({
  ...scope,
  lookUp: (name) => (Object.hasOwn(names, name) ? (names as Record<string, unknown>)[name] : scope.lookUp(name)),
});

export class Evaluation {
  readonly file: string;
  readonly scope: Scope;

  constructor(file: string, scope: Scope) {
    this.file = file;
    this.scope = scope;
  }

  inner(names: Record<string, unknown>): Evaluation {
    return new Evaluation(this.file, within(this.scope, names));
  }

  fail(node: Node, message: string): never {
    throw new PackerError([{ place: placeOf(node, this.file), message }]);
  }

  value(node: Node): unknown {
    const children = named(node);
    switch (node.type) {
      case 'expression':
      case 'variable_expr':
      case 'literal_value':
      case 'template_expr':
      case 'collection_value':
      case 'operation':
      case 'for_expr':
        return this.#chain(node);
      case 'identifier':
        return this.#name(node);
      case 'numeric_lit':
        return Number(node.text);
      case 'bool_lit':
        return node.text === 'true';
      case 'null_lit':
        return null;
      case 'string_lit':
      case 'quoted_template':
      case 'heredoc_template': {
        // An insertion with nothing around it is its value and no text.
        const only = onlyInsertion(node);
        return only === undefined ? templateText(node, this) : this.value(only);
      }
      case 'tuple':
        return children.filter(({ type }) => type === 'expression').map((item) => this.value(item));
      case 'object':
        return Object.fromEntries(
          children.filter(({ type }) => type === 'object_elem').map((item) => this.#element(item)),
        );
      case 'for_tuple_expr':
      case 'for_object_expr':
        return this.#for(node);
      case 'conditional': {
        const [condition, then, otherwise] = children;
        if (condition === undefined || then === undefined || otherwise === undefined) break;
        return this.#truth(condition) ? this.value(then) : this.value(otherwise);
      }
      case 'unary_operation': {
        const value = this.#operand(children, node);
        return node.text.startsWith('!') ? !this.#truth(node, value) : -this.#number(node, value);
      }
      case 'binary_operation':
        return this.#binary(node);
      case 'function_call':
        return this.#call(node);
    }
    return this.fail(node, `cannot be evaluated: ${node.text}`);
  }

  /** A first value, and what is taken out of it. Brackets and parentheses are in the tree as nothing of their own. */
  #chain(node: Node): unknown {
    const [first, ...rest] = named(node);
    if (first === undefined) return this.fail(node, `cannot be evaluated: ${node.text}`);
    return this.#taken(this.value(first), rest, node);
  }

  #taken(value: unknown, steps: Node[], whole: Node): unknown {
    const [step, ...rest] = steps;
    if (step === undefined) return value;
    switch (step.type) {
      case 'get_attr':
        return this.#taken(this.#member(value, named(step)[0]?.text ?? '', step), rest, whole);
      case 'index': {
        const [kind] = named(step);
        const inside = kind === undefined ? undefined : named(kind)[0];
        const at = kind?.type === 'legacy_index' ? kind.text.slice(1) : inside === undefined ? '' : this.value(inside);
        return this.#taken(this.#member(value, at, step), rest, whole);
      }
      case 'splat': {
        const [kind] = named(step);
        const inner = kind === undefined ? [] : named(kind);
        const all = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
        // `.*` takes only members into each item, `[*]` all that follows it.
        const each = kind?.type === 'full_splat' ? [...inner, ...rest] : inner;
        const items = all.map((item) => this.#taken(item, each, whole));
        return kind?.type === 'full_splat' ? items : this.#taken(items, rest, whole);
      }
    }
    return this.fail(step, `cannot be evaluated: ${whole.text}`);
  }

  #member(value: unknown, key: unknown, node: Node): unknown {
    if (Array.isArray(value)) {
      const at = Number(key);
      if (Number.isInteger(at) && at >= 0 && at < value.length) return value[at] as unknown;
      return this.fail(node, `there is no item ${String(key)} among ${value.length}`);
    }
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, String(key))) {
      const found = (value as Record<string, unknown>)[String(key)];
      // A name that has to be looked for only when it is asked for.
      return typeof found === 'function' ? this.#at(node, () => (found as () => unknown)()) : found;
    }
    return this.fail(node, `there is no ${String(key)} here`);
  }

  /** What is wrong elsewhere is told there; what has no place, here. */
  #at<T>(node: Node, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof PackerError) throw error;
      return this.fail(node, error instanceof Error ? error.message : String(error));
    }
  }

  #name(node: Node): unknown {
    const found = this.#at(node, () => this.scope.lookUp(node.text));
    return found === undefined ? this.fail(node, `there is no ${node.text}`) : found;
  }

  #element(node: Node): [string, unknown] {
    const [key, value] = named(node);
    if (key === undefined || value === undefined) return this.fail(node, `cannot be evaluated: ${node.text}`);
    return [this.#key(key), this.value(value)];
  }

  /** A bare word means itself. */
  #key(node: Node): string {
    if (/^[A-Za-z_][\w-]*$/.test(node.text)) return node.text;
    return this.text(node, this.value(node));
  }

  #for(node: Node): unknown {
    const parts = named(node);
    const intro = parts.find(({ type }) => type === 'for_intro');
    const condition = parts.find(({ type }) => type === 'for_cond');
    const results = parts.filter(({ type }) => type === 'expression');
    if (intro === undefined) return this.fail(node, `cannot be evaluated: ${node.text}`);
    const [result, second] = results;
    const inners = this.rounds(intro).filter((inner) => {
      const test = condition === undefined ? undefined : named(condition)[0];
      return test === undefined || inner.#truth(test);
    });
    if (result === undefined) return this.fail(node, `cannot be evaluated: ${node.text}`);
    if (node.type === 'for_tuple_expr' || second === undefined) return inners.map((inner) => inner.value(result));
    const pairs = inners.map((inner) => [inner.text(result, inner.value(result)), inner.value(second)] as const);
    if (!parts.some(({ type }) => type === 'ellipsis')) return Object.fromEntries(pairs);
    return Object.fromEntries(
      pairs.map(([key]) => [key, pairs.filter(([other]) => other === key).map(([, value]) => value)]),
    );
  }

  /** One evaluation a round of a `for`, which sees the round's names. */
  rounds(intro: Node): Evaluation[] {
    const parts = named(intro);
    const names = parts.filter(({ type }) => type === 'identifier').map(({ text }) => text);
    const source = parts.find(({ type }) => type === 'expression');
    if (source === undefined) return this.fail(intro, `cannot be evaluated: ${intro.text}`);
    const [first = '', second] = names;
    return entriesOf(this.value(source), () => this.fail(source, 'expected a list or a map')).map(([key, value]) =>
      this.inner(second === undefined ? { [first]: value } : { [first]: key, [second]: value }),
    );
  }

  #truth(node: Node, value = this.value(node)): boolean {
    if (value === true || value === 'true') return true;
    return value === false || value === 'false' ? false : this.fail(node, `expected true or false: ${node.text}`);
  }

  #number(node: Node, value: unknown): number {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && !Number.isNaN(number) ? number : this.fail(node, 'expected a number');
  }

  /** What is taken out of an operand stands beside it in the tree. */
  #operand(parts: Node[], node: Node): unknown {
    const [first, ...rest] = parts;
    return first === undefined
      ? this.fail(node, `cannot be evaluated: ${node.text}`)
      : this.#taken(this.value(first), rest, node);
  }

  #binary(node: Node): unknown {
    const sign = node.children.find((child) => child !== null && !child.isNamed && !/[()]/.test(child.text));
    if (sign === undefined || sign === null) return this.fail(node, `cannot be evaluated: ${node.text}`);
    const operator = sign.text;
    const parts = named(node);
    const left = (): unknown =>
      this.#operand(
        parts.filter(({ endIndex }) => endIndex <= sign.startIndex),
        node,
      );
    const right = (): unknown =>
      this.#operand(
        parts.filter(({ startIndex }) => startIndex >= sign.endIndex),
        node,
      );
    switch (operator) {
      case '&&':
        return this.#truth(node, left()) && this.#truth(node, right());
      case '||':
        return this.#truth(node, left()) || this.#truth(node, right());
      case '==':
        return isEqual(left(), right());
      case '!=':
        return !isEqual(left(), right());
    }
    const [a, b] = [this.#number(node, left()), this.#number(node, right())];
    const result: Record<string, unknown> = {
      '+': a + b,
      '-': a - b,
      '*': a * b,
      '/': a / b,
      '%': a % b,
      '<': a < b,
      '>': a > b,
      '<=': a <= b,
      '>=': a >= b,
    };
    return operator in result ? result[operator] : this.fail(node, `there is no operator ${operator}`);
  }

  #call(node: Node): unknown {
    const [name, list] = named(node);
    const given = list === undefined ? [] : named(list);
    const expressions = given.filter(({ type }) => type === 'expression');
    const spread = given.some(({ type }) => type === 'ellipsis');
    // Whether an argument has a value at all is what these two ask.
    if (name?.text === 'try' || name?.text === 'can') {
      for (const expression of expressions) {
        try {
          const value = this.value(expression);
          return name.text === 'can' ? true : value;
        } catch (error) {
          if (!(error instanceof PackerError)) throw error;
        }
      }
      return name.text === 'can' ? false : this.fail(node, 'none of the arguments has a value');
    }
    const values = expressions.map((expression) => this.value(expression));
    if (name?.text === 'templatefile') return this.#at(node, () => this.#templateFile(values));
    const last = values.at(-1);
    const all = spread && Array.isArray(last) ? [...values.slice(0, -1), ...(last as unknown[])] : values;
    return this.#at(node, () => callFunction(name?.text ?? '', all, this.scope));
  }

  #templateFile([path, names = {}]: unknown[]): string {
    const file = resolve(this.scope.folder, String(path));
    // The line's end before the delimiter is none of the file's.
    return String(evaluate(parseTemplate(readFileSync(file, 'utf8'), file), within(this.scope, names as object))).slice(
      0,
      -1,
    );
  }

  /** As a template would have it. */
  text(node: Node, value: unknown): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.fail(node, 'expected a text');
  }
}

export function entriesOf(value: unknown, fail: () => never): Array<[key: string | number, value: unknown]> {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item]);
  if (typeof value === 'object' && value !== null) return Object.entries(value);
  return fail();
}

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
