/** What a machine is doing now, as instanceView words it. A guest that powered itself off is `stopped`, not deallocated. */
import { azureTime } from '../../azure-time.ts';
import type { JsonObject, Services, StoredResource } from '../../core.ts';
import { object, propertiesOf, text } from './shared.ts';

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
  const diskName = object(object(propertiesOf(machine)['storageProfile'])['osDisk'])['name'] ?? '';
  return {
    computerName: machine.hidden['hostname'] ?? '',
    osName: machine.hidden['osType'] === 'Windows' ? 'Windows' : 'debian',
    hyperVGeneration: machine.hidden['generation'] ?? 'V1',
    ...(power === 'running'
      ? {
          vmAgent: {
            vmAgentVersion: '2.13.1.1',
            statuses: [{ ...status('ProvisioningState/succeeded', 'Ready'), message: 'Guest Agent is running' }],
            extensionHandlers: [],
          },
        }
      : {}),
    disks: [{ name: diskName, statuses: [status('ProvisioningState/succeeded', 'Provisioning succeeded')] }],
    statuses,
  };
}
