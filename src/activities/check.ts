/** Pre-flight: everything a plan names is asked for before anything is made, and all that is wrong is said at once. */
import type { Azure } from '../azure/environment.ts';
import { failure } from '../azure/errors.ts';
import { beating } from '../azure/operations.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import { defaultVmSize } from '../template/build-plan.ts';
import { checkArtifacts } from './check-artifacts.ts';
import { checkDistributors } from './check-distributors.ts';
import { checkDiskSize, checkIdentities, checkMachine, knownRegions } from './check-machine.ts';
import { checkSteps } from './check-steps.ts';
import type { CheckActivities, CheckedPlan } from './contract.ts';
import { checkPermissions } from './check-permissions.ts';
import { checkOwnGroup } from './own-group.ts';
import { Problems } from './problems.ts';
import { reportPlan } from './report.ts';
import { resolveSource } from './resolve-source.ts';

export function createCheckActivities(
  azure: Azure,
): Pick<CheckActivities, 'checkPlan' | 'findSourceVersion' | 'reportPlan'> {
  return {
    checkPlan: (plan, options) => checkPlan(azure, plan, options),
    findSourceVersion: async (plan) => (await resolveSource(azure, plan, new Problems()))?.exactVersion,
    reportPlan: async (plan) => reportPlan(azure, plan, await checkPlan(azure, plan)),
  };
}

async function checkPlan(azure: Azure, plan: BuildPlan, { forBuild = true } = {}): Promise<CheckedPlan> {
  return beating('pre-flight checks', async () => {
    const problems = new Problems();
    // What may not be asked cannot be checked.
    await checkPermissions(azure, plan, problems);
    problems.throwIfAny();
    const regions = await knownRegions(azure, plan);
    if (!regions.has(plan.template.location)) {
      problems.add('location', `${plan.template.location} is not a region of this subscription`);
      problems.throwIfAny();
    }
    const [source, digests] = await Promise.all([resolveSource(azure, plan, problems), checkArtifacts(plan, problems)]);
    const vmSize = plan.machine.vmSize ?? defaultVmSize(source?.hyperVGeneration ?? 'V1');
    const [identities] = await Promise.all([
      checkIdentities(azure, plan, problems),
      checkMachine(azure, plan, vmSize, problems),
      checkDistributors(azure, plan, source, regions, forBuild, problems),
      checkOwnGroup(azure, plan, problems),
    ]);
    if (source !== undefined) {
      checkSteps(plan, source, problems);
      checkDiskSize(plan, source, problems);
    }
    problems.throwIfAny();
    if (source === undefined) throw failure('SourceNotFound', 'the source image could not be resolved');
    return { source, vmSize, digests, identities };
  });
}
