/** Fills a template's values: expressions evaluated, `<placeholders>` replaced; what is not given is listed in one go. */
import { evaluate, ExpressionError, expressionIn } from './expression.ts';
import { templateFunctions } from './functions.ts';
import { formatPath } from './problems.ts';
import type { TemplateProblem } from './problems.ts';
import { isObject } from './read-json.ts';

export interface Values {
  subscriptionId: string;
  resourceGroup: string;
  location: string | undefined;
  /** Whether the file is a deployment template, whose every string Resource Manager evaluates. */
  deployment: boolean;
  /** As given by a person: by name, possibly all text. */
  given: Record<string, unknown>;
}

const PLACEHOLDER = /<([A-Za-z][\w-]*)>/g;
const PARAMETER_TYPES = ['string', 'int', 'bool', 'object', 'array', 'securestring', 'secureobject'];

/** A copy of `template` (a resource, or a part of a deployment template) with every value filled. */
export function resolveValues(
  resource: unknown,
  declared: { parameters: unknown; variables: unknown },
  values: Values,
  problems: TemplateProblem[],
): unknown {
  const parameters = isObject(declared.parameters) ? declared.parameters : {};
  const variables = isObject(declared.variables) ? declared.variables : {};
  const unfilled = new Set<string>();
  const evaluating = new Set<string>();

  const functions = templateFunctions({
    ...values,
    parameter(name) {
      const declaration = find(parameters, name);
      if (declaration === undefined) throw new ExpressionError(`the parameter ${name} is not declared`);
      return guarded(`parameter ${name}`, () => parameterValue(name, declaration));
    },
    variable(name) {
      const variable = find(variables, name);
      if (variable === undefined) throw new ExpressionError(`the variable ${name} is not declared`);
      return guarded(`variable ${name}`, () => fill(variable, ['variables', name]));
    },
  });

  const guarded = (what: string, work: () => unknown): unknown => {
    if (evaluating.has(what)) throw new ExpressionError(`the ${what} depends on itself`);
    evaluating.add(what);
    try {
      return work();
    } finally {
      evaluating.delete(what);
    }
  };

  const parameterValue = (name: string, declaration: unknown): unknown => {
    const { type, defaultValue, allowedValues } = isObject(declaration) ? declaration : {};
    const kind = typeof type === 'string' ? type.toLowerCase() : 'string';
    if (!PARAMETER_TYPES.includes(kind))
      throw new ExpressionError(`the parameter ${name} has the unknown type ${String(type)}`);
    const given = find(values.given, name);
    if (given === undefined && defaultValue === undefined) {
      unfilled.add(name);
      return `<${name}>`;
    }
    const value =
      given === undefined ? fill(defaultValue, ['parameters', name, 'defaultValue']) : convert(name, kind, given);
    if (Array.isArray(allowedValues) && !allowedValues.includes(value)) {
      throw new ExpressionError(
        `the parameter ${name} must be one of ${JSON.stringify(allowedValues)}, got ${JSON.stringify(value)}`,
      );
    }
    return value;
  };

  const fillText = (text: string, path: PropertyKey[]): unknown => {
    // A script's lines are shell: `[ -e x ]` is an expression only to a deployment, and `<h1>` no placeholder at all.
    const inScript = path.includes('inline');
    const expression = inScript && !values.deployment ? undefined : expressionIn(text);
    if (expression !== undefined) {
      try {
        return evaluate(expression, functions);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        problems.push({ path: formatPath(path), message: error.message });
        return text;
      }
    }
    const plain = text.startsWith('[[') ? text.slice(1) : text;
    return plain.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
      const given =
        find(values.given, name) ?? (name.toLowerCase() === 'subscriptionid' ? values.subscriptionId : undefined);
      if (given === undefined && !inScript) unfilled.add(name);
      return given === undefined ? placeholder : typeof given === 'string' ? given : JSON.stringify(given);
    });
  };

  const fill = (value: unknown, path: PropertyKey[]): unknown => {
    if (typeof value === 'string') return fillText(value, path);
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [String(fillText(key, [...path, key])), fill(item, [...path, key])]),
    );
  };

  const filled = fill(resource, []);
  for (const name of unfilled) {
    problems.push({ path: '', message: `no value for ${name}: give --param ${name}=…` });
  }
  return filled;
}

function find(holder: Record<string, unknown>, name: string): unknown {
  return Object.entries(holder).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** The command line gives text; the declaration says what it stands for. */
function convert(name: string, type: string, value: unknown): unknown {
  if (typeof value !== 'string' || type.endsWith('string')) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    const fits =
      type === 'int'
        ? Number.isInteger(parsed)
        : type === 'bool'
          ? typeof parsed === 'boolean'
          : type === 'array'
            ? Array.isArray(parsed)
            : isObject(parsed);
    if (fits) return parsed;
  } catch {
    // Not JSON: said below.
  }
  throw new ExpressionError(`the parameter ${name} is declared ${type}, got ${JSON.stringify(value)}`);
}
