/** This machine: Node, and the folders that Kiln writes to. */
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import type { Settings } from '../settings.ts';
import { findingsOf, reasonOf, type Finding } from './finding.ts';

const NODE = 24;
/** Of what the local Azure keeps: a base image, and what builds write over it. */
const FREE_GIB = 5;
const finding = findingsOf('this machine');

export function lookAtHost({ stateDir, cacheDir, cloud, clientOnly }: Settings): Finding[] {
  const [major = 0] = process.versions.node.split('.').map(Number);
  return [
    major >= NODE
      ? finding('Node.js', 'ok', process.versions.node)
      : finding('Node.js', 'missing', process.versions.node, `Kiln needs ${NODE} or newer; npm ci brings it`),
    folder('state folder', stateDir, 'KILN_STATE_DIR', cloud === 'local' && !clientOnly),
    folder('cache folder', cacheDir, 'KILN_CACHE_DIR', false),
  ];
}

function folder(check: string, path: string, setting: string, filled: boolean): Finding {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    const { bavail, bsize } = statfsSync(path);
    const free = (bavail * bsize) / 2 ** 30;
    const found = `${path}, ${free.toFixed(0)} GiB free`;
    if (!filled || free >= FREE_GIB) return finding(check, 'ok', found);
    return finding(check, 'note', found, `images of the local Azure lie here; ${setting} names another place`);
  } catch (error) {
    return finding(check, 'missing', reasonOf(error), `make it writable, or name another by ${setting}`);
  }
}
