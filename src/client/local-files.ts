/** What a template names by path (`kiln.file`, `kiln.folder`): read from its folder, small files into its plan. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LocalFile } from '../template/build-plan.ts';
import { packFolder } from './pack-folder.ts';

/** Of one file, and of all: a plan goes into the history a few times. What is over is sent to the staging account. */
const IN_PLAN = 64 * 1024;
const ALL_IN_PLAN = 384 * 1024;
/** A template that stays is built when no client is there, so its files must be in it. Less than Temporal's 2 MB. */
const KEPT = 1024 * 1024;
const CHUNK = 1024 * 1024;

export class LocalFiles {
  readonly #folder: string;
  readonly #keep: boolean;
  readonly #read = new Map<string, LocalFile | string>();
  /** By digest, where it was read. */
  readonly #places = new Map<string, string>();
  #inPlan = 0;

  /** @param keep the plan will be built later, without the files: what does not fit is refused */
  constructor(templateFile: string, { keep = false } = {}) {
    this.#folder = dirname(resolve(templateFile));
    this.#keep = keep;
  }

  /** @param path from the template's folder. Answers what is wrong with it as a text. */
  read(path: string, folder = false): LocalFile | string {
    const key = `${folder ? 'folder' : 'file'} ${path}`;
    const known = this.#read.get(key) ?? this.#readOnce(path, folder);
    this.#read.set(key, known);
    return known;
  }

  /** Where the file with this digest was read from, by this command. */
  placeOf(sha256: string): string | undefined {
    return this.#places.get(sha256);
  }

  #readOnce(path: string, folder: boolean): LocalFile | string {
    let place = resolve(this.#folder, path);
    try {
      if (folder) place = packFolder(place);
      const { sha256, bytes, whole } = digest(place, this.#keep ? KEPT : IN_PLAN);
      this.#places.set(sha256, place);
      const content = whole === undefined ? undefined : gzipSync(whole, { level: 9 }).toString('base64');
      const room = (this.#keep ? KEPT : ALL_IN_PLAN) - this.#inPlan;
      if (content !== undefined && content.length <= room) {
        this.#inPlan += content.length;
        return { path, sha256, bytes, content };
      }
      if (this.#keep) {
        return `${place} is too large to be kept with a template (1 MB for all of its files): put it at an address`;
      }
      return { path, sha256, bytes };
    } catch (error) {
      return `${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

/** Read in pieces; `whole` only where it is no larger than `upTo`. */
function digest(place: string, upTo: number): { sha256: string; bytes: number; whole?: Buffer } {
  const handle = openSync(place, 'r');
  try {
    if (!fstatSync(handle).isFile()) throw new TypeError('it is no file');
    const hash = createHash('sha256');
    const small: Buffer[] = [];
    let bytes = 0;
    for (const chunk = Buffer.alloc(CHUNK); ;) {
      const count = readSync(handle, chunk, 0, CHUNK, null);
      if (count === 0) break;
      const piece = Buffer.from(chunk.subarray(0, count));
      hash.update(piece);
      bytes += count;
      if (bytes <= upTo) small.push(piece);
    }
    return { sha256: hash.digest('hex'), bytes, ...(bytes <= upTo ? { whole: Buffer.concat(small) } : {}) };
  } finally {
    closeSync(handle);
  }
}
