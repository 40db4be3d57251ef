/**
 * Types of a deployment's parameters, in all their parts: a template has kinds and limits, and one that Bicep made may say
 * what an object or array holds (language version 2.0).
 */
import { fieldOf, isEqual, isJson } from './expressions/values.ts';
import type { Json } from './expressions/values.ts';

export const KINDS = ['string', 'int', 'bool', 'object', 'array'] as const;
export type Kind = (typeof KINDS)[number];

export interface Misfit {
  at: PropertyKey[];
  /** As in `of type int`; undefined where nothing may be. */
  wanted: string | undefined;
  got: unknown;
  /** What stands there is in a secret. */
  hidden: boolean;
}

/** Of types within types, and of references; no template that a person wrote has as many. */
const MAX_DEPTH = 100;
const MAX_REFERENCES = 10;

/** Undefined for a type that says nothing of the kind. */
export function kindOf({ type }: Json): Kind | undefined {
  const written = typeof type === 'string' ? type.toLowerCase().replace(/^secure/, '') : undefined;
  return KINDS.find((known) => known === written);
}

export const isSecure = ({ type }: Json): boolean => typeof type === 'string' && /^secure/i.test(type);

/** `{ "$ref": "#/definitions/size" }` by what it names; what stands beside the reference counts too. */
export function resolveReference(declaration: unknown, definitions: unknown): Json {
  let resolved = isJson(declaration) ? declaration : {};
  for (let step = 0; step < MAX_REFERENCES; step++) {
    const { $ref, ...own } = resolved;
    if (typeof $ref !== 'string' || !isJson(definitions)) return resolved;
    const found = fieldOf(definitions, $ref.replace(/^#\/definitions\//, ''))?.[1];
    if (!isJson(found)) return own;
    resolved = { ...found, ...own };
  }
  return resolved;
}

export function fits(kind: Kind, value: unknown): boolean {
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

export interface Types {
  definitions: unknown;
  /** Called with every value that is secret by its type. */
  secret: (value: unknown) => void;
}

/** Everything in a value that its type does not take. */
export function misfits(
  type: unknown,
  value: unknown,
  types: Types,
  at: PropertyKey[] = [],
  inSecret = false,
): Misfit[] {
  if (at.length > MAX_DEPTH) return [];
  const resolved = resolveReference(type, types.definitions);
  if (resolved['nullable'] === true && (value === null || value === undefined)) return [];
  const hidden = inSecret || isSecure(resolved);
  if (hidden) types.secret(value);
  const kind = kindOf(resolved);
  const limit = kind === undefined || fits(kind, value) ? overLimit(resolved, value) : `of type ${kind}`;
  if (limit !== undefined) return [{ at, wanted: limit, got: value, hidden }];
  const part: Part = (key, wanted, got) => ({ at: [...at, key], wanted, got, hidden });
  const within: Within = (key, inner, held) => misfits(inner, held, types, [...at, key], hidden);
  if (Array.isArray(value)) {
    const count = itemCount(resolved, value);
    return count === undefined ? inArray(resolved, value, within) : [{ at, wanted: count, got: value, hidden }];
  }
  if (!isJson(value)) return [];
  const { discriminator } = resolved;
  if (!isJson(discriminator) || !isJson(discriminator['mapping'])) return inObject(resolved, value, part, within);
  const { mapping } = discriminator;
  const key = String(discriminator['propertyName']);
  const told = fieldOf(value, key)?.[1];
  if (typeof told !== 'string' || !Object.hasOwn(mapping, told)) return [part(key, oneOf(Object.keys(mapping)), told)];
  return inObject(resolveReference(mapping[told], types.definitions), value, part, within);
}

type Part = (key: PropertyKey, wanted: string | undefined, got: unknown) => Misfit;
type Within = (key: PropertyKey, type: unknown, value: unknown) => Misfit[];

const oneOf = (values: unknown[]): string => `one of ${JSON.stringify(values)}`;

function overLimit(type: Json, value: unknown): string | undefined {
  const { allowedValues, minLength, maxLength, minValue, maxValue } = type;
  if (Array.isArray(allowedValues)) {
    // For an array, each item is one of them.
    const items: unknown[] = Array.isArray(value) ? value : [value];
    const allowed = (one: unknown): boolean => allowedValues.some((known) => isEqual(known, one));
    if (!items.every(allowed) && !allowed(value)) return oneOf(allowedValues);
  }
  if (typeof value === 'string' || Array.isArray(value)) {
    const unit = typeof value === 'string' ? 'characters' : 'items';
    if (typeof minLength === 'number' && value.length < minLength) return `of at least ${minLength} ${unit}`;
    if (typeof maxLength === 'number' && value.length > maxLength) return `of at most ${maxLength} ${unit}`;
  }
  if (typeof value === 'number') {
    if (typeof minValue === 'number' && value < minValue) return `at least ${minValue}`;
    if (typeof maxValue === 'number' && value > maxValue) return `at most ${maxValue}`;
  }
  return undefined;
}

/** A list of types for the first items is how many there must be, and `items: false` how many there may be. */
function itemCount({ prefixItems, items }: Json, value: unknown[]): string | undefined {
  const first = Array.isArray(prefixItems) ? prefixItems.length : 0;
  if (value.length < first) return `of at least ${first} items`;
  return items === false && value.length > first ? `of at most ${first} items` : undefined;
}

function inArray({ prefixItems, items }: Json, value: unknown[], within: Within): Misfit[] {
  const first: unknown[] = Array.isArray(prefixItems) ? prefixItems : [];
  return value.flatMap((item, index) => {
    const type = index < first.length ? first[index] : items;
    return isJson(type) ? within(index, type, item) : [];
  });
}

function inObject({ properties, additionalProperties }: Json, value: Json, part: Part, within: Within): Misfit[] {
  const known = isJson(properties) ? Object.entries(properties) : [];
  const named = new Set(known.map(([name]) => name.toLowerCase()));
  const more = Object.entries(value).filter(([name]) => !named.has(name.toLowerCase()));
  return [
    ...known.flatMap(([name, type]) => within(name, type, fieldOf(value, name)?.[1])),
    ...more.flatMap(([name, held]) => {
      if (additionalProperties === false) return [part(name, undefined, held)];
      return isJson(additionalProperties) ? within(name, additionalProperties, held) : [];
    }),
  ];
}
