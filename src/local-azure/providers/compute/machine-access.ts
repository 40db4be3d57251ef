/** Who may log in to a machine, and where it is reached. */
import type { Services, StoredResource } from '../../core.ts';
import type { MachineSpec } from '../../machines/machine.ts';
import { addressIn, inItsOwnForm, parseRange } from '../network/ip-ranges.ts';
import { idIn, list, object, propertiesOf, text } from './shared.ts';

export function accessTo(
  services: Services,
  machine: StoredResource,
): Pick<MachineSpec, 'provisioning' | 'sshAddress' | 'network'> {
  const provisioning = provisioningOf(machine);
  const sshAddress = publicAddressOf(services, machine);
  // One with a public address is at an address of this host's, and so in this host's network.
  const network = sshAddress === undefined ? networkOf(services, machine) : undefined;
  return {
    ...(provisioning === undefined ? {} : { provisioning }),
    ...(sshAddress === undefined ? {} : { sshAddress }),
    ...(network === undefined ? {} : { network }),
  };
}

/** Once: a machine that was booted is set up. */
function provisioningOf(machine: StoredResource): MachineSpec['provisioning'] {
  const { adminUsername, linuxConfiguration } = object(propertiesOf(machine)['osProfile']);
  if (machine.hidden['booted'] === true || typeof adminUsername !== 'string') return undefined;
  const { adminPassword, customData } = machine.hidden;
  const keys = list(object(object(linuxConfiguration)['ssh'])['publicKeys']).map(({ path, keyData }) => ({
    path: text(path) || `/home/${adminUsername}/.ssh/authorized_keys`,
    keyData: text(keyData),
  }));
  return {
    instance: text(propertiesOf(machine)['vmId']),
    user: adminUsername,
    ...(typeof adminPassword === 'string' ? { password: adminPassword } : {}),
    ...(typeof customData === 'string' && customData !== '' ? { customData } : {}),
    keys,
  };
}

/** Of the first interface that has one; a private address leads nowhere from outside. */
function publicAddressOf({ store }: Services, machine: StoredResource): string | undefined {
  for (const nic of list(object(propertiesOf(machine)['networkProfile'])['networkInterfaces'])) {
    const kept = store.get(idIn(nic) ?? '');
    for (const configuration of kept === undefined ? [] : list(propertiesOf(kept)['ipConfigurations'])) {
      const address = store.get(idIn(object(configuration['properties'])['publicIPAddress']) ?? '');
      const ipAddress = address === undefined ? undefined : propertiesOf(address)['ipAddress'];
      if (typeof ipAddress === 'string') return ipAddress;
    }
  }
  return undefined;
}

/** By its first interface's private address, in the virtual network of that. */
function networkOf({ store }: Services, machine: StoredResource): MachineSpec['network'] {
  const [first] = list(object(propertiesOf(machine)['networkProfile'])['networkInterfaces']);
  const nic = store.get(idIn(first) ?? '');
  const properties = nic === undefined ? {} : propertiesOf(nic);
  const [main] = list(properties['ipConfigurations']);
  const { subnet, privateIPAddress } = object(main?.['properties']);
  const kept = store.get(idIn(subnet) ?? '');
  const network = store.get(kept?.id.replace(/\/subnets\/[^/]+$/i, '') ?? '');
  if (kept === undefined || network === undefined || typeof privateIPAddress !== 'string') return undefined;
  const { addressPrefix, addressPrefixes } = propertiesOf(kept);
  const prefixes = addressPrefix === undefined ? ((addressPrefixes ?? []) as string[]) : [text(addressPrefix)];
  const isIpv4 = (prefix: string): boolean => parseRange(prefix).version === 'IPv4';
  const [range] = prefixes.filter(isIpv4);
  const spaces = ((object(propertiesOf(network)['addressSpace'])['addressPrefixes'] ?? []) as string[]).filter(isIpv4);
  const hostname = text(machine.hidden['hostname']);
  const domain = text(object(properties['dnsSettings'])['internalDomainNameSuffix']);
  return {
    id: network.id.toLowerCase(),
    address: privateIPAddress,
    gateway: addressIn(parseRange(range ?? ''), 1),
    ranges: spaces.map((space) => inItsOwnForm(space)),
    names: [hostname, ...(domain === '' ? [] : [`${hostname}.${domain}`])],
  };
}
