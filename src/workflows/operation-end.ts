import type { OperationView } from './template-messages.ts';

/** @param error of an operation that failed */
export function end(
  operation: OperationView,
  status: OperationView['status'],
  error?: { code: string; message: string },
): void {
  operation.status = status;
  operation.endTime = new Date().toISOString();
  if (error !== undefined) operation.error = error;
}
