/** Where things lie and which cloud is meant: options of the command, then the environment, then defaults. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_SUBSCRIPTION_ID } from './local-names.ts';

export const CLOUDS = ['local', 'azure'] as const;
export const MACHINES = ['auto', 'sandbox', 'simulated'] as const;
export const PROFILES = ['instant', 'quick', 'recorded'] as const;

export interface Settings {
  /** Everything that lasts: database, local Azure, logs of the services. */
  stateDir: string;
  /** Downloads and what can be made again. */
  cacheDir: string;
  cloud: (typeof CLOUDS)[number];
  machine: (typeof MACHINES)[number];
  profile: (typeof PROFILES)[number];
  /** The file of prices; absent: the refreshed one, or the one that comes with Kiln. */
  prices?: string;
  /** Of the profile `recorded`: 1 is Azure's own time. */
  timeFactor: number;
  /** Temporal and workers run elsewhere: nothing is started here. */
  clientOnly: boolean;
}

export interface GlobalOptions {
  stateDir?: string;
  cacheDir?: string;
  cloud?: string;
  machine?: string;
  profile?: string;
  timeFactor?: string;
  prices?: string;
  clientOnly?: boolean;
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
    cloud: oneOf('--cloud', CLOUDS, options.cloud ?? env['KILN_CLOUD'] ?? 'local'),
    machine: oneOf('--machine', MACHINES, options.machine ?? env['KILN_MACHINE'] ?? 'auto'),
    profile: oneOf('--profile', PROFILES, options.profile ?? env['KILN_PROFILE'] ?? 'quick'),
    timeFactor: positive('--time-factor', options.timeFactor ?? env['KILN_TIME_FACTOR'] ?? '1'),
    ...pricesOf(options.prices ?? env['KILN_PRICES']),
    clientOnly: options.clientOnly ?? ['1', 'true'].includes(env['KILN_CLIENT_ONLY'] ?? ''),
  };
}

/** Where a template's resources are looked for and made, unless it says so itself. */
export function subscriptionOf({ cloud, clientOnly }: Settings, env: NodeJS.ProcessEnv = process.env): string {
  if (cloud === 'local' && !clientOnly) return LOCAL_SUBSCRIPTION_ID;
  const { AZURE_SUBSCRIPTION_ID: id = '' } = env;
  if (id === '') throw new UsageError(`${clientOnly ? '--client-only' : '--cloud azure'} needs AZURE_SUBSCRIPTION_ID`);
  return id;
}

const pricesOf = (prices = ''): { prices?: string } => (prices === '' ? {} : { prices });

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
