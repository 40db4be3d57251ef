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
import type { Privileges } from './privileges.ts';
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
  'openssh-server',
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

interface BaseImageOptions {
  /** An image's `publisher:offer:sku:version`. */
  urn: string;
  cacheDir: string;
  log: Logger;
  privileges: Privileges;
}

/** Folder of the unpacked tree; read-only by agreement. */
export function baseImage({ urn, ...options }: BaseImageOptions): Promise<string> {
  const recipe = RECIPES.find((candidate) => candidate.urn.test(urn));
  if (recipe === undefined) throw new Error(`no recipe for ${urn}`);
  const { suite } = recipe;
  if (!/^Debian:/i.test(urn)) options.log.warn(`${urn} is stood in for by Debian ${suite}`);
  const name = `${nameOf(suite)}${options.privileges.suffix}`;
  const known = making.get(name);
  if (known !== undefined) return known;
  const made = make(suite, name, options).catch((error: unknown) => {
    making.delete(name);
    throw error;
  });
  making.set(name, made);
  return made;
}

/** Whether the tree that most Linux images are stood in for by is in the cache. */
export function hasBaseImage(cacheDir: string, { suffix }: Privileges): boolean {
  return existsSync(join(cacheDir, 'rootfs', `${nameOf('bookworm')}${suffix}`));
}

/** Another recipe gives another name. */
function nameOf(suite: string): string {
  const recipe = JSON.stringify({ suite, PACKAGES, STAND_INS });
  return `${suite}-${createHash('sha256').update(recipe).digest('hex').slice(0, 16)}`;
}

async function make(
  suite: string,
  name: string,
  { cacheDir, log, privileges }: Omit<BaseImageOptions, 'urn'>,
): Promise<string> {
  const folder = join(cacheDir, 'rootfs');
  const tree = join(folder, name);
  if (existsSync(tree)) return tree;
  mkdirSync(folder, { recursive: true });
  // Made beside and renamed, so that a killed or a second maker never leaves half a tree under the name.
  const partial = `${tree}.${process.pid}`;
  // A tree that was packed by hand, for hosts that reach no archive, is taken as it is.
  const packed = join(folder, `${nameOf(suite)}.tar`);
  if (!existsSync(packed)) {
    log.info(`making the base root file system (Debian ${suite}) with mmdebstrap; once, up to a minute`);
    await bootstrap(suite, `${partial}.tar`, privileges);
  }
  mkdirSync(partial);
  const [command, ...entering] = privileges.enter;
  const source = existsSync(packed) ? packed : `${partial}.tar`;
  // Device files are bound at run time, and a user namespace may not make them.
  const unpack = ['--extract', '--file', source, '--directory', partial, '--numeric-owner', '--preserve-permissions'];
  await tool(command, [...entering, 'tar', ...unpack, '--exclude=./dev/*']);
  rmSync(`${partial}.tar`, { force: true });
  addStandIns(partial);
  if (existsSync(tree)) await privileges.remove(partial);
  else renameSync(partial, tree);
  return tree;
}

async function bootstrap(suite: string, file: string, { debstrapMode }: Privileges): Promise<void> {
  const mirror = mirrorOfHost();
  await tool('mmdebstrap', [
    `--mode=${debstrapMode}`,
    '--variant=minbase',
    '--format=tar',
    `--include=${PACKAGES.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    suite,
    file,
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
  ]);
}

function addStandIns(tree: string): void {
  for (const [path, content] of Object.entries(STAND_INS)) {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    // A package's own file may be a link to something shared.
    rmSync(join(tree, path), { force: true });
    writeFileSync(join(tree, path), content, { mode: path.startsWith('etc/') ? 0o440 : 0o755 });
  }
  // Bound over at run time; must be plain files, and the host's own are nothing for an image.
  for (const name of ['etc/resolv.conf', 'etc/hosts']) {
    rmSync(join(tree, name), { force: true });
    writeFileSync(join(tree, name), '');
  }
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
