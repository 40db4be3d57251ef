/**
 * What this host has for a sandbox: root's, or a rootless one. As root on Debian or Ubuntu missing packages are
 * installed, each time said in a line; elsewhere the person is told what to run.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../core.ts';
import { hasTool, tool } from './commands.ts';
import { networkObstacle } from './networks.ts';
import { AS_ROOT, ROOTLESS, type Privileges } from './privileges.ts';

/** Tool → the Debian package that has it. */
const NEEDED = {
  bwrap: 'bubblewrap',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  sfdisk: 'fdisk',
  unshare: 'util-linux',
};
const NEEDED_ROOTLESS = { newuidmap: 'uidmap' };
/** For virtual networks, which a sandbox can do without. */
const NEEDED_NETWORKS = { ip: 'iproute2', pasta: 'passt' };

/** How to be root here, or in words why there can be no sandbox. */
export type Host = { privileges: Privileges } | { missing: string };

/** @param stateDir where machines will live: not every file system lets itself be overlaid */
export async function prepareHost(stateDir: string, log: Logger): Promise<Host> {
  const looked = await lookAtHost(stateDir);
  if (!('install' in looked)) return looked;
  const { install: command, packages } = looked;
  const refusal = await install(command, packages, log);
  return refusal === undefined ? tryWays(stateDir) : { missing: refusal };
}

/** The same without changing anything: `install` is what would be installed first. */
export async function lookAtHost(stateDir: string): Promise<Host | { install: string; packages: string[] }> {
  if (process.platform !== 'linux') return { missing: `scripts of Linux images cannot run on ${process.platform}` };
  const root = process.getuid?.() === 0;
  const lacking = await lackingPackages(root ? NEEDED : { ...NEEDED, ...NEEDED_ROOTLESS });
  if (lacking.length === 0) return tryWays(stateDir);
  const command = `apt-get install -y --no-install-recommends ${lacking.join(' ')}`;
  if (!isDebian()) return { missing: `the tools of ${lacking.join(', ')} are not installed` };
  return root ? { install: command, packages: lacking } : { missing: `run as root: ${command}` };
}

async function tryWays(stateDir: string): Promise<Host> {
  const root = process.getuid?.() === 0;
  const refusal = root ? await tryOut(AS_ROOT, stateDir) : 'this is not root';
  if (refusal === undefined) return { privileges: AS_ROOT };
  const rootless = hasIdRange() ? await tryOut(ROOTLESS, stateDir) : noIdRange();
  return rootless === undefined ? { privileges: ROOTLESS } : { missing: `${refusal}, and rootless: ${rootless}` };
}

async function lackingPackages(needed: Record<string, string>): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(needed).map(async ([name, pkg]) => ((await hasTool(name)) ? [] : [pkg])),
  );
  return found.flat();
}

/** Undefined when it worked. */
async function install(command: string, packages: string[], log: Logger): Promise<string | undefined> {
  log.info(`installing what the sandbox needs: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  try {
    await tool('apt-get', ['update', '-qq'], { env });
    await tool('apt-get', ['install', ...options, ...packages], { env });
    return undefined;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}; run: ${command}`;
  }
}

function isDebian(): boolean {
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(textOf('/etc/os-release'));
}

/** A user namespace with one id only would lose the owners of files, and package installs would fail on them. */
function hasIdRange(): boolean {
  const { username, uid } = userInfo();
  const owns = (file: string) =>
    textOf(file)
      .split('\n')
      .some((line) => [username, String(uid)].includes(line.split(':')[0] ?? ''));
  return owns('/etc/subuid') && owns('/etc/subgid');
}

function noIdRange(): string {
  const range = '100000-165535';
  return (
    `${userInfo().username} has no ids to lend; run as root: ` +
    `usermod --add-subuids ${range} --add-subgids ${range} ${userInfo().username}`
  );
}

/** Virtual networks for the sandbox's machines, or in words why they share this host's. What is missing is installed. */
export async function prepareNetworks(stateDir: string, log: Logger): Promise<{ missing?: string }> {
  const looked = await lookAtNetworks(stateDir);
  if (!('install' in looked)) return looked;
  const refusal = await install(looked.install, looked.packages, log);
  return refusal === undefined ? tryNetworks(stateDir) : { missing: refusal };
}

/** The same without changing anything. */
export async function lookAtNetworks(
  stateDir: string,
): Promise<{ missing?: string } | { install: string; packages: string[] }> {
  if (process.getuid?.() !== 0) return { missing: 'it takes root to make others' };
  const lacking = await lackingPackages(NEEDED_NETWORKS);
  if (lacking.length === 0) return tryNetworks(stateDir);
  if (!isDebian()) return { missing: `the tools of ${lacking.join(', ')} are not installed` };
  return { install: `apt-get install -y --no-install-recommends ${lacking.join(' ')}`, packages: lacking };
}

async function tryNetworks(stateDir: string): Promise<{ missing?: string }> {
  const obstacle = await networkObstacle(stateDir);
  return obstacle === undefined ? {} : { missing: obstacle };
}

/** Mounts an overlay and starts a sandbox in it; undefined when it worked, else the reason. */
async function tryOut({ enter, overlayOptions }: Privileges, stateDir: string): Promise<string | undefined> {
  mkdirSync(stateDir, { recursive: true });
  const folder = mkdtempSync(join(stateDir, 'try-'));
  for (const name of ['upper', 'work', 'root']) mkdirSync(join(folder, name));
  const script =
    `mount -t overlay overlay -o "lowerdir=/usr,upperdir=upper,workdir=work${overlayOptions}" root && ` +
    'bwrap --ro-bind / / --unshare-pid --proc /proc true && rm -rf work/work';
  const [command, ...args] = enter;
  try {
    await tool(command, [...args, 'sh', '-c', script], { cwd: folder });
    return undefined;
  } catch (error) {
    return `namespaces are not allowed here: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
