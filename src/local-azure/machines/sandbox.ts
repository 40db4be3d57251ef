/**
 * Machines that really run: one set of namespaces each (bubblewrap over an overlay of the disk's layers), started
 * detached so that it outlives this process, found again by its process id and start time.
 *
 * As root it keeps root's capabilities, so it keeps builds apart but is no wall against a hostile script; rootless
 * (see privileges.ts) it is one. The network is the host's, but for machines of a virtual network (see networks.ts);
 * there is no kernel, no init and no reboot of a kernel.
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readConnection } from '../connection.ts';
import type { Logger } from '../core.ts';
import { baseImage } from './base-image.ts';
import { quote } from './commands.ts';
import { Contents } from './contents.ts';
import { exportDisk } from './export-disk.ts';
import type { Machines, MachineSpec, PowerState, RunStatus } from './machine.ts';
import type { Networks } from './networks.ts';
import type { Privileges } from './privileges.ts';
import { endProcess, livingProcess } from './processes.ts';
import { PASSED_ON, startMachine } from './sandbox-start.ts';

const TIMED_OUT = 124;
const START_MS = 30_000;

export function createSandboxMachines(options: {
  stateDir: string;
  cacheDir: string;
  log: Logger;
  privileges: Privileges;
  /** Absent: this host has none to give, and all machines share its own. */
  networks: Networks | undefined;
}): Machines {
  const { stateDir, cacheDir, log, privileges, networks } = options;
  const contents = new Contents(stateDir, privileges);
  const folderOf = (key: string): string => join(stateDir, 'machines', key);
  const jobOf = (key: string, id: string): string => join(folderOf(key), 'spool', id);

  /** Wakes the agent, which may be starting: it looks at the whole spool when it is up. */
  const wake = (key: string, word: string): void => {
    try {
      const fifo = openSync(join(folderOf(key), 'wake'), constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(fifo, `${word}\n`);
      closeSync(fifo);
    } catch {
      // Nobody reads: it is not up yet, or down.
    }
  };

  const stop = async (key: string): Promise<void> => {
    await endProcess(folderOf(key));
    await networks?.leave(key);
  };

  const enterNetwork = async ({ key, network }: MachineSpec, hosts: string): Promise<string[]> => {
    if (network === undefined || networks === undefined) return [];
    const router = networks.routerOf(network.id);
    const name = network.id.split('/').at(-1) ?? network.id;
    const made = !existsSync(`/run/netns/${router}`);
    const words = await networks.join(key, network, hosts, await lentPorts(stateDir));
    if (made) log.info(`virtual network ${name}: ip netns exec ${router} COMMAND puts a server beside its machines`);
    return words;
  };

  return {
    kind: 'sandbox',
    description: `sandbox (${privileges.description})`,

    async platformContent(urn, osType) {
      if (osType === 'Windows') throw new Error(`${urn}: Windows cannot run in a sandbox; use --machine simulated`);
      const base = await baseImage({ urn, cacheDir, log, privileges });
      const ref = `platform-${base.split('/').at(-1) ?? ''}`;
      contents.ensure(ref, base);
      return ref;
    },
    emptyContent(key) {
      const nothing = join(stateDir, 'empty');
      mkdirSync(nothing, { recursive: true });
      contents.ensure(key, nothing);
      return Promise.resolve(key);
    },
    copyContent(from, key) {
      contents.copy(from, key);
      return Promise.resolve(key);
    },
    releaseContent: (ref) => contents.release(ref),

    async start(spec: MachineSpec) {
      const folder = folderOf(spec.key);
      if (livingProcess(folder) !== undefined) return;
      await startMachine({
        folder,
        spec,
        mount: contents.mount(spec.content, join(folder, 'root'), true),
        privileges,
        stateDir,
        enterNetwork: (hosts) => enterNetwork(spec, hosts),
      });
      const deadline = Date.now() + START_MS;
      while (livingProcess(folder) === undefined || !existsSync(join(folder, 'up'))) {
        if (existsSync(join(folder, 'ended')) || Date.now() > deadline) {
          throw new Error(`the machine did not start: ${readFileSync(join(folder, 'console'), 'utf8').slice(-500)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop,
    power(key): Promise<PowerState> {
      if (!existsSync(folderOf(key))) return Promise.resolve('deallocated');
      if (livingProcess(folderOf(key)) !== undefined) return Promise.resolve('running');
      // It ended by itself and said so, or ended with the host and has to be started again.
      return Promise.resolve(existsSync(join(folderOf(key), 'ended')) ? 'stopped' : 'deallocated');
    },
    async remove(key) {
      await stop(key);
      await privileges.remove(folderOf(key));
    },

    run(key, { id, script, parameters, timeoutInSeconds }) {
      const folder = jobOf(key, id);
      if (!existsSync(folder)) {
        const partial = `${folder}.${process.pid}.part`;
        mkdirSync(partial, { recursive: true });
        const shebang = script.startsWith('#!') ? '' : '#!/bin/sh\n';
        writeFileSync(join(partial, 'script'), shebang + script, { mode: 0o700 });
        const named = parameters.filter(({ name }) => name !== undefined && /^[A-Za-z_]\w*$/.test(name));
        writeFileSync(
          join(partial, 'env'),
          named.map(({ name, value }) => `export ${name}=${quote(value)}\n`).join(''),
          { mode: 0o600 },
        );
        writeFileSync(join(partial, 'timeout'), String(timeoutInSeconds));
        // The folder's name appears with everything in it, and only once: that is the lock.
        if (existsSync(folder)) rmSync(partial, { recursive: true });
        else renameSync(partial, folder);
      }
      wake(key, 'job');
      return Promise.resolve();
    },
    status: (key, id) => Promise.resolve(jobStatus(jobOf(key, id), livingProcess(folderOf(key)) !== undefined)),
    async output(key, id, stream, offset, length) {
      const file = join(jobOf(key, id), stream === 'stdout' ? 'out' : 'err');
      if (!existsSync(file)) return Buffer.alloc(0);
      const handle = await open(file, 'r');
      try {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
    cancel(key, id) {
      const folder = jobOf(key, id);
      if (existsSync(folder) && !existsSync(join(folder, 'rc'))) {
        writeFileSync(join(folder, 'canceled'), '');
        wake(key, `cancel ${id}`);
      }
      return Promise.resolve();
    },

    exportVhd: (ref, file, disk) =>
      exportDisk({ contents, privileges, ref, file, scratch: join(stateDir, 'exports'), ...disk }),
    close: () => Promise.resolve(),
  };
}

/** What a machine finds at 127.0.0.1 wherever it is: the local Azure, and a proxy of the host's that it is to use. */
async function lentPorts(stateDir: string): Promise<number[]> {
  const connection = await readConnection(stateDir);
  const proxies = PASSED_ON.map((name) => process.env[name] ?? '').filter((url) => URL.canParse(url));
  const addresses = [connection?.endpoint, connection?.blobEndpoint, ...proxies].filter((url) => url !== undefined);
  const ports = addresses.flatMap((address) => {
    const { hostname, port, protocol } = new URL(address);
    return /^(127\.|localhost$)/.test(hostname) ? [Number(port) || (protocol === 'https:' ? 443 : 80)] : [];
  });
  return [...new Set(ports)];
}

function jobStatus(folder: string, machineUp: boolean): RunStatus {
  const size = (name: string): number => (existsSync(join(folder, name)) ? statSync(join(folder, name)).size : 0);
  const timeOf = (name: string): string => statSync(join(folder, name)).mtime.toISOString();
  if (!existsSync(folder)) return { state: 'Unknown', stdoutSize: 0, stderrSize: 0 };
  const sizes = { stdoutSize: size('out'), stderrSize: size('err') };
  if (!existsSync(join(folder, 'started'))) {
    return { state: machineUp ? 'Pending' : 'Failed', ...(machineUp ? {} : { exitCode: -1 }), ...sizes };
  }
  const startTime = timeOf('started');
  if (!existsSync(join(folder, 'rc'))) {
    // The machine went down under it: nobody will ever write its exit code.
    return machineUp
      ? { state: 'Running', startTime, ...sizes }
      : { state: 'Failed', exitCode: -1, startTime, ...sizes };
  }
  const exitCode = Number(readFileSync(join(folder, 'rc'), 'utf8'));
  const canceled = existsSync(join(folder, 'canceled'));
  const state = canceled ? 'Canceled' : exitCode === 0 ? 'Succeeded' : exitCode === TIMED_OUT ? 'TimedOut' : 'Failed';
  return { state, exitCode, startTime, endTime: timeOf('rc'), ...sizes };
}
