/** A deployment's template as it is before anything is made: parameters settled, resources listed in their order. */
import { Meter, type RunningDeployment } from '../../../../arm-template/expressions/evaluate.ts';
import { ExpressionError, TooMuchWork } from '../../../../arm-template/expressions/expression-error.ts';
import { copiesOf } from '../../../../arm-template/copies.ts';
import { defaultOf, readParameter } from '../../../../arm-template/parameters.ts';
import { formatPath } from '../../../../arm-template/problems.ts';
import { Scope } from '../../../../arm-template/scope.ts';
import { UNFILLED } from '../../../../arm-template/unfilled.ts';
import type { Loop, World } from '../../../../arm-template/world.ts';
import { ArmError, type Json, type JsonObject } from '../../../core.ts';
import { objectOf } from '../../../json.ts';
import { guidFrom } from '../../../guid.ts';
import { sameId } from '../../../resource-id.ts';

/** Where a deployment goes. */
export interface Site {
  id: string;
  name: string;
  subscriptionId: string;
  /** Its name. */
  resourceGroup: string;
  location: string;
  /** When it was asked for: `utcNow()` stays what it was. */
  began: Date;
}

export interface SettledParameter {
  name: string;
  /** As Resource Manager writes it: `String`, `SecureString`. */
  type: string;
  secure: boolean;
  value: Json;
}

/** A resource of the template, with what is known of it before anything is deployed. */
export interface PlannedResource {
  id: string;
  type: string;
  name: string;
  apiVersion: string;
  /** Where it stands in the template, and in which rounds of which loops. */
  path: PropertyKey[];
  loops: Loop[];
  declaration: JsonObject;
  /** Where it says that it goes; undefined where nothing is said, or it depends on what is not known yet. */
  location: string | undefined;
  /** Its name within the template, where resources have such. */
  symbol: string | undefined;
  /** Ids of resources of this template. */
  dependsOn: string[];
  /** Only referred to. */
  existing: boolean;
}

export interface Prepared {
  template: JsonObject;
  parameters: SettledParameter[];
  resources: PlannedResource[];
}

const PARAMETER_TYPES: Record<string, string> = {
  string: 'String',
  securestring: 'SecureString',
  int: 'Int',
  bool: 'Bool',
  object: 'Object',
  secureobject: 'SecureObject',
  array: 'Array',
};

/** `securestring` → `SecureString`; a name that is not known comes back as it is. */
export const parameterType = (type: string): string => PARAMETER_TYPES[type.toLowerCase()] ?? type;

/**
 * @param given parameter values by name
 * @throws ArmError 400 InvalidTemplate with everything that is wrong
 */
export function prepare(site: Site, template: JsonObject, given: Record<string, Json>): Prepared {
  const { world, scope } = open(site, template, given);
  const unknown = Object.keys(given).filter(
    (name) => !Object.keys(objectOf(template['parameters'])).some((one) => sameId(one, name)),
  );
  if (unknown.length > 0) {
    throw invalid(
      `The following parameters were supplied, but do not correspond to any parameters defined in the template: '${unknown.join(', ')}'.`,
    );
  }
  return guarded(world, () => {
    const parameters = Object.entries(objectOf(template['parameters'])).map(([name, declaration]): SettledParameter => {
      const parameter = readParameter(name, declaration, template['definitions']);
      const type = String(parameter.declaration['type']);
      const missing = defaultOf(parameter) === undefined && !Object.keys(given).some((one) => sameId(one, name));
      if (missing) {
        throw invalid(
          `The value for the template parameter '${name}' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details.`,
        );
      }
      const value = scope.parameter(name) as Json;
      return { name, type: parameterType(type), secure: parameter.secure, value };
    });
    const resources = listResources(site, template, scope, world);
    refuseTwice(resources);
    refuseCircles(resources);
    return { template, parameters, resources };
  });
}

/** A world to evaluate in: one for every attempt, since what an expression asked for may be there by the next. */
export function open(
  site: Site,
  template: JsonObject,
  values: Record<string, Json>,
  running?: RunningDeployment,
): { world: World; scope: Scope } {
  let guids = 0;
  const world: World = {
    subscriptionId: site.subscriptionId,
    resourceGroup: site.resourceGroup,
    location: site.location,
    deploymentName: site.name,
    now: site.began,
    // The same after a restart.
    newGuid: () => guidFrom(`${site.id} ${site.began.toISOString()} ${guids++}`),
    ...(running === undefined ? {} : { running }),
    placeholders: false,
    given: values,
    asked: new Set(),
    missing: new Set(),
    secrets: new Set(),
    ownValues: new Set(),
    problems: [],
    meter: new Meter(),
  };
  const { parameters, variables, functions, definitions } = template;
  const scope = new Scope(
    world,
    { parameters, variables, functions, definitions },
    {
      at: [],
      deployment: true,
      passed: new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), () => value])),
    },
  );
  return { world, scope };
}

/** Runs `work` and turns what it cannot evaluate into Resource Manager's refusal. */
export function guarded<T>(world: World, work: () => T): T {
  try {
    const result = work();
    const [first] = world.problems;
    if (first === undefined) return result;
  } catch (error) {
    if (error instanceof TooMuchWork) throw invalid(error.message);
    if (!(error instanceof ExpressionError)) throw error;
    if (world.problems.length === 0) throw invalid(error.message);
  }
  throw invalid(world.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; '));
}

function invalid(message: string): ArmError {
  return new ArmError(400, 'InvalidTemplate', `Deployment template validation failed: '${message}'`);
}

interface Listed extends Omit<PlannedResource, 'dependsOn'> {
  wants: string[];
  /** Its condition is false, or that of what it is part of. */
  left: boolean;
}

function listResources(site: Site, template: JsonObject, scope: Scope, world: World): PlannedResource[] {
  const { resources } = template;
  if (typeof resources !== 'object' || resources === null)
    throw invalid("Required property 'resources' not found in JSON.");
  /** What loops and symbols stand for, in lower case. */
  const groups = new Map<string, string[]>();
  const listed = list(resources, ['resources'], [], undefined).filter(({ left }) => !left);
  return listed.map(({ wants, left: _left, ...one }) => ({
    ...one,
    dependsOn: [...new Set(wants.flatMap((name) => idsFor(name, one.id)))],
  }));

  function list(declared: Json, path: PropertyKey[], around: Loop[], parent: Listed | undefined): Listed[] {
    const named: Array<[PropertyKey, Json]> = Array.isArray(declared)
      ? [...declared.entries()]
      : Object.entries(objectOf(declared));
    return named.flatMap(([key, value]) => {
      const declaration = objectOf(value);
      const at = [...path, key];
      const symbol = Array.isArray(declared) ? undefined : String(key);
      return rounds(declaration, at, around).flatMap((loops) =>
        within(scope, loops, () => {
          const one = read(declaration, at, loops, symbol, parent);
          return [one, ...list(declaration['resources'] ?? [], [...at, 'resources'], loops, one)];
        }),
      );
    });
  }

  function rounds({ copy }: JsonObject, at: PropertyKey[], around: Loop[]): Loop[][] {
    if (copy === undefined || copy === null) return [around];
    const { name, count } = copiesOf(copy, (part, key) => scope.fill(part, [...at, 'copy', key]));
    if (count === UNFILLED) return [];
    return Array.from({ length: count }, (_, index) => [{ name, index }, ...around]);
  }

  function read(
    declaration: JsonObject,
    at: PropertyKey[],
    loops: Loop[],
    symbol: string | undefined,
    parent: Listed | undefined,
  ): Listed {
    const filled = (key: string): unknown => scope.fill(declaration[key] ?? '', [...at, key]);
    const required = (key: string): string => {
      const value = filled(key);
      if (typeof value === 'string' && value !== '') return value;
      if (value !== UNFILLED) world.problems.push({ path: formatPath([...at, key]), message: `${key} is required` });
      return '';
    };
    const ownType = required('type');
    const ownName = required('name');
    const type = parent === undefined || ownType.includes('/') ? ownType : `${parent.type}/${ownType}`;
    const name = parent === undefined || ownName.includes('/') ? ownName : `${parent.name}/${ownName}`;
    const id = idOf(site, type, name, { scope: filled('scope'), group: filled('resourceGroup') });
    if (id === undefined) {
      world.problems.push({
        path: formatPath(at),
        message: `the template resource '${name}' of type '${type}' has incorrect segment lengths: a nested resource type must have the same number of segments as its resource name`,
      });
    }
    const wanted = declaration['condition'] === undefined || filled('condition') !== false;
    const dependsOn = filled('dependsOn');
    const wants = Array.isArray(dependsOn) ? dependsOn.filter((want) => typeof want === 'string') : [];
    for (const group of [...loops.map((loop) => loop.name), ...(symbol === undefined ? [] : [symbol])]) {
      groups.set(group.toLowerCase(), [...(groups.get(group.toLowerCase()) ?? []), id ?? '']);
    }
    return {
      id: id ?? '',
      type,
      name,
      apiVersion: required('apiVersion'),
      path: at,
      loops,
      declaration,
      location: locationOf(declaration, at),
      symbol,
      wants: parent === undefined ? wants : [...wants, parent.id],
      left: !wanted || parent?.left === true,
      existing: declaration['existing'] === true,
    };
  }

  /** What a location comes to before anything is there; expressions that ask for more are left for later. */
  function locationOf(declaration: JsonObject, at: PropertyKey[]): string | undefined {
    const problems = world.problems.length;
    try {
      const value = scope.fill(declaration['location'] ?? '', [...at, 'location']);
      return typeof value === 'string' && value !== '' ? value : undefined;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return undefined;
    } finally {
      world.problems.splice(problems);
    }
  }

  /** `dependsOn` says an id, a type with a name, a name alone, a loop or a symbol. What is not deployed is not waited for. */
  function idsFor(want: string, own: string): string[] {
    const group = groups.get(want.toLowerCase());
    const byId = listed.filter((one) => sameId(one.id, want) || sameId(typedName(one), want));
    const byName = byId.length > 0 ? byId : listed.filter((one) => sameId(one.name, want));
    const ids = group ?? byName.map(({ id }) => id);
    return ids.filter((id) => id !== own && listed.some((one) => one.id === id));
  }
}

/** Runs `work` in the rounds of its loops, the innermost first. */
export function within<T>(scope: Scope, loops: Loop[], work: () => T): T {
  return loops.reduce<() => T>((run, loop) => () => scope.within(loop, run), work)();
}

/** `Microsoft.Network/virtualNetworks/net`, as `dependsOn` and `reference` may say it. */
export function typedName({ type, name }: { type: string; name: string }): string {
  const [namespace = '', ...types] = type.split('/');
  const names = name.split('/');
  return [namespace, ...types.map((one, at) => `${one}/${names[at] ?? ''}`)].join('/');
}

/** Undefined where type and name do not fit each other. */
function idOf(site: Site, type: string, name: string, at: { scope: unknown; group: unknown }): string | undefined {
  if (type.split('/').length - 1 !== name.split('/').length || type.split('/').length < 2) return undefined;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const group = text(at.group) === '' ? site.resourceGroup : text(at.group);
  const holder = `/subscriptions/${site.subscriptionId}/resourceGroups/${group}`;
  // A scope is a resource's id, or `type/name` of one beside.
  const given = text(at.scope);
  const scope = given === '' ? holder : given.startsWith('/') ? given : `${holder}/providers/${given}`;
  return `${scope}/providers/${typedName({ type, name })}`;
}

function refuseTwice(resources: PlannedResource[]): void {
  const seen = new Set<string>();
  for (const { id, type, name } of resources) {
    if (seen.has(id.toLowerCase())) {
      throw invalid(
        `The resource '${typedName({ type, name })}' at line '1' and column '1' is defined multiple times in a template. Please see https://aka.ms/arm-syntax-resources for usage details.`,
      );
    }
    seen.add(id.toLowerCase());
  }
}

function refuseCircles(resources: PlannedResource[]): void {
  const done = new Set<string>();
  let left = resources;
  while (left.length > 0) {
    const ready = left.filter(({ dependsOn }) => dependsOn.every((id) => done.has(id)));
    if (ready.length === 0) {
      const names = left.map((one) => `'${typedName(one)}'`).join(', ');
      throw invalid(
        `Circular dependency detected on resource: ${names}. Please see https://aka.ms/arm-syntax-resources for usage details.`,
      );
    }
    for (const { id } of ready) done.add(id);
    left = left.filter((one) => !ready.includes(one));
  }
}
