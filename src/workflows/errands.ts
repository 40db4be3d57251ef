/** Short workflows by which the client, which has no credential, asks the worker to ask Azure. */
import type { Removal, UploadRequest } from '../activities/contract.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import { asking, removing } from './activity-proxies.ts';
import { runContext } from './run-context.ts';
import type { LogLinks, LogRequest, PlanReport } from './messages.ts';

/** What a build of this plan would create. Creates nothing. */
export async function planImage(plan: BuildPlan): Promise<PlanReport> {
  return asking('Check the plan against Azure').reportPlan(plan);
}

/** Signed addresses of a run's logs. */
export async function issueLogLinks(request: LogRequest): Promise<LogLinks> {
  return asking('Sign log addresses').issueLogLinks(request);
}

/** Signed addresses for the client's own files. */
export async function issueUploadLinks(request: UploadRequest): Promise<Record<string, string>> {
  return asking('Sign addresses for files').issueUploadLinks(request);
}

/** Removes a finished build's staging group with its logs and staged files; its outputs stay. */
export async function deleteBuild({ plan }: { plan: BuildPlan }): Promise<Removal> {
  return removing(`Remove ${plan.staging.resourceGroup}`).removeStagingGroup(runContext(plan));
}
