/** Ownership: what carries this run's tag was made by it, and nothing else is ever deleted. */
import { OWNERSHIP_TAG } from '../template/build-plan.ts';
import type { RunContext } from './contract.ts';

export function isOurs({ runId, runsNamed }: RunContext, tags: Record<string, string> | undefined): boolean {
  const owner = tags?.[OWNERSHIP_TAG];
  return owner !== undefined && (owner === runId || (runsNamed !== undefined && owner.startsWith(runsNamed)));
}

/** Tags of an output: the template's artifact tags, and whose it is. */
export function outputTags(run: RunContext, artifactTags: Record<string, string>): Record<string, string> {
  return { ...artifactTags, [OWNERSHIP_TAG]: run.runId, createdBy: 'kiln' };
}
