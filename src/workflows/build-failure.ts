/** From what was thrown inside a run to the failure that people read. */
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/workflow';
import type { StepResult } from '../activities/contract.ts';
import type { BuildFailure, Stage } from './messages.ts';

/** Activity failures carry `{azure}`, `{problems}` or a `StepResult` as their first detail; see azure/errors.ts. */
interface FailureDetail extends Partial<StepResult> {
  azure?: NonNullable<BuildFailure['azure']>;
  problems?: NonNullable<BuildFailure['problems']>;
}

export function describeFailure(error: unknown, stage: Stage, step: string | undefined): BuildFailure {
  const inner = unwrap(error);
  const where = { stage, ...(step === undefined ? {} : { step }) };
  if (inner instanceof ApplicationFailure) {
    const detail = failureDetail(inner);
    return {
      type: inner.type ?? 'Unexpected',
      message: inner.message,
      ...where,
      ...(detail.exitCode === undefined ? {} : { exitCode: detail.exitCode }),
      ...(detail.problems === undefined ? {} : { problems: detail.problems }),
      ...(detail.azure === undefined ? {} : { azure: detail.azure }),
    };
  }
  if (inner instanceof TimeoutFailure) {
    return { type: 'ActivityTimedOut', message: `${inner.message} (${inner.timeoutType})`, ...where };
  }
  return { type: 'Unexpected', message: inner instanceof Error ? inner.message : String(inner), ...where };
}

/** The result of a customizer that failed, with its exit code and output. */
export function failedStep(error: unknown): StepResult | undefined {
  const inner = unwrap(error);
  if (!(inner instanceof ApplicationFailure)) return undefined;
  const detail = failureDetail(inner);
  return detail.exitCode === undefined || detail.stdoutBlob === undefined ? undefined : (detail as StepResult);
}

export function failureType(error: unknown): string | undefined {
  const inner = unwrap(error);
  return inner instanceof ApplicationFailure ? (inner.type ?? undefined) : undefined;
}

function failureDetail(failure: ApplicationFailure): FailureDetail {
  return (failure.details?.[0] as FailureDetail | undefined) ?? {};
}

function unwrap(error: unknown): unknown {
  let current = error;
  while ((current instanceof ActivityFailure || current instanceof ChildWorkflowFailure) && current.cause) {
    current = current.cause;
  }
  return current;
}
