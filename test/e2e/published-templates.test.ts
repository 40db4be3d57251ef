import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { TestStack } from './stack.ts';
import { GROUP, IDENTITY } from './templates.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/templates', import.meta.url));
const sandboxed = process.platform === 'linux' && process.getuid?.() === 0;
const skip = !existsSync(FOLDER) ? `there is no ${FOLDER}` : !sandboxed ? 'the sandbox needs root on Linux' : false;

/** What stands at the addresses that the templates name. */
const SERVED: Record<string, string> = {
  'customizeScript.sh': 'sudo touch /buildArtifacts.sh-ran\nwhoami\n',
  'customizeScript2.sh': 'sudo mkdir -p /etc/golden\necho two | sudo tee /etc/golden/second\n',
  'index.html': '<h1>artifact</h1>\n',
};

describe("the service's own Linux examples, in the sandbox", { skip }, () => {
  const stack = new TestStack('sandbox');
  const web = createServer((request, response) => {
    const body = SERVED[request.url?.split('/').at(-1) ?? ''];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  let address = '';
  before(async () => {
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    await stack.up();
  });
  after(async () => {
    web.close();
    await stack.close();
  });

  /** The template whose name begins so, its scripts served here and `more` customizers at its end. */
  function example(start: string, more: object[] = []): string {
    const name = readdirSync(FOLDER).find((file) => file.startsWith(start)) ?? '';
    const text = readFileSync(join(FOLDER, name), 'utf8')
      .replaceAll('https://raw.githubusercontent.com', address)
      .replace(/"sha256Checksum": "[0-9a-f]*"/, `"sha256Checksum": "${digest('customizeScript2.sh')}"`);
    const body = JSON.parse(text) as { properties: { customize: object[] } };
    body.properties.customize.push(...more);
    return stack.write(start, body);
  }

  async function build(runId: string, file: string, values: Record<string, string>): Promise<BuildStatus> {
    const given = { imgBuilderId: IDENTITY, rgName: 'golden-images', runOutputName: 'output', ...values };
    const parameters = Object.entries(given).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
    const { code, stdout, stderr } = await stack.kiln('build', file, '--id', runId, '--json', ...parameters);
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    return JSON.parse(stdout) as BuildStatus;
  }

  it('a managed image', async () => {
    const { outputs, steps } = await build('managed', example('0_Creating_a_Custom_Linux'), {
      region: 'westus2',
      imageName: 'ubuntu1804',
    });
    assert.equal(outputs[0]?.artifactId, `${GROUP}/Microsoft.Compute/images/ubuntu1804`);
    assert.deepEqual(
      steps.map(({ exitCode }) => exitCode),
      [0, 0, 0, 0, 0],
    );
  });

  it('a gallery image, and from it another that has what the first was given', async () => {
    const gallery = {
      region1: 'westus2',
      region2: 'eastus',
      sharedImageGalName: 'golden',
      imageDefName: 'debian-12',
    };
    const first = await build('gallery', example('1_Creating_a_Custom_Linux'), gallery);
    const [output] = first.outputs;
    assert.deepEqual(
      output?.regions.map(({ name, state }) => `${name} ${state}`),
      ['westus2 Succeeded', 'eastus Succeeded'],
    );
    const look = {
      type: 'Shell',
      name: 'look',
      inline: ['set -e', 'cat /buildArtifacts/index.html /etc/golden/second', 'ls -d /buildArtifacts3'],
    };
    const second = await build('from-gallery', example('2_Creating_a_Custom_Linux', [look]), {
      ...gallery,
      sigDefImgVersionId: output?.artifactId ?? '',
    });
    assert.match(second.steps.at(-1)?.outputTail ?? '', /<h1>artifact<\/h1>\ntwo\n\/buildArtifacts3/);
    assert.equal(second.outputs[0]?.version, '1.0.1');
  });

  it('a script whose checksum is another: exit 2 with its path, and nothing created', async () => {
    const inventory = await stack.inventory();
    const file = example('0_Creating_a_Custom_Linux');
    const text = readFileSync(file, 'utf8').replace(digest('customizeScript2.sh'), digest('index.html'));
    const parameters = {
      imgBuilderId: IDENTITY,
      rgName: 'golden-images',
      runOutputName: 'o',
      region: 'westus2',
      imageName: 'x',
    };
    const given = Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
    const { code, stderr } = await stack.kiln('build', stack.write('checksum', text), ...given);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /properties\.customize\[1\]\.sha256Checksum/);
    assert.deepEqual(await stack.inventory(), inventory);
  });

  it('a template whose placeholders have no values: exit 2, each named once', async () => {
    const { code, stderr } = await stack.kiln('build', example('0_Creating_a_Custom_Linux'));
    assert.equal(code, 2, stderr);
    for (const name of ['region', 'imgBuilderId', 'rgName', 'imageName', 'runOutputName']) {
      assert.equal(stderr.split(`no value for ${name}:`).length, 2, `${name} in ${stderr}`);
    }
  });
});

const digest = (name: string): string =>
  createHash('sha256')
    .update(SERVED[name] ?? '')
    .digest('hex');
