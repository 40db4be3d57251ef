/**
 * Undoing. Each removal asks first whose the resource is and deletes only what carries this run's tag; what is gone
 * already is done; what is there and not ours is named with the reason.
 */
import type { OperationState, PollerLike } from '@azure/core-lro';
import type { Azure } from '../azure/environment.ts';
import { attempt, orNotFound } from '../azure/errors.ts';
import { finish } from '../azure/operations.ts';
import { requireResourceId } from '../template/resource-id.ts';
import { openStagingBlobs } from './blobs.ts';
import type { CleanupActivities, Removal, RunContext } from './contract.ts';
import { isOurs } from './tags.ts';

interface Removable {
  what: string;
  get: () => Promise<{ id?: string; tags?: Record<string, string> }>;
  delete: () => PollerLike<OperationState<void>, void>;
}

export function createCleanupActivities(azure: Azure): CleanupActivities {
  return {
    async removeMachine(run, machineName) {
      const { virtualMachines, disks } = azure.clients(run.subscriptionId).compute;
      const { resourceGroup, osDisk } = run.staging;
      return removeInOrder(run, [
        {
          what: `machine ${machineName}`,
          get: () => virtualMachines.get(resourceGroup, machineName),
          delete: () => virtualMachines.delete(resourceGroup, machineName, { forceDeletion: true }),
        },
        {
          what: `disk ${osDisk}`,
          get: () => disks.get(resourceGroup, osDisk),
          delete: () => disks.delete(resourceGroup, osDisk),
        },
      ]);
    },

    async removeNetwork(run, ownNetwork) {
      const { network } = azure.clients(run.subscriptionId);
      const { resourceGroup, networkInterface, publicIp, virtualNetwork, securityGroup } = run.staging;
      const nic: Removable = {
        what: `NIC ${networkInterface}`,
        get: () => network.networkInterfaces.get(resourceGroup, networkInterface),
        delete: () => network.networkInterfaces.delete(resourceGroup, networkInterface),
      };
      if (!ownNetwork) return removeInOrder(run, [nic]);
      const address: Removable = {
        what: `public IP ${publicIp}`,
        get: () => network.publicIPAddresses.get(resourceGroup, publicIp),
        delete: () => network.publicIPAddresses.delete(resourceGroup, publicIp),
      };
      const vnet: Removable = {
        what: `network ${virtualNetwork}`,
        get: () => network.virtualNetworks.get(resourceGroup, virtualNetwork),
        delete: () => network.virtualNetworks.delete(resourceGroup, virtualNetwork),
      };
      const group: Removable = {
        what: `security group ${securityGroup}`,
        get: () => network.networkSecurityGroups.get(resourceGroup, securityGroup),
        delete: () => network.networkSecurityGroups.delete(resourceGroup, securityGroup),
      };
      return removeInOrder(run, [nic, [address, vnet], group]);
    },

    async removeStagingGroup(run) {
      const { resourceGroups } = azure.clients(run.subscriptionId).resources;
      const { resourceGroup } = run.staging;
      return removeInOrder(run, [
        {
          what: `resource group ${resourceGroup}`,
          get: () => resourceGroups.get(resourceGroup),
          delete: () => resourceGroups.delete(resourceGroup),
        },
      ]);
    },

    async removeOutput(run, { type, artifactId, artifactUri }) {
      if (type === 'VHD') return removeVhd(azure, run, artifactUri);
      if (artifactId === undefined) return { removed: [], leftovers: [] };
      const { subscriptionId, resourceGroup, names } = requireResourceId(artifactId);
      const { images, galleryImageVersions } = azure.clients(subscriptionId).compute;
      const [first = '', second = '', third = ''] = names;
      const output: Removable =
        type === 'ManagedImage'
          ? {
              what: `image ${first}`,
              get: () => images.get(resourceGroup, first),
              delete: () => images.delete(resourceGroup, first),
            }
          : {
              what: `image version ${third} of ${second}`,
              get: () => galleryImageVersions.get(resourceGroup, first, second, third),
              delete: () => galleryImageVersions.delete(resourceGroup, first, second, third),
            };
      return removeInOrder(run, [output]);
    },
  };
}

/** One after the other, as each is in use by the one before; what is listed together goes at once. */
async function removeInOrder(run: RunContext, resources: Array<Removable | Removable[]>): Promise<Removal> {
  const removal: Removal = { removed: [], leftovers: [] };
  for (const step of resources) {
    const removals = await Promise.all([step].flat().map((resource) => removeOne(run, resource)));
    removal.removed.push(...removals.flatMap(({ removed }) => removed));
    removal.leftovers.push(...removals.flatMap(({ leftovers }) => leftovers));
  }
  return removal;
}

async function removeOne(run: RunContext, { what, get, delete: remove }: Removable): Promise<Removal> {
  const found = await attempt(`look for ${what}`, () => orNotFound(get()));
  if (found === undefined) return { removed: [], leftovers: [] };
  const id = found.id ?? what;
  if (!isOurs(run, found.tags)) {
    return { removed: [], leftovers: [{ id, reason: 'it does not carry the tag of this run' }] };
  }
  await finish(`delete ${what}`, remove);
  return { removed: [id], leftovers: [] };
}

/** A VHD in the staging account; one at an address of the template's own is left there and named. */
async function removeVhd(azure: Azure, run: RunContext, uri: string | undefined): Promise<Removal> {
  if (uri === undefined) return { removed: [], leftovers: [] };
  return attempt(`delete ${uri}`, async () => {
    const { service } = await openStagingBlobs(azure, run);
    if (!uri.startsWith(service.url)) {
      return { removed: [], leftovers: [{ id: uri, reason: 'it lies in an account that is not the build’s' }] };
    }
    const name = uri.slice(service.url.length).replace(/^\/?vhds\//, '');
    const { succeeded } = await service.getContainerClient('vhds').getBlobClient(name).deleteIfExists();
    return { removed: succeeded ? [uri] : [], leftovers: [] };
  });
}
