/** zod's issues as problems: one for each field, with what stands there. */
import { z } from 'zod';
import { describeValue, formatPath } from '../../arm-template/problems.ts';
import type { TemplateProblem } from '../../arm-template/problems.ts';
import { choiceOf, unwrap } from '../schema/walk.ts';
import { isRecord } from '../schema/values.ts';
import { fieldsOf, suggestion } from './forgive.ts';
import { isUnfilledAt } from '../../arm-template/unfilled.ts';

export function describeIssues(
  schema: z.core.$ZodType,
  issues: z.core.$ZodIssue[],
  value: unknown,
  secrets: Iterable<string>,
): TemplateProblem[] {
  const problems = issues.flatMap((issue): TemplateProblem[] => {
    const { path } = issue;
    if (isUnfilledAt(value, path)) return [];
    if (issue.code === 'unrecognized_keys') {
      const shape = shapeAt(schema, value, path);
      const known = fieldsOf(shape);
      return issue.keys.map((key) => ({
        ...problem([...path, key], `this field is not known${suggestion(key, shape)}`, value, secrets),
        ...(known.length === 0 ? {} : { allowed: known.length === 1 ? known.join() : `one of ${known.join(', ')}` }),
      }));
    }
    const alternative = issue.code === 'invalid_union' ? issue.errors.find(isMeant) : undefined;
    if (alternative !== undefined) {
      const within = alternative.map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
      return describeIssues(schema, within, value, secrets);
    }
    const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
    return [problem(path, message, value, secrets)];
  });
  return unique(problems);
}

/** Whether the value is of this alternative's kind, and only something in it is wrong. */
function isMeant(issues: z.core.$ZodIssue[]): boolean {
  return !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
}

function problem(path: PropertyKey[], message: string, value: unknown, secrets: Iterable<string>): TemplateProblem {
  const got = describeValue(at(value, path), secrets);
  return { path: formatPath(path), message, ...(got === undefined ? {} : { value: got }) };
}

export function at(value: unknown, path: ReadonlyArray<PropertyKey>): unknown {
  return path.reduce<unknown>(
    (current, part) =>
      typeof current === 'object' && current !== null && Object.hasOwn(current, part)
        ? (current as Record<PropertyKey, unknown>)[part]
        : undefined,
    value,
  );
}

/** The fields that an object at `path` may have. */
function shapeAt(schema: z.core.$ZodType, value: unknown, path: PropertyKey[]): Record<string, z.core.$ZodType> {
  const inner = unwrap(schema);
  const choice = choiceOf(inner);
  const chosen =
    choice === undefined ? inner : choice.variants.get(String(isRecord(value) ? value[choice.key] : undefined));
  const [part, ...rest] = path;
  if (chosen instanceof z.ZodObject) {
    if (part === undefined) return chosen.shape;
    const field = Object.hasOwn(chosen.shape, part) ? chosen.shape[String(part)] : undefined;
    return field === undefined ? {} : shapeAt(field, at(value, [part]), rest);
  }
  if (part === undefined) return {};
  if (chosen instanceof z.ZodArray) return shapeAt(chosen.def.element, at(value, [part]), rest);
  return chosen instanceof z.ZodRecord ? shapeAt(chosen.valueType, at(value, [part]), rest) : {};
}

function unique(problems: TemplateProblem[]): TemplateProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => {
    const key = `${path}\n${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
