/**
 * Machines by operating system: Linux ones where scripts really run, Windows ones simulated beside them. What belongs to
 * a Windows machine is told by a mark on its content's name and by its own note on disk, so that a restart finds it.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../core.ts';
import type { ContentRef, Machines } from './machine.ts';

export function createMachinesBySystem(options: {
  linux: Machines;
  windows: Machines;
  stateDir: string;
  log: Logger;
}): Machines {
  const { linux, windows, log } = options;
  const folder = join(options.stateDir, 'windows');
  mkdirSync(folder, { recursive: true });
  let said = false;
  /** Machines and contents have keys of their own; both are noted here, and nothing else. */
  const noteOf = (name: string): string => join(folder, encodeURIComponent(name));
  const note = (name: string): void => writeFileSync(noteOf(name), '');
  const forget = (name: string): void => rmSync(noteOf(name), { force: true });
  const of = (name: string): Machines => (existsSync(noteOf(name)) ? windows : linux);

  return {
    kind: linux.kind,
    description: `${linux.description}; Windows machines are simulated: no step of theirs is run`,
    async platformContent(urn, osType) {
      if (osType === 'Linux') return linux.platformContent(urn, osType);
      const ref = await windows.platformContent(urn, osType);
      note(ref);
      return ref;
    },
    emptyContent: (key) => linux.emptyContent(key),
    async copyContent(from, key): Promise<ContentRef> {
      if (of(from) === windows) note(key);
      return of(from).copyContent(from, key);
    },
    async releaseContent(ref) {
      await of(ref).releaseContent(ref);
      forget(ref);
    },
    async start(spec) {
      if (spec.osType === 'Windows') {
        note(machineNote(spec.key));
        if (!said) log.warn('Windows machines are simulated: no step of theirs is run');
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
      await Promise.all([linux.close(), windows.close()]);
    },
  };
}

const machineNote = (key: string): string => `machine ${key}`;
