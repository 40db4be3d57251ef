/** A deployment's parameters: their types, limits and defaults. */
import { ExpressionError } from './expressions/expression-error.ts';
import { bracketDepth } from './expressions/json-text.ts';
import { fits, isSecure, kindOf, KINDS, misfits, resolveReference } from './parameter-types.ts';
import type { Kind, Misfit } from './parameter-types.ts';
import { describeValue, formatPath } from './problems.ts';

const MAX_DEPTH = 100;
/** Of what is wrong with one value, as much as a person reads. */
const MAX_TOLD = 10;

export interface Parameter {
  secure: boolean;
  nullable: boolean;
  declaration: Record<string, unknown>;
  /** @throws ExpressionError for a value that the declaration does not take */
  check(value: unknown): unknown;
  /** The command line gives text; the declaration says what it stands for. */
  convert(value: unknown): unknown;
}

/** `secret` is called with every text in a value that the declaration has as a secret. */
export function readParameter(
  name: string,
  declaration: unknown,
  definitions: unknown,
  secret: (text: string) => void = () => {},
): Parameter {
  const resolved = resolveReference(declaration, definitions);
  const kind = kindOf(resolved);
  if (kind === undefined) {
    const { type } = resolved;
    const written = typeof type === 'string' ? type.toLowerCase() : JSON.stringify(type ?? null);
    throw new ExpressionError(
      `the parameter ${name} has the unknown type ${written}, expected one of ${KINDS.join(', ')}`,
    );
  }
  return {
    secure: isSecure(resolved),
    nullable: resolved['nullable'] === true,
    declaration: resolved,
    check: (value) => {
      const secrets: string[] = [];
      const wrong = misfits(resolved, value, { definitions, secret: (held) => secrets.push(...textsIn(held)) });
      for (const text of secrets) secret(text);
      if (wrong.length === 0) return value;
      throw new ExpressionError(`the parameter ${name}${wrong.length === 1 ? ' ' : ': '}${told(wrong, secrets)}`);
    },
    convert: (value) => convert(name, kind, value),
  };
}

function told(wrong: Misfit[], secrets: string[]): string {
  const lines = wrong.slice(0, MAX_TOLD).map(({ at, wanted, got, hidden }) => {
    const place = at.length === 0 ? '' : `${formatPath(at)} `;
    if (wanted === undefined) return `${place}must not be there`;
    return `${place}must be ${wanted}${hidden ? '' : `, got ${describeValue(got, secrets) ?? 'nothing'}`}`;
  });
  return [...lines, ...(wrong.length > MAX_TOLD ? [`${wrong.length - MAX_TOLD} more`] : [])].join('; ');
}

/** Undefined where a person must give the value. */
export function defaultOf({ declaration, nullable }: Parameter): { value: unknown } | undefined {
  if (declaration['defaultValue'] !== undefined) return { value: declaration['defaultValue'] };
  return nullable ? { value: null } : undefined;
}

function convert(name: string, kind: Kind, value: unknown): unknown {
  if (typeof value !== 'string' || kind === 'string') {
    // A parameters file may say 5 where text is declared, as a person would.
    return kind === 'string' && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : value;
  }
  const text = kind === 'bool' ? value.toLowerCase() : value;
  if (bracketDepth(text) > MAX_DEPTH)
    throw new ExpressionError(`the value of ${name} is nested deeper than ${MAX_DEPTH} levels`);
  try {
    const parsed: unknown = JSON.parse(text);
    if (fits(kind, parsed)) return parsed;
  } catch {
    // Not JSON: told with the type that is expected.
  }
  return value;
}

/** Every text in a secret value that is long enough to be one. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 3 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
