import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';

const location = 'westeurope';
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
});
after(() => azure?.close());

async function makeNetwork(group: string) {
  const { network, resources } = azure.clients;
  await resources.resourceGroups.createOrUpdate(group, { location });
  const nsg = await network.networkSecurityGroups.createOrUpdate(group, 'nsg', { location }, FAST);
  const vnet = await network.virtualNetworks.createOrUpdate(
    group,
    'vnet',
    { location, addressSpace: { addressPrefixes: ['10.1.0.0/16'] } },
    FAST,
  );
  const subnet = await network.subnets.createOrUpdate(
    group,
    'vnet',
    'build',
    { addressPrefix: '10.1.2.0/24', networkSecurityGroup: { id: nsg.id ?? '' } },
    FAST,
  );
  const ip = await network.publicIPAddresses.createOrUpdate(
    group,
    'ip',
    { location, sku: { name: 'Standard' }, publicIPAllocationMethod: 'Static' },
    FAST,
  );
  const nic = await network.networkInterfaces.createOrUpdate(
    group,
    'nic',
    {
      location,
      ipConfigurations: [{ name: 'main', subnet: { id: subnet.id ?? '' }, publicIPAddress: { id: ip.id ?? '' } }],
    },
    FAST,
  );
  return { nsg, vnet, subnet, ip, nic };
}

test('a network interface gets addresses, and all see who uses them', async () => {
  const { network } = azure.clients;
  const { nic, ip } = await makeNetwork('net-a');
  assert.equal(nic.ipConfigurations?.[0]?.privateIPAddress, '10.1.2.4');
  assert.match(ip.ipAddress ?? '', /^127(\.\d+){3}$/);
  const shown = await network.publicIPAddresses.get('net-a', 'ip');
  assert.equal(shown.ipConfiguration?.id, `${nic.id}/ipConfigurations/main`);
  const vnet = await network.virtualNetworks.get('net-a', 'vnet');
  assert.equal(vnet.subnets?.[0]?.ipConfigurations?.length, 1);
  assert.equal(vnet.provisioningState, 'Succeeded');
  const group = await network.networkSecurityGroups.get('net-a', 'nsg');
  assert.equal(group.defaultSecurityRules?.length, 6);
  assert.equal(group.subnets?.length, 1);
});

test('what is in use cannot be deleted, and can once its user is gone', async () => {
  const { network } = azure.clients;
  await makeNetwork('net-b');
  await assert.rejects(network.subnets.delete('net-b', 'vnet', 'build', FAST), { code: 'InUseSubnetCannotBeDeleted' });
  await assert.rejects(network.virtualNetworks.delete('net-b', 'vnet', FAST), { code: 'InUseSubnetCannotBeDeleted' });
  await assert.rejects(network.networkSecurityGroups.delete('net-b', 'nsg', FAST), {
    code: 'InUseNetworkSecurityGroupCannotBeDeleted',
  });
  await assert.rejects(network.publicIPAddresses.delete('net-b', 'ip', FAST), {
    code: 'PublicIPAddressCannotBeDeleted',
  });
  await network.networkInterfaces.delete('net-b', 'nic', FAST);
  await network.publicIPAddresses.delete('net-b', 'ip', FAST);
  await network.virtualNetworks.delete('net-b', 'vnet', FAST);
  await network.networkSecurityGroups.delete('net-b', 'nsg', FAST);
  await assert.rejects(network.subnets.get('net-b', 'vnet', 'build'), { statusCode: 404 });
});

test('a network interface of a machine cannot be deleted', async () => {
  const { network } = azure.clients;
  const { nic } = await makeNetwork('net-c');
  const id = `${nic.id?.replace(/\/providers\/.*/, '')}/providers/Microsoft.Compute/virtualMachines/vm`;
  const body = { id, properties: { networkProfile: { networkInterfaces: [{ id: (nic.id ?? '').toUpperCase() }] } } };
  azure.azure.services.store.put({ id, type: 'Microsoft.Compute/virtualMachines', body, hidden: {} });
  assert.equal((await network.networkInterfaces.get('net-c', 'nic')).virtualMachine?.id, id);
  await assert.rejects(network.networkInterfaces.delete('net-c', 'nic', FAST), { code: 'NicInUse', statusCode: 409 });
});

test('references and ranges that do not fit are refused', async () => {
  const { network } = azure.clients;
  await makeNetwork('net-d');
  await assert.rejects(network.subnets.createOrUpdate('net-d', 'vnet', 'far', { addressPrefix: '10.9.0.0/24' }, FAST), {
    code: 'NetcfgSubnetRangeOutsideVnet',
  });
  await assert.rejects(
    network.networkInterfaces.createOrUpdate(
      'net-d',
      'other',
      { location, ipConfigurations: [{ name: 'main', subnet: { id: '/subscriptions/x/nothing' } }] },
      FAST,
    ),
    { code: 'InvalidResourceReference' },
  );
});
