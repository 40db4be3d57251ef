/** What a pipeline asks for: its inputs, in the words of neither GitHub nor Azure Pipelines. */
import { UsageError } from '../../src/client/settings.ts';

export interface Request {
  /** A template's file, or the body of one that was made from inputs. */
  template: string | Record<string, unknown>;
  /** Of a file: what comes before its own customizers. */
  customizeFirst: object[];
  /** Of a file that names none. */
  buildTimeoutInMinutes?: number;
  parametersFile?: string;
  params: string[];
  identities: string[];
  subscriptionId?: string;
  resourceGroup?: string;
  location?: string;
  id: string;
  /** The id was made from the run of the pipeline, and stands for nothing else. */
  ownId: boolean;
  retry: boolean;
  onCancel: 'cancel' | 'detach';
  /** Inputs that mean nothing beside others. */
  ignored: string[];
}

/** Problems of the inputs, told together. */
export class Inputs {
  readonly #read: (name: string) => string;
  readonly #problems: string[] = [];
  readonly #asked = new Set<string>();

  constructor(read: (name: string) => string) {
    this.#read = (name) => read(name).trim();
  }

  text(name: string): string {
    this.#asked.add(name);
    return this.#read(name);
  }

  required(name: string, why = 'is required'): string {
    const value = this.text(name);
    if (value === '') this.problem(name, why);
    return value;
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.text(name).toLowerCase();
    if (!['', 'true', 'false'].includes(value)) this.problem(name, `expected true or false, got ${value}`);
    return value === '' ? otherwise : value === 'true';
  }

  /** Names as in `allowed`, in whatever case they are given. */
  choice<T extends string>(name: string, allowed: Record<string, T>, otherwise: T): T {
    const value = this.text(name);
    if (value === '') return otherwise;
    const found = Object.entries(allowed).find(([known]) => known.toLowerCase() === value.toLowerCase());
    if (found === undefined) this.problem(name, `expected ${Object.keys(allowed).join(', ')}, got ${value}`);
    return found?.[1] ?? otherwise;
  }

  minutes(name: string): number | undefined {
    const value = this.text(name);
    if (value === '') return undefined;
    if (!/^\d+$/.test(value)) this.problem(name, `expected a whole number of minutes, got ${value}`);
    return Number(value);
  }

  list(name: string): string[] {
    return this.text(name)
      .split(/[,\n]/)
      .map((one) => one.trim())
      .filter((one) => one !== '');
  }

  /** Of a script: as it stands, without what is empty at its end. */
  lines(name: string): string[] {
    const text = this.text(name);
    return text === '' ? [] : text.split(/\r?\n/).map((line) => line.trimEnd());
  }

  given(names: string[]): string[] {
    return names.filter((name) => this.text(name) !== '');
  }

  problem(name: string, message: string): void {
    this.#problems.push(`${name}: ${message}`);
  }

  /** @throws UsageError with every problem there is */
  check(): void {
    if (this.#problems.length > 0) throw new UsageError(['the inputs are not right:', ...this.#problems].join('\n  '));
  }
}
