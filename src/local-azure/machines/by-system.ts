/**
 * Machines by operating system: Linux ones where scripts really run, Windows ones beside them. What belongs to a Windows
 * machine is told by a note on disk under its content's name and its own, so that a restart finds it; the note says
 * what plays it, since content of a simulated machine is none for another.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../core.ts';
import type { ContentRef, Machines } from './machine.ts';

type Player = 'linux' | 'simulated' | 'powerShell';

export function createMachinesBySystem(options: {
  linux: Machines;
  simulated: Machines;
  powerShell: Machines;
  /** What plays new Windows machines, and in words for a person. */
  windows: { player: 'simulated' | 'powerShell'; description: string };
  stateDir: string;
  log: Logger;
}): Machines {
  const { linux, simulated, powerShell, windows, log } = options;
  const players: Record<Player, Machines> = { linux, simulated, powerShell };
  const folder = join(options.stateDir, 'windows');
  mkdirSync(folder, { recursive: true });
  let said = false;
  /** Machines and contents have keys of their own; both are noted here, and nothing else. */
  const noteOf = (name: string): string => join(folder, encodeURIComponent(name));
  const note = (name: string, player: Player): void => {
    if (player !== 'linux') writeFileSync(noteOf(name), player);
  };
  const forget = (name: string): void => rmSync(noteOf(name), { force: true });
  const playerOf = (name: string): Player => {
    if (!existsSync(noteOf(name))) return 'linux';
    return readFileSync(noteOf(name), 'utf8') === 'powerShell' ? 'powerShell' : 'simulated';
  };
  const of = (name: string): Machines => players[playerOf(name)];

  return {
    kind: linux.kind,
    description: `${linux.description}; Windows machines are ${windows.description}`,
    async platformContent(urn, osType) {
      if (osType === 'Linux') return linux.platformContent(urn, osType);
      const ref = await players[windows.player].platformContent(urn, osType);
      // The platform content of both systems may be one and the same: a copy of its own can be told apart.
      const own = `windows-${ref}`;
      await players[windows.player].copyContent(ref, own);
      note(own, windows.player);
      return own;
    },
    emptyContent: (key) => linux.emptyContent(key),
    async copyContent(from, key): Promise<ContentRef> {
      note(key, playerOf(from));
      return of(from).copyContent(from, key);
    },
    async releaseContent(ref) {
      await of(ref).releaseContent(ref);
      forget(ref);
    },
    async start(spec) {
      if (spec.osType === 'Windows') {
        const player = playerOf(spec.content);
        note(machineNote(spec.key), player === 'linux' ? 'simulated' : player);
        if (!said) log.warn(`Windows machines are ${windows.description}`);
        said = true;
      }
      return of(machineNote(spec.key)).start(spec);
    },
    stop: (key) => of(machineNote(key)).stop(key),
    power: (key) => of(machineNote(key)).power(key),
    async remove(key) {
      await of(machineNote(key)).remove(key);
      forget(machineNote(key));
    },
    run: (key, request) => of(machineNote(key)).run(key, request),
    status: (key, id) => of(machineNote(key)).status(key, id),
    output: (key, id, stream, offset, length) => of(machineNote(key)).output(key, id, stream, offset, length),
    cancel: (key, id) => of(machineNote(key)).cancel(key, id),
    exportVhd: (ref, file, disk) => of(ref).exportVhd(ref, file, disk),
    async close() {
      await Promise.all([linux.close(), simulated.close()]);
    },
  };
}

const machineNote = (key: string): string => `machine ${key}`;
