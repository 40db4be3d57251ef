/** Whether two files say the same template: by what is written, filled in, and not by how or when. */
import { createHash } from 'node:crypto';
import { localFilesOf, planFile } from './index.ts';
import type { PlanOptions } from './index.ts';
import { isJson } from '../arm-template/expressions/values.ts';

/** sha256 each. */
export interface TemplateDigest {
  /** Of what is written, and of where the template is put. */
  template: string;
  /** Of the files and folders that it names. */
  files: string;
}

/**
 * Of each image template of a file, in the file's order. `utcNow()` and `newGuid()` count as what they are and not by
 * their value, so that a file is the same template an hour later.
 */
export function templateDigests(text: string, options: PlanOptions): TemplateDigest[] {
  const still = { ...options, now: new Date(0), newGuid: () => '00000000-0000-4000-8000-000000000000' };
  const timeless = planFile(text, still);
  // What is good only at some times is compared with its values.
  const read = timeless.ok ? timeless : planFile(text, options);
  if (!read.ok) return [];
  return read.plans.map((plan, index) => ({
    template: digestOf({ id: plan.template.id.toLowerCase(), ...read.resources[index] }),
    files: digestOf(localFilesOf(plan).map(({ file }) => file.sha256)),
  }));
}

function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
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
