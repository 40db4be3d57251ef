/**
 * Resource Manager's template expressions: `[concat(parameters('name'), '-1')]`. A string that begins with `[[` is a
 * literal `[`. Grammar: literals, calls, `.member` and `[index]` access.
 */

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

export type ExpressionFunction = (...args: unknown[]) => unknown;

/** Undefined for a string that is no expression. */
export function expressionIn(text: string): string | undefined {
  return text.startsWith('[') && !text.startsWith('[[') && text.endsWith(']') ? text.slice(1, -1) : undefined;
}

type Token = { kind: 'name' | 'string' | 'number' | 'mark'; text: string };

const TOKEN = /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*)|([()[\].,]))/y;

/** @throws ExpressionError naming what could not be read or is not known */
export function evaluate(expression: string, functions: ReadonlyMap<string, ExpressionFunction>): unknown {
  const tokens = tokenize(expression);
  let at = 0;
  const peek = (mark: string): boolean => tokens[at]?.kind === 'mark' && tokens[at]?.text === mark;
  const expect = (mark: string): void => {
    if (!peek(mark))
      throw new ExpressionError(`expected ${mark}, got ${tokens[at]?.text ?? 'the end'} in ${expression}`);
    at++;
  };

  const primary = (): unknown => {
    const token = tokens[at++];
    switch (token?.kind) {
      case 'string':
        return token.text;
      case 'number':
        return Number(token.text);
      case 'name':
        return call(token.text);
      case 'mark':
      case undefined:
        throw new ExpressionError(`expected a value, got ${token?.text ?? 'the end'} in ${expression}`);
    }
  };
  const call = (name: string): unknown => {
    const work = functions.get(name.toLowerCase());
    if (work === undefined) throw new ExpressionError(`the function ${name} is not known`);
    expect('(');
    const args: unknown[] = [];
    while (!peek(')')) {
      args.push(value());
      if (!peek(')')) expect(',');
    }
    expect(')');
    return work(...args);
  };
  const value = (): unknown => {
    let result = primary();
    for (;;) {
      if (peek('.')) {
        at++;
        result = member(result, tokens[at++]?.text ?? '');
      } else if (peek('[')) {
        at++;
        result = member(result, value());
        expect(']');
      } else return result;
    }
  };

  const result = value();
  if (at < tokens.length) throw new ExpressionError(`unexpected ${tokens[at]?.text} in ${expression}`);
  return result;
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (match === null) throw new ExpressionError(`cannot read ${JSON.stringify(expression.slice(from, from + 20))}`);
    const [, string, number, name, mark] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'mark', text: mark ?? '' });
  }
  return tokens;
}

function member(holder: unknown, key: unknown): unknown {
  if (Array.isArray(holder) && typeof key === 'number' && key < holder.length) return holder[key];
  if (typeof holder === 'object' && holder !== null && typeof key === 'string') {
    const found = Object.entries(holder).find(([name]) => name.toLowerCase() === key.toLowerCase());
    if (found !== undefined) return found[1];
  }
  throw new ExpressionError(`there is no member ${JSON.stringify(key)}`);
}
