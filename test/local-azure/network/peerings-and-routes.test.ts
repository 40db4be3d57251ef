import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { heldProfile } from '../held-profile.ts';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';

const location = 'westeurope';
const { profile, hold } = heldProfile();
let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined, { timeProfile: profile });
  await azure.clients.resources.resourceGroups.createOrUpdate('group', { location });
});
after(() => azure?.close());

const path = (rest: string, apiVersion = '2024-05-01'): string =>
  `/subscriptions/${azure.connection.subscriptionId}/resourceGroups/group/providers/Microsoft.Network/${rest}?api-version=${apiVersion}`;

const network = (name: string, addressPrefixes: string[], subnets?: Array<{ name: string; addressPrefix: string }>) =>
  azure.clients.network.virtualNetworks.createOrUpdate(
    'group',
    name,
    { location, addressSpace: { addressPrefixes }, ...(subnets === undefined ? {} : { subnets }) },
    FAST,
  );

test('peerings are connected once both sides have one, and one side alone is disconnected', async () => {
  const { virtualNetworkPeerings: peerings, virtualNetworks } = azure.clients.network;
  const [hub, spoke] = [await network('hub', ['10.10.0.0/16']), await network('spoke', ['10.11.0.0/16'])];
  const there = { remoteVirtualNetwork: { id: spoke.id ?? '' } };
  const first = await peerings.createOrUpdate('group', 'hub', 'to-spoke', there, FAST);
  assert.equal(first.peeringState, 'Initiated');
  assert.deepEqual(first.remoteAddressSpace?.addressPrefixes, ['10.11.0.0/16']);
  const back = { remoteVirtualNetwork: { id: hub.id ?? '' }, allowForwardedTraffic: true };
  await peerings.createOrUpdate('group', 'spoke', 'to-hub', back, FAST);
  const connected = await peerings.get('group', 'hub', 'to-spoke');
  assert.equal(connected.peeringState, 'Connected');
  assert.equal(connected.peeringSyncLevel, 'FullyInSync');
  // A network that is put without them keeps them.
  await network('hub', ['10.10.0.0/16']);
  assert.equal((await virtualNetworks.get('group', 'hub')).virtualNetworkPeerings?.length, 1);
  await virtualNetworks.delete('group', 'spoke', FAST);
  assert.equal((await peerings.get('group', 'hub', 'to-spoke')).peeringState, 'Disconnected');
});

test('networks whose addresses overlap are not peered, nor two networks twice', async () => {
  const { virtualNetworkPeerings: peerings } = azure.clients.network;
  await network('one', ['10.20.0.0/16']);
  const [same, other] = [await network('same', ['10.20.8.0/24']), await network('other', ['10.21.0.0/16'])];
  const peer = (name: string, id = '') =>
    peerings.createOrUpdate('group', 'one', name, { remoteVirtualNetwork: { id } }, FAST);
  await assert.rejects(peer('overlapping', same.id), { code: 'VnetAddressSpacesOverlap' });
  await peer('first', other.id);
  await assert.rejects(peer('second', other.id), { code: 'AnotherPeeringAlreadyReferencesRemoteVnet' });
  await assert.rejects(peer('nowhere', `${other.id}-gone`), { code: 'InvalidResourceReference' });
});

test('a route table says which subnets use it, and is not deleted while one does', async () => {
  const { routeTables, routes, subnets } = azure.clients.network;
  const table = await routeTables.createOrUpdate('group', 'table', { location }, FAST);
  assert.equal(table.disableBgpRoutePropagation, false);
  const route = { addressPrefix: '10.40.0.0/16', nextHopType: 'None' };
  await routes.createOrUpdate('group', 'table', 'nowhere', route, FAST);
  await assert.rejects(routes.createOrUpdate('group', 'table', 'again', route, FAST), { code: 'RouteConflict' });
  await network('routed', ['10.30.0.0/16']);
  const routed = { addressPrefix: '10.30.1.0/24', routeTable: { id: table.id ?? '' } };
  const subnet = await subnets.createOrUpdate('group', 'routed', 'build', routed, FAST);
  const shown = await routeTables.get('group', 'table');
  assert.deepEqual([shown.subnets?.[0]?.id, shown.routes?.[0]?.name], [subnet.id, 'nowhere']);
  await assert.rejects(routeTables.delete('group', 'table', FAST), { code: 'InUseRouteTableCannotBeDeleted' });
  await subnets.delete('group', 'routed', 'build', FAST);
  await routes.delete('group', 'table', 'nowhere', FAST);
  await assert.rejects(routes.get('group', 'table', 'nowhere'), { code: 'NotFound', statusCode: 404 });
  await routeTables.delete('group', 'table', FAST);
});

test('a NAT gateway holds its address, and its subnets hold it', async () => {
  const { natGateways, publicIPAddresses, subnets } = azure.clients.network;
  const named = { location, sku: { name: 'Standard' }, dnsSettings: { domainNameLabel: 'Egress' } };
  const ip = await publicIPAddresses.createOrUpdate('group', 'egress', named, FAST);
  assert.equal(ip.dnsSettings?.fqdn, `egress.${location}.cloudapp.azure.com`);
  await assert.rejects(publicIPAddresses.createOrUpdate('group', 'namesake', named, FAST), { code: 'DnsRecordInUse' });
  const asked = { location, sku: { name: 'Standard' }, publicIpAddresses: [{ id: ip.id ?? '' }] };
  const gateway = await natGateways.createOrUpdate('group', 'nat', asked, FAST);
  assert.equal(gateway.idleTimeoutInMinutes, 4);
  assert.equal((await publicIPAddresses.get('group', 'egress')).natGateway?.id, gateway.id);
  await assert.rejects(publicIPAddresses.delete('group', 'egress', FAST), { code: 'PublicIPAddressCannotBeDeleted' });
  await network('out', ['10.50.0.0/16']);
  const through = { addressPrefix: '10.50.1.0/24', natGateway: { id: gateway.id ?? '' } };
  await subnets.createOrUpdate('group', 'out', 'build', through, FAST);
  await assert.rejects(natGateways.delete('group', 'nat', FAST), { code: 'CannotDeleteNatGatewayAssociatedToSubnet' });
});

test('addresses are told to be free, in use or Azure’s own, and counted', async () => {
  const { networkInterfaces, virtualNetworks, usages } = azure.clients.network;
  const { subnets } = await network(
    'counted',
    ['10.60.0.0/16', 'fd00:60::/48'],
    [{ name: 'build', addressPrefix: '10.60.1.0/24' }],
  );
  const subnet = { id: subnets?.[0]?.id ?? '' };
  const nic = await networkInterfaces.createOrUpdate(
    'group',
    'nic',
    { location, ipConfigurations: [{ name: 'main', subnet }] },
    FAST,
  );
  const check = (address: string) => virtualNetworks.checkIPAddressAvailability('group', 'counted', address);
  assert.equal((await check('10.60.1.77')).available, true);
  const taken = await check('10.60.1.4');
  assert.equal(taken.available, false);
  assert.equal(taken.availableIPAddresses?.[0], '10.60.1.5');
  assert.equal((await check('10.60.1.1')).isPlatformReserved, true);
  assert.equal((await check('10.61.0.9')).available, false);
  for await (const used of virtualNetworks.listUsage('group', 'counted')) {
    assert.deepEqual([used.currentValue, used.limit], [1, 251]);
  }
  for await (const { name, currentValue } of usages.list(location)) {
    if (name.value === 'NetworkInterfaces') assert.equal(currentValue, 1);
  }
  const { value } = await azure.clients.network.networkInterfaces.getEffectiveRouteTable('group', nic.name ?? '', FAST);
  assert.deepEqual(value?.[0]?.addressPrefix, ['10.60.0.0/16']);
});

test('a change that changes nothing is done with its answer', async () => {
  const body = {
    location,
    properties: {
      addressSpace: { addressPrefixes: ['10.70.0.0/16'] },
      subnets: [{ name: 'build', properties: { addressPrefix: '10.70.1.0/24' } }],
    },
  };
  const put = async (sent: unknown) => {
    const { status, headers, body: answer } = await azure.call('PUT', path('virtualNetworks/quiet'), { body: sent });
    const { provisioningState } = answer['properties'] as { provisioningState: string };
    return [status, provisioningState, headers.get('retry-after')];
  };
  assert.deepEqual(await put(body), [201, 'Updating', '3']);
  await network('quiet', ['10.70.0.0/16'], [{ name: 'build', addressPrefix: '10.70.1.0/24' }]);
  assert.deepEqual(await put({ ...body, tags: { a: 'b' } }), [200, 'Succeeded', null]);
  const wider = { addressSpace: { addressPrefixes: ['10.70.0.0/16', '10.71.0.0/16'] } };
  assert.deepEqual(await put({ ...body, properties: { ...body.properties, ...wider } }), [200, 'Updating', '3']);
});

test('one thing at a time is done in a network, and nothing uses what is still being made', async () => {
  await network('busy', ['10.80.0.0/16']);
  hold(/subnets\/write$/);
  try {
    const subnet = (name: string, at: number) =>
      azure.call('PUT', path(`virtualNetworks/busy/subnets/${name}`), {
        body: { properties: { addressPrefix: `10.80.${at}.0/24` } },
      });
    assert.equal((await subnet('first', 1)).status, 201);
    const second = await subnet('second', 2);
    assert.equal(second.status, 409);
    assert.equal(second.body.error?.code, 'AnotherOperationInProgress');
    assert.match(second.body.error?.message ?? '', /uri: https:\/\/\S+\/operations\/[0-9a-f-]{36}\?api-version=/);
    assert.deepEqual((second.body.error as { details?: unknown }).details, []);
    const id = path('virtualNetworks/busy/subnets/first').replace(/\?.*/, '');
    const nic = { location, properties: { ipConfigurations: [{ name: 'main', properties: { subnet: { id } } }] } };
    const early = await azure.call('PUT', path('networkInterfaces/early'), { body: nic });
    assert.equal(early.status, 429);
    assert.equal(early.body.error?.code, 'RetryableError');
    assert.match(early.text, /ReferencedResourceNotProvisioned.*PutSubnetOperation/);
  } finally {
    hold(/^nothing$/);
  }
});

test('what is not there is told as the service tells it', async () => {
  await network('bare', ['10.90.0.0/16']);
  const missing = await azure.call('GET', path('virtualNetworks/bare/subnets/none'));
  const id = path('virtualNetworks/bare/subnets/none').replace(/\?.*/, '');
  assert.deepEqual(missing.body, { error: { code: 'NotFound', message: `Resource ${id} not found.`, details: [] } });
  const orphan = await azure.call('PUT', path('virtualNetworks/none/subnets/build'), {
    body: { properties: { addressPrefix: '10.0.0.0/24' } },
  });
  assert.deepEqual([orphan.status, orphan.body.error?.code], [404, 'ParentResourceNotFound']);
});
