/**
 * One deployment's world: its parameters, variables, functions and loops, and the filling of its values. What cannot be
 * had is told once, where it fails first, and becomes UNFILLED wherever it was wanted.
 */
import type { Host, Meter, RunningDeployment } from './expressions/evaluate.ts';
import { ExpressionError, ToldAlready } from './expressions/expression-error.ts';
import { checkExtent, fieldOf, isJson } from './expressions/values.ts';
import { complete, fillCopies, fillValue } from './fill.ts';
import type { Filling } from './fill.ts';
import { defaultOf, readParameter } from './parameters.ts';
import type { Parameter } from './parameters.ts';
import { tellError } from './world.ts';
import type { Loop, Passed, World } from './world.ts';

export interface Declarations {
  parameters: unknown;
  variables: unknown;
  functions: unknown;
  definitions: unknown;
}

type Known = { value: unknown } | 'failed' | 'in work';

export class Scope implements Host {
  readonly world: World;
  readonly #declared: Declarations;
  /** Where the declarations stand in the file. */
  readonly #at: PropertyKey[];
  readonly #passed: Passed | undefined;
  readonly #filling: Filling;
  readonly #known = new Map<string, Known>();
  #loops: Loop[] = [];
  #arguments: Map<string, unknown> | undefined;
  #defaults = false;

  constructor(
    world: World,
    declared: Declarations,
    options: { at: PropertyKey[]; deployment: boolean; passed?: Passed },
  ) {
    this.world = world;
    this.#declared = declared;
    this.#at = options.at;
    const { deployment } = options;
    this.#filling = { host: this, world, deployment, within: (loop, work) => this.within(loop, work) };
    this.#passed = options.passed;
  }

  get subscriptionId(): string {
    return this.world.subscriptionId;
  }
  get resourceGroup(): string {
    return this.world.resourceGroup;
  }
  get location(): string | undefined {
    return this.world.location;
  }
  get deploymentName(): string {
    return this.world.deploymentName;
  }
  get now(): Date {
    return this.world.now;
  }
  get meter(): Meter {
    return this.world.meter;
  }
  get ownValues(): Set<string> {
    return this.world.ownValues;
  }
  get running(): RunningDeployment | undefined {
    return this.world.running;
  }
  newGuid(): string {
    return this.world.newGuid();
  }
  inDefault(): boolean {
    return this.#defaults;
  }

  /** For a nested deployment that sees these declarations: other names around, the same values. */
  forNested(world: World): Scope {
    const scope = new Scope(world, this.#declared, {
      at: this.#at,
      deployment: this.#filling.deployment,
      ...(this.#passed === undefined ? {} : { passed: this.#passed }),
    });
    scope.#loops = [...this.#loops];
    return scope;
  }

  copyIndex(name: string | undefined): number {
    const loop =
      name === undefined
        ? this.#loops[0]
        : this.#loops.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (loop !== undefined) return loop.index;
    throw new ExpressionError(
      name === undefined ? 'there is no copy loop around' : `there is no copy loop ${name} around`,
    );
  }

  parameter(name: string): unknown {
    if (this.#arguments !== undefined) {
      if (!this.#arguments.has(name.toLowerCase())) {
        throw new ExpressionError(`the function has no parameter ${name}`);
      }
      return this.#arguments.get(name.toLowerCase());
    }
    const declaration = isJson(this.#declared.parameters) ? fieldOf(this.#declared.parameters, name) : undefined;
    if (declaration === undefined) throw new ExpressionError(`the parameter ${name} is not declared`);
    const path = [...this.#at, 'parameters', declaration[0]];
    return this.#once(`parameter ${name}`, path, () => this.#parameterValue(declaration[0], declaration[1], path));
  }

  #parameterValue(name: string, declaration: unknown, path: PropertyKey[]): unknown {
    const { definitions } = this.#declared;
    const parameter = readParameter(name, declaration, definitions, (text) => void this.world.secrets.add(text));
    return this.#givenOrDefault(name, parameter, path);
  }

  #givenOrDefault(name: string, parameter: Parameter, path: PropertyKey[]): unknown {
    this.world.asked.add(name.toLowerCase());
    const given =
      this.#passed === undefined ? fieldOf(this.world.given, name)?.[1] : this.#passed.get(name.toLowerCase())?.();
    complete(given);
    if (given === undefined || given === null) {
      const preset = defaultOf(parameter);
      if (preset !== undefined) {
        return parameter.check(this.#outside(true, () => this.#whole(preset.value, [...path, 'defaultValue'])));
      }
      const way = this.#passed === undefined ? `: give --param ${name}=…` : ' in the parameters of its deployment';
      throw new ExpressionError(`no value for ${name}${way}`);
    }
    const value = parameter.check(this.#passed === undefined ? parameter.convert(given) : given);
    checkExtent(value);
    return value;
  }

  variable(name: string): unknown {
    const { variables } = this.#declared;
    const path = [...this.#at, 'variables'];
    if (isJson(variables)) {
      const found = fieldOf(variables, name);
      if (found !== undefined && found[0] !== 'copy') {
        const [written, value] = found;
        return this.#once(`variable ${name}`, [...path, written], () =>
          this.#outside(false, () => this.#whole(value, [...path, written])),
        );
      }
      const { copy } = variables;
      const at = Array.isArray(copy)
        ? copy.findIndex((loop: unknown) => isJson(loop) && String(loop['name']).toLowerCase() === name.toLowerCase())
        : -1;
      if (Array.isArray(copy) && at >= 0) {
        const where = [...path, 'copy', at];
        return this.#once(`variable ${name}`, where, () =>
          this.#outside(false, () => complete(fillCopies(copy[at], where, this.#filling)[1])),
        );
      }
    }
    throw new ExpressionError(`the variable ${name} is not declared`);
  }

  declared(name: string, args: unknown[]): { value: unknown } | undefined {
    const { functions } = this.#declared;
    for (const [at, group] of (Array.isArray(functions) ? functions : []).entries()) {
      if (!isJson(group) || !isJson(group['members'])) continue;
      const namespace = String(group['namespace']).toLowerCase();
      if (!name.startsWith(`${namespace}.`)) continue;
      const member = fieldOf(group['members'], name.slice(namespace.length + 1));
      if (member === undefined || !isJson(member[1])) continue;
      const { parameters, output } = member[1];
      const names = (Array.isArray(parameters) ? parameters : []).map((one: unknown) =>
        isJson(one) ? String(one['name']) : '',
      );
      if (names.length !== args.length) {
        throw new ExpressionError(`${name}() takes ${names.length} arguments, got ${args.length}`);
      }
      const values = new Map(names.map((one, index) => [one.toLowerCase(), args[index]]));
      const where = [...this.#at, 'functions', at, 'members', member[0], 'output', 'value'];
      const body = isJson(output) ? output['value'] : undefined;
      return { value: this.#outside(false, () => this.#whole(body, where), values) };
    }
    return undefined;
  }

  /** Runs `work` within a loop. */
  within<T>(loop: Loop | undefined, work: () => T): T {
    if (loop === undefined) return work();
    this.#loops.push(loop);
    try {
      return work();
    } finally {
      this.#loops.pop();
    }
  }

  /** A copy of `value` with every text in it evaluated; UNFILLED stands for what could not be. */
  fill(value: unknown, path: PropertyKey[]): unknown {
    return fillValue(value, path, this.#filling);
  }

  /** What `fill` would answer here and now, for who may never ask: what needs Azure is refused only where it is needed. */
  later(value: unknown, path: PropertyKey[]): () => unknown {
    const loops = [...this.#loops];
    return () =>
      this.#outside(false, () => {
        this.#loops = loops;
        return this.fill(value, path);
      });
  }

  /** The value of a variable or parameter; every use gets the same. */
  #once(what: string, path: PropertyKey[], work: () => unknown): unknown {
    const key = what.toLowerCase();
    const known = this.#known.get(key);
    if (known === 'failed') throw new ToldAlready(what);
    if (known === 'in work') throw new ExpressionError(`the ${what} depends on itself`);
    if (known !== undefined) return known.value;
    this.#known.set(key, 'in work');
    try {
      const value = work();
      this.#known.set(key, { value });
      return value;
    } catch (error) {
      this.#known.set(key, 'failed');
      tellError(this.world, path, error);
      throw new ToldAlready(what);
    }
  }

  /** Filled as a whole: there is no use for a value of which a part is missing. */
  #whole(value: unknown, path: PropertyKey[]): unknown {
    return this.meter.within(() => complete(this.fill(value, path)));
  }

  /** Declarations see no loop and no function's arguments around the place that uses them. */
  #outside<T>(defaults: boolean, work: () => T, values?: Map<string, unknown>): T {
    const [loops, before, around] = [this.#loops, this.#defaults, this.#arguments];
    this.#loops = [];
    this.#defaults = defaults;
    this.#arguments = values;
    try {
      return work();
    } finally {
      this.#loops = loops;
      this.#defaults = before;
      this.#arguments = around;
    }
  }
}
