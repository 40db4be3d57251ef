// Where a pipeline enters: plain JavaScript that needs nothing installed. Gets what Kiln's client needs, then runs it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} entry from this folder */
export async function launch(entry) {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    end(`Kiln needs Node 24 or newer, this is ${process.versions.node}`);
  }
  if (!existsSync(join(ROOT, 'node_modules'))) install();
  await import(new URL(entry, import.meta.url).href);
}

/**
 * What is imported from here on, which a test compares; all of Kiln, with its worker, is ten times as much. In the
 * versions, and with the checksums, of its own lock file: npm leaves out of that what is not asked for.
 */
function install() {
  const names = JSON.parse(readFileSync(join(ROOT, 'integrations/client-packages.json'), 'utf8'));
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const wanted = Object.fromEntries(names.map((name) => [name, dependencies[name]]));
  const folder = mkdtempSync(join(ROOT, '.client-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: wanted }));
    copyFileSync(join(ROOT, 'package-lock.json'), join(folder, 'package-lock.json'));
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { status, error } = spawnSync('npm', args, {
      cwd: folder,
      // What npm says is of no use to who reads the job's log, unless it fails.
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (status !== 0) {
      const why = error?.message ?? `exit code ${status}`;
      end(`what Kiln's client needs could not be installed (${why}): the job needs npm and its registry`);
    }
    renameSync(join(folder, 'node_modules'), join(ROOT, 'node_modules'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} message */
function end(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
