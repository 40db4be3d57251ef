import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { createClients, FAST } from '../local-azure/support.ts';
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
  let lastSaid = '';
  before(async () => {
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    await stack.up();
    await createClients(stack.connection()).compute.galleryImages.createOrUpdate(
      'golden-images',
      'golden',
      'first-generation',
      {
        location: 'westus2',
        osType: 'Linux',
        osState: 'Generalized',
        hyperVGeneration: 'V1',
        identifier: { publisher: 'kiln', offer: 'test', sku: 'first-generation' },
      },
      FAST,
    );
  });
  after(async () => {
    web.close();
    await stack.close();
  });

  /** The template whose name begins so, its scripts served here and `more` customizers at its end. */
  function example(start: string, more: Step[] = []): string {
    const name = readdirSync(FOLDER).find((file) => file.startsWith(start)) ?? '';
    const text = readFileSync(join(FOLDER, name), 'utf8').replaceAll('https://raw.githubusercontent.com', address);
    const body = JSON.parse(text) as { properties: { customize: Step[] } };
    for (const step of body.properties.customize) {
      const served = (step.scriptUri ?? step.sourceUri ?? '').split('/').at(-1) ?? '';
      if (step.sha256Checksum !== undefined) step.sha256Checksum = digest(served);
    }
    body.properties.customize.push(...more);
    return stack.write(start.replaceAll(/\W/g, '-'), body);
  }

  async function build(
    runId: string,
    file: string,
    values: Record<string, string>,
    ...more: string[]
  ): Promise<BuildStatus> {
    const given = { ...GALLERY, imgBuilderId: IDENTITY, rgName: 'golden-images', runOutputName: 'output', ...values };
    const parameters = Object.entries(given).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
    const { code, stdout, stderr } = await stack.kiln('build', file, '--id', runId, '--json', ...parameters, ...more);
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    lastSaid = stderr;
    return JSON.parse(stdout) as BuildStatus;
  }

  it('a managed image, and from it a gallery image that has what the first was given', async () => {
    const { outputs, steps } = await build('managed', example('0_Creating_a_Custom_Linux'), {
      imageName: 'ubuntu1804',
    });
    assert.equal(outputs[0]?.artifactId, `${GROUP}/Microsoft.Compute/images/ubuntu1804`);
    assert.deepEqual(
      steps.map(({ exitCode }) => exitCode),
      [0, 0, 0, 0, 0],
    );
    assert.match(lastSaid, /Canonical:UbuntuServer:18\.04-LTS:\S+ is stood in for by Debian/);
    const again = await build('recustomized', example('3_Customize_a_Managed', [look('/buildArtifacts2')]), {
      srcImageName: 'ubuntu1804',
      imageDefName: 'first-generation',
    });
    assert.match(again.steps.at(-1)?.outputTail ?? '', /<h1>artifact<\/h1>\ntwo\n\/buildArtifacts2/);
  });

  it('a gallery image, and from it another that has what the first was given', async () => {
    const first = await build('gallery', example('1_Creating_a_Custom_Linux'), {});
    const [output] = first.outputs;
    assert.deepEqual(
      output?.regions.map(({ name, state }) => `${name} ${state}`),
      ['westus2 Succeeded', 'eastus Succeeded'],
    );
    const second = await build('from-gallery', example('2_Creating_a_Custom_Linux', [look('/buildArtifacts3')]), {
      sigDefImgVersionId: output?.artifactId ?? '',
    });
    assert.match(second.steps.at(-1)?.outputTail ?? '', /<h1>artifact<\/h1>\ntwo\n\/buildArtifacts3/);
    assert.equal(second.outputs[0]?.version, '1.0.1');
  });

  it('an image built in an existing network, which is used and left as it was', async () => {
    const { network } = createClients(stack.connection());
    const subnets = [{ name: 'builds', addressPrefix: '10.9.0.0/26' }];
    await network.virtualNetworks.createOrUpdate(
      'golden-images',
      'corporate',
      { location: 'westus2', addressSpace: { addressPrefixes: ['10.9.0.0/24'] }, subnets },
      FAST,
    );
    const before = await network.virtualNetworks.get('golden-images', 'corporate');
    const { outputs } = await build('networked', example('1a_Creating_a_Custom_Linux'), {
      imageName: 'networked',
      vnetRgName: 'golden-images',
      vnetName: 'corporate',
      subnetName: 'builds',
    });
    assert.equal(outputs[0]?.state, 'Succeeded');
    assert.deepEqual(
      (await network.virtualNetworks.get('golden-images', 'corporate')).subnets?.[0]?.ipConfigurations,
      undefined,
    );
    assert.deepEqual(before.subnets?.[0]?.id, (await network.subnets.get('golden-images', 'corporate', 'builds')).id);
  });

  it('a VHD, from a template without an identity and one added on the command', async () => {
    const refused = await stack.kiln(
      'build',
      example('4_Creating_a_Custom_Linux'),
      '--param',
      'region=westus2',
      '--param',
      'runOutputName=x',
    );
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /identity: .*--identity/);
    const { outputs } = await build('vhd', example('4_Creating_a_Custom_Linux'), {}, '--identity', IDENTITY);
    assert.match(outputs[0]?.artifactUri ?? '', /\/vhds\/output\.vhd$/);
  });

  it('one that names read-only fields, replica counts and storage types', async () => {
    const { outputs } = await build('triggered', example('9_Setting_up_a_Trigger_with_a_Custom_Linux_Image__hello'), {
      acgName: 'golden',
      imageDefName: 'first-generation',
    });
    assert.deepEqual(
      outputs[0]?.regions.map(({ state }) => state),
      ['Succeeded', 'Succeeded'],
    );
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

const GALLERY = {
  region: 'westus2',
  region1: 'westus2',
  region2: 'eastus',
  sharedImageGalName: 'golden',
  imageDefName: 'debian-12',
};

interface Step {
  type: string;
  name: string;
  inline?: string[];
  scriptUri?: string;
  sourceUri?: string;
  sha256Checksum?: string;
}

/** A customizer that shows what earlier builds left in the image. */
const look = (folder: string): Step => ({
  type: 'Shell',
  name: 'look',
  inline: ['cat /buildArtifacts/index.html /etc/golden/second', `ls -d ${folder}`],
});

const digest = (name: string): string =>
  createHash('sha256')
    .update(SERVED[name] ?? '')
    .digest('hex');
