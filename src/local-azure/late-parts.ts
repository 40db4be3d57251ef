/** Transitional: the machines and the compute provider are taken in when their folders are there. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CreateProvider, LocalAzureOptions } from './core.ts';
import type { Machines } from './machines/machine.ts';

async function load(path: string): Promise<Record<string, unknown> | undefined> {
  const url = new URL(path, import.meta.url);
  return existsSync(fileURLToPath(url)) ? ((await import(url.href)) as Record<string, unknown>) : undefined;
}

export async function loadMachines(
  options: Pick<LocalAzureOptions, 'stateDir' | 'cacheDir' | 'log'> & { kind: LocalAzureOptions['machine'] },
): Promise<Machines> {
  const module = await load('./machines/index.ts');
  if (module === undefined) {
    return new Proxy({ description: 'none yet', kind: 'simulated', close: () => Promise.resolve() } as Machines, {
      get: (target, key) =>
        key === 'then'
          ? undefined
          : (Reflect.get(target, key) ?? (() => Promise.reject(new Error('there are no machines yet')))),
    });
  }
  return (module['createMachines'] as (given: typeof options) => Promise<Machines>)(options);
}

export async function loadCompute(): Promise<CreateProvider[]> {
  const module = await load('./providers/compute/index.ts');
  return module === undefined ? [] : [module['createComputeProvider'] as CreateProvider];
}
