/** The Packer files of examples/packer: imported, built at once on one stack, and their files looked at in the machine. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LocalFiles } from '../../src/client/local-files.ts';
import { loadBuilds } from '../../src/client/load-plan.ts';
import { readSettings } from '../../src/client/settings.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { createClients, FAST } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import type { Outcome } from './stack.ts';
import { GROUP, shellTemplate } from './templates.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/packer', import.meta.url));

/** By the name of its folder: arguments of the import, the exit code of it, and parameters of the build. */
const FIRST: Record<string, { path?: string; code?: number; param?: string[] }> = {
  'ubuntu-web': {},
  legacy: { path: 'template.json', code: 1 },
  fleet: { code: 1 },
  'files-and-folders': {},
  resilient: {},
  vhd: { path: 'vhd.json' },
  network: { param: ['location=westeurope'] },
  'windows-server': {},
  configured: {},
  refusals: { code: 1 },
};
/** From images of the first. */
const SECOND = { 'from-gallery': {}, 'from-image': {} };

describe('Packer files', () => {
  const stack = new TestStack('sandbox', { KILN_PROFILE: 'instant' });
  const ended = new Map<string, BuildStatus>();
  let sent: Outcome;
  let largeDigest = '';

  before(async () => {
    await stack.up();
    const { network, resources } = createClients(stack.connection());
    await resources.resourceGroups.createOrUpdate('packer-staging', { location: 'westeurope' });
    await network.virtualNetworks.createOrUpdate(
      'golden-images',
      'corporate',
      {
        location: 'westeurope',
        addressSpace: { addressPrefixes: ['10.9.0.0/16'] },
        subnets: [{ name: 'builds', addressPrefix: '10.9.1.0/24' }],
      },
      FAST,
    );
    await buildAll(FIRST);
    await Promise.all([buildAll(SECOND), sendLarge()]);
  });
  after(() => stack.close());

  async function buildAll(wanted: typeof FIRST): Promise<void> {
    const client = await stack.client();
    const runs = await Promise.all(
      Object.entries(wanted).map(async ([name, { path = '', code = 0, param = [] }]) => {
        const out = join(stack.stateDir, name);
        const done = await stack.kiln('import', 'packer', join(EXAMPLES, name, path), '--out', out);
        assert.equal(done.code, code, done.stderr);
        const found = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
        const templates = found
          .map((file) => join(out, file))
          .filter((file) => readFileSync(file, 'utf8').startsWith('{\n  "$schema"'));
        // The VHD would go to an account that only Azure has.
        const parameters = name === 'vhd' ? [`vhdUri=${await vhdPlace()}`] : param;
        return templates.flatMap((file) =>
          loadBuilds(file, { param: parameters }, readSettings({}), new LocalFiles(file)),
        );
      }),
    );
    const builds = runs.flat();
    for (const { plan, digest } of builds) await client.start(plan, digest);
    for (const { plan } of builds)
      ended.set(plan.template.name, await stack.until(plan.runId, ({ state }) => state !== 'Running', 900_000));
  }

  /** The client that began it has gone before it sent anything; another does. */
  async function sendLarge(): Promise<void> {
    const content = randomBytes(300_000);
    writeFileSync(join(stack.stateDir, 'large.bin'), content);
    largeDigest = createHash('sha256').update(content).digest('hex');
    const customize = [
      { type: 'File', name: 'large', destination: '/opt/large.bin', kiln: { file: 'large.bin' } },
      { type: 'Shell', name: 'look', inline: ['sha256sum /opt/large.bin'] },
    ];
    const imageId = `${GROUP}/Microsoft.Compute/images/large`;
    const distribute = [{ type: 'ManagedImage', runOutputName: 'image', imageId, location: 'westeurope' }];
    const file = stack.write('large', { ...shellTemplate([], { customize, distribute }), apiVersion: '2025-10-01' });
    const [large] = loadBuilds(file, { id: 'large' }, readSettings({}), new LocalFiles(file));
    assert.ok(large !== undefined);
    const client = await stack.client();
    await client.start(large.plan, large.digest);
    await stack.until('large', ({ awaits }) => awaits !== undefined);
    sent = await stack.kiln('build', file, '--id', 'large');
    sent.stdout += (await client.status('large')).steps.at(-1)?.outputTail ?? '';
  }

  async function vhdPlace(): Promise<string> {
    const { storage } = createClients(stack.connection());
    const account = await storage.storageAccounts.create('golden-images', 'packervhds', {
      location: 'westeurope',
      kind: 'StorageV2',
      sku: { name: 'Standard_LRS' },
    });
    return `${account.primaryEndpoints?.blob ?? ''}images/packer-osDisk.vhd`;
  }

  function built(name: string): BuildStatus {
    const status = ended.get(name);
    assert.ok(status !== undefined, `there is no build of ${name}`);
    assert.equal(status.state, 'Succeeded', JSON.stringify(status.failure));
    return status;
  }

  const printed = (name: string, step?: string): string => {
    const { steps } = built(name);
    return (step === undefined ? steps.at(-1) : steps.find((one) => one.name === step))?.outputTail ?? '';
  };

  it('take variables, locals, functions, heredocs and the environment of scripts into the machine', () => {
    const text = printed('web');
    assert.match(text, / {4}- NGINX\n {4}- CURL\n {4}Welcome to packer-web\.\n/);
    assert.match(text, /would install nginx\nwould install curl\n/);
    assert.match(text, /site https:\/\/<site>\/web built by azure-arm web\nlast of all\n/);
  });

  it('in the older JSON too, with only, except and override', () => {
    assert.equal(printed('base'), 'one base-overridden\ntwo base-overridden\n');
    const [gallery, image] = built('base').outputs;
    assert.match(gallery?.artifactId ?? '', /golden\/images\/debian-12\/versions\/1\.0\.0$/);
    assert.deepEqual(
      gallery?.regions.map(({ name }) => name),
      ['westeurope', 'northeurope'],
    );
    assert.match(image?.artifactId ?? '', /images\/PACKER-LEGACY$/);
  });

  it('of several sources are a template each, with the steps that are theirs', () => {
    const api = printed('api');
    for (const line of ['turns:0-first api', 'turns:1-second api', 'checks:live:8080', 'checks:ready:8080']) {
      assert.ok(api.includes(`/opt/fleet/${line}\n`), api);
    }
    const worker = printed('worker');
    assert.ok(
      worker.includes('/opt/fleet/turns:1-second worker\n') && worker.includes('/opt/fleet/checks:unchecked\n'),
      worker,
    );
  });

  it('bring files, folders and texts with what is in them and their permissions', () => {
    const text = printed('files');
    const digest = (path: string): string =>
      createHash('sha256')
        .update(readFileSync(join(EXAMPLES, 'files-and-folders/app', path)))
        .digest('hex');
    const expected = {
      'bin/tool': ['/opt/app/bin/tool', '/srv/app/bin/tool'],
      'conf/one.conf': ['/opt/app/conf/one.conf', '/srv/app/conf/one.conf', '/tmp/one.conf'],
      'conf/two.conf': ['/opt/app/conf/two.conf', '/srv/app/conf/two.conf', '/tmp/two.conf'],
    };
    for (const [path, places] of Object.entries(expected)) {
      for (const place of places) assert.ok(text.includes(`${digest(path)}  ${place}\n`), `${place} in\n${text}`);
    }
    assert.ok(text.endsWith('the tool runs\nport = 8443\nhost = a\nhost = b\n'), text);
  });

  it('try a step again, take its exit codes, wait before it and live through a restart', () => {
    const { steps } = built('resilient');
    const [first, restarting] = steps;
    assert.equal(first?.retries, 2);
    assert.equal(first?.exitCode, 42);
    assert.match(first?.note ?? '', /succeeded at retry 2 of 3/);
    assert.match(restarting?.note ?? '', /the machine restarted while it ran/);
    assert.equal(printed('resilient'), 'it\'s "quoted" $HOME of my own 7\nrestarting\ntry\ntry\ntry\n');
  });

  it('start from gallery versions and managed images, and add a version that is no latest', () => {
    assert.equal(printed('patched'), 'one base-overridden\none base-overridden\npatched\ntwo base-overridden\n');
    assert.match(built('patched').outputs[0]?.artifactId ?? '', /versions\/1\.1\.0$/);
    assert.equal(printed('again'), 'two base-overridden\n');
  });

  it('make a VHD where the template says, and build in a network and a group of their own', () => {
    assert.equal(printed('azure-arm'), 'vhd\n');
    assert.match(built('azure-arm').outputs[0]?.artifactUri ?? '', /images\/packer-osDisk\.vhd$/);
    assert.equal(printed('inside'), 'inside\n');
  });

  it('for Windows run their PowerShell, updates, restart and files on a simulated machine', () => {
    const { steps } = built('windows');
    assert.deepEqual(
      steps.map(({ type }) => type),
      ['PowerShell', 'File', 'WindowsUpdate', 'WindowsRestart', 'PowerShell', 'File'],
    );
  });

  it('run Ansible, Puppet and Chef as Packer does, with their files beside them', () => {
    const ansible = printed('configured', 'ansible-local');
    assert.match(
      ansible,
      /^ansible-playbook \/tmp\/\S+\/site\.yml --extra-vars packer_build_name=configured .* --tags base -c local -i \S+\/inventory$/m,
    );
    for (const file of ['./inventory', './roles/tasks/main.yml', './site.yml'])
      assert.ok(ansible.includes(`${file}\n`), ansible);
    const puppet = printed('configured', 'puppet-masterless');
    assert.match(
      puppet,
      /^puppet apply --detailed-exitcodes --verbose --modulepath=\S+module-0 \S+manifest-site\.pp$/m,
    );
    assert.match(puppet, /^FACTER_role=web$/m);
    const chef = printed('configured', 'chef-solo');
    assert.match(chef, /^chef-solo --no-color -c \S+solo\.rb -j \S+node\.json$/m);
    assert.ok(chef.includes('./cookbooks-0/base/recipes/default.rb\n'), chef);
  });

  it('are built without what is refused, of which the report has every line', () => {
    assert.match(printed('refusals'), /^\d{4}\.\d\d\.\d\d\n$/);
    const report = readFileSync(join(stack.stateDir, 'refusals', 'report.txt'), 'utf8');
    const lines = readFileSync(join(EXAMPLES, 'refusals/refusals.pkr.hcl'), 'utf8').split('\n');
    const at = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;
    for (const text of [
      'keep_os_disk',
      'custom_data_file',
      'spot',
      'colour',
      'flavour',
      '"shell-local"',
      '"ansible"',
      'download',
      'breakpoint',
      'error-cleanup',
      '"manifest"',
      'isotime',
    ]) {
      assert.match(report, new RegExp(`refusals\\.pkr\\.hcl:${at(text)}: `), `${text} in\n${report}`);
    }
  });

  it('and any template send a file that is too large for a plan, by whichever client is there', () => {
    const { code, stdout, stderr } = sent;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /sending large\.bin, 300,000 bytes/);
    assert.match(stdout, new RegExp(largeDigest));
  });
});
