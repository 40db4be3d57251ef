/** Who may log in to a machine, and where. */
import type { Services, StoredResource } from '../../core.ts';
import type { MachineSpec } from '../../machines/machine.ts';
import { idIn, list, object, propertiesOf, text } from './shared.ts';

export function accessTo(
  services: Services,
  machine: StoredResource,
): Pick<MachineSpec, 'provisioning' | 'sshAddress'> {
  const provisioning = provisioningOf(machine);
  const sshAddress = publicAddressOf(services, machine);
  return {
    ...(provisioning === undefined ? {} : { provisioning }),
    ...(sshAddress === undefined ? {} : { sshAddress }),
  };
}

/** Once: a machine that was booted is set up. */
function provisioningOf(machine: StoredResource): MachineSpec['provisioning'] {
  const { adminUsername, linuxConfiguration } = object(propertiesOf(machine)['osProfile']);
  if (machine.hidden['booted'] === true || typeof adminUsername !== 'string') return undefined;
  const { adminPassword } = machine.hidden;
  const keys = list(object(object(linuxConfiguration)['ssh'])['publicKeys']).map(({ path, keyData }) => ({
    path: text(path) || `/home/${adminUsername}/.ssh/authorized_keys`,
    keyData: text(keyData),
  }));
  return {
    instance: text(propertiesOf(machine)['vmId']),
    user: adminUsername,
    ...(typeof adminPassword === 'string' ? { password: adminPassword } : {}),
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
