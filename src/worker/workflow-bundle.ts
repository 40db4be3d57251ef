/**
 * The workflow code as one bundle. Bundling takes seconds, so the result is kept in the cache folder under a digest of
 * everything that goes into it: our sources and the SDK's version.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));
/** What workflow code may import; see the import rules. */
const ROOMS = ['workflows', 'template'];

/** Path of the bundle, made first if the cache has none of these sources. */
export async function workflowBundle(cacheDir: string): Promise<string> {
  const folder = join(cacheDir, 'workflow-bundles');
  const file = join(folder, `${sourceDigest()}.js`);
  try {
    readFileSync(file, { flag: 'r' });
    return file;
  } catch {
    mkdirSync(folder, { recursive: true });
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(SOURCE, 'workflows/index.ts'),
      logger: quiet,
    });
    // Renamed into place, so that a worker starting beside this one never reads half a bundle.
    const partial = `${file}.${process.pid}`;
    writeFileSync(partial, code);
    renameSync(partial, file);
    return file;
  }
}

function sourceDigest(): string {
  const digest = createHash('sha256');
  const { version } = createRequire(import.meta.url)('@temporalio/workflow/package.json') as { version: string };
  digest.update(version);
  for (const room of ROOMS) {
    const files = readdirSync(join(SOURCE, room), { recursive: true, encoding: 'utf8' });
    for (const name of files.filter((file) => file.endsWith('.ts')).sort()) {
      digest.update(name).update(readFileSync(join(SOURCE, room, name)));
    }
  }
  return digest.digest('hex').slice(0, 32);
}

/** The bundler reports every module; only what goes wrong is of interest. */
const silent = (): void => {};
const report = (message: string): void => void process.stderr.write(`${message}\n`);
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: report, error: report };
