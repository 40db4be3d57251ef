/** The steps of a build, of every role, in the order in which they run. */
import type { RunStep } from '../activities/contract.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import { optimizationSteps } from '../template/plan/optimization-steps.ts';

export function runSteps(plan: BuildPlan, osType: 'Linux' | 'Windows'): RunStep[] {
  const { customize, optimize, validate } = plan;
  const validators = (validate?.validators ?? []).map((step): RunStep => ({ ...step, role: 'validator' }));
  if (validate?.sourceValidationOnly === true) return validators;
  return [
    ...customize.map((step): RunStep => ({ ...step, role: 'customizer' })),
    ...optimizationSteps(optimize, osType).map((step): RunStep => ({ ...step, role: 'optimizer' })),
    ...validators,
  ];
}
