/** Chooses what plays the machines: the best that this host allows, or what was asked for. */
import { join } from 'node:path';
import type { Logger } from '../core.ts';
import { createMachinesBySystem } from './by-system.ts';
import { prepareHost, prepareNetworks } from './host.ts';
import type { Machines } from './machine.ts';
import { Networks } from './networks.ts';
import { createPowerShellMachines, findPowerShell } from './power-shell.ts';
import { createSandboxMachines } from './sandbox.ts';
import { createSimulatedMachines } from './simulated.ts';

/** @throws Error when a sandbox was asked for and this host cannot have one; the message says what it lacks. */
export async function createMachines(options: {
  kind: 'auto' | 'sandbox' | 'simulated';
  stateDir: string;
  cacheDir: string;
  log: Logger;
}): Promise<Machines> {
  const { kind, stateDir, cacheDir, log } = options;
  if (kind === 'simulated') return createSimulatedMachines({ stateDir });
  const host = await prepareHost(stateDir, log);
  if ('privileges' in host) {
    const { privileges } = host;
    const networks = await prepareNetworks(stateDir, log);
    const apart = networks.missing === undefined;
    if (!apart) log.warn(`virtual networks are not kept apart, machines share this host's: ${networks.missing}`);
    const linux = createSandboxMachines({
      stateDir,
      cacheDir,
      log,
      privileges,
      networks: apart ? new Networks(stateDir) : undefined,
    });
    const simulated = createSimulatedMachines({ stateDir: join(stateDir, 'windows-machines') });
    const found = await findPowerShell();
    const powerShell = createPowerShellMachines(linux, found);
    const windows =
      'missing' in found
        ? ({ player: 'simulated', description: `simulated, no step of theirs is run (${found.missing})` } as const)
        : ({
            player: 'powerShell',
            description: `Linux with PowerShell ${found.version}: what needs nothing of Windows runs, all else is simulated`,
          } as const);
    return createMachinesBySystem({ linux, simulated, powerShell, windows, stateDir, log });
  }
  if (kind === 'sandbox') throw new Error(`no sandbox on this host: ${host.missing}`);
  log.warn(`machines are simulated, no script is run: ${host.missing}`);
  return createSimulatedMachines({ stateDir, reason: host.missing });
}
