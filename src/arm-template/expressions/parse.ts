/**
 * Resource Manager's template expressions, `[concat(parameters('name'), '-1')]`: literals, calls, `.member` and
 * `[index]` access, over any number of lines.
 */
import { ExpressionError } from './expression-error.ts';

export type Node =
  | { kind: 'literal'; value: string | number }
  /** `name` is in lower case, with its namespace where it has one. */
  | { kind: 'call'; name: string; written: string; args: Node[] }
  | { kind: 'access'; of: Node; key: Node };

interface Token {
  kind: 'name' | 'string' | 'number' | 'mark';
  text: string;
}

const TOKEN = /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*)|([()[\].,]))/y;
/** As Resource Manager has it. */
const MAX_LENGTH = 24_576;
const MAX_DEPTH = 100;

/**
 * The expression in a text. Undefined for a text that is none; `[[…]` stands for the text `[…]`.
 */
export function expressionIn(text: string): string | undefined {
  return text.startsWith('[') && !text.startsWith('[[') && text.endsWith(']') ? text.slice(1, -1) : undefined;
}

/** A text that is no expression, as it is meant: `[[…]` is an escaped `[…]`. */
export function unescapeText(text: string): string {
  return text.startsWith('[[') && text.endsWith(']') ? text.slice(1) : text;
}

/** @throws ExpressionError saying what could not be read */
export function parseExpression(expression: string): Node {
  if (expression.length > MAX_LENGTH) {
    throw new ExpressionError(`the expression has ${expression.length} characters, and at most ${MAX_LENGTH} may be`);
  }
  const parser = new Parser(tokenize(expression));
  return parser.whole();
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#value();
    if (this.#at < this.#tokens.length) throw new ExpressionError(`unexpected ${this.#shown()} after the expression`);
    return node;
  }

  #value(): Node {
    if (++this.#depth > MAX_DEPTH)
      throw new ExpressionError(`the expression is nested deeper than ${MAX_DEPTH} levels`);
    let node = this.#primary();
    for (;;) {
      if (this.#take('.')) {
        const token = this.#tokens[this.#at++];
        if (token?.kind !== 'name')
          throw new ExpressionError(`expected a name after ., got ${token?.text ?? 'the end'}`);
        node = { kind: 'access', of: node, key: { kind: 'literal', value: token.text } };
      } else if (this.#take('[')) {
        const key = this.#value();
        this.#expect(']');
        node = { kind: 'access', of: node, key };
      } else break;
    }
    this.#depth--;
    return node;
  }

  #primary(): Node {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'string' || token?.kind === 'number') {
      this.#at++;
      return { kind: 'literal', value: token.kind === 'number' ? Number(token.text) : token.text };
    }
    if (token?.kind !== 'name') throw new ExpressionError(`expected a value, got ${this.#shown()}`);
    this.#at++;
    let written = token.text;
    while (this.#take('.')) written += `.${this.#tokens[this.#at++]?.text ?? ''}`;
    if (!this.#take('(')) {
      throw new ExpressionError(
        `expected ( after ${written}, got ${this.#shown()}: texts are written in single quotes`,
      );
    }
    const args: Node[] = [];
    if (!this.#take(')')) {
      do args.push(this.#value());
      while (this.#take(','));
      this.#expect(')');
    }
    return { kind: 'call', name: written.toLowerCase().replace(/^sys\./, ''), written, args };
  }

  #take(mark: string): boolean {
    const token = this.#tokens[this.#at];
    const taken = token?.kind === 'mark' && token.text === mark;
    if (taken) this.#at++;
    return taken;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw new ExpressionError(`expected ${mark}, got ${this.#shown()}`);
  }

  #shown(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) return 'the end';
    return token.kind === 'string' ? `'${token.text.slice(0, 40)}'` : token.text;
  }
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  const end = expression.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (match === null) {
      throw new ExpressionError(`cannot read ${JSON.stringify(expression.slice(from, from + 20).trim())}`);
    }
    const [, string, number, name, mark] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'mark', text: mark ?? '' });
  }
  return tokens;
}
