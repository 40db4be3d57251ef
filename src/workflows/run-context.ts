import type { RunContext } from '../activities/contract.ts';
import type { BuildPlan } from '../template/build-plan.ts';

/** The part of the plan that every activity needs. */
export function runContext(plan: BuildPlan): RunContext {
  const { id, subscriptionId, location } = plan.template;
  return {
    runId: plan.runId,
    templateId: id,
    subscriptionId,
    location,
    staging: plan.staging,
    tags: plan.tags,
    ...(plan.stagingResourceGroup === undefined ? {} : { ownGroup: true }),
  };
}
