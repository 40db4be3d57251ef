/** The build machine: made from the copied disk, ready when its guest agent says so. No port is open and nobody can log in. */
import { generateKeyPairSync } from 'node:crypto';
import { restorePoller } from '@azure/arm-compute';
import type { DataDisk, ImageReference, OSProfile, VirtualMachine } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { beating, finish, settled, watch } from '../azure/operations.ts';
import { Allowance, machinePace } from '../azure/pacing.ts';
import type { PlannedMachine, ResolvedSource } from '../template/build-plan.ts';
import { sameId } from '../template/resource-id.ts';
import { buildUserPassword } from './build-user.ts';
import type { MachineActivities, RunContext } from './contract.ts';
import { BUILD_USER } from './guest/windows.ts';
import { galleryReference } from './gallery-reference.ts';
import { dataDiskOf, osDiskOf } from './machine-names.ts';

const READY_WITHIN_MS = 20 * 60_000;

export function createMachineActivities(azure: Azure): MachineActivities {
  return {
    async createMachine(run, machine, vmSize, source, parts) {
      const { compute } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      // A repeated PUT would change the throw-away key, which Azure refuses, so a machine that is there is kept.
      const existing = await attempt(`look for machine ${machine.name}`, () =>
        orNotFound(compute.virtualMachines.get(resourceGroup, machine.name)),
      );
      const create = async (): Promise<VirtualMachine> => {
        const password = () => buildUserPassword(azure, run);
        const wanted = await describeMachine(run, machine, vmSize, source, parts, password);
        return finish(
          `create machine ${machine.name}`,
          () => compute.virtualMachines.createOrUpdate(resourceGroup, machine.name, wanted),
          (state) => restorePoller(compute, state, compute.virtualMachines.createOrUpdate),
        );
      };
      const made = existing?.provisioningState === 'Succeeded' ? existing : await create();
      await tagDisks(azure, run, made, parts.osDiskId);
      await untilReady(azure, run, machine.name);
      if (made.id === undefined) throw new TypeError('expected Azure to answer a machine with its id');
      return { machineId: made.id };
    },
  };
}

/** What the machine's creation made beside it has no tags that are promised: neither whose it is, nor the template's. */
async function tagDisks(
  azure: Azure,
  run: RunContext,
  { storageProfile }: VirtualMachine,
  ownDiskId: string | undefined,
): Promise<void> {
  const { disks } = azure.clients(run.subscriptionId).compute;
  const held = [storageProfile?.osDisk, ...(storageProfile?.dataDisks ?? [])];
  const made = held.flatMap((disk) => disk?.managedDisk?.id ?? []).filter((id) => !sameId(id, ownDiskId ?? ''));
  await beating('tags of the disks', () =>
    attempt('tag the disks', () =>
      Promise.all(
        made.map((id) => settled(disks.update(run.staging.resourceGroup, id.replace(/^.*\//, ''), { tags: run.tags }))),
      ),
    ),
  );
}

/** @param password of the build user; asked for where the machine is set up by Azure */
async function describeMachine(
  run: RunContext,
  machine: PlannedMachine,
  vmSize: string,
  source: ResolvedSource,
  parts: { osDiskId?: string; networkInterfaceId: string },
  password: () => Promise<string>,
): Promise<VirtualMachine> {
  const { plan } = source;
  const fromImage = parts.osDiskId === undefined;
  const dataDisks = (machine.dataDisks ?? []).map(({ sizeGB }, lun): DataDisk => ({
    lun,
    name: dataDiskOf(machine.name, lun),
    // An image made here brings the disks that the template asked for.
    ...(source.isOutput === true ? { createOption: 'FromImage' } : { createOption: 'Empty', diskSizeGB: sizeGB }),
    managedDisk: { storageAccountType: 'Premium_LRS' },
    deleteOption: 'Delete',
  }));
  return {
    location: run.location,
    tags: run.tags,
    hardwareProfile: { vmSize },
    networkProfile: { networkInterfaces: [{ id: parts.networkInterfaceId, primary: true }] },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
    ...(plan === undefined ? {} : { plan }),
    ...(machine.identities.length === 0
      ? {}
      : {
          identity: {
            type: 'UserAssigned' as const,
            userAssignedIdentities: Object.fromEntries(machine.identities.map((id) => [id, {}])),
          },
        }),
    storageProfile: {
      ...(fromImage
        ? {
            imageReference: imageReference(source),
            osDisk: {
              name: osDiskOf(machine.name),
              createOption: 'FromImage',
              deleteOption: 'Delete',
              ...(machine.osDiskSizeGB === 0 ? {} : { diskSizeGB: machine.osDiskSizeGB }),
            },
          }
        : {
            osDisk: {
              createOption: 'Attach',
              osType: source.osType,
              managedDisk: { id: parts.osDiskId ?? '' },
              deleteOption: 'Detach',
            },
          }),
      ...(dataDisks.length === 0 ? {} : { dataDisks }),
    },
    ...(fromImage ? { osProfile: await osProfile(machine, source, password) } : {}),
  };
}

/**
 * A disk cannot be made from a managed image, and a generalized Windows does not come up from an attached disk: there
 * Azure sets the machine up.
 */
export function isMadeFromImage({ type, osType }: ResolvedSource): boolean {
  return type === 'ManagedImage' || osType === 'Windows';
}

function imageReference(source: ResolvedSource): ImageReference {
  if (source.type !== 'PlatformImage') return galleryReference(source);
  const [publisher = '', offer = '', sku = '', version = ''] = source.description.split(':');
  return { publisher, offer, sku, version };
}

async function osProfile(
  machine: PlannedMachine,
  { osType }: ResolvedSource,
  password: () => Promise<string>,
): Promise<OSProfile> {
  const user = { computerName: machine.name, adminUsername: BUILD_USER };
  if (osType === 'Windows') {
    return {
      ...user,
      adminPassword: await password(),
      // The template says what is updated, and nothing may restart the machine in the middle of a step.
      windowsConfiguration: { provisionVMAgent: true, enableAutomaticUpdates: false },
    };
  }
  const publicKeys = [{ path: `/home/${BUILD_USER}/.ssh/authorized_keys`, keyData: throwAwayPublicKey() }];
  return { ...user, linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys } } };
}

/** An OpenSSH public key whose private half is dropped here. */
function throwAwayPublicKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const field = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const integer = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'base64url');
    return field((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
  };
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), integer(e), integer(n)]);
  return `ssh-rsa ${blob.toString('base64')}`;
}

async function untilReady(azure: Azure, run: RunContext, name: string): Promise<void> {
  const { compute } = azure.clients(run.subscriptionId);
  const deadline = Date.now() + READY_WITHIN_MS;
  const allowance = new Allowance();
  await watch(
    async () => {
      const view = await attempt(`ask whether ${name} is ready`, () =>
        compute.virtualMachines.instanceView(run.staging.resourceGroup, name, allowance.options),
      );
      const ready = view.vmAgent?.statuses?.some(({ displayStatus }) => displayStatus === 'Ready') ?? false;
      if (!ready && Date.now() > deadline) {
        throw failure('MachineNotReady', `the guest agent of ${name} was not ready within 20 minutes`);
      }
      return ready;
    },
    () => ({ waitingFor: `guest agent of ${name}` }),
    machinePace(allowance),
  );
}
