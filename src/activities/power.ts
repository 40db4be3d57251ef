import type { Azure } from '../azure/environment.ts';
import { attempt } from '../azure/errors.ts';
import { Allowance } from '../azure/pacing.ts';
import type { RunContext } from './contract.ts';

/** Whether the machine has powered off or was deallocated, as Azure sees it. */
export async function isOff(
  azure: Azure,
  run: RunContext,
  name: string,
  allowance = new Allowance(),
): Promise<boolean> {
  const { compute } = azure.clients(run.subscriptionId);
  const view = await attempt(`ask whether ${name} is off`, () =>
    compute.virtualMachines.instanceView(run.staging.resourceGroup, name, allowance.options),
  );
  const codes = view.statuses?.map(({ code }) => code?.toLowerCase()) ?? [];
  return codes.includes('powerstate/stopped') || codes.includes('powerstate/deallocated');
}
