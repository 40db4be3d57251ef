/**
 * `npm test [part of a file's name …]`: every test under test/, by Node's own runner. What the tests need and the host
 * lacks is fetched first, as `kiln build` would; what cannot be had is said, and the tests that need it skip.
 *
 * Three files at a time, though two processors are enough: most of them wait, for timers and for processes that start.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findTemporal } from '../src/client/temporal-server.ts';
import { readSettings } from '../src/client/settings.ts';
import { ensureChromium } from './chromium.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);
const files = globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted();

if (files.length === 0) {
  // Node's runner would take no file as every file.
  console.error(`no test file has ${wanted.join(' or ')} in its name`);
  process.exit(2);
}
if (files.some((file) => file.endsWith('gateway/page.test.ts'))) await ensureChromium((line) => console.log(line));
const { cacheDir } = readSettings({});
const temporal = await findTemporal(cacheDir, (line) => console.log(line));

const runner = spawn(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-concurrency=3', '--test-timeout=900000', ...files],
  { cwd: root, stdio: 'inherit', env: { ...process.env, TEMPORAL_CLI: temporal } },
);
runner.on('exit', (code) => process.exit(code ?? 1));
