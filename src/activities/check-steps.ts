/** Whether the steps fit the operating system, which only the source can tell. */
import type { BuildPlan, PlannedCustomizer, ResolvedSource } from '../template/build-plan.ts';
import type { Problems } from './problems.ts';

const SYSTEM_OF: Partial<Record<PlannedCustomizer['type'], ResolvedSource['osType']>> = {
  Shell: 'Linux',
  PowerShell: 'Windows',
  WindowsRestart: 'Windows',
  WindowsUpdate: 'Windows',
};

export function checkSteps({ customize, validate }: BuildPlan, source: ResolvedSource, problems: Problems): void {
  const lists = { customize, 'validate.inVMValidations': validate?.validators ?? [] };
  for (const [list, steps] of Object.entries(lists)) {
    for (const step of steps) {
      const path = `properties.${list}[${step.index}]`;
      const system = SYSTEM_OF[step.type] ?? source.osType;
      if (system !== source.osType) {
        problems.add(
          `${path}.type`,
          `${step.type} is for ${system}, and the source ${source.description} is ${source.osType}`,
        );
      }
      if (step.type === 'File' && source.osType === 'Linux' && /^([A-Za-z]:|\\\\|%)/.test(step.destination)) {
        problems.add(`${path}.destination`, `${step.destination} is a place on Windows, and the source is Linux`);
      }
    }
  }
}
