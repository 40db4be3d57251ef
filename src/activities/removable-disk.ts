/**
 * A disk of a run as it is removed. Azure deletes none while a signed address to read it is out, nor a group with such a
 * disk in it, and a worker that was killed while it copied a VHD has left one.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Azure } from '../azure/environment.ts';
import { attempt, orNotFound } from '../azure/errors.ts';
import { finish } from '../azure/operations.ts';
import type { RunContext } from './contract.ts';
import type { Removable } from './removals.ts';
import { isOurs } from './tags.ts';

const OPEN = 'ActiveSAS';

export function removableDisk(azure: Azure, run: RunContext, diskName: string): Removable {
  const { disks } = azure.clients(run.subscriptionId).compute;
  const { resourceGroup } = run.staging;
  return {
    what: `disk ${diskName}`,
    get: () => disks.get(resourceGroup, diskName),
    release: async ({ diskState }) => {
      if (diskState === OPEN) await close(azure, run, diskName);
    },
    delete: () => disks.delete(resourceGroup, diskName),
  };
}

/** Those of the run in its group that are open. */
export async function closeDisks(azure: Azure, run: RunContext): Promise<void> {
  const { disks } = azure.clients(run.subscriptionId).compute;
  const { resourceGroup } = run.staging;
  const open = await attempt(`look for open disks in ${resourceGroup}`, async () => {
    const names: string[] = [];
    const look = async (): Promise<void> => {
      for await (const { name = '', diskState, tags } of disks.listByResourceGroup(resourceGroup)) {
        if (diskState === OPEN && isOurs(run, tags)) names.push(name);
      }
    };
    // A former attempt may have begun to remove the group.
    await orNotFound(look());
    return names;
  });
  for (const name of open) await close(azure, run, name);
}

async function close(azure: Azure, { subscriptionId, staging }: RunContext, diskName: string): Promise<void> {
  const { disks } = azure.clients(subscriptionId).compute;
  try {
    await finish(`close disk ${diskName}`, () => disks.revokeAccess(staging.resourceGroup, diskName));
  } catch (error) {
    // It went with its group meanwhile.
    if (!(error instanceof ApplicationFailure) || error.type !== 'NotFound') throw error;
  }
}
