/** Ownership: what carries this run's tag was made by it, and nothing else is ever deleted. */
import { OWNERSHIP_TAG } from '../template/build-plan.ts';
import type { RunContext } from './contract.ts';

export function isOurs(run: RunContext, tags: Record<string, string> | undefined): boolean {
  return tags?.[OWNERSHIP_TAG] === run.runId;
}

/** Tags of an output: the template's artifact tags, and whose it is. */
export function outputTags(run: RunContext, artifactTags: Record<string, string>): Record<string, string> {
  return { ...artifactTags, [OWNERSHIP_TAG]: run.runId, createdBy: 'kiln' };
}
