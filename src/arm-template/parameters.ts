/** A deployment's parameters: their types, limits and defaults. */
import { ExpressionError } from './expressions/expression-error.ts';
import { bracketDepth } from './expressions/json-text.ts';
import { fieldOf, isEqual, isJson } from './expressions/values.ts';

const KINDS = ['string', 'int', 'bool', 'object', 'array'] as const;
type Kind = (typeof KINDS)[number];

const MAX_DEPTH = 100;

export interface Parameter {
  secure: boolean;
  nullable: boolean;
  declaration: Record<string, unknown>;
  /** @throws ExpressionError for a value that the declaration does not take */
  check(value: unknown): unknown;
  /** The command line gives text; the declaration says what it stands for. */
  convert(value: unknown): unknown;
}

export function readParameter(name: string, declaration: unknown, definitions: unknown): Parameter {
  const resolved = resolveReference(isJson(declaration) ? declaration : {}, definitions);
  const { type } = resolved;
  const written = typeof type === 'string' ? type.toLowerCase() : JSON.stringify(type ?? null);
  const kind = KINDS.find((known) => known === written.replace(/^secure/, ''));
  if (kind === undefined) {
    throw new ExpressionError(
      `the parameter ${name} has the unknown type ${written}, expected one of ${KINDS.join(', ')}`,
    );
  }
  const nullable = resolved['nullable'] === true;
  return {
    secure: written.startsWith('secure'),
    nullable,
    declaration: resolved,
    check: (value) => (nullable && value === null ? null : checked(name, kind, resolved, value)),
    convert: (value) => convert(name, kind, value),
  };
}

/** Undefined where a person must give the value. */
export function defaultOf({ declaration, nullable }: Parameter): { value: unknown } | undefined {
  if (declaration['defaultValue'] !== undefined) return { value: declaration['defaultValue'] };
  return nullable ? { value: null } : undefined;
}

/** Bicep names types: `{ "$ref": "#/definitions/size" }`; what stands beside the reference counts too. */
function resolveReference(declaration: Record<string, unknown>, definitions: unknown): Record<string, unknown> {
  let resolved = declaration;
  for (let step = 0; step < 10; step++) {
    const { $ref, ...own } = resolved;
    if (typeof $ref !== 'string' || !isJson(definitions)) return resolved;
    const found = fieldOf(definitions, $ref.replace(/^#\/definitions\//, ''))?.[1];
    if (!isJson(found)) return own;
    resolved = { ...found, ...own };
  }
  return resolved;
}

function fits(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return Number.isInteger(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJson(value);
  }
}

function checked(name: string, kind: Kind, declaration: Record<string, unknown>, value: unknown): unknown {
  const secure = String(declaration['type']).toLowerCase().startsWith('secure');
  const refuse = (wanted: string): never => {
    const got = secure ? '' : `, got ${JSON.stringify(value) ?? 'nothing'}`;
    throw new ExpressionError(`the parameter ${name} must be ${wanted}${got}`);
  };
  if (!fits(kind, value)) return refuse(`of type ${kind}`);
  const { allowedValues, minLength, maxLength, minValue, maxValue } = declaration;
  if (Array.isArray(allowedValues)) {
    // For an array, each item is one of them.
    const items: unknown[] = Array.isArray(value) ? value : [value];
    const allowed = (one: unknown): boolean => allowedValues.some((known) => isEqual(known, one));
    if (!items.every(allowed) && !allowed(value)) return refuse(`one of ${JSON.stringify(allowedValues)}`);
  }
  if (typeof value === 'string' || Array.isArray(value)) {
    const unit = typeof value === 'string' ? 'characters' : 'items';
    if (typeof minLength === 'number' && value.length < minLength) return refuse(`of at least ${minLength} ${unit}`);
    if (typeof maxLength === 'number' && value.length > maxLength) return refuse(`of at most ${maxLength} ${unit}`);
  }
  if (typeof value === 'number') {
    if (typeof minValue === 'number' && value < minValue) return refuse(`at least ${minValue}`);
    if (typeof maxValue === 'number' && value > maxValue) return refuse(`at most ${maxValue}`);
  }
  return value;
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
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 3 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
