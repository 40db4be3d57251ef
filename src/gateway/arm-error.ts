/** What goes wrong, as Resource Manager says it. */
import type { TemplateProblem } from '../template/index.ts';

export type Status = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 500 | 502 | 503;

/** Codes of the service's own refusals; all others are Resource Manager's. */
const OF_THE_SERVICE = ['ValidationFailed', 'Conflict', 'NotFound'];

export class ArmError extends Error {
  override readonly name = 'ArmError';
  readonly status: Status;
  readonly code: string;
  readonly details: Array<{ code: string; target: string; message: string }>;

  constructor(status: Status, code: string, message: string, details: ArmError['details'] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }

  /** All that is wrong with a body, each with its path; the message says it too, for clients that show only that. */
  static ofProblems(problems: TemplateProblem[]): ArmError {
    const lines = problems.map(({ path, message, value }) => {
      const got = value === undefined ? '' : `, got ${value}`;
      return { target: path, message: `${message}${got}` };
    });
    const told = lines.map(({ target, message }) => `'ImageTemplate${target === '' ? '' : `.${target}`}': ${message}`);
    const details = lines.map((line) => ({ code: 'ValidationFailed', ...line }));
    return new ArmError(400, 'ValidationFailed', `Validation failed: ${told.join('; ')}`, details);
  }

  /** Until 2021-10-01 the service had no envelope around code and message; Resource Manager before it always had. */
  body(apiVersion: string): object {
    const { code, message, details } = this;
    const inner = { code, message, ...(details.length === 0 ? {} : { details }) };
    const bare = apiVersion !== '' && apiVersion < '2021-10-01' && OF_THE_SERVICE.includes(code);
    return bare ? inner : { error: inner };
  }
}
