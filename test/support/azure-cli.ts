/**
 * The Azure CLI, unmodified, for the tests of `npm run test:az`. It is 730 MB, so they are not part of `npm test`. It is
 * looked for at $KILN_AZ, on the PATH, and as `az/bin/az` in Kiln's cache.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readSettings } from '../../src/client/settings.ts';
import type { LocalAzureConnection } from '../../src/local-azure/core.ts';

const path = findAz();

export const skip = path === undefined ? 'az is not installed: see test/support/azure-cli.ts' : false;

export interface Az {
  /** Its answer, read from JSON. The first argument is taken apart at its spaces. */
  run<T = unknown>(command: string, ...args: string[]): Promise<T>;
  /** Of a shell in which `az` is this one. */
  environment: NodeJS.ProcessEnv;
  folder: string;
  close(): void;
}

/** Registered with the cloud at the endpoint, and logged in. */
export async function logIn(connection: LocalAzureConnection, endpoint = connection.endpoint): Promise<Az> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-az-'));
  const environment = {
    ...process.env,
    PATH: `${dirname(path ?? '')}:${process.env['PATH'] ?? ''}`,
    AZURE_CONFIG_DIR: join(folder, 'config'),
    // The CLI knows its own bundle of authorities; ours is all that it needs here.
    REQUESTS_CA_BUNDLE: connection.caFile,
    AZURE_CORE_INSTANCE_DISCOVERY: 'false',
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
    AZURE_CORE_NO_COLOR: 'true',
    AZURE_CORE_DISPLAY_REGION_IDENTIFIED: 'false',
  };
  const run = async <T>(command: string, ...args: string[]): Promise<T> => {
    const options = { env: environment, maxBuffer: 1 << 26 };
    const { stdout } = await promisify(execFile)(path ?? 'az', [...command.split(' '), ...args, '-o', 'json'], options);
    return (stdout.trim() === '' ? undefined : JSON.parse(stdout)) as T;
  };
  const { clientId, clientSecret, tenantId } = connection;
  await run('cloud register -n kiln --endpoint-resource-manager', endpoint);
  await run('cloud set -n kiln');
  await run('login --service-principal -u', clientId, '-p', clientSecret, '--tenant', tenantId);
  return { run, environment, folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}

function findAz(): string | undefined {
  const candidates = [process.env['KILN_AZ'], join(readSettings({}).cacheDir, 'az/bin/az')];
  const found = candidates.find((file) => file !== undefined && existsSync(file));
  if (found !== undefined) return found;
  try {
    return execFileSync('sh', ['-c', 'command -v az'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
