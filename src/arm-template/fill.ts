/** Filling values: expressions evaluated, placeholders replaced, `copy` loops on properties run. */
import { evaluate } from './expressions/evaluate.ts';
import type { Host } from './expressions/evaluate.ts';
import { ExpressionError, ToldAlready } from './expressions/expression-error.ts';
import { TEMPLATE_FUNCTIONS } from './expressions/functions/index.ts';
import { expressionIn, parseExpression, unescapeText } from './expressions/parse.ts';
import { checkExtent, fieldOf, isJson } from './expressions/values.ts';
import { describeValue, formatPath } from './problems.ts';
import { copiesOf } from './copies.ts';
import { fillPlaceholders } from './placeholders.ts';

import { UNFILLED } from './unfilled.ts';
import { tellError } from './world.ts';
import type { Loop, World } from './world.ts';

export interface Filling {
  host: Host;
  world: World;
  /** Whether Resource Manager evaluates every text of this file, scripts too. */
  deployment: boolean;
  within<T>(loop: Loop, work: () => T): T;
}

/** Their text is a command's: `<` and `[` are its own there. */
const SCRIPT_FIELDS = new Set(['inline', 'restartCommand', 'restartCheckCommand', 'searchCriteria', 'filters']);

/** A copy of `value` with every text in it evaluated; UNFILLED stands for what could not be, and the reason is told. */
export function fillValue(value: unknown, path: PropertyKey[], to: Filling): unknown {
  to.world.meter.count(1);
  if (typeof value === 'string') return fillText(value, path, to);
  if (Array.isArray(value)) return value.map((item, index) => fillValue(item, [...path, index], to));
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (key === 'copy' && Array.isArray(item)) {
        return item.map((loop: unknown, index) => fillCopies(loop, [...path, 'copy', index], to));
      }
      const name = fillText(key, [...path, key], to);
      return [typeof name === 'string' ? [name, fillValue(item, [...path, key], to)] : [key, UNFILLED]];
    }),
  );
}

/** An array by a `copy` loop on a property or variable, with its name. */
export function fillCopies(loop: unknown, path: PropertyKey[], to: Filling): [string, unknown] {
  try {
    const { name, count, input } = copiesOf(loop, (part, key) => fillValue(part, [...path, key], to));
    if (count === UNFILLED) return [name, UNFILLED];
    const items = Array.from({ length: count }, (_, index) =>
      to.within({ name, index }, () => fillValue(input, [...path, 'input'], to)),
    );
    return [name, items];
  } catch (error) {
    const named = isJson(loop) && typeof loop['name'] === 'string' ? loop['name'] : 'copy';
    return [named, tellError(to.world, path, error)];
  }
}

/** @throws ToldAlready where a part of the value is missing: there is no use for the rest */
export function complete(value: unknown): unknown {
  checkExtent(value);
  if (lacks(value)) throw new ToldAlready('a part of the value');
  return value;
}

function lacks(value: unknown): boolean {
  if (value === UNFILLED) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(lacks);
}

function fillText(text: string, path: PropertyKey[], to: Filling): unknown {
  const inScript = path.some((part) => SCRIPT_FIELDS.has(String(part)));
  if (inScript && !to.deployment) return replacePlaceholders(text, path, inScript, to.world);
  const expression = expressionIn(text);
  if (expression === undefined) {
    return replacePlaceholders(to.deployment ? unescapeText(text) : text, path, inScript, to.world);
  }
  try {
    const value = evaluate(parseExpression(expression), TEMPLATE_FUNCTIONS, to.host);
    return checkedValue(value);
  } catch (error) {
    return tellError(to.world, path, error, text);
  }
}

/** A lambda is a value only to the function that calls it, and nothing else is undefined. */
function checkedValue(value: unknown): unknown {
  if (value === undefined) throw new ExpressionError('the expression has no value');
  checkExtent(value);
  return value;
}

function replacePlaceholders(text: string, path: PropertyKey[], inScript: boolean, world: World): unknown {
  if (!world.placeholders) return text;
  const filled = fillPlaceholders(text, (name) => {
    const found = fieldOf(world.given, name)?.[1];
    world.asked.add(name.toLowerCase());
    if (found !== undefined) return typeof found === 'string' ? found : JSON.stringify(found);
    return /^subscription[-_]?id$/i.test(name) ? world.subscriptionId : undefined;
  });
  if (inScript || filled.missing.length === 0) return filled.text;
  for (const name of filled.missing) {
    if (world.missing.has(name.toLowerCase())) continue;
    world.missing.add(name.toLowerCase());
    const value = describeValue(text, world.secrets) ?? '';
    world.problems.push({ path: formatPath(path), message: `no value for ${name}: give --param ${name}=…`, value });
  }
  return UNFILLED;
}
