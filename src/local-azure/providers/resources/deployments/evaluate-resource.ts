/** What the expressions of a resource or an output come to, once what they ask Azure for is known. */
import type { RunningDeployment } from '../../../../arm-template/expressions/evaluate.ts';
import { ArmError, type Json, type JsonObject } from '../../../core.ts';
import { objectOf, textOf } from '../../../json.ts';
import { DEPLOYMENT } from './bodies.ts';
import { guarded, open, type PlannedResource, type Site, within } from './template.ts';

/** An expression asks for what is not known yet. */
export class Asked extends Error {
  readonly id: string;
  /** A POST of this name; else the resource itself is asked for. */
  readonly action: string | undefined;
  readonly apiVersion: string | undefined;
  readonly body: Json | undefined;
  readonly key: string;

  constructor(id: string, what: { action?: string; apiVersion: string | undefined; body?: Json }) {
    super(`${id} is not known yet`);
    this.id = id;
    this.action = what.action;
    this.apiVersion = what.apiVersion;
    this.body = what.body;
    this.key = JSON.stringify([id.toLowerCase(), what.action, what.apiVersion, what.body]);
  }
}

/** Of the declaration; the rest is for Resource Manager and not for the provider. */
const SENT = [
  'location',
  'tags',
  'sku',
  'kind',
  'plan',
  'identity',
  'zones',
  'managedBy',
  'extendedLocation',
  'properties',
];

/** The body to put. */
export function bodyOf(
  site: Site,
  template: JsonObject,
  values: Record<string, Json>,
  { declaration, path, loops, type }: PlannedResource,
  running: RunningDeployment,
): JsonObject {
  const { world, scope } = open(site, template, values, running);
  return guarded(world, () =>
    within(scope, loops, () =>
      Object.fromEntries(
        SENT.filter((key) => declaration[key] !== undefined && declaration[key] !== null).map((key) => {
          const value = declaration[key] ?? null;
          const inner = key === 'properties' && type.toLowerCase() === DEPLOYMENT.toLowerCase();
          return [key, (inner ? nested(objectOf(value)) : scope.fill(value, [...path, key])) as Json];
        }),
      ),
    ),
  );

  /** A nested deployment with a scope of its own evaluates its template by itself. */
  function nested(properties: JsonObject): Json {
    const { template: inner, expressionEvaluationOptions, ...rest } = properties;
    const own = /^inner$/i.test(textOf(objectOf(expressionEvaluationOptions)['scope']));
    if (!own) return scope.fill(properties, [...path, 'properties']) as Json;
    return {
      ...(scope.fill(rest, [...path, 'properties']) as JsonObject),
      ...(inner === undefined ? {} : { template: inner }),
      expressionEvaluationOptions: { scope: 'Inner' },
    };
  }
}

export function outputsOf(
  site: Site,
  template: JsonObject,
  values: Record<string, Json>,
  running: RunningDeployment,
): JsonObject {
  const { world, scope } = open(site, template, values, running);
  return guarded(world, () =>
    Object.fromEntries(
      Object.entries(objectOf(template['outputs'])).flatMap(([name, declared]) => {
        const output = objectOf(declared);
        const path = ['outputs', name];
        const { condition, copy } = output;
        if (condition !== undefined && scope.fill(condition, [...path, 'condition']) === false) return [];
        const type = textOf(output['type'] ?? 'String');
        if (/^secure/i.test(type)) return [[name, { type }]];
        const value =
          copy === undefined
            ? scope.fill(output['value'] ?? null, [...path, 'value'])
            : objectOf(scope.fill({ copy: [{ ...objectOf(copy), name: 'value' }] }, path) as Json)['value'];
        if (value === undefined) throw new ArmError(400, 'InvalidTemplate', `The output '${name}' has no value.`);
        return [[name, { type: type.charAt(0).toUpperCase() + type.slice(1), value: value as Json }]];
      }),
    ),
  );
}
