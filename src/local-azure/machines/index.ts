/** Chooses what plays the machines: the best that this host allows, or what was asked for. */
import { join } from 'node:path';
import type { Logger } from '../core.ts';
import { createMachinesBySystem } from './by-system.ts';
import { prepareHost } from './host.ts';
import type { Machines } from './machine.ts';
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
    const linux = createSandboxMachines({ stateDir, cacheDir, log, privileges: host.privileges });
    const windows = createSimulatedMachines({ stateDir: join(stateDir, 'windows-machines') });
    return createMachinesBySystem({ linux, windows, stateDir, log });
  }
  if (kind === 'sandbox') throw new Error(`no sandbox on this host: ${host.missing}`);
  log.warn(`machines are simulated, no script is run: ${host.missing}`);
  return createSimulatedMachines({ stateDir, reason: host.missing });
}
