/** The Temporal server of the embedded stack: found or fetched, and started with a database on disk. */
import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

const run = promisify(execFile);
export const CLI_MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

/**
 * $TEMPORAL_CLI, PATH, the cache; then the SDK's own download, and where that is out of reach `go install`.
 * @throws Error that says what a person can do when there is none
 */
export async function findTemporal(
  cacheDir: string,
  say: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const found = locateTemporal(cacheDir, env);
  if (found !== undefined) return found;
  return (await download(cacheDir, say)) ?? (await install(cacheDir, say, env));
}

/** Where it is already. @throws Error where TEMPORAL_CLI names what is none */
export function locateTemporal(cacheDir: string, env: NodeJS.ProcessEnv): string | undefined {
  const named = env['TEMPORAL_CLI'];
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new Error(`TEMPORAL_CLI is ${named}, which is not an executable file`);
    return named;
  }
  const candidates = [...(env['PATH'] ?? '').split(delimiter), join(cacheDir, 'bin')].map((dir) =>
    join(dir, 'temporal'),
  );
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The SDK's test package fetches the server that fits it; undefined where it cannot. */
async function download(cacheDir: string, say: (line: string) => void): Promise<string | undefined> {
  say('fetching the Temporal server (once)');
  const target = join(cacheDir, 'bin', 'temporal');
  const script = `
    const { TestWorkflowEnvironment } = require('@temporalio/testing');
    const { copyFileSync, readdirSync, chmodSync } = require('node:fs');
    const { join } = require('node:path');
    const dir = process.argv[1];
    TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir: dir } } })
      .then((env) => env.teardown())
      .then(() => {
        const file = readdirSync(dir).find((name) => name.startsWith('temporal'));
        copyFileSync(join(dir, file), process.argv[2]);
        chmodSync(process.argv[2], 0o755);
      })
      .catch((error) => { console.error(error.message); process.exit(1); });`;
  const folder = join(cacheDir, 'download');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(cacheDir, 'bin'), { recursive: true });
  try {
    await run(process.execPath, ['-e', script, folder, target], { cwd: new URL('../..', import.meta.url).pathname });
    return isExecutable(target) ? target : undefined;
  } catch {
    return undefined;
  }
}

async function install(cacheDir: string, say: (line: string) => void, env: NodeJS.ProcessEnv): Promise<string> {
  const target = join(cacheDir, 'bin', 'temporal');
  const advice =
    'install the Temporal CLI (https://docs.temporal.io/cli), set TEMPORAL_CLI to it, or set TEMPORAL_ADDRESS to a server';
  try {
    await run('go', ['version'], { env });
  } catch (cause) {
    throw new Error(`the Temporal server could not be fetched and there is no Go to build it: ${advice}`, { cause });
  }
  say(
    `the download is out of reach: building the Temporal server with go install ${CLI_MODULE} (3 to 5 minutes, once)`,
  );
  await new Promise<void>((resolve, reject) => {
    const child = spawn('go', ['install', CLI_MODULE], {
      env: { ...env, GOBIN: join(cacheDir, 'bin') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`go install failed; ${advice}\n${errors}`))));
  });
  return target;
}

/**
 * The tuning is for this embedded server alone: its defaults take 50 ms a transfer task after a burst of twenty and
 * allow no timer under a second. The pragmas keep every commit over a kill of the process.
 */
export function serverArguments(options: { port: number; uiPort: number; database: string }): string[] {
  const tuning = [
    'history.transferProcessorMaxPollRPS=2000',
    'history.timerProcessorMaxPollRPS=2000',
    'history.visibilityProcessorMaxPollRPS=2000',
    'history.timerProcessorMaxTimeShift="1ms"',
    'system.enableActivityEagerExecution=true',
  ];
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(options.port),
    '--ui-port',
    String(options.uiPort),
    '--db-filename',
    options.database,
    '--log-level',
    'error',
    ...['journal_mode=wal', 'synchronous=normal'].flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...tuning.flatMap((value) => ['--dynamic-config-value', value]),
    ...Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
}
