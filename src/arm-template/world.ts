/** What all deployments of a file share, and how a problem with a value is told once. */
import type { Meter, RunningDeployment } from './expressions/evaluate.ts';
import { ExpressionError, ToldAlready, TooMuchWork } from './expressions/expression-error.ts';
import { describeValue, formatPath } from './problems.ts';
import type { TemplateProblem } from './problems.ts';
import { UNFILLED } from './unfilled.ts';

export interface World {
  subscriptionId: string;
  resourceGroup: string;
  location: string | undefined;
  deploymentName: string;
  now: Date;
  newGuid(): string;
  /** Absent where the template is only read. */
  running?: RunningDeployment;
  /** Whether `<name>` in a text stands for what a person gave; for Resource Manager it is text. */
  placeholders: boolean;
  /** What a person gave for parameters and placeholders, by name. */
  given: Record<string, unknown>;
  /** Names of `given` that something asked for, in lower case. */
  asked: Set<string>;
  /** Placeholders that were told to be missing, in lower case. */
  missing: Set<string>;
  /** Values of secure parameters, not to be repeated in messages. */
  secrets: Set<string>;
  /** Functions whose values are not Azure's, by name. */
  ownValues: Set<string>;
  problems: TemplateProblem[];
  meter: Meter;
}

/** A nested deployment's own values, by name in lower case, made when they are asked for; the root's are a person's. */
export type Passed = ReadonlyMap<string, () => unknown>;

/** One round of a `copy` loop. */
export interface Loop {
  name: string;
  index: number;
}

/** Tells why a value cannot be had, and what stands in its place, unless that is told already; what is no such reason is thrown on. */
export function tellError(world: World, path: PropertyKey[], error: unknown, value?: unknown): typeof UNFILLED {
  if (!(error instanceof ExpressionError) || error instanceof TooMuchWork) throw error;
  if (error instanceof ToldAlready) return UNFILLED;
  const got = describeValue(value, world.secrets);
  world.problems.push({
    path: formatPath(path),
    message: error.message,
    ...(got === undefined ? {} : { value: got }),
  });
  return UNFILLED;
}
