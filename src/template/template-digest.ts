/** Whether two files say the same template: by what is written, filled in, and not by how or when. */
import { createHash } from 'node:crypto';
import { localFilesOf, planFile } from './index.ts';
import type { PlanOptions } from './index.ts';
import { isJson } from '../arm-template/expressions/values.ts';

/**
 * sha256 of each image template of a file, of the files that it names and of where it is put, in the file's order. `utcNow()` and `newGuid()` count
 * as what they are and not by their value, so that a file is the same template an hour later.
 */
export function templateDigests(text: string, options: PlanOptions): string[] {
  const still = { ...options, now: new Date(0), newGuid: () => '00000000-0000-4000-8000-000000000000' };
  const timeless = planFile(text, still);
  // What is good only at some times is compared with its values.
  const read = timeless.ok ? timeless : planFile(text, options);
  if (!read.ok) return [];
  return read.plans.map((plan, index) => {
    const files = localFilesOf(plan).map(({ file }) => file.sha256);
    const said = { id: plan.template.id.toLowerCase(), files, ...read.resources[index] };
    return createHash('sha256')
      .update(JSON.stringify(sorted(said)))
      .digest('hex');
  });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  );
}
