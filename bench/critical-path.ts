/**
 * How long a build must take because of Azure and its own scripts: the longest chain of operations in which each needs
 * the one before it, each with its own time as Azure tells it. What Kiln adds by waiting, asking or doing in turn what
 * could be done at once is not in it.
 */
import type { BuildStatus } from '../src/workflows/messages.ts';
import type { Operation } from './bench-stack.ts';

/** Which operations must have ended before this one can start. Names are the end of the operation's kind. */
const NEEDS: Record<string, string[]> = {
  'storageAccounts/write': [],
  'networkSecurityGroups/write': [],
  'publicIPAddresses/write': [],
  'virtualNetworks/write': ['networkSecurityGroups/write'],
  'networkInterfaces/write': ['virtualNetworks/write', 'publicIPAddresses/write'],
  'disks/write': [],
  'virtualMachines/write': ['networkInterfaces/write', 'disks/write'],
  customize: ['virtualMachines/write', 'storageAccounts/write'],
  'virtualMachines/deallocate': ['customize'],
  'versions/write': ['virtualMachines/deallocate'],
  'virtualMachines/delete': ['versions/write'],
  'disks/delete': ['virtualMachines/delete'],
  'networkInterfaces/delete': ['virtualMachines/delete'],
  'publicIPAddresses/delete': ['networkInterfaces/delete'],
  'virtualNetworks/delete': ['networkInterfaces/delete'],
  'networkSecurityGroups/delete': ['virtualNetworks/delete'],
};

/** Milliseconds. `operations` are those of the one build. */
export function criticalPathMs(operations: Operation[], status: BuildStatus): number {
  const commands = operations.filter(({ kind }) => kind.endsWith('/runCommands/write'));
  const own: Record<string, number> = {
    // One after the other in one machine: a chain by themselves. The operation ends when the script begins.
    customize: [...commands, ...status.steps].reduce((sum, part) => sum + elapsed(part), 0),
  };
  for (const operation of operations) {
    const name = Object.keys(NEEDS).find((candidate) => operation.kind.endsWith(`/${candidate}`));
    if (name !== undefined) own[name] = Math.max(own[name] ?? 0, elapsed(operation));
  }
  const through = (name: string): number =>
    (own[name] ?? 0) + Math.max(0, ...(NEEDS[name] ?? []).map((before) => through(before)));
  return Math.max(...Object.keys(NEEDS).map(through));
}

const elapsed = ({ startTime, endTime }: { startTime?: string; endTime?: string }): number =>
  startTime === undefined || endTime === undefined ? 0 : Date.parse(endTime) - Date.parse(startTime);
