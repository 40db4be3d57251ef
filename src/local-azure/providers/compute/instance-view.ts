/** What a machine is doing now, as instanceView words it. A guest that powered itself off is `stopped`, not deallocated. */
import { azureTime } from '../../azure-time.ts';
import type { JsonObject, Services, StoredResource } from '../../core.ts';
import { extensionsOf } from './extensions.ts';
import { list, object, propertiesOf, text } from './shared.ts';

export type Power = 'running' | 'stopped' | 'deallocated';

export async function powerOf(services: Services, machine: StoredResource): Promise<Power> {
  if (machine.hidden['power'] === 'deallocated') return 'deallocated';
  if (machine.hidden['booted'] !== true) return 'stopped';
  return (await services.machines.power(text(machine.hidden['key']))) === 'running' ? 'running' : 'stopped';
}

export async function instanceView(services: Services, machine: StoredResource): Promise<JsonObject> {
  const power = await powerOf(services, machine);
  const time = azureTime(services.now());
  const provisioning = text(propertiesOf(machine)['provisioningState']);
  const status = (code: string, displayStatus: string): JsonObject => ({ code, level: 'Info', displayStatus, time });
  const statuses: JsonObject[] = [
    status(`ProvisioningState/${provisioning.toLowerCase()}`, `Provisioning ${provisioning.toLowerCase()}`),
    ...(machine.hidden['generalized'] === true ? [status('OSState/generalized', 'VM generalized')] : []),
    { code: `PowerState/${power}`, level: 'Info', displayStatus: `VM ${power}` },
  ];
  const storage = object(propertiesOf(machine)['storageProfile']);
  const disks = [object(storage['osDisk']), ...list(storage['dataDisks'])];
  const extensions = extensionsOf(services, machine).map(({ body }): JsonObject => {
    const { publisher, type, typeHandlerVersion } = object(body['properties']);
    return {
      name: body['name'] ?? '',
      type: `${text(publisher)}.${text(type)}`,
      typeHandlerVersion: `${text(typeHandlerVersion)}.0.0`,
      statuses: [{ ...READY, displayStatus: 'Provisioning succeeded', message: 'Plugin enabled' }],
    };
  });
  const windows = machine.hidden['osType'] === 'Windows';
  return {
    computerName: machine.hidden['hostname'] ?? '',
    osName: windows ? windowsName(machine) : 'debian',
    osVersion: windows ? exactVersionOf(machine) : '12',
    hyperVGeneration: machine.hidden['generation'] ?? 'V1',
    ...(power === 'running'
      ? {
          vmAgent: {
            vmAgentVersion: '2.13.1.1',
            statuses: [{ ...status('ProvisioningState/succeeded', 'Ready'), message: 'Guest Agent is running' }],
            extensionHandlers: extensions.map(({ type, typeHandlerVersion }): JsonObject => ({
              type: type ?? '',
              typeHandlerVersion: typeHandlerVersion ?? '',
              status: { ...READY, displayStatus: 'Ready', message: 'Plugin enabled' },
            })),
          },
        }
      : {}),
    disks: disks.map(({ name }) => ({
      name: name ?? '',
      statuses: [status('ProvisioningState/succeeded', 'Provisioning succeeded')],
    })),
    ...(extensions.length === 0 ? {} : { extensions }),
    statuses,
  };
}

const READY = { code: 'ProvisioningState/succeeded', level: 'Info' };

const exactVersionOf = (machine: StoredResource): string =>
  text(object(object(propertiesOf(machine)['storageProfile'])['imageReference'])['exactVersion']);

/** `2016-Datacenter` → `Windows Server 2016 Datacenter`; a desktop's SKU does not say its name. */
function windowsName(machine: StoredResource): string {
  const { sku, offer } = object(object(propertiesOf(machine)['storageProfile'])['imageReference']);
  const year = /^(\d{4})-datacenter/i.exec(text(sku))?.[1];
  return offer === 'WindowsServer' && year !== undefined ? `Windows Server ${year} Datacenter` : 'Windows';
}
