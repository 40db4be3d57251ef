import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { EXAMPLE, TestStack } from './stack.ts';

const GROUP = '/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/golden-images/providers';
const IDENTITY = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`;

/** A body that builds; a test spoils it. */
function template(inline: string[], changes: object = {}): Record<string, unknown> {
  return {
    type: 'Microsoft.VirtualMachineImages/imageTemplates',
    apiVersion: '2024-02-01',
    location: 'westeurope',
    identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
    properties: {
      source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
      customize: [{ type: 'Shell', name: 'only', inline }],
      distribute: [
        {
          type: 'SharedImage',
          runOutputName: 'gallery',
          galleryImageId: `${GROUP}/Microsoft.Compute/galleries/golden/images/debian-12`,
          targetRegions: [{ name: 'westeurope' }],
        },
      ],
      ...changes,
    },
  };
}

describe('kiln, with simulated machines', () => {
  const stack = new TestStack('simulated');
  const write = (name: string, content: unknown): string => {
    const file = join(stack.stateDir, `${name}.json`);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  /** What is there besides staging groups that hold only logs. */
  const inventory = async (): Promise<string[]> => {
    const response = await fetch(`${stack.connection().endpoint}/local-azure/inventory`);
    const body = JSON.stringify(await response.json());
    return [...body.matchAll(/"id":"([^"]+)"/g)]
      .map(([, id = '']) => id)
      .filter((id) => !/resourceGroups\/IT_[^/]+(\/providers\/Microsoft\.Storage\/.*)?$/.test(id))
      .toSorted();
  };

  before(async () => {
    const first = await stack.kiln('list');
    assert.equal(first.code, 0, first.stderr);
    const { setDefaultCACertificates, getCACertificates } = await import('node:tls');
    const { readFileSync } = await import('node:fs');
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(stack.connection().caFile, 'utf8')]);
  });
  after(() => stack.close());

  it('builds the example to every output, and --json is all of stdout', async () => {
    const { code, stdout, stderr } = await stack.kiln('build', EXAMPLE, '--id', 'example', '--json');
    assert.equal(code, 0, stderr);
    const status = JSON.parse(stdout) as BuildStatus;
    assert.equal(status.state, 'Succeeded');
    assert.deepEqual(
      status.outputs.map(({ type, state }) => `${type} ${state}`),
      ['SharedImage Succeeded', 'ManagedImage Succeeded', 'VHD Succeeded'],
    );
    assert.deepEqual(status.leftovers, []);
  });

  it('ends with exit 1 at a failing customizer, says which, and leaves nothing but logs', async () => {
    const file = write('failing', template(['# simulate: exit=7 stderr="no such package"']));
    const before = await inventory();
    const { code, stdout } = await stack.kiln('build', file, '--id', 'failing');
    assert.equal(code, 1);
    assert.match(stdout, /CustomizerFailed in Customizing, step only/);
    assert.match(stdout, /exited with 7/);
    assert.deepEqual(await inventory(), before);
  });

  it('cancels on Ctrl-C, waits for the clean-up and ends with exit 3', async () => {
    const file = write('slow', template(['# simulate: seconds=300']));
    const before = await inventory();
    const build = stack.start('build', file, '--id', 'slow');
    await stack.until('slow', ({ steps }) => steps[0]?.state === 'Running');
    build.interrupt();
    const { code, stdout } = await build.ended;
    assert.equal(code, 3, stdout);
    assert.match(stdout, /Canceled: slow/);
    assert.deepEqual(await inventory(), before);
  });

  it('plans without creating anything', async () => {
    const before = await inventory();
    const { code, stdout } = await stack.kiln('plan', EXAMPLE);
    assert.equal(code, 0);
    assert.match(stdout, /Debian:debian-12:12-gen2:0\.\d+\.\d+/);
    assert.match(stdout, /galleries\/golden\/images\/debian-12\/versions\/1\.0\.\d+/);
    assert.deepEqual(await inventory(), before);
  });

  const bad: Array<[name: string, content: unknown, expected: RegExp]> = [
    ['not JSON', '{ "type": ', /this is not JSON/],
    ['an unknown field', template(['true'], { vmboot: 1 }), /properties\.vmboot: this field is not known/],
    ['no distribute', template(['true'], { distribute: undefined }), /properties\.distribute/],
    ['no identity', { ...template(['true']), identity: undefined }, /identity: .*--identity/],
    [
      'an ISO source',
      template(['true'], { source: { type: 'ISO', sourceUri: 'https://x/y.iso' } }),
      /properties\.source: ISO sources were retired/,
    ],
    ['a name of 200 characters', { ...template(['true']), name: 'n'.repeat(200) }, /name: expected 1 to 64/],
    ['a template of 5 MB', template(['x'.repeat(5 * 1024 * 1024)]), /at most 4 MiB/],
    ['an unknown region', { ...template(['true']), location: 'atlantis' }, /location: atlantis is not a region/],
    [
      'a missing gallery and an unknown size',
      template(['true'], {
        vmProfile: { vmSize: 'Standard_Z9' },
        distribute: [
          {
            type: 'SharedImage',
            runOutputName: 'a',
            galleryImageId: `${GROUP}/Microsoft.Compute/galleries/absent/images/x`,
          },
        ],
      }),
      /2 problems[\s\S]*distribute\[0\]\.galleryImageId: no gallery absent[\s\S]*vmSize: Standard_Z9/,
    ],
    [
      'two outputs of one name',
      template(['true'], {
        distribute: [
          { type: 'VHD', runOutputName: 'same' },
          { type: 'VHD', runOutputName: 'same' },
        ],
      }),
      /properties\.distribute\[1\]\.runOutputName: same is also the name of distribute\[0\]/,
    ],
  ];
  for (const [name, content, expected] of bad) {
    it(`refuses ${name} with exit 2, its path, and nothing created`, async () => {
      const before = await inventory();
      const { code, stderr } = await stack.kiln('build', write('bad', content));
      assert.equal(code, 2, stderr);
      assert.match(stderr, expected);
      assert.deepEqual(await inventory(), before);
    });
  }
});
