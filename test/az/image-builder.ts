/** `npm run test:az`: a template's life at the gateway, by `az image builder`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TestStack } from '../e2e/stack.ts';
import { IDENTITY, shellTemplate } from '../e2e/templates.ts';
import { quickstart } from '../gateway/quickstart.ts';
import { logIn, skip, type Az } from '../support/azure-cli.ts';

const GROUP = 'golden-images';

describe('az image builder, at the gateway', { skip }, () => {
  const stack = new TestStack('simulated');
  let az: Az;
  let dev: ReturnType<TestStack['start']>;

  before(async () => {
    const up = await stack.upWithGateway();
    dev = up.dev;
    az = await logIn(stack.connection(), up.endpoint);
  });
  after(async () => {
    az.close();
    dev.signal('SIGTERM');
    await dev.ended;
    await stack.close();
  });

  const builder = (...args: string[]): Promise<unknown> => az.run('image builder', ...args, '-g', GROUP);

  /** As a file for az has it: the version is az's. */
  const body = (inline: string[]): object => ({ ...shellTemplate(inline), apiVersion: undefined });

  it('creates from a file, runs, shows what was made, cancels, triggers and deletes', async () => {
    const file = join(az.folder, 'template.json');
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

  it('deploys a template with all that it names, runs it, and it goes with its group', async () => {
    const file = join(az.folder, 'quickstart.json');
    writeFileSync(file, JSON.stringify(quickstart()));
    await az.run('group create -l westeurope -n deployed-by-az');
    const at = ['-g', 'deployed-by-az'];
    await az.run('deployment group create -n quickstart', '-f', file, '-p', 'name=linux', ...at);
    const steps = await az.run<Array<{ properties: { provisioningState: string } }>>(
      'deployment operation group list -n quickstart',
      ...at,
    );
    assert.ok(steps.every(({ properties }) => properties.provisioningState === 'Succeeded'));
    await az.run('image builder run -n linux', ...at);
    const [output] = await az.run<Array<{ artifactId: string }>>('image builder show-runs -n linux', ...at);
    assert.match(output?.artifactId ?? '', /\/images\/debian\/versions\//);
    await az.run('group delete --yes -n deployed-by-az');
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
});
