/** `kiln dev`, `kiln stop`, `kiln reset`, `kiln worker` and `kiln gateway`: the stack itself. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EXIT } from '../exit-codes.ts';
import { pageLink } from '../page-link.ts';
import { logFile, pause, stoppedFile } from '../services.ts';
import { subscriptionOf, UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { ensureStack, gatewayArguments, stopStack } from '../stack.ts';

/** Runs until Ctrl-C, and then ends what runs. */
export async function dev(settings: Settings): Promise<number> {
  if (settings.clientOnly) throw new UsageError('kiln dev is the stack itself, which --client-only does without');
  const stack = await ensureStack(settings, (line) => console.log(line), { gateway: true });
  const lines = [
    ['page', await pageLink(stack)],
    ['Web UI', stack.webUi],
    ['Temporal', stack.connectionOptions.address],
    ['gateway', stack.gateway],
    ['Resource Manager', stack.azure?.endpoint],
    ['blobs', stack.azure?.blobEndpoint],
    ['machines', stack.azure?.machine],
    ['subscription', subscriptionOf(settings)],
    ['state', settings.stateDir],
    ['logs', logFile(settings.stateDir, '*')],
  ];
  for (const [name = '', value] of lines) if (value !== undefined) console.log(`${name.padEnd(18)}${value}`);
  console.log('ready: kiln build FILE in another terminal; Ctrl-C ends it all');
  let stopping = false;
  const stop = (): void => void (stopping = true);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  for (let ticks = 1; !stopping; ticks++) {
    await pause(100);
    if (existsSync(stoppedFile(settings.stateDir))) {
      console.log('stopped by another command');
      return EXIT.done;
    }
    if (ticks % 10 === 0) await stack.revive();
  }
  return stopAll(settings);
}

/** A link to the page, good once; the stack is started where it does not run. */
export async function page(settings: Settings): Promise<number> {
  if (settings.cloud !== 'local') {
    throw new UsageError('kiln page is for the local stack: a gateway elsewhere has its own address, see docs/page.md');
  }
  const stack = await ensureStack(settings, (line) => void process.stderr.write(`${line}\n`), { gateway: true });
  console.log(await pageLink(stack));
  return EXIT.done;
}

export async function stopAll({ stateDir }: Settings): Promise<number> {
  const stopped = await stopStack(stateDir);
  console.log(stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(', ')}`);
  return EXIT.done;
}

export async function reset(settings: Settings, options: { yes?: boolean }): Promise<number> {
  if (options.yes !== true) {
    throw new UsageError(`this removes every build, image and log in ${settings.stateDir}: say kiln reset --yes`);
  }
  await stopStack(settings.stateDir);
  // Machines outlive their server, as they should; without their folders nobody would find them.
  const endMachines = fileURLToPath(new URL('../../local-azure/end-machines.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [endMachines, '--state-dir', join(settings.stateDir, 'azure')]);
  rmSync(settings.stateDir, { recursive: true, force: true });
  console.log(`removed ${settings.stateDir}`);
  return EXIT.done;
}

/** A worker in the foreground, against the Temporal and the Azure that the environment names. */
export const worker = (settings: Settings): Promise<number> => foreground('worker', settings);

/** The gateway in the foreground; see gateway/main.ts for the environment that it needs. */
export const gateway = (settings: Settings): Promise<number> => foreground('gateway', settings);

async function foreground(room: 'worker' | 'gateway', settings: Settings): Promise<number> {
  const main = fileURLToPath(new URL(`../../${room}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, room === 'gateway' ? gatewayArguments() : [main], {
    stdio: 'inherit',
    env: { ...process.env, KILN_CACHE_DIR: settings.cacheDir },
  });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? EXIT.failed)));
}
