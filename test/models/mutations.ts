/** All that a model lets one do wrong in a body, one at a time. */
import type { Json, JsonObject } from '../../src/local-azure/core.ts';
import { READ_ONLY, REQUIRED, type Entry, type Model, type Property, type Reference } from './models.ts';

export interface Mutation {
  why: 'type' | 'choice' | 'range' | 'missing' | 'unknown';
  /** `properties.subnets[0].name`; of an entry of a map its key is `kiln`. */
  path: string;
  /** The valid body with this one thing wrong in it. */
  body: JsonObject;
}

type Step = string | number;

/** Told by the address, and taken for it. */
const FROM_ADDRESS = new Set(['id', 'name', 'type', 'apiVersion']);
const KEY = 'kiln';

/** @param stop at which paths, lists as `[]` and maps as `{}`, nothing below is looked at */
export function mutationsOf({ entry, at }: Model, valid: JsonObject, stop: (path: string) => boolean): Mutation[] {
  const found: Mutation[] = [];

  /** What is around the one thing: the valid body, with a variant in it where the thing is one's own. */
  let base = valid;

  function wrong(why: Mutation['why'], steps: Step[], value: Json | undefined, beside: JsonObject = {}): void {
    found.push({ why, path: shown(steps), body: changed(base, steps, value, beside) as JsonObject });
  }

  function visit(form: Entry, steps: Step[], around: Entry[]): void {
    if (stop(general(steps)) || around.includes(form)) return;
    const within = [...around, form];
    switch (form.$type) {
      case 'StringType':
        wrong('type', steps, {});
        if ((form.minLength ?? 0) > 1) wrong('range', steps, 'x'.repeat((form.minLength ?? 0) - 1));
        if (form.maxLength !== undefined) wrong('range', steps, 'x'.repeat(form.maxLength + 1));
        return;
      case 'StringLiteralType':
        return wrong('type', steps, {});
      case 'UnionType':
        wrong('type', steps, {});
        return wrong('choice', steps, 'KilnHasNone');
      case 'BooleanType':
        return wrong('type', steps, 'perhaps');
      case 'IntegerType':
        wrong('type', steps, 'few');
        if (form.minValue !== undefined) wrong('range', steps, form.minValue - 1);
        if (form.maxValue !== undefined) wrong('range', steps, form.maxValue + 1);
        return;
      case 'ArrayType':
        wrong('type', steps, 'no list');
        return visit(at(form.itemType as Reference), [...steps, 0], within);
      case 'ObjectType':
        if (steps.length > 0) wrong('type', steps, 'no object');
        if (form.additionalProperties !== undefined) visit(at(form.additionalProperties), [...steps, KEY], within);
        else if (Object.keys(form.properties ?? {}).length > 0) wrong('unknown', [...steps, 'kilnUnknown'], 1);
        return members(form.properties ?? {}, steps, within);
      case 'AnyType':
        return;
      case 'DiscriminatedObjectType':
        return variants(form, steps, within);
      default:
        throw new RangeError(`a form that is not known: ${form.$type}`);
    }
  }

  function variants(
    { discriminator = '', elements, baseProperties = {} }: Entry,
    steps: Step[],
    within: Entry[],
  ): void {
    wrong('type', steps, 'no object');
    wrong('choice', [...steps, discriminator], 'KilnHasNone');
    const outer = base;
    for (const [kind, reference] of Object.entries(elements as Record<string, Reference>)) {
      const properties = { ...baseProperties, ...at(reference).properties };
      const made = { ...needed(properties, discriminator), [discriminator]: kind };
      base = changed(outer, steps, made, {}) as JsonObject;
      wrong('unknown', [...steps, 'kilnUnknown'], 1);
      const { [discriminator]: _kind, ...others } = properties;
      members(others, steps, within);
    }
    base = outer;
  }

  function members(properties: Record<string, Property>, steps: Step[], within: Entry[]): void {
    for (const [name, { type, flags }] of Object.entries(properties)) {
      if ((flags & READ_ONLY) !== 0 || (steps.length === 0 && FROM_ADDRESS.has(name))) continue;
      const here = [...steps, name];
      if ((flags & REQUIRED) !== 0 && !stop(general(here))) wrong('missing', here, undefined, needed(properties, name));
      visit(at(type), here, within);
    }
  }

  /** What an object needs besides one of its members. */
  function needed(properties: Record<string, Property>, but: string): JsonObject {
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([name, { flags }]) => name !== but && (flags & REQUIRED) !== 0 && (flags & READ_ONLY) === 0)
        .map(([name, { type }]) => [name, sample(at(type))]),
    );
  }

  function sample(form: Entry): Json {
    if (form.$type === 'UnionType') return sample(at((form.elements as Reference[])[0] as Reference));
    if (form.$type === 'StringLiteralType') return form.value ?? '';
    if (form.$type === 'IntegerType') return form.minValue ?? 1;
    if (form.$type === 'BooleanType') return true;
    if (form.$type === 'ArrayType') return [];
    return form.$type === 'ObjectType' ? needed(form.properties ?? {}, '') : 'x';
  }

  visit(entry, [], []);
  return found;
}

const shown = (steps: Step[]): string =>
  steps
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
const general = (steps: Step[]): string => shown(steps).replaceAll('[0]', '[]').replaceAll(`.${KEY}`, '{}');

/** With one value put, or taken away; what is around it is made where it is not there. */
function changed(
  within: Json | undefined,
  [first, ...rest]: Step[],
  value: Json | undefined,
  beside: JsonObject,
): Json {
  if (first === undefined) return value ?? null;
  if (typeof first === 'number') {
    const list = Array.isArray(within) ? within : [];
    return [changed(list[0], rest, value, beside), ...list.slice(1)];
  }
  const held = typeof within === 'object' && within !== null && !Array.isArray(within) ? within : {};
  if (rest.length > 0) return { ...held, [first]: changed(held[first], rest, value, beside) };
  const { [first]: _gone, ...others } = { ...beside, ...held };
  return value === undefined ? others : { ...others, [first]: value };
}
