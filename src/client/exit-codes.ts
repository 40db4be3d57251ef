/** What the command tells its caller. */
import type { BuildStatus } from '../workflows/messages.ts';

export const EXIT = { done: 0, failed: 1, badInput: 2, canceled: 3 } as const;

/** A build that could not be distributed everywhere has failed its caller, though what was made stays. */
export function exitCodeOf(status: BuildStatus): number {
  if (status.state === 'Succeeded') return EXIT.done;
  if (status.state === 'Canceled') return EXIT.canceled;
  return status.failure?.type === 'InvalidPlan' ? EXIT.badInput : EXIT.failed;
}
