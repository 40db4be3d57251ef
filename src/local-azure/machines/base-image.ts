/**
 * Base root file systems: what a marketplace image holds, made once by mmdebstrap and kept unpacked in the cache. The
 * archives of other distributions are not taken for granted, so every Linux image is stood in for by Debian; the log
 * says so.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../core.ts';
import { tool } from './commands.ts';
import { STAND_INS } from './stand-ins.ts';

interface Recipe {
  /** Matches an image's urn, `publisher:offer:sku:version`. */
  urn: RegExp;
  suite: string;
}

const RECIPES: Recipe[] = [
  { urn: /^Debian:debian-11:/i, suite: 'bullseye' },
  { urn: /./, suite: 'bookworm' },
];

/** What scripts expect of a marketplace image. */
const PACKAGES = [
  'apt-utils',
  'ca-certificates',
  'curl',
  'dbus',
  'iproute2',
  'less',
  'openssl',
  'procps',
  'python3-minimal',
  'sudo',
  'systemd',
  'tzdata',
  'unattended-upgrades',
  'wget',
];
const DEFAULT_MIRROR = 'http://deb.debian.org/debian';

const making = new Map<string, Promise<string>>();

/** Folder of the unpacked tree; read-only by agreement. */
export function baseImage(urn: string, cacheDir: string, log: Logger): Promise<string> {
  const recipe = RECIPES.find((candidate) => candidate.urn.test(urn));
  if (recipe === undefined) throw new Error(`no recipe for ${urn}`);
  const { suite } = recipe;
  const known = making.get(suite);
  if (known !== undefined) return known;
  if (!/^Debian:/i.test(urn)) log.warn(`${urn} is stood in for by Debian ${suite}`);
  const made = make(suite, cacheDir, log).catch((error: unknown) => {
    making.delete(suite);
    throw error;
  });
  making.set(suite, made);
  return made;
}

async function make(suite: string, cacheDir: string, log: Logger): Promise<string> {
  const recipe = JSON.stringify({ suite, PACKAGES, STAND_INS });
  const digest = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const tree = join(cacheDir, 'rootfs', `${suite}-${digest}`);
  if (existsSync(tree)) return tree;
  mkdirSync(join(cacheDir, 'rootfs'), { recursive: true });
  log.info(`making the base root file system (Debian ${suite}) with mmdebstrap; once, half a minute`);
  // Made beside and renamed, so that a killed or a second maker never leaves half a tree under the name.
  const partial = `${tree}.${process.pid}`;
  const mirror = mirrorOfHost();
  await tool('mmdebstrap', [
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    `--include=${PACKAGES.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    suite,
    partial,
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
  ]);
  for (const [path, content] of Object.entries(STAND_INS)) {
    mkdirSync(join(partial, path, '..'), { recursive: true });
    // A package's own file may be a link to something shared.
    rmSync(join(partial, path), { force: true });
    writeFileSync(join(partial, path), content, { mode: path.startsWith('etc/') ? 0o440 : 0o755 });
  }
  // Bound over at run time; must be plain files, and the host's own are nothing for an image.
  for (const name of ['etc/resolv.conf', 'etc/hosts']) {
    rmSync(join(partial, name), { force: true });
    writeFileSync(join(partial, name), '');
  }
  if (existsSync(tree)) rmSync(partial, { recursive: true, force: true });
  else renameSync(partial, tree);
  return tree;
}

/** The archive that the host itself installs from, where it is a Debian. */
function mirrorOfHost(): string {
  const files = ['/etc/apt/sources.list'];
  try {
    files.push(...readdirSync('/etc/apt/sources.list.d').map((name) => join('/etc/apt/sources.list.d', name)));
  } catch {
    // A host without apt.
  }
  for (const file of files) {
    try {
      const found = /(https?:\/\/\S*\/debian)\/?(?:\s|$)/m.exec(readFileSync(file, 'utf8'))?.[1];
      if (found !== undefined && !/security/.test(found)) return found;
    } catch {
      // Not there.
    }
  }
  return DEFAULT_MIRROR;
}
