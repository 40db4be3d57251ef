/** Storage learns of a role minutes after it was assigned. */
import { azureDetail } from '../azure/errors.ts';
import { poll, throwIfCanceled } from '../azure/operations.ts';

const ROLES_KNOWN_WITHIN_MS = 10 * 60_000;

/**
 * Tries for ten minutes while storage says that a permission is lacking: the check that came before has found the worker to
 * have it. Does not heartbeat by itself.
 */
export async function onceAllowed<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + ROLES_KNOWN_WITHIN_MS;
  let done: { value: T } | undefined;
  await poll(async () => {
    throwIfCanceled();
    try {
      done = { value: await work() };
      return true;
    } catch (error) {
      if (azureDetail(error).code !== 'AuthorizationPermissionMismatch' || Date.now() > deadline) throw error;
      return false;
    }
  });
  if (done === undefined) throw new TypeError('expected the work to be done');
  return done.value;
}
