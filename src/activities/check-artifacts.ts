/** Scripts and files are fetched once before anything is made: what is missing or altered is known now, not in an hour. */
import { ApplicationFailure } from '@temporalio/common';
import type { BuildPlan, PlannedCustomizer } from '../template/build-plan.ts';
import { localFilesOf } from '../template/plan/local-files.ts';
import { WORKLOAD_KEY } from '../template/plan/optimization-steps.ts';
import { digestOf, expectedDigest, sourceUri } from './downloads.ts';
import type { Problems } from './problems.ts';

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;

/** sha256 of each address by step key. */
export async function checkArtifacts(plan: BuildPlan, problems: Problems): Promise<Record<string, string>> {
  // The client has read its files; what a template says of their digests is checked there.
  const digests = Object.fromEntries(localFilesOf(plan).map(({ step, file }) => [step.key, file.sha256]));
  await Promise.all(
    artifacts(plan).map(async ({ key, uri, sha256, path, field }) => {
      try {
        const digest = await digestWithRetries(uri);
        digests[key] = digest;
        if (sha256 !== undefined && sha256 !== digest) {
          problems.add(`${path}.sha256Checksum`, `expected ${sha256}, but the content of ${uri} has ${digest}`);
        }
      } catch (error) {
        if (!(error instanceof ApplicationFailure)) throw error;
        problems.add(`${path}.${field}`, error.message);
      }
    }),
  );
  return digests;
}

interface Artifact {
  key: string;
  uri: string;
  sha256: string | undefined;
  /** Of the step in the template, and its field that holds the address. */
  path: string;
  field: string;
}

function artifacts({ customize, validate, optimize }: BuildPlan): Artifact[] {
  const ofSteps = (steps: PlannedCustomizer[], list: string): Artifact[] =>
    steps.flatMap((step) => {
      const uri = sourceUri(step);
      const field = step.type === 'File' ? 'sourceUri' : 'scriptUri';
      const path = `properties.${list}[${step.index}]`;
      return uri === undefined ? [] : [{ key: step.key, uri, sha256: expectedDigest(step), path, field }];
    });
  const { scriptUri, sha256 } = optimize?.workload ?? {};
  const path = 'properties.optimize.workload';
  return [
    ...ofSteps(customize, 'customize'),
    ...ofSteps(validate?.validators ?? [], 'validate.inVMValidations'),
    ...(scriptUri === undefined ? [] : [{ key: WORKLOAD_KEY, uri: scriptUri, sha256, path, field: 'scriptUri' }]),
  ];
}

async function digestWithRetries(uri: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await digestOf(uri);
    } catch (error) {
      // A client error will be the same again, unless it was too many or too slow.
      const final = error instanceof Error && /got 4(?!08|29)\d\d/.test(error.message);
      if (final || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
  }
}
