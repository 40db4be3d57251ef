/** The same plan for another run. Pure. */
import { OWNERSHIP_TAG } from '../build-plan.ts';
import type { BuildPlan } from '../build-plan.ts';
import { stagingNames } from './staging-names.ts';

/** Under names and an ownership tag of the run's own; a staging group of the template's own stays the place. */
export function planUnder(plan: BuildPlan, runId: string): BuildPlan {
  const { resourceGroup, name } = plan.template;
  const names = stagingNames(resourceGroup, name, runId);
  const own = plan.stagingResourceGroup !== undefined;
  return {
    ...plan,
    runId,
    staging: own ? { ...names, resourceGroup: plan.staging.resourceGroup } : names,
    tags: { ...plan.tags, [OWNERSHIP_TAG]: runId },
  };
}
