/** `errorHandling`: after which failures the machine is left for a person to look at. */
import type { BuildPlan } from '../template/build-plan.ts';
import type { BuildFailure } from './messages.ts';

/** Failure type → the field of `errorHandling` that may keep the machine. */
const KEPT_ON: Record<string, 'onCustomizerError' | 'onValidationError'> = {
  CustomizerFailed: 'onCustomizerError',
  CustomizerTimedOut: 'onCustomizerError',
  OptimizerFailed: 'onCustomizerError',
  MachineLost: 'onCustomizerError',
  RestartTimedOut: 'onCustomizerError',
  UpdatesStuck: 'onCustomizerError',
  ValidatorFailed: 'onValidationError',
};

/** Why the machine of a failed build stays; undefined where it goes. */
export function asksToKeep({ errorHandling, runId }: BuildPlan, failure: BuildFailure | undefined): string | undefined {
  const field = failure === undefined ? undefined : KEPT_ON[failure.type];
  if (field === undefined || errorHandling?.[field] !== 'abort') return undefined;
  return `left to be looked at, as errorHandling.${field} says; kiln delete ${runId} removes it`;
}
