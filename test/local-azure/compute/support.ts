/** What tests of Microsoft.Compute build on: a group with a network, and machines in it. */
import assert from 'node:assert/strict';
import type { VirtualMachine } from '@azure/arm-compute';
import { BlobServiceClient, ContainerSASPermissions, StorageSharedKeyCredential } from '@azure/storage-blob';
import { FAST, type TestAzure } from '../support.ts';

export const location = 'westeurope';

export const DEBIAN = { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' };

/** An interface in a group of that name, which is made along with its network. */
export async function makeNic(azure: TestAzure, group: string, name = 'nic'): Promise<string> {
  const { network, resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate(group, { location });
  const vnet = await network.virtualNetworks.createOrUpdate(
    group,
    'vnet',
    {
      location,
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'build', addressPrefix: '10.0.0.0/24' }],
    },
    FAST,
  );
  const nic = await network.networkInterfaces.createOrUpdate(
    group,
    name,
    { location, ipConfigurations: [{ name: 'main', subnet: { id: `${vnet.id}/subnets/build` } }] },
    FAST,
  );
  return nic.id ?? '';
}

/** A machine's description: from the marketplace's Debian, generation 2, unless told. */
export function describeMachine(nicId: string, changes: Partial<VirtualMachine> = {}): VirtualMachine {
  return {
    location,
    hardwareProfile: { vmSize: 'Standard_D2ds_v4' },
    storageProfile: { imageReference: DEBIAN, osDisk: { name: 'os', createOption: 'FromImage' } },
    osProfile: { computerName: 'builder', adminUsername: 'kiln', adminPassword: 'Secret-123456' },
    networkProfile: { networkInterfaces: [{ id: nicId }] },
    ...changes,
  };
}

export async function makeMachine(azure: TestAzure, group: string, changes: Partial<VirtualMachine> = {}) {
  const nicId = await makeNic(azure, group);
  const { virtualMachines } = azure.clients.compute;
  return virtualMachines.createOrUpdate(group, 'vm', describeMachine(nicId, changes), FAST);
}

/** Runs nothing more in it: ready to be captured. */
export async function makeGeneralized(azure: TestAzure, group: string): Promise<string> {
  const machine = await makeMachine(azure, group);
  const { virtualMachines } = azure.clients.compute;
  await virtualMachines.deallocate(group, 'vm', FAST);
  await virtualMachines.generalize(group, 'vm');
  return machine.id ?? '';
}

export async function powerOf(azure: TestAzure, group: string): Promise<string[]> {
  const view = await azure.clients.compute.virtualMachines.instanceView(group, 'vm');
  return (view.statuses ?? []).map(({ code }) => code ?? '');
}

/** A container for the output of run commands, in an account of its own. */
export async function makeLogs(azure: TestAzure, group: string, account: string) {
  const { storage } = azure.clients;
  await storage.storageAccounts.create(
    group,
    account,
    { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
    FAST,
  );
  const { keys } = await storage.storageAccounts.listKeys(group, account);
  const credential = new StorageSharedKeyCredential(account, keys?.[0]?.value ?? '');
  const container = new BlobServiceClient(`${azure.connection.blobEndpoint}/${account}`, credential).getContainerClient(
    'logs',
  );
  await container.createIfNotExists();
  return {
    read: async (name: string) => (await container.getBlobClient(name).downloadToBuffer()).toString(),
    urlOf: async (name: string) => {
      const sas = await container.generateSasUrl({
        permissions: ContainerSASPermissions.parse('racw'),
        expiresOn: new Date(Date.now() + 3_600_000),
      });
      return sas.replace('?', `/${name}?`);
    },
  };
}

/** Asserts a refusal by status and code; the message is matched where one is given. */
export async function refused(work: PromiseLike<unknown>, statusCode: number, code: string, message?: RegExp) {
  await assert.rejects(
    async () => work,
    (error: Error & { statusCode?: number; code?: string }) => {
      assert.deepEqual([error.statusCode, error.code], [statusCode, code], error.message);
      if (message !== undefined) {
        assert.match(error.message, message);
      }
      return true;
    },
  );
}
