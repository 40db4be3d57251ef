/** The staging group: what a build needs around its machine. Every create is a PUT under a fixed name, so it can be repeated. */
import { restorePoller } from '@azure/arm-storage';
import { Context } from '@temporalio/activity';
import type { Azure } from '../azure/environment.ts';
import { attempt } from '../azure/errors.ts';
import { finish, settled } from '../azure/operations.ts';
import { openStagingBlobs } from './blobs.ts';
import type { RunContext, StagingActivities } from './contract.ts';

export function createStagingActivities(azure: Azure): StagingActivities {
  return {
    async createStagingGroup(run) {
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
            enableHttpsTrafficOnly: true,
          }),
        (state) => restorePoller(storage, state, storage.storageAccounts.create),
      );
      const blobs = await openStagingBlobs(azure, run);
      await attempt('create the containers', () =>
        Promise.all(
          ['files', 'logs', 'vhds'].map((name) => blobs.service.getContainerClient(name).createIfNotExists()),
        ),
      );
    },

    async createStagingNetwork(run, subnetId) {
      // Beside each other a heartbeat could not say which operation it means, so a retry repeats the PUTs instead.
      const beat = setInterval(() => Context.current().heartbeat({ waitingFor: 'network' }), 2000);
      try {
        return await attempt('create the network', () => createNetwork(azure, run, subnetId));
      } finally {
        clearInterval(beat);
      }
    },
  };
}

async function createNetwork(
  azure: Azure,
  run: RunContext,
  existingSubnetId: string | undefined,
): Promise<{ networkInterfaceId: string }> {
  const { network } = azure.clients(run.subscriptionId);
  const { resourceGroup, virtualNetwork, subnet, securityGroup, publicIp, networkInterface } = run.staging;
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
      settled(
        network.publicIPAddresses.createOrUpdate(resourceGroup, publicIp, {
          ...common,
          sku: { name: 'Standard' },
          publicIPAllocationMethod: 'Static',
        }),
      ),
    ]);
    const made = await settled(
      network.virtualNetworks.createOrUpdate(resourceGroup, virtualNetwork, {
        ...common,
        addressSpace: { addressPrefixes: ['10.0.0.0/24'] },
        subnets: [{ name: subnet, addressPrefix: '10.0.0.0/26', networkSecurityGroup: { id: idOf(group) } }],
      }),
    );
    return { subnetId: idOf(made.subnets?.[0] ?? {}), publicIpId: idOf(address) };
  };

  const { subnetId, publicIpId } =
    existingSubnetId === undefined ? await own() : { subnetId: existingSubnetId, publicIpId: undefined };
  const nic = await settled(
    network.networkInterfaces.createOrUpdate(resourceGroup, networkInterface, {
      ...common,
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
