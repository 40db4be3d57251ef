/** Undoing, part by part: the machine, its network, the staging group, an output. */
import type { Azure } from '../azure/environment.ts';
import { attempt, orNotFound } from '../azure/errors.ts';
import { finish } from '../azure/operations.ts';
import { requireResourceId } from '../template/resource-id.ts';
import { openStagingBlobs } from './blobs.ts';
import type { CleanupActivities, Removal, RunContext } from './contract.ts';
import { dataDiskOf, networkInterfaceOf, osDiskOf, publicIpOf } from './machine-names.ts';
import { releaseGroup } from './own-group.ts';
import { closeDisks, removableDisk } from './removable-disk.ts';
import { removeInOrder } from './removals.ts';
import type { Removable } from './removals.ts';
import { isOurs } from './tags.ts';

/** Everything a run makes in its staging group, in the order in which it can go, with an api-version that can delete it. */
const API_VERSION_OF = {
  'microsoft.compute/virtualmachines': '2024-07-01',
  'microsoft.compute/images': '2024-07-01',
  'microsoft.compute/disks': '2024-03-02',
  'microsoft.network/networkinterfaces': '2024-05-01',
  'microsoft.network/publicipaddresses': '2024-05-01',
  'microsoft.network/virtualnetworks': '2024-05-01',
  'microsoft.network/networksecuritygroups': '2024-05-01',
  'microsoft.storage/storageaccounts': '2023-05-01',
} as const;
const REMOVAL_ORDER = Object.keys(API_VERSION_OF) as Array<keyof typeof API_VERSION_OF>;

export function createCleanupActivities(azure: Azure): CleanupActivities {
  return {
    removeMachine: (run, machine) => removeInOrder(run, machineAndDisks(azure, run, machine)),

    async removeNetwork(run, ownNetwork) {
      const { network } = azure.clients(run.subscriptionId);
      const { resourceGroup, virtualNetwork, securityGroup } = run.staging;
      const [nic, address] = interfaceAndAddress(azure, run, 'build');
      if (!ownNetwork) return removeInOrder(run, [nic]);
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

    async removeMachineNetwork(run, machineName, ownNetwork) {
      const [nic, address] = interfaceAndAddress(azure, run, machineName);
      // Without a network of our own there is no address, and no leave to look for one.
      return removeInOrder(run, ownNetwork ? [nic, address] : [nic]);
    },

    async removeOutputImage(run, name) {
      const { images } = azure.clients(run.subscriptionId).compute;
      const { resourceGroup } = run.staging;
      const image: Removable = {
        what: `image ${name}`,
        get: () => images.get(resourceGroup, name),
        delete: () => images.delete(resourceGroup, name),
      };
      return removeInOrder(run, [image]);
    },

    async removeStagingGroup(run) {
      const { resourceGroup } = run.staging;
      if (run.ownGroup === true) return emptyGroup(azure, run);
      const { resourceGroups } = azure.clients(run.subscriptionId).resources;
      const group: Removable = {
        what: `resource group ${resourceGroup}`,
        get: () => resourceGroups.get(resourceGroup),
        release: () => closeDisks(azure, run),
        delete: () => resourceGroups.delete(resourceGroup),
        alone: true,
      };
      return removeInOrder(run, [group]);
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
              alone: true,
            }
          : {
              what: `image version ${third} of ${second}`,
              get: () => galleryImageVersions.get(resourceGroup, first, second, third),
              delete: () => galleryImageVersions.delete(resourceGroup, first, second, third),
              alone: true,
            };
      return removeInOrder(run, [output]);
    },
  };
}

function machineAndDisks(
  azure: Azure,
  run: RunContext,
  { name, dataDisks }: { name: string; dataDisks: number },
): Array<Removable | Removable[]> {
  const { virtualMachines } = azure.clients(run.subscriptionId).compute;
  const { resourceGroup } = run.staging;
  const machine: Removable = {
    what: `machine ${name}`,
    get: () => virtualMachines.get(resourceGroup, name),
    delete: () => virtualMachines.delete(resourceGroup, name, { forceDeletion: true }),
  };
  const disks = [osDiskOf(name), ...Array.from({ length: dataDisks }, (_, lun) => dataDiskOf(name, lun))];
  return [machine, disks.map((disk) => removableDisk(azure, run, disk))];
}

function interfaceAndAddress(azure: Azure, run: RunContext, machineName: string): [Removable, Removable] {
  const { networkInterfaces, publicIPAddresses } = azure.clients(run.subscriptionId).network;
  const { resourceGroup } = run.staging;
  const [nic, address] = [networkInterfaceOf(machineName), publicIpOf(machineName)];
  return [
    {
      what: `NIC ${nic}`,
      get: () => networkInterfaces.get(resourceGroup, nic),
      delete: () => networkInterfaces.delete(resourceGroup, nic),
    },
    {
      what: `public IP ${address}`,
      get: () => publicIPAddresses.get(resourceGroup, address),
      delete: () => publicIPAddresses.delete(resourceGroup, address),
    },
  ];
}

/** All of the run in a group that stays: what was left for a person to look at, and at last the logs. */
async function emptyGroup(azure: Azure, run: RunContext): Promise<Removal> {
  const removal: Removal = { removed: [], leftovers: [] };
  const { resources } = azure.clients(run.subscriptionId);
  const { resourceGroup } = run.staging;
  const found = await attempt(`look into ${resourceGroup}`, async () => {
    const all: Array<{ id: string; type: string }> = [];
    if ((await orNotFound(resources.resourceGroups.get(resourceGroup))) === undefined) return all;
    for await (const { id = '', type = '', tags } of resources.resources.listByResourceGroup(resourceGroup)) {
      if (isOurs(run, tags)) all.push({ id, type: type.toLowerCase() });
    }
    return all;
  });
  if (found.length > 0) await closeDisks(azure, run);
  for (const type of REMOVAL_ORDER) {
    for (const { id } of found.filter((resource) => resource.type === type)) {
      await finish(`delete ${id}`, () => resources.resources.deleteById(id, API_VERSION_OF[type]));
      removal.removed.push(id);
    }
  }
  await releaseGroup(azure, run);
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
