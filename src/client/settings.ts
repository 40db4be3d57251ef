/** Where things lie and which cloud is meant: options of the command, then the environment, then defaults. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Settings {
  /** Everything that lasts: database, local Azure, logs of the services. */
  stateDir: string;
  /** Downloads and what can be made again. */
  cacheDir: string;
  cloud: 'local' | 'azure';
  machine: 'auto' | 'sandbox' | 'simulated';
  profile: 'instant' | 'quick' | 'recorded';
  /** Of the profile `recorded`: 1 is Azure's own time. */
  timeFactor: number;
}

export interface GlobalOptions {
  stateDir?: string;
  cacheDir?: string;
  cloud?: string;
  machine?: string;
  profile?: string;
  timeFactor?: string;
}

/** An error that is the person's to mend: printed without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function readSettings(options: GlobalOptions, env: NodeJS.ProcessEnv = process.env): Settings {
  return {
    stateDir:
      options.stateDir ??
      env['KILN_STATE_DIR'] ??
      join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'kiln'),
    cacheDir:
      options.cacheDir ?? env['KILN_CACHE_DIR'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kiln'),
    cloud: oneOf('--cloud', ['local', 'azure'], options.cloud ?? env['KILN_CLOUD'] ?? 'local'),
    machine: oneOf('--machine', ['auto', 'sandbox', 'simulated'], options.machine ?? env['KILN_MACHINE'] ?? 'auto'),
    profile: oneOf('--profile', ['instant', 'quick', 'recorded'], options.profile ?? env['KILN_PROFILE'] ?? 'quick'),
    timeFactor: positive('--time-factor', options.timeFactor ?? env['KILN_TIME_FACTOR'] ?? '1'),
  };
}

function positive(option: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new UsageError(`${option}: expected a number above 0, got ${value}`);
  return number;
}

function oneOf<T extends string>(option: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${option}: expected ${allowed.join(' or ')}, got ${value}`);
  return found;
}
