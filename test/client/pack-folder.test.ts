import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LocalFiles } from '../../src/client/local-files.ts';
import { packFolder } from '../../src/client/pack-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'kiln-pack-'));
after(() => rmSync(root, { recursive: true }));

/** The same folder, made in the given order and with the given permissions and times. */
function make(name: string, order: string[], mask: number, time: number): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  for (const file of order) {
    writeFileSync(join(folder, file), `content of ${file}\n`);
    chmodSync(join(folder, file), (file === 'bin/run' ? 0o755 : 0o644) & ~mask);
    utimesSync(join(folder, file), time, time);
  }
  symlinkSync('bin/run', join(folder, 'start'));
  return folder;
}

const names = ['bin/run', '@odd name', 'Zeta', 'alpha', 'ümlaut'];
const listed = (archive: string): string[] =>
  execFileSync('tar', ['-tvzf', archive], { encoding: 'utf8' }).trim().split('\n');

describe('a packed folder', () => {
  it('is the same bytes whenever, in whatever order and under whatever umask it was made', () => {
    const one = packFolder(make('one', names, 0o022, 1000));
    const two = packFolder(make('two', names.toReversed(), 0o002, 2_000_000_000));
    assert.deepEqual(readFileSync(one), readFileSync(two));
    writeFileSync(join(root, 'two/alpha'), 'other\n');
    assert.notDeepEqual(readFileSync(packFolder(join(root, 'two'))), readFileSync(one));
  });

  it('is unpacked as it was by tar: contents, permissions, links, empty folders', () => {
    const archive = packFolder(make('three', names, 0, 1000));
    const into = join(root, 'unpacked');
    mkdirSync(into);
    execFileSync('tar', ['-xzof', archive, '-C', into]);
    execFileSync('diff', ['-r', '--no-dereference', join(root, 'three'), into]);
    const lines = listed(archive);
    assert.ok(lines.some((line) => line.startsWith('-rwxr-xr-x') && line.endsWith('bin/run')));
    assert.ok(lines.some((line) => line.startsWith('-rw-r--r--') && line.endsWith('alpha')));
    assert.ok(lines.some((line) => line.endsWith('start -> bin/run')));
    assert.ok(lines.some((line) => line.endsWith('./empty/')));
  });

  it('has no links out of it, and nothing that is no file', () => {
    const away = make('away', [], 0, 0);
    for (const target of ['/etc/passwd', '../one/alpha', 'bin/../../x']) {
      rmSync(join(away, 'start'));
      symlinkSync(target, join(away, 'start'));
      assert.throws(() => packFolder(away), /start is a link to .*, which is not in the folder/);
    }
    rmSync(join(away, 'start'));
    execFileSync('mkfifo', [join(away, 'pipe')]);
    assert.throws(() => packFolder(away), /\.\/pipe is neither file nor folder/);
  });

  it('that cannot be packed is told by its place, and is packed once for a plan and its retry', () => {
    const files = new LocalFiles(join(root, 'template.json'));
    assert.match(JSON.stringify(files.read('absent', true)), /absent cannot be read: ENOENT/);
    assert.match(JSON.stringify(files.read('one/alpha', true)), /alpha cannot be read: it is no folder/);
    assert.match(JSON.stringify(files.read('one')), /one cannot be read: it is no file/);
    const packed = files.read('one', true);
    assert.ok(typeof packed === 'object' && packed.content !== undefined);
    assert.equal(files.read('one', true), packed);
  });
});
