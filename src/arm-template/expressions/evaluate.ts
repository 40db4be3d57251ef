/** The value of a parsed expression. `if`, `and`, `or` and `coalesce` look only at the arguments that count. */
import { nearest } from '../problems.ts';
import { whyAbsent } from './absent-members.ts';
import { asksAzure, ExpressionError, TooMuchWork } from './expression-error.ts';
import type { Node } from './parse.ts';
import { boolean, checkExtent, fieldOf, integer, isJson, string } from './values.ts';
import type { Json } from './values.ts';

/** What a deployment gives to the expressions in it. */
export interface Host {
  parameter(name: string): unknown;
  variable(name: string): unknown;
  /** The index of the loop around, or of the one with this name. */
  copyIndex(name: string | undefined): number;
  /** Undefined where the deployment declares no such function. */
  declared(name: string, args: unknown[]): { value: unknown } | undefined;
  subscriptionId: string;
  resourceGroup: string;
  location: string | undefined;
  deploymentName: string;
  now: Date;
  newGuid(): string;
  /** `utcNow` and `newGuid` have a value only where a parameter's default is made. */
  inDefault(): boolean;
  /** Functions that were called and whose values are not the ones that Azure makes. */
  ownValues: Set<string>;
  meter: Meter;
  /** Absent where nothing is deployed: what Azure would be asked is then refused. */
  running: RunningDeployment | undefined;
}

/** What a deployment that runs knows of the Azure that it runs in. */
export interface RunningDeployment {
  deployment: Json;
  subscription: Json;
  resourceGroup: Json;
  tenant: Json;
  /** `reference(nameOrId, apiVersion?, 'Full'?)`; may throw what stops the evaluation until the answer is there. */
  reference(nameOrId: string, apiVersion: string | undefined, full: boolean): unknown;
  /** `listKeys(id, apiVersion, body?)` and its like: a POST of that name. */
  list(name: string, id: string, apiVersion: string, body: unknown): unknown;
}

export interface TemplateFunction {
  /** Fewest and most arguments. */
  takes: readonly [number, number];
  run(args: unknown[], host: Host): unknown;
}

/** `lambda('item', …)`: a value only to the functions that call it. */
export class Lambda {
  readonly #names: string[];
  readonly #call: (values: Map<string, unknown>) => unknown;

  constructor(names: string[], call: (values: Map<string, unknown>) => unknown) {
    this.#names = names;
    this.#call = call;
  }

  call(...args: unknown[]): unknown {
    return this.#call(new Map(this.#names.map((name, at) => [name.toLowerCase(), args[at]])));
  }
}

const MAX_WORK = 1_000_000;
const WORK_OF_A_CALL = 10;
/** Characters and items of a result that count as much as one value of the file. */
const SIZE_OF_A_VALUE = 50;
const MAX_DEPTH = 400;

/** Bounds the work of a file: expressions and loops can ask for any amount of it. */
export class Meter {
  #work = 0;
  #depth = 0;

  /** @throws TooMuchWork when the file has had its share */
  count(work: number): void {
    this.#work += work;
    if (this.#work > MAX_WORK) throw new TooMuchWork('the expressions and loops of this file take too much work');
  }

  within<T>(work: () => T): T {
    this.count(WORK_OF_A_CALL);
    if (this.#depth >= MAX_DEPTH) throw new ExpressionError('the expressions depend on each other too deeply');
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }
}

type Locals = ReadonlyMap<string, unknown>;

/** @throws ExpressionError naming what is not known or does not fit */
export function evaluate(
  node: Node,
  functions: ReadonlyMap<string, TemplateFunction>,
  host: Host,
  locals: Locals = new Map(),
): unknown {
  const value = host.meter.within(() => evaluateNode(node, functions, host, locals));
  if (!(value instanceof Lambda)) host.meter.count(checkExtent(value) / SIZE_OF_A_VALUE);
  return value;
}

function evaluateNode(
  node: Node,
  functions: ReadonlyMap<string, TemplateFunction>,
  host: Host,
  locals: Locals,
): unknown {
  if (node.kind === 'literal') return node.value;
  const inner = (part: Node): unknown => evaluate(part, functions, host, locals);
  if (node.kind === 'access') return member(inner(node.of), inner(node.key));
  const { name, written, args } = node;
  const special = SPECIAL.get(name);
  if (special !== undefined) {
    const [fewest, most] = special.takes;
    checkCount(written, args.length, fewest, most);
    return special.run(args, inner, locals, (body, more) =>
      evaluate(body, functions, host, new Map([...locals, ...more])),
    );
  }
  const known = functions.get(name);
  if (known === undefined) {
    const declared = host.declared(name, args.map(inner));
    if (declared !== undefined) return declared.value;
    if (/^list\w/.test(name)) {
      if (host.running === undefined) throw new ExpressionError(asksAzure(written));
      checkCount(written, args.length, 2, 3);
      const [id, apiVersion, body] = args.map(inner);
      return host.running.list(written, string(id), string(apiVersion), body);
    }
    const near = nearest(name, [...functions.keys(), ...SPECIAL.keys()]);
    throw new ExpressionError(
      `the function ${written}() is not known${near === undefined ? '' : `: did you mean ${near}()?`}`,
    );
  }
  checkCount(written, args.length, ...known.takes);
  const values = args.map(inner);
  try {
    return known.run(values, host);
  } catch (error) {
    // What a function of JavaScript's own does not take: bad code points, lengths that no text has.
    if (error instanceof RangeError || error instanceof URIError || error instanceof SyntaxError) {
      throw new ExpressionError(`${written}(): ${error.message}`);
    }
    // The innermost function is the one to look at; parameters and variables tell their own names.
    const own = error instanceof ExpressionError && error.constructor === ExpressionError;
    if (own && !error.message.includes('()') && name !== 'parameters' && name !== 'variables') {
      throw new ExpressionError(`${written}(): ${error.message}`);
    }
    throw error;
  }
}

function checkCount(name: string, count: number, fewest: number, most: number): void {
  if (count >= fewest && count <= most) return;
  const wanted = fewest === most ? fewest : most === Infinity ? `${fewest} or more` : `${fewest} to ${most}`;
  throw new ExpressionError(`${name}() takes ${wanted} arguments, got ${count}`);
}

interface Special {
  takes: readonly [number, number];
  run(
    args: Node[],
    value: (node: Node) => unknown,
    locals: Locals,
    call: (body: Node, locals: Map<string, unknown>) => unknown,
  ): unknown;
}

const nothing: Node = { kind: 'literal', value: '' };

const SPECIAL: ReadonlyMap<string, Special> = new Map(
  Object.entries<Special>({
    if: {
      takes: [3, 3],
      run: ([condition = nothing, yes = nothing, no = nothing], value) => value(boolean(value(condition)) ? yes : no),
    },
    and: { takes: [2, Infinity], run: (args, value) => args.every((arg) => boolean(value(arg))) },
    or: { takes: [2, Infinity], run: (args, value) => args.some((arg) => boolean(value(arg))) },
    coalesce: {
      takes: [1, Infinity],
      run: (args, value) => {
        for (const arg of args) {
          const found = value(arg);
          if (found !== null && found !== undefined) return found;
        }
        return null;
      },
    },
    lambda: {
      takes: [1, Infinity],
      run: (args, value, _locals, call) => {
        const names = args.slice(0, -1).map((arg) => string(value(arg)));
        const body = args.at(-1) ?? nothing;
        return new Lambda(names, (values) => call(body, values));
      },
    },
    lambdavariables: {
      takes: [1, 1],
      run: ([name = nothing], value, locals) => {
        const wanted = string(value(name));
        if (!locals.has(wanted.toLowerCase()))
          throw new ExpressionError(`the lambda variable ${wanted} is not declared`);
        return locals.get(wanted.toLowerCase());
      },
    },
  }),
);

function member(holder: unknown, key: unknown): unknown {
  if (Array.isArray(holder)) {
    const at = integer(key);
    if (at >= 0 && at < holder.length) return holder[at] as unknown;
    throw new ExpressionError(`there is no item ${at} in an array of ${holder.length}`);
  }
  if (!isJson(holder)) {
    throw new ExpressionError(
      `expected an object or array before ${JSON.stringify(key)}, got ${JSON.stringify(holder)}`,
    );
  }
  const found = fieldOf(holder, string(key));
  if (found !== undefined) return found[1];
  const reason = whyAbsent(holder, string(key));
  if (reason !== undefined) throw new ExpressionError(reason);
  const names = Object.keys(holder).slice(0, 10).join(', ');
  throw new ExpressionError(`there is no member ${string(key)}${names === '' ? '' : `, only ${names}`}`);
}
