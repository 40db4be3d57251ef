/** The staging group: what a build needs around its machine. Every create is a PUT under a fixed name, so it can be repeated. */
import { restorePoller } from '@azure/arm-storage';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { Azure } from '../azure/environment.ts';
import { attempt } from '../azure/errors.ts';
import { beating, finish, settled } from '../azure/operations.ts';
import { openStagingBlobs } from './blobs.ts';
import type { RunContext, StagingActivities } from './contract.ts';
import { networkInterfaceOf, publicIpOf } from './machine-names.ts';
import { onceAllowed } from './once-allowed.ts';
import { takeGroup } from './own-group.ts';

/** The machine that is customized. */
const BUILD = 'build';

export function createStagingActivities(azure: Azure): StagingActivities {
  return {
    async createStagingGroup(run) {
      if (run.ownGroup === true) return takeGroup(azure, run);
      const { resources } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      await attempt(`create resource group ${resourceGroup}`, () =>
        resources.resourceGroups.createOrUpdate(resourceGroup, { location: run.location, tags: run.tags }),
      );
    },

    async createStagingStorage(run) {
      const { storage } = azure.clients(run.subscriptionId);
      const { resourceGroup, storageAccount } = run.staging;
      await finish(
        `create storage account ${storageAccount}`,
        () =>
          storage.storageAccounts.create(resourceGroup, storageAccount, {
            location: run.location,
            tags: run.tags,
            kind: 'StorageV2',
            sku: { name: 'Standard_LRS' },
            minimumTlsVersion: 'TLS1_2',
            allowBlobPublicAccess: false,
            // A policy may refuse what does not say so.
            allowSharedKeyAccess: false,
            enableHttpsTrafficOnly: true,
          }),
        (state) => restorePoller(storage, state, storage.storageAccounts.create),
      );
      const { service } = await openStagingBlobs(azure, run);
      await beating('containers', () => attempt('create the containers', () => onceAllowed(() => furnish(service))));
    },

    async createStagingNetwork(run, subnetId) {
      // Beside each other a heartbeat could not say which operation it means, so a retry repeats the PUTs instead.
      return beating('network', () => attempt('create the network', () => createNetwork(azure, run, subnetId)));
    },

    async createMachineNetwork(run, machineName, subnetId) {
      return beating('network', () =>
        attempt(`create the network interface of ${machineName}`, async () => {
          const { virtualNetwork, subnet } = run.staging;
          const group = `/subscriptions/${run.subscriptionId}/resourceGroups/${run.staging.resourceGroup}`;
          const own = `${group}/providers/Microsoft.Network/virtualNetworks/${virtualNetwork}/subnets/${subnet}`;
          const address = subnetId === undefined ? await createAddress(azure, run, machineName) : undefined;
          return createInterface(azure, run, machineName, subnetId ?? own, address);
        }),
      );
    },
  };
}

async function furnish(service: BlobServiceClient): Promise<void> {
  await Promise.all(['files', 'logs', 'vhds'].map((name) => service.getContainerClient(name).createIfNotExists()));
  // Containers are made by an action, what is in them is reached by data actions.
  await service.getContainerClient('files').getBlobClient('any').exists();
}

async function createNetwork(
  azure: Azure,
  run: RunContext,
  existingSubnetId: string | undefined,
): Promise<{ networkInterfaceId: string }> {
  const { network } = azure.clients(run.subscriptionId);
  const { resourceGroup, virtualNetwork, subnet, securityGroup } = run.staging;
  const common = { location: run.location, tags: run.tags };

  const own = async (): Promise<{ subnetId: string; publicIpId: string }> => {
    const [group, address] = await Promise.all([
      // Azure's default rules let the network and its load balancer in; this one comes before them.
      settled(
        network.networkSecurityGroups.createOrUpdate(resourceGroup, securityGroup, {
          ...common,
          securityRules: [
            {
              name: 'nothing-in',
              priority: 100,
              direction: 'Inbound',
              access: 'Deny',
              protocol: '*',
              sourceAddressPrefix: '*',
              sourcePortRange: '*',
              destinationAddressPrefix: '*',
              destinationPortRange: '*',
            },
          ],
        }),
      ),
      createAddress(azure, run, BUILD),
    ]);
    const made = await settled(
      network.virtualNetworks.createOrUpdate(resourceGroup, virtualNetwork, {
        ...common,
        addressSpace: { addressPrefixes: ['10.0.0.0/24'] },
        subnets: [{ name: subnet, addressPrefix: '10.0.0.0/26', networkSecurityGroup: { id: idOf(group) } }],
      }),
    );
    return { subnetId: idOf(made.subnets?.[0] ?? {}), publicIpId: address };
  };

  const { subnetId, publicIpId } =
    existingSubnetId === undefined ? await own() : { subnetId: existingSubnetId, publicIpId: undefined };
  return createInterface(azure, run, BUILD, subnetId, publicIpId);
}

/** For egress; answers its id. */
async function createAddress(azure: Azure, run: RunContext, machineName: string): Promise<string> {
  const { publicIPAddresses } = azure.clients(run.subscriptionId).network;
  const address = await settled(
    publicIPAddresses.createOrUpdate(run.staging.resourceGroup, publicIpOf(machineName), {
      location: run.location,
      tags: run.tags,
      sku: { name: 'Standard' },
      publicIPAllocationMethod: 'Static',
    }),
  );
  return idOf(address);
}

async function createInterface(
  azure: Azure,
  run: RunContext,
  machineName: string,
  subnetId: string,
  publicIpId: string | undefined,
): Promise<{ networkInterfaceId: string }> {
  const { networkInterfaces } = azure.clients(run.subscriptionId).network;
  const nic = await settled(
    networkInterfaces.createOrUpdate(run.staging.resourceGroup, networkInterfaceOf(machineName), {
      location: run.location,
      tags: run.tags,
      ipConfigurations: [
        {
          name: 'build',
          privateIPAllocationMethod: 'Dynamic',
          subnet: { id: subnetId },
          ...(publicIpId === undefined ? {} : { publicIPAddress: { id: publicIpId } }),
        },
      ],
    }),
  );
  return { networkInterfaceId: idOf(nic) };
}

function idOf({ id }: { id?: string }): string {
  if (id === undefined) throw new TypeError('expected Azure to answer a resource with its id');
  return id;
}
