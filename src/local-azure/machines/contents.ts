/**
 * Disk contents as layers: each content is a writable layer over layers that nobody writes any more. Copying freezes
 * the writable layer and gives both sides a fresh one over it, so that a copy costs nothing.
 *
 * contents/<ref>.json names the layers, topmost first; layers/<id>/{data,work} hold them.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Privileges } from './privileges.ts';

interface Content {
  /** Root file system below all layers. */
  base: string;
  /** Ids of frozen layers, topmost first. */
  frozen: string[];
  /** Id of the layer that is written. */
  top: string;
}

export class Contents {
  readonly #contents: string;
  readonly #layers: string;
  readonly #privileges: Privileges;

  constructor(stateDir: string, privileges: Privileges) {
    this.#privileges = privileges;
    this.#contents = join(stateDir, 'contents');
    this.#layers = join(stateDir, 'layers');
    mkdirSync(this.#contents, { recursive: true });
    mkdirSync(this.#layers, { recursive: true });
  }

  /** A content over a base tree; the same one for the same ref. */
  ensure(ref: string, base: string): void {
    if (!existsSync(this.#file(ref))) this.#write(ref, { base, frozen: [], top: this.#newLayer() });
  }

  /** Idempotent: a copy that exists stays as it is. The source must not be mounted. */
  copy(from: string, to: string): void {
    if (existsSync(this.#file(to))) return;
    const source = this.#read(from);
    const frozen = this.#isEmpty(source.top) ? source.frozen : [source.top, ...source.frozen];
    // The copy first: killed in between, the source still writes to a layer that the copy only reads while both are at rest.
    this.#write(to, { base: source.base, frozen, top: this.#newLayer() });
    if (frozen !== source.frozen) this.#write(from, { base: source.base, frozen, top: this.#newLayer() });
  }

  /** Removes the content and every layer that no other content has. */
  async release(ref: string): Promise<void> {
    if (!existsSync(this.#file(ref))) return;
    const { top, frozen } = this.#read(ref);
    rmSync(this.#file(ref));
    const used = new Set(
      readdirSync(this.#contents)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => {
          const content = this.#read(name.slice(0, -'.json'.length));
          return [content.top, ...content.frozen];
        }),
    );
    for (const layer of [top, ...frozen]) {
      if (!used.has(layer)) await this.#privileges.remove(join(this.#layers, layer));
    }
  }

  /**
   * Arguments of `mount` for the whole content at `target`; run it in `cwd`, because the kernel takes one page of
   * options and short relative names leave room for many layers.
   */
  mount(ref: string, target: string, writable: boolean): { cwd: string; args: string[] } {
    const { base, frozen, top } = this.#read(ref);
    const data = (layer: string): string => `${layer}/data`;
    const lower = [...(writable ? [] : [data(top)]), ...frozen.map(data), base].join(':');
    const upper = writable ? `,upperdir=${data(top)},workdir=${top}/work` : '';
    return {
      cwd: this.#layers,
      args: ['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower}${upper}${this.#privileges.overlayOptions}`, target],
    };
  }

  #file(ref: string): string {
    return join(this.#contents, `${ref}.json`);
  }

  #read(ref: string): Content {
    return JSON.parse(readFileSync(this.#file(ref), 'utf8')) as Content;
  }

  #write(ref: string, content: Content): void {
    const partial = `${this.#file(ref)}.part`;
    writeFileSync(partial, JSON.stringify(content));
    renameSync(partial, this.#file(ref));
  }

  #newLayer(): string {
    const id = randomUUID().slice(0, 13);
    mkdirSync(join(this.#layers, id, 'data'), { recursive: true });
    mkdirSync(join(this.#layers, id, 'work'), { recursive: true });
    return id;
  }

  #isEmpty(layer: string): boolean {
    return readdirSync(join(this.#layers, layer, 'data')).length === 0;
  }
}
