/**
 * The settings of a source or provisioner. Each that is asked for is marked, so that those that nobody asked for are
 * known in the end. A value is evaluated when it is asked for: one that nobody needs may have none.
 */
import { PackerError } from './place.ts';
import type { Place } from './place.ts';
import type { Report } from './report.ts';

export interface Entry {
  name: string;
  place: Place;
  /** May throw PackerError. */
  value: () => unknown;
  /** Nested blocks of this name, where it is no attribute. */
  blocks?: Fields[];
}

export class Fields {
  /** As in `azure-arm` or `shell`. */
  readonly kind: string;
  readonly place: Place;
  readonly #entries: Map<string, Entry>;
  readonly #report: Report;
  readonly #asked = new Set<string>();
  readonly #noted = new Set<string>();
  /** All of it, by a note of its own. */
  isRefused = false;

  constructor(kind: string, place: Place, entries: Entry[], report: Report) {
    this.kind = kind;
    this.place = place;
    this.#report = report;
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** These, with those of `other` in the place of the ones of the same name. */
  with(other: Fields): Fields {
    const entries = [...new Map([...this.#entries, ...other.#entries]).values()];
    const made = new Fields(this.kind, this.place, entries, this.#report);
    for (const name of this.#asked) made.#asked.add(name);
    return made;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Without marking it as asked for. */
  isList(name: string): boolean {
    const entry = this.#entries.get(name);
    try {
      return entry?.blocks !== undefined || Array.isArray(entry?.value());
    } catch {
      return false;
    }
  }

  placeOf(name: string): Place {
    return this.#entries.get(name)?.place ?? this.place;
  }

  /** Undefined where it is not given, is null, or has no value, which is a problem then. */
  value(name: string): unknown {
    const entry = this.#entries.get(name);
    this.#asked.add(name);
    if (entry === undefined) return undefined;
    try {
      return entry.value() ?? undefined;
    } catch (error) {
      if (!(error instanceof PackerError)) throw error;
      for (const { place, message } of error.problems) this.#report.problem(place, message);
      return undefined;
    }
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.#wrong(name, 'expected a text');
  }

  number(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined || value === '') return undefined;
    const number = Number(value);
    return Number.isFinite(number) ? number : this.#wrong(name, 'expected a number');
  }

  flag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : this.#wrong(name, 'expected true or false');
  }

  /** One text is as good as a list of one. */
  texts(name: string): string[] {
    const value = this.value(name);
    if (value === undefined) return [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const texts = list.filter((item) => ['string', 'number', 'boolean'].includes(typeof item)).map(String);
    if (texts.length === list.length) return texts;
    this.#wrong(name, 'expected a list of texts');
    return [];
  }

  numbers(name: string): number[] {
    const numbers = this.texts(name).map(Number);
    if (numbers.every(Number.isFinite)) return numbers;
    this.#wrong(name, 'expected a list of numbers');
    return [];
  }

  map(name: string): Record<string, string> {
    const value = this.value(name);
    if (value === undefined) return {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#wrong(name, 'expected a map of texts');
      return {};
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
  }

  /** Nested blocks, or in JSON an object or a list of such. */
  blocks(name: string): Fields[] {
    const entry = this.#entries.get(name);
    if (entry?.blocks !== undefined) {
      this.#asked.add(name);
      return entry.blocks;
    }
    const value = this.value(name);
    if (entry === undefined || value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((item) => this.#fieldsOf(entry, item));
  }

  block(name: string): Fields | undefined {
    return this.blocks(name)[0];
  }

  /** Of an attribute that is a map. */
  #fieldsOf({ name, place }: Entry, value: unknown): Fields {
    if (typeof value !== 'object' || value === null) {
      this.#wrong(name, 'expected a block');
      return new Fields(`${this.kind}.${name}`, place, [], this.#report);
    }
    const entries = Object.entries(value).map(([key, item]) => ({ name: key, place, value: () => item as unknown }));
    return new Fields(`${this.kind}.${name}`, place, entries, this.#report);
  }

  #wrong(name: string, message: string): undefined {
    this.#report.problem(this.placeOf(name), `${this.kind}.${name}: ${message}`);
    return undefined;
  }

  problem(name: string, message: string): void {
    this.#report.problem(this.placeOf(name), `${this.kind}.${name}: ${message}`);
  }

  note(fate: 'refused' | 'lost' | 'changed' | 'needless', name: string, why: string): void {
    this.#asked.add(name);
    this.#noted.add(name);
    if (fate === 'refused') this.isRefused = true;
    this.#report.add(fate, this.placeOf(name), name === '' ? this.kind : `${this.kind}.${name}`, why);
  }

  /** Notes those of `names` that are given, without a look at their values. */
  noteGiven(fate: 'refused' | 'lost' | 'changed' | 'needless', names: readonly string[], why: string): void {
    for (const name of names) if (this.has(name)) this.note(fate, name, why);
  }

  /** What nobody asked for is lost; it may be new, or misspelled. */
  close(): void {
    for (const { name, blocks } of this.#entries.values()) {
      if (!this.#asked.has(name)) this.note('lost', name, 'is not known to the import');
      // A block that was noted as a whole needs no word on its settings.
      else if (!this.#noted.has(name)) for (const block of blocks ?? []) block.close();
    }
  }
}
