/** Microsoft.Compute: marketplace, machines and their run commands, disks, images and galleries. */
import type { CreateProvider, Services, StoredResource } from '../../core.ts';
import { describeTypes } from '../../api-versions/index.ts';
import { closeAccess } from './disk-access.ts';
import { diskGuardRoutes, registerDiskGuardOperations } from './disk-guards.ts';
import { registerDiskOperations } from './disk-life.ts';
import { diskRoutes } from './disks.ts';
import { extensionImageRoutes } from './extension-images.ts';
import { extensionRoutes, registerExtensionOperations } from './extensions.ts';
import { galleryApplicationRoutes } from './gallery-applications.ts';
import { galleryRoutes, registerGalleryOperations } from './galleries.ts';
import { resumeAccess } from './granted-access.ts';
import { imageVersionRoutes } from './image-versions.ts';
import { imageRoutes, registerImageOperations } from './images.ts';
import { boot, discardMachine, registerMachineOperations } from './machine-life.ts';
import { powerRoutes, registerPowerOperations } from './machine-power.ts';
import { placementRoutes } from './placements.ts';
import { marketplaceRoutes } from './marketplace.ts';
import { registerRunCommandAction, runCommandActionRoutes } from './run-command-action.ts';
import { registerRunCommandOperations, resumeCommands } from './run-command-scripts.ts';
import { runCommandRoutes } from './run-commands.ts';
import { text, TYPES } from './shared.ts';
import { sharedGalleryRoutes } from './shared-galleries.ts';
import { sizeRoutes } from './sizes.ts';
import { skuRoutes } from './skus.ts';
import { registerImageVersionOperations } from './version-regions.ts';
import { machineRoutes } from './virtual-machines.ts';

export const createComputeProvider: CreateProvider = (services) => {
  registerDiskOperations(services);
  registerDiskGuardOperations(services);
  registerImageOperations(services);
  registerGalleryOperations(services);
  registerImageVersionOperations(services);
  registerMachineOperations(services);
  registerPowerOperations(services);
  registerRunCommandOperations(services);
  registerRunCommandAction(services);
  registerExtensionOperations(services);
  return {
    namespace: 'Microsoft.Compute',
    resourceTypes: describeTypes('Microsoft.Compute'),
    routes: [
      ...marketplaceRoutes(),
      ...extensionImageRoutes(),
      ...sizeRoutes(services),
      ...skuRoutes(),
      ...diskRoutes(services, TYPES.disk),
      ...diskRoutes(services, TYPES.snapshot),
      ...diskGuardRoutes(services),
      ...imageRoutes(services),
      ...galleryRoutes(services),
      ...galleryApplicationRoutes(services),
      ...imageVersionRoutes(services),
      ...sharedGalleryRoutes(services),
      ...placementRoutes(services),
      ...machineRoutes(services),
      ...powerRoutes(services),
      ...runCommandRoutes(services),
      ...runCommandActionRoutes(services),
      ...extensionRoutes(services),
    ],
    discard: (resource) => discard(services, resource),
    async resume() {
      await resumeAccess(services);
      for (const machine of services.store.list({ type: TYPES.machine })) {
        // A machine goes on without the server; what ended with it (a reboot of the host) is started again.
        if (
          machine.hidden['power'] === 'running' &&
          (await services.machines.power(text(machine.hidden['key']))) === 'deallocated'
        ) {
          await boot(services, machine).catch((error: unknown) =>
            services.log.error('a machine could not be started again', { id: machine.id, err: error }),
          );
        }
      }
      resumeCommands(services);
    },
  };
};

async function discard(services: Services, resource: StoredResource): Promise<void> {
  if (resource.type === TYPES.machine) await discardMachine(services, resource);
  if (resource.type === TYPES.disk || resource.type === TYPES.snapshot) await closeAccess(services, resource);
  const { content } = resource.hidden;
  if (typeof content === 'string') await services.machines.releaseContent(content);
}
