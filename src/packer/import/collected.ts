/** What an import writes: the steps of a template, and the files that they name. */
import { existsSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import type { Fields } from '../fields.ts';

export type Step = Record<string, unknown> & { kiln?: Record<string, unknown> };

export type OutputFile = { path: string } & ({ from: string } | { content: string });

export interface BuiltFor {
  name: string;
  type: string;
  label: string;
  osType: 'Linux' | 'Windows';
}

export class Collected {
  readonly steps: Step[] = [];
  readonly files: OutputFile[] = [];
  readonly build: BuiltFor;
  readonly #folder: string;
  /** For the next step, of a provisioner before it that pauses afterwards. */
  #pause = 0;

  constructor(folder: string, build: BuiltFor) {
    this.#folder = folder;
    this.build = build;
  }

  /** Packer's paths are from where it is run, most often the folder of its file. Undefined, and a problem, where there is none. */
  find(fields: Fields, name: string, path: string): string | undefined {
    const found = [resolve(this.#folder, path), resolve(path)].find((one) => existsSync(one));
    if (found === undefined) fields.problem(name, `${path} is not there`);
    return found;
  }

  /** Of a file or a folder: the path that a step names it by. */
  copy(from: string): string {
    return this.#add(basename(from), (path) => ({ path, from }));
  }

  write(name: string, content: string): string {
    return this.#add(name, (path) => ({ path, content }));
  }

  #add(name: string, make: (path: string) => OutputFile): string {
    const extension = extname(name);
    const stem = basename(name, extension);
    for (let count = 1; ; count++) {
      const path = join('files', `${stem}${count === 1 ? '' : `-${count}`}${extension}`);
      const wanted = make(path);
      const known = this.files.find((file) => file.path === path);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(wanted)) continue;
      if (known === undefined) this.files.push(wanted);
      return path;
    }
  }

  pauseNext(seconds: number): void {
    this.#pause = seconds;
  }

  takePause(): number {
    const pause = this.#pause;
    this.#pause = 0;
    return pause;
  }
}

export const isExecutable = (path: string): boolean => (statSync(path).mode & 0o111) !== 0;
