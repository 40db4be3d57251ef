/** A body against its model: what is required, read-only, unknown, of another type, or outside of a pattern or an enum. */
import type { Json } from '../../src/local-azure/core.ts';
import { READ_ONLY, REQUIRED, WRITE_ONLY, type Entry, type Model, type Property } from './models.ts';

/** `change`: a request that leaves out what stays as it is. */
export type Mode = 'request' | 'change' | 'answer';

/** Known to Resource Manager from the address; requests need not say them, and may. */
const FROM_ADDRESS = new Set(['id', 'name', 'type', 'apiVersion']);

/** Each as `properties.sku.name: …`; lists count as `[]`. */
export function checkBody({ entry, at }: Pick<Model, 'entry' | 'at'>, body: Json, mode: Mode): string[] {
  const problems: string[] = [];
  const say = (path: string, what: string): void => void problems.push(`${path || '(body)'}: ${what}`);

  function check(form: Entry, value: Json, path: string): void {
    switch (form.$type) {
      case 'AnyType':
        return;
      case 'StringType':
        return checkText(form, value, path);
      case 'IntegerType':
        if (!Number.isInteger(value)) return say(path, `${typeOf(value)} instead of a whole number`);
        if (Number(value) < (form.minValue ?? -Infinity)) return say(path, `under ${form.minValue}`);
        if (Number(value) > (form.maxValue ?? Infinity)) return say(path, `over ${form.maxValue}`);
        return;
      case 'BooleanType':
        if (typeof value !== 'boolean') say(path, `${typeOf(value)} instead of true or false`);
        return;
      case 'StringLiteralType':
        if (value !== form.value) say(path, `${shown(value)} instead of '${form.value}'`);
        return;
      case 'UnionType':
        return checkUnion(form, value, path);
      case 'ArrayType':
        if (!Array.isArray(value)) return say(path, `${typeOf(value)} instead of a list`);
        if (value.length < (form.minLength ?? 0)) say(path, `fewer than ${form.minLength}`);
        if (form.itemType !== undefined) for (const item of value) check(at(form.itemType), item, `${path}[]`);
        return;
      case 'ObjectType':
        return checkObject(form, value, path, form.properties ?? {});
      case 'DiscriminatedObjectType': {
        const { discriminator = '', elements = {}, baseProperties = {} } = form;
        const kind = isObject(value) ? value[discriminator] : undefined;
        const reference = (elements as Record<string, { $ref: string }>)[typeof kind === 'string' ? kind : ''];
        if (reference === undefined) return say(path, `${discriminator} is ${shown(kind ?? null)}`);
        const variant = at(reference);
        return checkObject(variant, value, path, { ...baseProperties, ...variant.properties });
      }
      default:
        throw new RangeError(`a form that is not known: ${form.$type}`);
    }
  }

  function checkText({ minLength = 0, maxLength = Infinity, pattern }: Entry, value: Json, path: string): void {
    if (typeof value !== 'string') return say(path, `${typeOf(value)} instead of text`);
    // A name of many parts is checked by its last, as the address has it.
    if (path === 'name') return;
    if (value.length < minLength || value.length > maxLength) say(path, `not ${minLength} to ${maxLength} long`);
    if (pattern !== undefined && !new RegExp(pattern).test(value)) say(path, `does not fit ${pattern}`);
  }

  function checkUnion(form: Entry, value: Json, path: string): void {
    const forms = (form.elements as Array<{ $ref: string }>).map(at);
    if (forms.some((one) => one.$type === 'StringLiteralType' && one.value === value)) return;
    const open = forms.find((one) => one.$type !== 'StringLiteralType');
    if (open !== undefined) return check(open, value, path);
    say(path, `${shown(value)} is none of ${forms.map((one) => one.value).join(', ')}`);
  }

  function checkObject(form: Entry, value: Json, path: string, properties: Record<string, Property>): void {
    if (!isObject(value)) return say(path, `${typeOf(value)} instead of an object`);
    const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
    for (const [key, { flags }] of Object.entries(properties)) {
      if ((flags & REQUIRED) === 0 || mode === 'change' || (value[key] ?? null) !== null) continue;
      if (mode === 'request' && ((flags & READ_ONLY) !== 0 || (path === '' && FROM_ADDRESS.has(key)))) continue;
      say(below(key), 'is required');
    }
    for (const [key, held] of Object.entries(value)) {
      const property = properties[key];
      if (property === undefined) {
        if (form.additionalProperties === undefined) say(below(key), 'is not known');
        else check(at(form.additionalProperties), held, `${path}{}`);
        continue;
      }
      // Null says that there is none.
      if (held === null) continue;
      const { type, flags } = property;
      if (mode !== 'answer' && (flags & READ_ONLY) !== 0) {
        if (path !== '' || !FROM_ADDRESS.has(key)) say(below(key), 'is read-only');
        continue;
      }
      if (mode === 'answer' && (flags & WRITE_ONLY) !== 0) say(below(key), 'is never answered');
      check(at(type), held, below(key));
    }
  }

  check(entry, body, '');
  return [...new Set(problems)];
}

const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const typeOf = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value);
const shown = (value: Json): string => JSON.stringify(value);
