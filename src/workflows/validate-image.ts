/**
 * Validation: a machine of its own, made from what was captured (or from the source, where only that is to be
 * validated), with a network interface of its own beside the build machine's.
 */
import type { CheckedPlan, Guest, Removal, RunContext } from '../activities/contract.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import { making, removing } from './activity-proxies.ts';

const MACHINE = 'validate';
const IMAGE = 'validate-image';

/** The machine that the validators run in. `machineId` is the captured one. */
export async function createValidationMachine(
  run: RunContext,
  { machine }: BuildPlan,
  { source, vmSize }: CheckedPlan,
  machineId: string,
): Promise<Guest> {
  const { osType, hyperVGeneration } = source;
  const image = making('Image of the captured machine');
  const [{ imageId }, network] = await Promise.all([
    image.createOutputImage(run, machineId, IMAGE, hyperVGeneration),
    making('Network of the validation machine').createMachineNetwork(run, MACHINE, machine.subnetId),
  ]);
  const output = {
    type: 'ManagedImage' as const,
    description: 'the captured machine',
    id: imageId,
    osType,
    hyperVGeneration,
    isOutput: true as const,
    ...(source.plan === undefined ? {} : { plan: source.plan }),
  };
  const wanted = { ...machine, name: MACHINE, osDiskSizeGB: 0 };
  await making(`Validation machine ${vmSize}`).createMachine(run, wanted, vmSize, output, network);
  return { name: MACHINE, osType };
}

export async function removeValidationMachine(run: RunContext, like: BuildPlan['machine']): Promise<Removal> {
  const remove = removing('Remove the validation machine');
  const removals = [
    await remove.removeMachine(run, { name: MACHINE, dataDisks: like.dataDisks?.length ?? 0 }),
    await remove.removeMachineNetwork(run, MACHINE, like.subnetId === undefined),
    await remove.removeOutputImage(run, IMAGE),
  ];
  return {
    removed: removals.flatMap(({ removed }) => removed),
    leftovers: removals.flatMap(({ leftovers }) => leftovers),
  };
}
