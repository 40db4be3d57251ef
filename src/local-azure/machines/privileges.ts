/**
 * The two ways to be root in a sandbox. Real root mounts in a namespace of its own. Without it, a user namespace maps
 * this user to root and a range of further ids, lent by /etc/subuid, to all others: owners are kept, and what runs
 * inside has no power outside.
 */
import { rmSync } from 'node:fs';
import { tool } from './commands.ts';

export interface Privileges {
  /** In words for a person. */
  description: string;
  /** The command line that runs what follows it as root in a mount namespace of its own. */
  enter: [command: string, ...args: string[]];
  /** Options of an overlay mount beside its folders. */
  overlayOptions: string;
  /** How mmdebstrap gets its root. */
  debstrapMode: 'root' | 'unshare';
  /** Set apart in the cache: trees of the two ways have other owners. */
  suffix: string;
  /** Removes a folder whoever owns what is in it; fine if there is none. */
  remove(path: string): Promise<void>;
}

const OWN_MOUNTS = ['--mount', '--propagation', 'private'];

export const AS_ROOT: Privileges = {
  description: 'bubblewrap over overlay, as root: scripts really run; not a security boundary',
  enter: ['unshare', ...OWN_MOUNTS],
  overlayOptions: '',
  debstrapMode: 'root',
  suffix: '',
  remove(path) {
    rmSync(path, { recursive: true, force: true });
    return Promise.resolve();
  },
};

const USER_NAMESPACE: Privileges['enter'] = ['unshare', '--user', '--map-root-user', '--map-auto', ...OWN_MOUNTS];

export const ROOTLESS: Privileges = {
  description: 'rootless: bubblewrap over overlay in a user namespace; scripts really run, without power outside',
  enter: USER_NAMESPACE,
  // Overlay's own marks go where a user namespace may write them.
  overlayOptions: ',userxattr',
  debstrapMode: 'unshare',
  suffix: `-user${process.getuid?.() ?? ''}`,
  async remove(path) {
    const [command, ...args] = USER_NAMESPACE;
    await tool(command, [...args, 'rm', '-rf', '--', path]);
  },
};
