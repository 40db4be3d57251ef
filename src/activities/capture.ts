/**
 * From a running machine to one that an image can be made of. Deprovisioning stops a Linux agent, so it goes on by
 * itself and ends in a power-off, which is waited for; Sysprep leaves a Windows agent alone, so it is a command like
 * another, and what it says can be read.
 */
import { restorePoller } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { finish, watch } from '../azure/operations.ts';
import { Allowance, machinePace } from '../azure/pacing.ts';
import type { CaptureActivities, Guest, RunContext } from './contract.ts';
import { LINUX_DEPROVISION } from './guest/linux.ts';
import { WINDOWS_DEPROVISION } from './guest/windows.ts';
import { lastLines, runInGuest } from './guest-command.ts';
import { isOff } from './power.ts';
import { neverRan } from './run-command.ts';

const COMMAND = 'deprovision';
const OFF_WITHIN_MS = 15 * 60_000;
/** Sysprep was seen to take more than an hour. */
const SYSPREP_SECONDS = 3 * 3600;

export function createCaptureActivities(azure: Azure): CaptureActivities {
  return {
    async captureMachine(run, guest) {
      await (guest.osType === 'Windows' ? sysprep(azure, run, guest) : deprovision(azure, run, guest));
      const { compute } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      await finish(
        `deallocate ${guest.name}`,
        () => compute.virtualMachines.deallocate(resourceGroup, guest.name),
        (state) => restorePoller(compute, state, compute.virtualMachines.deallocate),
      );
      await attempt(`generalize ${guest.name}`, () => compute.virtualMachines.generalize(resourceGroup, guest.name));
    },

    async createOutputImage(run, machineId, name, hyperVGeneration) {
      const { compute } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      const image = await finish(
        `make image ${name} of the captured machine`,
        () =>
          compute.images.createOrUpdate(resourceGroup, name, {
            location: run.location,
            tags: run.tags,
            sourceVirtualMachine: { id: machineId },
            hyperVGeneration,
          }),
        (state) => restorePoller(compute, state, compute.images.createOrUpdate),
      );
      if (image.id === undefined) throw new TypeError('expected Azure to answer an image with its id');
      return { imageId: image.id };
    },
  };
}

async function sysprep(azure: Azure, run: RunContext, guest: Guest): Promise<void> {
  // A retry may come when the machine is deallocated already.
  if (await isOff(azure, run, guest.name)) return wasDeprovisioned(azure, run, guest);
  const command = { key: COMMAND, script: WINDOWS_DEPROVISION, timeoutInSeconds: SYSPREP_SECONDS };
  const { result } = await runInGuest(azure, run, guest, command, () => ({ waitingFor: 'Sysprep' }));
  if (result.exitCode === 0) return;
  const message = lastLines(result.errorTail, 5) || lastLines(result.outputTail, 15) || 'it printed nothing';
  throw failure('DeprovisionFailed', `Sysprep failed: ${message}`, result);
}

async function deprovision(azure: Azure, run: RunContext, guest: Guest): Promise<void> {
  // A retry may come when the machine is off already and would refuse to be asked to run anything.
  if (await isOff(azure, run, guest.name)) return wasDeprovisioned(azure, run, guest);
  const command = { key: COMMAND, script: LINUX_DEPROVISION, timeoutInSeconds: 600 };
  const { result, view } = await runInGuest(
    azure,
    run,
    guest,
    command,
    () => ({ waitingFor: 'deprovisioning' }),
    // Deprovisioning stops the agent, maybe before it has reported the command's end.
    () => isOff(azure, run, guest.name),
  );
  if (result.exitCode > 0 || neverRan(view)) {
    throw failure('DeprovisionFailed', `deprovisioning could not be started: ${result.errorTail}`, result);
  }
  await untilOff(azure, run, guest.name);
}

async function wasDeprovisioned(azure: Azure, run: RunContext, { name }: Guest): Promise<void> {
  const { virtualMachineRunCommands } = azure.clients(run.subscriptionId).compute;
  const command = await attempt(`look for the run command ${COMMAND}`, () =>
    orNotFound(virtualMachineRunCommands.getByVirtualMachine(run.staging.resourceGroup, name, COMMAND)),
  );
  if (command !== undefined) return;
  throw failure('DeprovisionFailed', `${name} is off before it was deprovisioned: no step may shut it down`);
}

async function untilOff(azure: Azure, run: RunContext, name: string): Promise<void> {
  const deadline = Date.now() + OFF_WITHIN_MS;
  const allowance = new Allowance();
  await watch(
    async () => {
      if (await isOff(azure, run, name, allowance)) return true;
      if (Date.now() > deadline) {
        throw failure('DeprovisionFailed', `${name} had not powered off 15 minutes after deprovisioning began`);
      }
      return false;
    },
    () => ({ waitingFor: `${name} to power off` }),
    machinePace(allowance),
  );
}
