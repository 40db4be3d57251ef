/** How asking a template fails. */
import {
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Refusal } from '../workflows/template-messages.ts';

/** What a template refused, or that there is none. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
  readonly code: Refusal;

  constructor(code: Refusal, message: string) {
    super(message);
    this.code = code;
  }
}

/** Of a list whose continuation is none of ours. */
export class NoSuchPage extends Error {
  override readonly name = 'NoSuchPage';
  override readonly message = 'The page of the list is none: begin again without it.';
}

export const notFound = (id: string): TemplateRefusal =>
  new TemplateRefusal('NotFound', `The Resource '${id.split('/providers/').at(-1)}' was not found.`);

export function refusalOf(error: unknown, id: string): TemplateRefusal | undefined {
  if (error instanceof WorkflowNotFoundError) return isPassing(error) ? undefined : notFound(id);
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  const { type, message } = error.cause;
  return type === 'Conflict' || type === 'NotFound' || type === 'ValidationFailed'
    ? new TemplateRefusal(type, message)
    : undefined;
}

const DEADLINE_EXCEEDED = 4;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const NO_WORKER = /no poller seen for task queue/i;

/** Nobody was there: Temporal is away, or has no worker that could answer. Whether what was asked is done is not known. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  return causesOf(error).some(
    ({ code, message }) => code === DEADLINE_EXCEEDED || code === UNAVAILABLE || NO_WORKER.test(message),
  );
}

/** Gone, or a workflow that nobody has submitted a template to, or not yet. */
export function isNone(error: unknown): boolean {
  if (error instanceof TemplateRefusal || error instanceof QueryNotRegisteredError) return true;
  return !isUnanswered(error) && causesOf(error).some(({ code }) => code === FAILED_PRECONDITION);
}

function causesOf(error: unknown): Array<Error & { code?: unknown }> {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

/** A template that goes on in a new history, or ends, turns away what came in that moment. */
export function isPassing(error: unknown): boolean {
  const text = error instanceof Error ? `${error.message} ${String(error.cause)}` : '';
  // The last one: something else came in while the template was about to go on, and its task was done again.
  return /workflow update was aborted|workflow is closing|completed before|AcceptedUpdateCompletedWorkflow|unexpected workflow task failure|update \S+ not found/i.test(
    text,
  );
}
