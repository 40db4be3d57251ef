/**
 * The background services of the embedded stack: started detached, so that a build goes on when the command that began
 * it is gone, and known again by what they wrote down.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ServiceRecord {
  pid: number;
  /** Start time of the process in clock ticks: a process id alone may have been given to another since. */
  started: string;
  /** Ports and addresses, as the service has them. */
  address: Record<string, string>;
}

export type StackRecord = Record<string, ServiceRecord>;

/** There while the stack is stopped on purpose: whoever keeps it alive does not start it again. */
export const stoppedFile = (stateDir: string): string => join(stateDir, 'stopped');

const fileOf = (stateDir: string): string => join(stateDir, 'stack.json');

export function readStack(stateDir: string): StackRecord {
  try {
    return JSON.parse(readFileSync(fileOf(stateDir), 'utf8')) as StackRecord;
  } catch {
    return {};
  }
}

export function writeService(stateDir: string, name: string, record: ServiceRecord): void {
  const stack = { ...readStack(stateDir), [name]: record };
  mkdirSync(stateDir, { recursive: true });
  const partial = `${fileOf(stateDir)}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(stack, null, 2)}\n`);
  renameSync(partial, fileOf(stateDir));
}

export function isAlive(record: ServiceRecord | undefined): boolean {
  return record !== undefined && startedAt(record.pid) === record.started;
}

/** Undefined when there is no such process; where there is no /proc, only whether it lives is known. */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return undefined;
  }
}

export function logFile(stateDir: string, name: string): string {
  return join(stateDir, 'logs', `${name}.log`);
}

export function startService(
  stateDir: string,
  name: string,
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Omit<ServiceRecord, 'address'> {
  mkdirSync(join(stateDir, 'logs'), { recursive: true });
  const log = openSync(logFile(stateDir, name), 'a');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], env });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${command} could not be started`);
  return { pid: child.pid, started: startedAt(child.pid) ?? '' };
}

/** SIGTERM, and SIGKILL for what has not ended after a while. */
export async function stopService(record: ServiceRecord, graceMs = 15_000): Promise<void> {
  const deadline = Date.now() + graceMs;
  if (!isAlive(record)) return;
  process.kill(record.pid, 'SIGTERM');
  while (isAlive(record)) {
    if (Date.now() > deadline) process.kill(record.pid, 'SIGKILL');
    await pause(50);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for `ready`; throws with the end of the service's log when its process ends first. */
export async function untilReady(
  stateDir: string,
  name: string,
  record: Omit<ServiceRecord, 'address'>,
  ready: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + 15 * 60_000;
  while (!(await ready())) {
    if (!isAlive({ ...record, address: {} }) || Date.now() > deadline) {
      const log = readFileSync(logFile(stateDir, name), 'utf8').trim().split('\n').slice(-5).join('\n');
      throw new Error(`${name} did not start; the end of ${logFile(stateDir, name)}:\n${log}`);
    }
    await pause(50);
  }
}

/** One start at a time: the second of two commands waits for the stack of the first. */
export async function locked<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(stateDir, { recursive: true });
  const lock = join(stateDir, 'stack.lock');
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid} ${startedAt(process.pid) ?? ''}`, { flag: 'wx' });
      break;
    } catch {
      const [pid = '0', started = ''] = read(lock).split(' ');
      if (!isAlive({ pid: Number(pid), started, address: {} })) rmSync(lock, { force: true });
      else await pause(100);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
