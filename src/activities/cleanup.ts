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
      const own: Removable[] = [
        {
          what: `public IP ${publicIp}`,
          get: () => network.publicIPAddresses.get(resourceGroup, publicIp),
          delete: () => network.publicIPAddresses.delete(resourceGroup, publicIp),
        },
        {
          what: `network ${virtualNetwork}`,
          get: () => network.virtualNetworks.get(resourceGroup, virtualNetwork),
          delete: () => network.virtualNetworks.delete(resourceGroup, virtualNetwork),
        },
        {
          what: `security group ${securityGroup}`,
          get: () => network.networkSecurityGroups.get(resourceGroup, securityGroup),
          delete: () => network.networkSecurityGroups.delete(resourceGroup, securityGroup),
        },
      ];
      return removeInOrder(run, [
        {
          what: `NIC ${networkInterface}`,
          get: () => network.networkInterfaces.get(resourceGroup, networkInterface),
          delete: () => network.networkInterfaces.delete(resourceGroup, networkInterface),
        },
        ...(ownNetwork ? own : []),
      ]);
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

async function removeInOrder(run: RunContext, resources: Removable[]): Promise<Removal> {
  const removal: Removal = { removed: [], leftovers: [] };
  for (const { what, get, delete: remove } of resources) {
    const found = await attempt(`look for ${what}`, () => orNotFound(get()));
    if (found === undefined) continue;
    if (isOurs(run, found.tags)) {
      await finish(`delete ${what}`, remove);
      removal.removed.push(found.id ?? what);
    } else {
      removal.leftovers.push({ id: found.id ?? what, reason: 'it does not carry the tag of this run' });
    }
  }
  return removal;
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
