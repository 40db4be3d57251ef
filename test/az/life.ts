/**
 * `npm run test:az`: the Azure CLI, unmodified, takes a template through its life at the gateway. The CLI is 730 MB, so
 * this is not part of `npm test`. It is looked for at $KILN_AZ, on the PATH, and as `az/bin/az` in Kiln's cache.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readSettings } from '../../src/client/settings.ts';
import { TestStack } from '../e2e/stack.ts';
import { DEFINITION, IDENTITY } from '../e2e/templates.ts';

const az = findAz();
const GROUP = 'golden-images';

describe(
  'az image builder, at the gateway',
  { skip: az === undefined ? 'az is not installed: see test/az' : false },
  () => {
    const stack = new TestStack('simulated');
    const folder = mkdtempSync(join(tmpdir(), 'kiln-az-'));
    let dev: ReturnType<TestStack['start']>;

    before(async () => {
      const up = await stack.upWithGateway();
      dev = up.dev;
      const { caFile, clientId, clientSecret, tenantId } = stack.connection();
      // The CLI knows its own bundle of authorities; ours stands beside them.
      writeFileSync(join(folder, 'ca.pem'), readFileSync(caFile));
      await run('cloud', 'register', '-n', 'kiln', '--endpoint-resource-manager', up.endpoint);
      await run('cloud', 'set', '-n', 'kiln');
      await run('login', '--service-principal', '-u', clientId, '-p', clientSecret, '--tenant', tenantId);
    });
    after(async () => {
      dev.signal('SIGTERM');
      await dev.ended;
      await stack.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function run(...args: string[]): Promise<unknown> {
      const env = {
        ...process.env,
        AZURE_CONFIG_DIR: join(folder, 'config'),
        REQUESTS_CA_BUNDLE: join(folder, 'ca.pem'),
        AZURE_CORE_INSTANCE_DISCOVERY: 'false',
        AZURE_CORE_COLLECT_TELEMETRY: 'false',
        AZURE_CORE_NO_COLOR: 'true',
      };
      const { stdout } = await promisify(execFile)(az ?? 'az', [...args, '-o', 'json'], { env });
      return stdout.trim() === '' ? undefined : JSON.parse(stdout);
    }

    const builder = (...args: string[]): Promise<unknown> => run('image', 'builder', ...args, '-g', GROUP);

    const body = (inline: string[]) => ({
      type: 'Microsoft.VirtualMachineImages/imageTemplates',
      location: 'westeurope',
      identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
      properties: {
        source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        customize: [{ type: 'Shell', name: 'only', inline }],
        distribute: [
          {
            type: 'SharedImage',
            runOutputName: 'gallery',
            galleryImageId: DEFINITION,
            targetRegions: [{ name: 'westeurope' }],
          },
        ],
      },
    });

    it('creates from a file, runs, shows what was made, cancels, triggers and deletes', async () => {
      const file = join(folder, 'template.json');
      writeFileSync(file, JSON.stringify(body(['# nothing'])));
      await builder('create', '-n', 'life', '--image-template', file);
      const shown = (await builder('show', '-n', 'life')) as { name: string; provisioningState: string };
      assert.deepEqual([shown.name, shown.provisioningState], ['life', 'Succeeded']);
      const listed = (await builder('list')) as Array<{ name: string }>;
      assert.ok(listed.some(({ name }) => name === 'life'));

      await builder('run', '-n', 'life');
      const [output] = (await builder('show-runs', '-n', 'life')) as Array<{ name: string; artifactId: string }>;
      assert.equal(output?.name, 'gallery');
      assert.match(output?.artifactId ?? '', /\/versions\/\d+\.\d+\.\d+$/);

      await builder('trigger', 'create', '--image-template-name', 'life', '-n', 'vendor', '--kind', 'SourceImage');
      const triggers = (await builder('trigger', 'list', '--image-template-name', 'life')) as unknown[];
      assert.equal(triggers.length, 1);
      await builder('trigger', 'delete', '--image-template-name', 'life', '-n', 'vendor', '--yes');

      writeFileSync(file, JSON.stringify(body(['# simulate: seconds=600'])));
      await builder('create', '-n', 'long', '--image-template', file);
      await builder('run', '-n', 'long', '--no-wait');
      await builder('cancel', '-n', 'long');
      await builder('wait', '-n', 'long', '--custom', "lastRunStatus.runState=='Canceled'", '--interval', '1');
      for (const name of ['life', 'long']) await builder('delete', '-n', name);
      assert.deepEqual(await builder('list'), []);
    });

    it('creates from arguments, which asks more of Azure', async () => {
      await builder(
        'create',
        '-n',
        'arguments',
        '--image-source',
        'Debian:debian-12:12-gen2:latest',
        '--identity',
        IDENTITY,
        '--managed-image-destinations',
        'from-az=westeurope',
        '-l',
        'westeurope',
        '--scripts',
        'https://127.0.0.1:1/never-there.sh',
      ).then(
        () => assert.fail('the script is not there'),
        (error: unknown) => assert.match(String(error), /never-there\.sh/),
      );
      const failed = (await builder('show', '-n', 'arguments')) as { provisioningState: string };
      assert.equal(failed.provisioningState, 'Failed');
      await builder('delete', '-n', 'arguments');
    });
  },
);

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
