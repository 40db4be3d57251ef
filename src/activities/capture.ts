/** From a customized machine to one that can be captured: deprovisioned, powered off, deallocated, generalized. */
import type { Azure } from '../azure/environment.ts';
import { attempt, failure } from '../azure/errors.ts';
import { finish, watch } from '../azure/operations.ts';
import { openStagingBlobs, signedUrl } from './blobs.ts';
import type { CaptureActivities, RunContext } from './contract.ts';
import { logBlobs, stepResult } from './customize.ts';
import { DEPROVISION } from './guest-scripts.ts';
import { runCommand } from './run-command.ts';

const COMMAND = 'deprovision';
const OFF_WITHIN_MS = 15 * 60_000;

export function createCaptureActivities(azure: Azure): CaptureActivities {
  return {
    async deprovisionMachine(run, machineName) {
      // A retry may come when the machine is off already and would refuse to be asked to run anything.
      if (await isOff(azure, run, machineName)) return;
      const blobs = await openStagingBlobs(azure, run);
      const logs = logBlobs(blobs, COMMAND);
      const view = await runCommand(
        azure,
        run,
        machineName,
        async () => ({
          name: COMMAND,
          script: DEPROVISION,
          secrets: {},
          outputUrl: await signedUrl(logs.stdout, 'racw', 24),
          errorUrl: await signedUrl(logs.stderr, 'racw', 24),
          timeoutInSeconds: 600,
        }),
        COMMAND,
        () => ({ waitingFor: 'deprovisioning' }),
        // Deprovisioning stops the agent, maybe before it has reported the command's end.
        () => isOff(azure, run, machineName),
      );
      const result = await stepResult(blobs, COMMAND, view);
      if (result.exitCode > 0) {
        throw failure('DeprovisionFailed', `deprovisioning could not be started: ${result.errorTail}`, result);
      }
      await untilOff(azure, run, machineName);
    },

    async generalizeMachine(run, machineName) {
      const { compute } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      await finish(`deallocate ${machineName}`, () => compute.virtualMachines.deallocate(resourceGroup, machineName));
      await attempt(`generalize ${machineName}`, () => compute.virtualMachines.generalize(resourceGroup, machineName));
    },
  };
}

async function untilOff(azure: Azure, run: RunContext, name: string): Promise<void> {
  const deadline = Date.now() + OFF_WITHIN_MS;
  await watch(
    async () => {
      if (await isOff(azure, run, name)) return true;
      if (Date.now() > deadline) {
        throw failure('DeprovisionFailed', `${name} had not powered off 15 minutes after deprovisioning began`);
      }
      return false;
    },
    () => ({ waitingFor: `${name} to power off` }),
  );
}

async function isOff(azure: Azure, run: RunContext, name: string): Promise<boolean> {
  const { compute } = azure.clients(run.subscriptionId);
  const view = await attempt(`ask whether ${name} is off`, () =>
    compute.virtualMachines.instanceView(run.staging.resourceGroup, name),
  );
  const codes = view.statuses?.map(({ code }) => code?.toLowerCase()) ?? [];
  return codes.includes('powerstate/stopped') || codes.includes('powerstate/deallocated');
}
