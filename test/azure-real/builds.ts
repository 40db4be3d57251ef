/**
 * `npm run test:azure`: builds on a real subscription, by the command, from nothing to nothing. It makes one resource
 * group and what builds make, and removes all of it.
 *
 * AZURE_SUBSCRIPTION_ID and a credential (docs/azure.md) make it run. KILN_TEST_LOCATION (westeurope) and
 * KILN_TEST_SECOND_LOCATION (northeurope) say where, KILN_TEST_RECORD names a folder for recordings of the traffic.
 * Whatever else a worker takes, KILN_AZURE_ENDPOINT for another cloud, is passed on to it.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { createAzure, environmentFromProcess, type AzureClients } from '../../src/azure/environment.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { TestStack } from '../e2e/stack.ts';
import { startRecorder, type Recorder } from './recorder.ts';

const { env } = process;
const SUBSCRIPTION = env['AZURE_SUBSCRIPTION_ID'] ?? '';
const LOCATION = env['KILN_TEST_LOCATION'] ?? 'westeurope';
const SECOND = env['KILN_TEST_SECOND_LOCATION'] ?? 'northeurope';
const RECORD = env['KILN_TEST_RECORD'];
const TAG = { 'kiln-test': 'true' };

const skip = await reasonToSkip();

/** Nothing is asked of Azure but a token. */
async function reasonToSkip(): Promise<string | false> {
  if (SUBSCRIPTION === '') return 'AZURE_SUBSCRIPTION_ID is not set: docs/azure.md';
  try {
    // Whoever has no credential has no token for this either.
    await createAzure(environmentFromProcess(env)).permissionsAt(`/subscriptions/${SUBSCRIPTION}`);
    return false;
  } catch (error) {
    return `no credential for Azure: ${String(error).split('\n')[0]}`;
  }
}

describe('builds on a real subscription', { skip }, () => {
  const name = `kiln-test-${randomUUID().slice(0, 8)}`;
  const folder = mkdtempSync(join(tmpdir(), 'kiln-azure-'));
  const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${name}`;
  const definition = `${group}/providers/Microsoft.Compute/galleries/kilntest/images/debian`;
  const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kiln-test`;
  let clients: AzureClients;
  let stack: TestStack;
  let recorder: Recorder | undefined;

  before(async () => {
    const environment = environmentFromProcess(env);
    clients = createAzure(environment).clients(SUBSCRIPTION);
    const { resources, compute, identity: identities } = clients;
    await resources.resourceGroups.createOrUpdate(name, { location: LOCATION, tags: TAG });
    await identities.userAssignedIdentities.createOrUpdate(name, 'kiln-test', { location: LOCATION });
    await compute.galleries.createOrUpdate(name, 'kilntest', { location: LOCATION });
    await compute.galleryImages.createOrUpdate(name, 'kilntest', 'debian', {
      location: LOCATION,
      osType: 'Linux',
      osState: 'Generalized',
      hyperVGeneration: 'V2',
      identifier: { publisher: 'kiln', offer: 'test', sku: name },
    });
    if (RECORD !== undefined) {
      mkdirSync(RECORD, { recursive: true });
      recorder = await startRecorder({ folder, upstream: environment.endpoint.replace(/\/$/, '') });
    }
    stack = new TestStack('auto', {
      KILN_CLOUD: 'azure',
      ...(recorder === undefined ? {} : throughRecorder(recorder)),
    });
  });
  afterEach((test) => {
    const file = `${test.name.replaceAll(/\W+/g, '-')}.json`;
    if (RECORD !== undefined) recorder?.save(join(RECORD, file));
  });
  after(async () => {
    await stack.close();
    await recorder?.close();
    rmSync(folder, { recursive: true });
    const { resourceGroups } = clients.resources;
    const groups = (await named(resourceGroups.list())).map((id) => id.slice(id.lastIndexOf('/') + 1));
    // Whatever became of the builds, nothing goes on costing.
    const own = groups.filter((one) => one.includes(name));
    await Promise.all(own.map((one) => resourceGroups.delete(one)));
    assert.deepEqual(own, [name], 'builds leave no group');
  });

  function throughRecorder({ endpoint, caFile }: Recorder): NodeJS.ProcessEnv {
    // The variable names one file.
    const known = env['NODE_EXTRA_CA_CERTS'];
    const bundle = join(folder, 'authorities.pem');
    writeFileSync(
      bundle,
      [caFile, ...(known === undefined ? [] : [known])].map((file) => readFileSync(file)).join('\n'),
    );
    return { KILN_AZURE_ENDPOINT: endpoint, NODE_EXTRA_CA_CERTS: bundle };
  }

  const template = (file: string, inline: string[], changes: object = {}): string =>
    stack.write(file, {
      type: 'Microsoft.VirtualMachineImages/imageTemplates',
      apiVersion: '2024-02-01',
      location: LOCATION,
      tags: TAG,
      identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } },
      properties: {
        source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        customize: [{ type: 'Shell', name: 'first', inline }],
        distribute: [
          {
            type: 'ManagedImage',
            runOutputName: 'managed',
            imageId: `${group}/providers/Microsoft.Compute/images/${file}`,
            location: LOCATION,
          },
        ],
        ...changes,
      },
    });
  const kiln = (...args: string[]) => stack.kiln(...args, '--resource-group', name);
  /** Groups of builds, and what the test's own group holds. */
  const inventory = async (): Promise<string[]> => {
    const groups = (await named(clients.resources.resourceGroups.list())).filter((one) => one.includes(name));
    const own = await named(clients.resources.resources.listByResourceGroup(name));
    return [...groups, ...own].toSorted();
  };

  it('doctor finds nothing missing', async () => {
    const { code, stdout } = await kiln('doctor', template('doctor', ['true']));
    assert.equal(code, 0, stdout);
  });

  it('builds a gallery version in two regions, a managed image and a VHD, and validates them', async () => {
    const file = template('all', ['echo first', 'uname -a | sudo tee /etc/made-by-kiln'], {
      customize: [
        { type: 'Shell', name: 'first', inline: ['uname -a | sudo tee /etc/made-by-kiln'], kiln: { restart: true } },
        { type: 'Shell', name: 'second', inline: ['cat /etc/made-by-kiln', 'uptime'] },
      ],
      validate: { inVMValidations: [{ type: 'Shell', name: 'made', inline: ['grep Linux /etc/made-by-kiln'] }] },
      distribute: [
        {
          type: 'SharedImage',
          runOutputName: 'gallery',
          galleryImageId: definition,
          targetRegions: [LOCATION, SECOND].map((region) => ({ name: region })),
        },
        {
          type: 'ManagedImage',
          runOutputName: 'managed',
          imageId: `${group}/providers/Microsoft.Compute/images/all`,
          location: LOCATION,
        },
        { type: 'VHD', runOutputName: 'vhd' },
      ],
    });
    const before = await inventory();
    const { code, stdout, stderr } = await kiln('build', file, '--id', 'all', '--json');
    assert.equal(code, 0, stderr);
    const status = JSON.parse(stdout) as BuildStatus;
    assert.deepEqual(status.leftovers, []);
    const [gallery, managed] = status.outputs;
    assert.deepEqual(
      gallery?.regions.map(({ state }) => state),
      ['Succeeded', 'Succeeded'],
    );
    assert.match((await stack.kiln('logs', 'all')).stdout, /Linux/);
    assert.equal((await stack.kiln('delete', 'all')).code, 0);
    const added = (await inventory()).filter((id) => !before.includes(id));
    const outputs = [gallery, managed].map((output) => output?.artifactId?.toLowerCase() ?? '');
    assert.deepEqual(added, outputs.toSorted());
  });

  it('fails with the exit code of a step, and leaves nothing', async () => {
    const before = await inventory();
    const file = template('failing', ['echo about to fail >&2', 'exit 7']);
    const { code, stdout } = await kiln('build', file, '--id', 'failing', '--json');
    assert.equal(code, 1);
    const { failure, leftovers, steps } = JSON.parse(stdout) as BuildStatus;
    assert.deepEqual([steps[0]?.exitCode, leftovers], [7, []], JSON.stringify(failure));
    assert.match((await stack.kiln('logs', 'failing')).stdout, /about to fail/);
    assert.equal((await stack.kiln('delete', 'failing')).code, 0);
    assert.deepEqual(await inventory(), before);
  });

  it('goes on where it was when its worker is killed, and leaves nothing when it is cancelled', async () => {
    const before = await inventory();
    const file = template('killed', ['sleep 600'], {
      customize: [
        { type: 'Shell', name: 'first', inline: ['date +%s%N | sudo tee -a /etc/times'] },
        { type: 'Shell', name: 'long', inline: ['wc -l /etc/times', 'sleep 600'] },
      ],
    });
    const build = stack.start('build', file, '--id', 'killed', '--resource-group', name);
    const inStep = (wanted: string) => (status: BuildStatus) =>
      status.steps.some((step) => step.name === wanted && step.state === 'Running');
    await stack.until('killed', inStep('long'), HOUR);
    stack.kill('worker');
    await stack.until('killed', inStep('long'), HOUR);
    assert.equal((await stack.kiln('cancel', 'killed')).code, 0);
    const { code, stdout, stderr } = await build.ended;
    assert.equal(code, 3, `${stdout}\n${stderr}`);
    const status = JSON.parse((await stack.kiln('show', 'killed', '--json')).stdout) as BuildStatus;
    assert.deepEqual([status.state, status.leftovers], ['Canceled', []]);
    assert.equal(status.steps[0]?.exitCode, 0);
    await stack.kiln('delete', 'killed');
    assert.deepEqual(await inventory(), before);
  });
});

const HOUR = 3_600_000;

async function named(all: AsyncIterable<{ id?: string }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of all) ids.push(id?.toLowerCase() ?? '');
  return ids;
}
