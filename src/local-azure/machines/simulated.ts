/**
 * Machines that run nothing: for Windows, for load, and where no sandbox works. Every script succeeds at once, unless
 * it says otherwise (see scripted-outcome.ts), in the script itself or in what a parameter of it is the address of.
 * A file customizer writes nothing either. All state is on disk, so a restart finds it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machines, RunStatus } from './machine.ts';
import { scriptedOutcome, type Outcome } from './scripted-outcome.ts';
import { vhdFooter } from './vhd-footer.ts';

interface Job extends Outcome {
  start: number;
  timeout: number;
  canceled?: number;
  /** When the machine went down under it. */
  cutOff?: number;
}

interface State {
  power: 'running' | 'stopped';
  /** When a guest that was told to power off does so. */
  offAt?: number;
  jobs: Record<string, Job>;
}

const PEEK_BYTES = 64 * 1024;
const OFF = /^\s*(poweroff|shutdown -h now|systemctl poweroff)\s*$/m;

export function createSimulatedMachines(options: { stateDir: string; reason?: string }): Machines {
  const folder = join(options.stateDir, 'machines');
  mkdirSync(folder, { recursive: true });
  const fileOf = (key: string): string => join(folder, `${key}.json`);
  const read = (key: string): State | undefined => {
    try {
      return JSON.parse(readFileSync(fileOf(key), 'utf8')) as State;
    } catch {
      return undefined;
    }
  };
  const write = (key: string, state: State): void => {
    writeFileSync(`${fileOf(key)}.part`, JSON.stringify(state));
    renameSync(`${fileOf(key)}.part`, fileOf(key));
  };
  const jobOf = (key: string, id: string): Job | undefined => {
    const state = read(key);
    return state === undefined ? undefined : settle(state).jobs[id];
  };

  return {
    kind: 'simulated',
    description: `simulated: nothing is run${options.reason === undefined ? '' : ` (${options.reason})`}`,
    platformContent: (urn) =>
      Promise.resolve(`platform-${createHash('sha256').update(urn).digest('hex').slice(0, 16)}`),
    emptyContent: (key) => Promise.resolve(key),
    copyContent: (_from, key) => Promise.resolve(key),
    releaseContent: () => Promise.resolve(),

    start({ key }) {
      const state = read(key);
      write(key, { power: 'running', jobs: state === undefined ? {} : settle(state).jobs });
      return Promise.resolve();
    },
    stop(key) {
      const state = read(key);
      if (state !== undefined) write(key, powerDown(settle(state), Date.now()));
      return Promise.resolve();
    },
    power(key) {
      const state = read(key);
      return Promise.resolve(state === undefined ? 'deallocated' : settle(state).power);
    },
    remove(key) {
      rmSync(fileOf(key), { force: true });
      return Promise.resolve();
    },

    async run(key, { id, script, parameters, timeoutInSeconds }) {
      const known = read(key);
      if (known === undefined) throw new Error(`there is no machine ${key}`);
      if (known.jobs[id] !== undefined) return;
      const told = await Promise.all(parameters.map(({ value }) => peek(value)));
      // Read again: another run may have been noted meanwhile.
      const state = read(key) ?? known;
      if (state.jobs[id] === undefined) {
        const job = { ...scriptedOutcome([script, ...told].join('\n')), start: Date.now(), timeout: timeoutInSeconds };
        // A detached deprovisioning script ends in a power-off; there is nothing to wait for.
        const off = OFF.test(script) ? { offAt: Date.now() + job.seconds * 1000 + 50 } : {};
        write(key, { ...state, ...off, jobs: { ...state.jobs, [id]: job } });
      }
    },
    status: (key, id) => Promise.resolve(statusOf(jobOf(key, id))),
    output(key, id, stream, offset, length) {
      const job = jobOf(key, id);
      const shown = job !== undefined && statusOf(job).state !== 'Running' ? job[stream] : '';
      return Promise.resolve(Buffer.from(shown).subarray(offset, offset + length));
    },
    cancel(key, id) {
      const state = read(key);
      const job = state?.jobs[id];
      if (state !== undefined && job !== undefined && statusOf(job).state === 'Running') {
        write(key, { ...state, jobs: { ...state.jobs, [id]: { ...job, canceled: Date.now() } } });
      }
      return Promise.resolve();
    },

    async exportVhd(ref, file, { sizeGB }) {
      const size = sizeGB * 1024 ** 3;
      const uniqueId = createHash('sha256').update(ref).digest().subarray(0, 16);
      const handle = await open(file, 'w');
      try {
        await handle.write(vhdFooter(size, uniqueId, new Date(0)), 0, 512, size);
      } finally {
        await handle.close();
      }
      return { size: size + 512, extents: [{ offset: size, length: 512 }] };
    },
    close: () => Promise.resolve(),
  };
}

/** The beginning of what a parameter is the address of: a script that would be fetched says how it is to end. */
async function peek(value: string): Promise<string> {
  if (!/^https?:/.test(value)) return '';
  try {
    const response = await fetch(value, { headers: { range: `bytes=0-${PEEK_BYTES - 1}` } });
    return (await response.text()).slice(0, PEEK_BYTES);
  } catch {
    return '';
  }
}

/** The state as it is by now: a guest that was told to power off has done so when its time has come. */
function settle(state: State): State {
  return state.offAt !== undefined && state.offAt <= Date.now() ? powerDown(state, state.offAt) : state;
}

/** What was running then is cut off, as in a real machine: nobody will ever write its exit code. */
function powerDown({ jobs }: State, at: number): State {
  const cut = Object.entries(jobs).map(([id, job]) => [id, endOf(job) > at ? { ...job, cutOff: at } : job] as const);
  return { power: 'stopped', jobs: Object.fromEntries(cut) };
}

const endOf = ({ canceled, cutOff, start, seconds, timeout }: Job): number =>
  canceled ?? cutOff ?? start + Math.min(seconds, timeout) * 1000;

function statusOf(job: Job | undefined): RunStatus {
  if (job === undefined) return { state: 'Unknown', stdoutSize: 0, stderrSize: 0 };
  const startTime = new Date(job.start).toISOString();
  const end = endOf(job);
  if (end > Date.now()) return { state: 'Running', startTime, stdoutSize: 0, stderrSize: 0 };
  const ended = { startTime, endTime: new Date(end).toISOString() };
  const sizes = { stdoutSize: Buffer.byteLength(job.stdout), stderrSize: Buffer.byteLength(job.stderr) };
  if (job.canceled !== undefined) return { state: 'Canceled', exitCode: -1, ...ended, ...sizes };
  if (job.cutOff !== undefined) return { state: 'Failed', exitCode: -1, ...ended, ...sizes };
  if (job.seconds > job.timeout) return { state: 'TimedOut', exitCode: 124, ...ended, ...sizes };
  return { state: job.exitCode === 0 ? 'Succeeded' : 'Failed', exitCode: job.exitCode, ...ended, ...sizes };
}
