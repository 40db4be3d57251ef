/** A folder as one file: the same bytes for the same names, contents and permissions, whoever packs it and when. */
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { create } from 'tar';

/** As npm has it: tar warns of dates before 1970, and some tools of those before 1980. */
const DATE = new Date('1985-10-26T08:15:00Z');

/**
 * Packs what is in the folder, empty folders and links too, as tar.gz.
 * @returns where the archive is, until this process ends
 * @throws where something is neither file, folder nor a link that stays inside
 */
export function packFolder(folder: string): string {
  if (!lstatSync(folder).isDirectory()) throw new TypeError('it is no folder');
  const entries = entriesOf(folder, '.');
  const place = mkdtempSync(join(tmpdir(), 'kiln-folder-'));
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  const file = join(place, 'folder.tar.gz');
  // Portable leaves out owners and times, and evens out what the umask made of permissions.
  const options = { sync: true, file, cwd: folder, gzip: { level: 6 }, portable: true, mtime: DATE } as const;
  create({ ...options, noDirRecurse: true, strict: true, preservePaths: true }, entries);
  return file;
}

/** By name in the order of bytes, which is no locale's. */
function entriesOf(root: string, folder: string): string[] {
  const names = readdirSync(join(root, folder)).toSorted((left, right) => (left < right ? -1 : 1));
  return [
    folder,
    ...names.flatMap((name) => {
      // An own prefix, as tar takes a name that begins with @ for an archive to copy from.
      const path = `${folder}/${name}`;
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) return entriesOf(root, path);
      if (stat.isSymbolicLink()) checkLink(root, path);
      else if (!stat.isFile()) throw new TypeError(`${path} is neither file nor folder`);
      return [path];
    }),
  ];
}

function checkLink(root: string, path: string): void {
  const target = readlinkSync(join(root, path));
  const away = relative(resolve(root), resolve(root, path, '..', target));
  if (isAbsolute(target) || isAbsolute(away) || away.split(/[\\/]/)[0] === '..') {
    throw new TypeError(`${path} is a link to ${target}, which is not in the folder`);
  }
}
