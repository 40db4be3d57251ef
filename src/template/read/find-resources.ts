/** The image templates of a deployment, those in nested deployments too; what else is there is named and left. */
import type { PlanWarning } from '../build-plan.ts';
import { describeValue, formatPath } from '../../arm-template/problems.ts';
import { copiesOf } from '../../arm-template/copies.ts';
import { isImageTemplate } from './read-template.ts';
import { isJson } from '../../arm-template/expressions/values.ts';
import { asksVault, ExpressionError } from '../../arm-template/expressions/expression-error.ts';
import { Scope } from '../../arm-template/scope.ts';
import type { Declarations } from '../../arm-template/scope.ts';
import { UNFILLED } from '../../arm-template/unfilled.ts';
import { tellError } from '../../arm-template/world.ts';
import type { Loop, Passed, World } from '../../arm-template/world.ts';

export interface Found {
  resource: Record<string, unknown>;
  /** Where it stands in the file. */
  path: PropertyKey[];
  scope: Scope;
  loop: Loop | undefined;
  /** Whether it is the file itself, as a request to Azure has it. */
  bare: boolean;
}

export function findResources(file: Record<string, unknown>, world: World, warnings: PlanWarning[]): Found[] {
  return inDeployment(file, new Scope(world, declarationsOf(file), { at: [], deployment: true }), [], warnings);
}

function declarationsOf(template: Record<string, unknown>): Declarations {
  const { parameters, variables, functions, definitions } = template;
  return { parameters, variables, functions, definitions };
}

function inDeployment(
  template: Record<string, unknown>,
  scope: Scope,
  at: PropertyKey[],
  warnings: PlanWarning[],
): Found[] {
  const { resources } = template;
  if (!Array.isArray(resources) && !isJson(resources)) {
    scope.world.problems.push({
      path: formatPath([...at, 'resources']),
      message: 'expected an array of resources, or an object of them by name',
      ...valueOf(resources),
    });
    return [];
  }
  const named: Array<[PropertyKey, unknown]> = Array.isArray(resources)
    ? [...resources.entries()]
    : Object.entries(resources);
  return named.flatMap(([key, resource]) => {
    const path = [...at, 'resources', key];
    if (isJson(resource)) return fromResource(resource, scope, path, warnings);
    scope.world.problems.push({ path: formatPath(path), message: 'expected a resource', ...valueOf(resource) });
    return [];
  });
}

const valueOf = (value: unknown): { value?: string } => {
  const shown = describeValue(value);
  return shown === undefined ? {} : { value: shown };
};

function fromResource(
  resource: Record<string, unknown>,
  scope: Scope,
  path: PropertyKey[],
  warnings: PlanWarning[],
): Found[] {
  const { problems } = scope.world;
  const leave = (message: string): Found[] => {
    warnings.push({ path: formatPath(path), message });
    return [];
  };
  const type = scope.fill(resource['type'], [...path, 'type']);
  if (type === UNFILLED) return [];
  if (typeof type !== 'string') {
    const what = type === undefined ? 'is required: expected a resource type' : 'expected a resource type';
    problems.push({ path: formatPath([...path, 'type']), message: what, ...valueOf(type) });
    return [];
  }
  const deployment = type.toLowerCase() === 'microsoft.resources/deployments';
  const nested = deployment ? nestedTemplate(resource) : undefined;
  if (!isImageTemplate(type) && nested === undefined) {
    return leave(deployment ? LINKED : `${type} is no image template and is left alone`);
  }
  // Nothing of it has a value before it is known to be needed.
  if (nested !== undefined && !mayHoldImageTemplate(nested)) {
    return leave('this deployment has no image template in it and is left alone');
  }
  if (resource['existing'] === true) return leave(`${type} is only referred to and is left alone`);

  return loopsOf(resource, scope, path).flatMap((loop) =>
    scope.within(loop, () => {
      const wanted = conditionOf(resource, scope, path);
      if (!wanted) return leave('its condition is false, so it is not built');
      return nested === undefined
        ? [{ resource, path, scope, loop, bare: false }]
        : inNested(resource, nested, scope, path, warnings);
    }),
  );
}

/** True also where the reason that it is not known is among the problems: what else is wrong is told with it. */
function conditionOf({ condition }: Record<string, unknown>, scope: Scope, path: PropertyKey[]): boolean {
  if (condition === undefined) return true;
  const at = [...path, 'condition'];
  const value = scope.fill(condition, at);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  if (value !== UNFILLED) {
    scope.world.problems.push({ path: formatPath(at), message: 'expected true or false', ...valueOf(value) });
  }
  return true;
}

/** One round for a resource without a loop. */
function loopsOf({ copy }: Record<string, unknown>, scope: Scope, path: PropertyKey[]): Array<Loop | undefined> {
  if (copy === undefined) return [undefined];
  const at = [...path, 'copy'];
  try {
    const { name, count } = copiesOf(copy, (part, key) => scope.fill(part, [...at, key]));
    if (count === UNFILLED) return [{ name, index: 0 }];
    return Array.from({ length: count }, (_, index) => ({ name, index }));
  } catch (error) {
    tellError(scope.world, at, error);
    return [];
  }
}

function nestedTemplate({ properties }: Record<string, unknown>): Record<string, unknown> | undefined {
  const template = isJson(properties) ? properties['template'] : undefined;
  return isJson(template) && template['resources'] !== undefined ? template : undefined;
}

const LINKED = 'the template of this deployment is elsewhere, and is not read: give it by itself';

/** Whether it is worth reading: a type that is an expression may be any. */
function mayHoldImageTemplate({ resources }: Record<string, unknown>): boolean {
  const all: unknown[] = isJson(resources) ? Object.values(resources) : Array.isArray(resources) ? resources : [];
  return all.some((resource) => {
    // What is wrong here is told when it is read.
    if (!isJson(resource)) return true;
    const { type } = resource;
    const nested = nestedTemplate(resource);
    if (nested !== undefined && mayHoldImageTemplate(nested)) return true;
    return typeof type !== 'string' || type.startsWith('[') || isImageTemplate(type);
  });
}

function passedTo(parameters: unknown, outer: Scope, path: PropertyKey[]): Passed {
  const given = isJson(parameters) ? Object.entries(parameters) : [];
  return new Map(
    given.map(([name, held]): [string, () => unknown] => {
      const key = name.toLowerCase();
      if (!isJson(held)) return [key, () => undefined];
      if (!('reference' in held)) return [key, outer.later(held['value'], [...path, name, 'value'])];
      const error = new ExpressionError(asksVault('give the value as a parameter'));
      return [key, () => tellError(outer.world, [...path, name, 'reference'], error)];
    }),
  );
}

/** Bicep's modules are nested deployments with a scope of their own; without one they see the outer declarations. */
function inNested(
  resource: Record<string, unknown>,
  template: Record<string, unknown>,
  outer: Scope,
  path: PropertyKey[],
  warnings: PlanWarning[],
): Found[] {
  const properties = isJson(resource['properties']) ? resource['properties'] : {};
  const at = [...path, 'properties', 'template'];
  const text = (key: string): string | undefined => {
    const value = resource[key] === undefined ? undefined : outer.fill(resource[key], [...path, key]);
    return typeof value === 'string' ? value : undefined;
  };
  const options = properties['expressionEvaluationOptions'];
  const inner = isJson(options) && String(options['scope']).toLowerCase() === 'inner';
  const passed: Passed = inner
    ? passedTo(properties['parameters'], outer, [...path, 'properties', 'parameters'])
    : new Map();
  const world: World = {
    ...outer.world,
    subscriptionId: text('subscriptionId') ?? outer.subscriptionId,
    resourceGroup: text('resourceGroup') ?? outer.resourceGroup,
    deploymentName: text('name') ?? outer.deploymentName,
  };
  const scope = inner
    ? new Scope(world, declarationsOf(template), { at, deployment: true, passed })
    : outer.forNested(world);
  return inDeployment(template, scope, at, warnings);
}
