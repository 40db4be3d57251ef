/**
 * The one table of failures: what each is called in a history, whether another try can mend it, and what a person
 * should do. Azure's own code, target and correlation id travel along as the failure's first detail.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';

interface FailureKind {
  retryable: boolean;
  /** What a person should do. */
  hint: string;
}

export const FAILURES = {
  InvalidPlan: { retryable: false, hint: 'correct the template' },
  SourceNotFound: { retryable: false, hint: 'check publisher, offer, sku, version or the image id' },
  ChecksumMismatch: { retryable: false, hint: 'the content is not what the template pinned: check sha256Checksum' },
  DownloadFailed: { retryable: true, hint: 'check that the worker can reach the address' },
  FilesMissing: { retryable: false, hint: 'build again: the command that has the files must stay until they are sent' },
  CustomizerFailed: { retryable: false, hint: 'read the output of the step: kiln logs' },
  CustomizerTimedOut: { retryable: false, hint: 'raise buildTimeoutInMinutes or look for a step that waits for input' },
  ValidatorFailed: { retryable: false, hint: 'the image is not as the validator expects it: kiln logs' },
  OptimizerFailed: { retryable: false, hint: 'read the output of the step: kiln logs' },
  MachineLost: { retryable: false, hint: 'a step may restart the machine, and must not shut it down' },
  RestartTimedOut: { retryable: false, hint: 'raise restartTimeout, or look at what keeps the machine from starting' },
  UpdatesStuck: { retryable: false, hint: 'exclude the updates that the message names by a filter' },
  MachineNotReady: { retryable: true, hint: 'the guest agent did not report ready: check the source image' },
  DeprovisionFailed: { retryable: false, hint: 'read the output of the step deprovision: kiln logs' },
  VersionTaken: { retryable: false, hint: 'choose another version: an existing one is never overwritten' },
  QuotaExceeded: { retryable: false, hint: 'ask for quota or choose another size or region' },
  AuthorizationFailed: {
    retryable: false,
    hint: 'grant the worker what the message names, or all that kiln role prints',
  },
  AuthenticationFailed: { retryable: true, hint: 'check the credential of the worker' },
  Conflict: { retryable: true, hint: 'another operation was under way' },
  Throttled: { retryable: true, hint: 'Azure limits the calls; tried again when it allows' },
  NotFound: { retryable: false, hint: 'check that the resource exists' },
  Refused: { retryable: false, hint: 'Azure refuses the request as it is' },
  Unavailable: { retryable: true, hint: 'Azure or the way to it failed; tried again' },
} as const satisfies Record<string, FailureKind>;

export type FailureType = keyof typeof FAILURES;

export interface AzureDetail {
  code?: string;
  target?: string;
  correlationId?: string;
  statusCode?: number;
}

/** A failure of the table; `details` come first in the history. */
export function failure(type: FailureType, message: string, details?: object, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !FAILURES[type].retryable,
    ...(details === undefined ? {} : { details: [details] }),
    ...(cause instanceof Error ? { cause } : {}),
  });
}

/** What was thrown while `doing` something, as a failure of the table. Failures and cancellations pass unchanged. */
export function toFailure(error: unknown, doing: string): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const detail = azureDetail(error);
  const type = classify(detail, error);
  const text = error instanceof Error ? error.message : String(error);
  const reported = [detail.code, detail.correlationId && `correlation id ${detail.correlationId}`].filter(Boolean);
  return ApplicationFailure.create({
    type,
    message: `${doing}: ${text.trim()}${reported.length > 0 ? ` (${reported.join(', ')})` : ''}; ${FAILURES[type].hint}`,
    nonRetryable: !FAILURES[type].retryable,
    details: [{ azure: detail }],
    ...(error instanceof Error ? { cause: error } : {}),
    ...retryDelay(error),
  });
}

/** Runs `work`, naming what was being done in whatever it throws. */
export async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error, doing);
  }
}

/** The answer, or undefined where Azure says 404. */
export async function orNotFound<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (azureDetail(error).statusCode === 404) return undefined;
    throw error;
  }
}

interface RestErrorLike {
  code?: unknown;
  statusCode?: unknown;
  target?: unknown;
  details?: { error?: { code?: unknown; target?: unknown }; errorCode?: unknown };
  response?: { headers?: { get(name: string): string | undefined } };
}

/** Code, target, status and correlation id of an SDK error; the body's own code wins over the transport's. */
export function azureDetail(error: unknown): AzureDetail {
  const rest = (typeof error === 'object' && error !== null ? error : {}) as RestErrorLike;
  const inner = rest.details?.error;
  // Storage says it in a header, and in no body where it answers HEAD.
  const code = text(inner?.code) ?? text(rest.details?.errorCode) ?? text(rest.code);
  const target = text(inner?.target) ?? text(rest.target);
  const correlationId = rest.response?.headers?.get('x-ms-correlation-request-id');
  return {
    ...(code === undefined ? {} : { code }),
    ...(target === undefined ? {} : { target }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(typeof rest.statusCode === 'number' ? { statusCode: rest.statusCode } : {}),
  };
}

const BY_CODE: Record<string, FailureType> = {
  AuthorizationFailed: 'AuthorizationFailed',
  LinkedAuthorizationFailed: 'AuthorizationFailed',
  QuotaExceeded: 'QuotaExceeded',
  OperationNotAllowed: 'Conflict',
  AnotherOperationInProgress: 'Conflict',
  RetryableErrorDueToAnotherOperation: 'Conflict',
  PrincipalNotFound: 'Unavailable',
};

function classify({ code, statusCode }: AzureDetail, error: unknown): FailureType {
  if (statusCode === 429) return 'Throttled';
  // Azure answers a quota that is used up as OperationNotAllowed, which is elsewhere a passing conflict.
  if (code === 'OperationNotAllowed' && error instanceof Error && /quota/i.test(error.message)) return 'QuotaExceeded';
  const known = code === undefined ? undefined : BY_CODE[code];
  if (known !== undefined) return known;
  if (statusCode === 401) return 'AuthenticationFailed';
  if (statusCode === 403) return 'AuthorizationFailed';
  if (statusCode === 404) return 'NotFound';
  if (statusCode === 409) return 'Conflict';
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500 && statusCode !== 408) return 'Refused';
  return error instanceof RangeError || error instanceof TypeError ? 'Refused' : 'Unavailable';
}

/** Retry-After (seconds), so that Temporal waits as long as Azure asks. */
function retryDelay(error: unknown): { nextRetryDelay?: number } {
  const header = (error as RestErrorLike | undefined)?.response?.headers?.get('retry-after');
  const seconds = Number(header);
  return header !== undefined && seconds > 0 ? { nextRetryDelay: seconds * 1000 } : {};
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
