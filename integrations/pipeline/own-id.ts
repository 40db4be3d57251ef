/** An id for who gives none: the same for each try of the same step of the same run of a pipeline, and for nothing else. */
import { createHash } from 'node:crypto';

/** @param said all that tells the step from others: names, and the inputs, which tell the legs of a matrix apart */
export function ownId(prefix: string, run: string, said: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 8);
  const number = run.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `${prefix}-${number}`.slice(0, 26) + `-${hash}`;
}
