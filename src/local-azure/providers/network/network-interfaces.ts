/** Network interfaces, with a private address out of their subnet. */
import { ArmError, type JsonObject, type Route, type Services, type StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { sameId } from '../../resource-id.ts';
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { freeIn, parseRange } from './ip-ranges.ts';
import { idOf, ipConfigurations, machineOf, requireReference, usersOf } from './references.ts';
import { routesOf, type Kind } from './resource-kinds.ts';
import { prefixesOf } from './subnets.ts';

/** Properties that older versions of the API do not know. */
const SINCE: Record<string, string> = {
  nicType: '2019-12-01',
  vnetEncryptionSupported: '2020-11-01',
  allowPort25Out: '2022-05-01',
  disableTcpStateTracking: '2022-05-01',
  auxiliaryMode: '2024-03-01',
  auxiliarySku: '2024-03-01',
};
const DOMAIN = 'kiln0local0azure0000000000.ax.internal.cloudapp.net';

export function networkInterfaceRoutes(services: Services): Route[] {
  const { store } = services;

  function buildConfiguration(
    sent: JsonObject,
    id: string,
    primary: boolean,
    former: JsonObject | undefined,
  ): JsonObject {
    const properties = propertiesOf(sent);
    const subnetId = idOf(properties['subnet']);
    if (subnetId === undefined) {
      throw new ArmError(
        400,
        'SubnetIsRequired',
        `Subnet is required for IP configuration ${id}: expected properties.subnet.id.`,
      );
    }
    requireReference(store, properties['subnet'], id);
    requireReference(store, properties['publicIPAddress'], id);
    const publicId = idOf(properties['publicIPAddress']);
    const [other] =
      publicId === undefined
        ? []
        : usersOf(store, 'publicIPAddress', publicId).filter((user) => !sameId(textOf(user['id']), id));
    if (other !== undefined) {
      throw new ArmError(
        400,
        'PublicIPAddressInUse',
        `Resource ${id} is referencing public IP address ${publicId} that is already allocated to resource ${textOf(other['id'])}.`,
      );
    }
    const kept = propertiesOf(former);
    const sameSubnet = sameId(idOf(kept['subnet']) ?? '', subnetId);
    const version = textOf(properties['privateIPAddressVersion'] ?? 'IPv4');
    const address =
      properties['privateIPAddress'] ??
      (sameSubnet ? kept['privateIPAddress'] : undefined) ??
      allocate(subnetId, version);
    return {
      name: sent['name'] ?? '',
      id,
      type: `${RESOURCE_TYPES.nic}/ipConfigurations`,
      properties: {
        privateIPAllocationMethod: 'Dynamic',
        privateIPAddressVersion: 'IPv4',
        ...properties,
        subnet: { id: subnetId },
        primary: properties['primary'] ?? primary,
        privateIPAddress: address,
        provisioningState: 'Succeeded',
      },
    };
  }

  function allocate(subnetId: string, version: string): string {
    const prefixes = prefixesOf(propertiesOf(store.get(subnetId)?.body));
    const ranges = prefixes.map(parseRange).filter((range) => range.version === version);
    const taken = new Set(
      usersOf(store, 'subnet', subnetId).map((user) => textOf(propertiesOf(user)['privateIPAddress'])),
    );
    const free = ranges.flatMap((range) => freeIn(range, taken, 1))[0];
    if (free === undefined) {
      throw new ArmError(
        400,
        'SubnetIsFull',
        `Subnet ${subnetId} with address prefix ${prefixes.join(', ')} does not have enough capacity for 1 IP addresses.`,
      );
    }
    return free;
  }

  const kind: Kind = {
    type: RESOURCE_TYPES.nic,
    succeedsAtOnce: true,
    build(request, existing, id) {
      const sent = propertiesOf(request.body);
      requireReference(store, sent['networkSecurityGroup'], id);
      const configurations = (sent['ipConfigurations'] ?? []) as JsonObject[];
      if (configurations.length === 0) {
        throw new ArmError(
          400,
          'NetworkInterfaceMustHaveAtLeastOneIpConfiguration',
          `Network interface ${id} must have one or more IP configurations.`,
        );
      }
      const former = existing === undefined ? [] : ipConfigurations(existing);
      return {
        dnsSettings: { dnsServers: [], appliedDnsServers: [], internalDomainNameSuffix: DOMAIN },
        enableAcceleratedNetworking: false,
        enableIPForwarding: false,
        disableTcpStateTracking: false,
        vnetEncryptionSupported: false,
        hostedWorkloads: [],
        tapConfigurations: [],
        nicType: 'Standard',
        allowPort25Out: true,
        auxiliaryMode: 'None',
        auxiliarySku: 'None',
        ...sent,
        ipConfigurations: configurations.map((configuration, index) => {
          const name = textOf(configuration['name']);
          return buildConfiguration(
            configuration,
            `${id}/ipConfigurations/${name}`,
            index === 0,
            former.find((one) => one['name'] === name),
          );
        }),
      };
    },
    show(nic, { apiVersion }) {
      const machine = machineOf(store, nic.id);
      const known = Object.entries(propertiesOf(nic.body)).filter(([key]) => apiVersion >= (SINCE[key] ?? ''));
      const properties = Object.fromEntries(known) as JsonObject;
      const etag = nic.body['etag'] ?? '';
      return {
        ...nic.body,
        ...(apiVersion < '2022-01-01' ? {} : { kind: 'Regular' }),
        properties: {
          ...properties,
          ipConfigurations: ipConfigurations(nic).map((configuration) => ({ ...configuration, etag })),
          ...(machine === undefined ? {} : { virtualMachine: { id: machine.id }, primary: true }),
          ...(machine === undefined || !isMade(machine) ? {} : { macAddress: macOf(nic) }),
        },
      };
    },
    refuseDeletion(nic) {
      const machine = machineOf(store, nic.id);
      if (machine !== undefined) {
        throw new ArmError(
          409,
          'NicInUse',
          `Network Interface ${nic.id} is used by existing resource ${machine.id}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`,
        );
      }
    },
  };
  return routesOf(
    services,
    kind,
    `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${RESOURCE_TYPES.nic}/{name}`,
  );
}

const isMade = ({ body }: StoredResource): boolean => propertiesOf(body)['provisioningState'] !== 'Creating';

/** The same for as long as the interface lives, of those that Microsoft gives to machines. */
function macOf(nic: StoredResource): string {
  const own = textOf(propertiesOf(nic.body)['resourceGuid']).replaceAll('-', '').slice(0, 6).toUpperCase();
  return ['00', '0D', '3A', own.slice(0, 2), own.slice(2, 4), own.slice(4, 6)].join('-');
}
