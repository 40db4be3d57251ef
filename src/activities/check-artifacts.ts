/** Scripts and files are fetched once before anything is made: what is missing or altered is known now, not in an hour. */
import { ApplicationFailure } from '@temporalio/common';
import type { BuildPlan } from '../template/build-plan.ts';
import { digestOf, expectedDigest, sourceUri } from './downloads.ts';
import type { Problems } from './problems.ts';

const ATTEMPTS = 3;

/** sha256 of each address by step key. */
export async function checkArtifacts(plan: BuildPlan, problems: Problems): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  await Promise.all(
    plan.customize.map(async (step) => {
      const uri = sourceUri(step);
      if (uri === undefined) return;
      const path = `properties.customize[${step.index}]`;
      const field = step.type === 'File' ? 'sourceUri' : 'scriptUri';
      try {
        const digest = await digestWithRetries(uri);
        digests[step.key] = digest;
        const expected = expectedDigest(step);
        if (expected !== undefined && expected !== digest) {
          problems.add(`${path}.sha256Checksum`, `expected ${expected}, but the content of ${uri} has ${digest}`);
        }
      } catch (error) {
        if (!(error instanceof ApplicationFailure)) throw error;
        problems.add(`${path}.${field}`, error.message);
      }
    }),
  );
  return digests;
}

async function digestWithRetries(uri: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await digestOf(uri);
    } catch (error) {
      // A client error will be the same again.
      const final = error instanceof Error && /got 4\d\d/.test(error.message);
      if (final || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
}
