/** The build machine: made from the copied disk, ready when its guest agent says so. No port is open and nobody can log in. */
import { generateKeyPairSync } from 'node:crypto';
import { restorePoller } from '@azure/arm-compute';
import type { VirtualMachine } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { finish, watch } from '../azure/operations.ts';
import { machinePace } from '../azure/pacing.ts';
import type { PlannedMachine, ResolvedSource } from '../template/build-plan.ts';
import type { MachineActivities, RunContext } from './contract.ts';

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
      const made =
        existing?.provisioningState === 'Succeeded'
          ? existing
          : await finish(
              `create machine ${machine.name}`,
              () =>
                compute.virtualMachines.createOrUpdate(
                  resourceGroup,
                  machine.name,
                  describeMachine(run, machine, vmSize, source, parts),
                ),
              (state) => restorePoller(compute, state, compute.virtualMachines.createOrUpdate),
            );
      await untilReady(azure, run, machine.name);
      if (made.id === undefined) throw new TypeError('expected Azure to answer a machine with its id');
      return { machineId: made.id };
    },
  };
}

function describeMachine(
  run: RunContext,
  machine: PlannedMachine,
  vmSize: string,
  source: ResolvedSource,
  parts: { osDiskId?: string; networkInterfaceId: string },
): VirtualMachine {
  const { plan } = source;
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
    ...(parts.osDiskId === undefined
      ? fromManagedImage(run, machine, source)
      : {
          storageProfile: {
            osDisk: {
              createOption: 'Attach',
              osType: source.osType,
              managedDisk: { id: parts.osDiskId },
              deleteOption: 'Detach',
            },
          },
        }),
  };
}

/** A disk cannot be made from a managed image, so its machine is made from the image, with a key that nobody keeps. */
function fromManagedImage(run: RunContext, machine: PlannedMachine, source: ResolvedSource): Partial<VirtualMachine> {
  return {
    storageProfile: {
      imageReference: { id: source.id },
      osDisk: {
        name: run.staging.osDisk,
        createOption: 'FromImage',
        deleteOption: 'Detach',
        ...(machine.osDiskSizeGB === 0 ? {} : { diskSizeGB: machine.osDiskSizeGB }),
      },
    },
    osProfile: {
      computerName: machine.name,
      adminUsername: 'kiln',
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: '/home/kiln/.ssh/authorized_keys', keyData: throwAwayPublicKey() }] },
      },
    },
  };
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
  await watch(
    async () => {
      const view = await attempt(`ask whether ${name} is ready`, () =>
        compute.virtualMachines.instanceView(run.staging.resourceGroup, name),
      );
      const ready = view.vmAgent?.statuses?.some(({ displayStatus }) => displayStatus === 'Ready') ?? false;
      if (!ready && Date.now() > deadline) {
        throw failure('MachineNotReady', `the guest agent of ${name} was not ready within 20 minutes`);
      }
      return ready;
    },
    () => ({ waitingFor: `guest agent of ${name}` }),
    machinePace(run.staging.resourceGroup, name),
  );
}
