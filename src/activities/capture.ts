/** From a customized machine to one that can be captured: deprovisioned, powered off, deallocated, generalized. */
import { restorePoller } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { finish, watch } from '../azure/operations.ts';
import { machinePace } from '../azure/pacing.ts';
import { openStagingBlobs, signedUrl } from './blobs.ts';
import type { CaptureActivities, RunContext } from './contract.ts';
import { logBlobs, stepResult } from './customize.ts';
import { DEPROVISION } from './guest-scripts.ts';
import { runCommand } from './run-command.ts';

const COMMAND = 'deprovision';
const OFF_WITHIN_MS = 15 * 60_000;

export function createCaptureActivities(azure: Azure): CaptureActivities {
  return {
    async captureMachine(run, machineName) {
      await deprovision(azure, run, machineName);
      const { compute } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      await finish(
        `deallocate ${machineName}`,
        () => compute.virtualMachines.deallocate(resourceGroup, machineName),
        (state) => restorePoller(compute, state, compute.virtualMachines.deallocate),
      );
      await attempt(`generalize ${machineName}`, () => compute.virtualMachines.generalize(resourceGroup, machineName));
    },
  };
}

async function deprovision(azure: Azure, run: RunContext, machineName: string): Promise<void> {
  // A retry may come when the machine is off already and would refuse to be asked to run anything.
  if (await isOff(azure, run, machineName)) {
    if (await hasCommand(azure, run, machineName)) return;
    throw failure('DeprovisionFailed', `${machineName} is off before it was deprovisioned: no step may shut it down`);
  }
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
}

async function hasCommand(azure: Azure, run: RunContext, machineName: string): Promise<boolean> {
  const { virtualMachineRunCommands } = azure.clients(run.subscriptionId).compute;
  const command = await attempt(`look for the run command ${COMMAND}`, () =>
    orNotFound(virtualMachineRunCommands.getByVirtualMachine(run.staging.resourceGroup, machineName, COMMAND)),
  );
  return command !== undefined;
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
    machinePace(run.staging.resourceGroup, name),
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
