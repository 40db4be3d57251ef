/**
 * What this host has for a sandbox. As root on Debian or Ubuntu the missing packages are installed, each time said in a
 * line; elsewhere the person is told what to run.
 */
import { readFileSync } from 'node:fs';
import type { Logger } from '../core.ts';
import { hasTool, tool } from './commands.ts';

/** Tool → the Debian package that has it. */
const NEEDED = {
  bwrap: 'bubblewrap',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  sfdisk: 'fdisk',
  unshare: 'util-linux',
};

/** `missing` says in words why there can be no sandbox. */
export async function prepareHost(log: Logger): Promise<{ missing?: string }> {
  if (process.platform !== 'linux') return { missing: `scripts of Linux images cannot run on ${process.platform}` };
  if (process.getuid?.() !== 0) return { missing: 'the sandbox needs root: run as root, or use --machine simulated' };
  const lacking = await lackingPackages();
  if (lacking.length > 0) {
    const command = `apt-get install -y --no-install-recommends ${lacking.join(' ')}`;
    if (!isDebian()) return { missing: `the tools of ${lacking.join(', ')} are not installed` };
    log.info(`installing what the sandbox needs: ${command}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    try {
      await tool('apt-get', ['update', '-qq'], { env });
      await tool(
        'apt-get',
        ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...lacking],
        { env },
      );
    } catch (error) {
      return { missing: `${error instanceof Error ? error.message : String(error)}; run: ${command}` };
    }
  }
  return canMount();
}

async function lackingPackages(): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(NEEDED).map(async ([name, pkg]) => ((await hasTool(name)) ? [] : [pkg])),
  );
  return found.flat();
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Root in a container may lack the right to mount; then bubblewrap cannot work. */
async function canMount(): Promise<{ missing?: string }> {
  try {
    await tool('unshare', ['--mount', 'bwrap', '--ro-bind', '/', '/', '--unshare-pid', '--proc', '/proc', 'true']);
    return {};
  } catch (error) {
    return { missing: `namespaces are not allowed here: ${error instanceof Error ? error.message : String(error)}` };
  }
}
