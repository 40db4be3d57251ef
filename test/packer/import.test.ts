/** What an import takes from where, and that it loses nothing unsaid. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { importPacker } from '../../src/packer/import/import.ts';
import type { Imported } from '../../src/packer/import/import.ts';
import type { PackerOptions } from '../../src/packer/model.ts';
import { PackerError } from '../../src/packer/place.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/packer', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'kiln-import-'));
after(() => rmSync(root, { recursive: true }));

const OPTIONS: PackerOptions = { vars: [], varFiles: [], env: {}, now: new Date('2026-01-02T03:04:05Z') };
let count = 0;

/** A folder with these files. */
function folder(files: Record<string, string>): string {
  const path = join(root, String(++count));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const take = (files: Record<string, string>, options: Partial<PackerOptions> = {}): Promise<Imported> =>
  importPacker(folder(files), { ...OPTIONS, ...options });

async function refused(files: Record<string, string>, options: Partial<PackerOptions> = {}): Promise<string[]> {
  try {
    await take(files, options);
  } catch (error) {
    if (error instanceof PackerError) {
      return error.problems.map(({ place, message }) => `${place.file.replace(/^.*\//, '')}:${place.line} ${message}`);
    }
  }
  return assert.fail('it was taken');
}

const SOURCE = `
  os_type         = "Linux"
  image_publisher = "Debian"
  image_offer     = "debian-12"
  image_sku       = "12-gen2"
  location        = "westeurope"
  managed_image_name                = "image"
  managed_image_resource_group_name = "group"
`;

const build = (source = '', provisioners = '', around = ''): Record<string, string> => ({
  'main.pkr.hcl': `source "azure-arm" "a" {${SOURCE}${source}}\nbuild {\n  sources = ["source.azure-arm.a"]\n${provisioners}}\n${around}`,
});

interface Resource {
  location: string;
  properties: Record<string, unknown> & { customize: Array<Record<string, unknown>> };
}

function resourceOf({ templates }: Imported): Resource {
  const resources = templates[0]?.template['resources'] as Resource[] | undefined;
  const [resource] = resources ?? [];
  assert.ok(resource !== undefined);
  return resource;
}

describe('the variables of a Packer file', () => {
  const files = build(
    'vm_size = var.size\nazure_tags = var.tags',
    '',
    'variable "size" {\n type = string\n default = "Default"\n}\nvariable "tags" {\n type = map(string)\n default = {}\n}\n',
  );
  const sizeOf = async (more: Record<string, string>, options: Partial<PackerOptions>): Promise<unknown> => {
    const { vmProfile } = resourceOf(await take({ ...files, ...more }, options)).properties;
    return (vmProfile as { vmSize: string }).vmSize;
  };

  it('have the last value of default, environment, automatic files, files and command', async () => {
    const automatic = { 'a.auto.pkrvars.hcl': 'size = "Automatic"', 'b.pkrvars.hcl': 'size = "File"' };
    const file = join(folder(automatic), 'b.pkrvars.hcl');
    const env = { PKR_VAR_size: 'Environment' };
    assert.equal(await sizeOf({}, {}), 'Default');
    assert.equal(await sizeOf({}, { env }), 'Environment');
    assert.equal(await sizeOf({ 'a.auto.pkrvars.hcl': 'size = "Automatic"' }, { env }), 'Automatic');
    assert.equal(await sizeOf(automatic, { env, varFiles: [file] }), 'File');
    assert.equal(await sizeOf(automatic, { env, varFiles: [file], vars: ['size=One', 'size=Command'] }), 'Command');
  });

  it('are read by their type', async () => {
    const { properties } = resourceOf(await take(files, { vars: ['tags={ a = 1, "b c" = "x" }'] }));
    assert.deepEqual(properties['managedResourceTags'], { a: '1', 'b c': 'x' });
    assert.deepEqual(await refused(files, { vars: ['tags=[1]'] }), ['--var tags:1 the variable tags is a map']);
  });

  it('that nobody gave are told once each, where something needs them', async () => {
    const unset = build(
      'vm_size = var.size\nclient_secret = var.secret',
      'provisioner "shell" {\n inline = [var.size, var.other]\n}\n',
      'variable "size" {}\nvariable "secret" {}\nvariable "other" {}\n',
    );
    const told = await refused(unset);
    assert.deepEqual(told, ['main.pkr.hcl:17 the variable size has no value: give it by --var size=…']);
  });

  it('are held to their validation', async () => {
    const validated = build(
      '',
      '',
      'variable "n" {\n  default = "x"\n  validation {\n    condition = length(var.n) > 3\n    error_message = "Longer, please."\n  }\n}\n',
    );
    assert.deepEqual(await refused(validated), ['main.pkr.hcl:15 the variable n: Longer, please.']);
    await take(validated, { vars: ['n=long enough'] });
  });
});

describe('a Packer file that cannot be taken over', () => {
  it('is told all that is wrong with it at once, with places, and nothing else', async () => {
    const files = build(
      'vm_size = local.nope\nos_disk_size_gb = "big"',
      'provisioner "shell" {\n  script = "gone.sh"\n  pause_before = "soon"\n}\nprovisioner "file" {\n  source = "x"\n}\n',
    );
    assert.deepEqual(await refused(files), [
      'main.pkr.hcl:9 there is no nope here',
      'main.pkr.hcl:10 azure-arm.os_disk_size_gb: expected a number',
      'main.pkr.hcl:14 shell.script: gone.sh is not there',
      'main.pkr.hcl:15 shell.pause_before: expected a duration such as 10s or 5m, got soon',
      'main.pkr.hcl:17 file.destination: is missing',
    ]);
  });

  it('is told of syntax, of sources that there are not, of no source and of a VHD to start from', async () => {
    assert.match((await refused({ 'a.pkr.hcl': 'build {\n  x = [1,\n}\n' }))[0] ?? '', /^a\.pkr\.hcl:\d /);
    assert.deepEqual(await refused({ 'a.pkr.hcl': 'build {\n  sources = ["source.azure-arm.b"]\n}\n' }), [
      'a.pkr.hcl:2 there is no source azure-arm.b',
    ]);
    assert.match((await refused({ 'a.pkr.hcl': 'locals {\n}\n' }))[0] ?? '', /no build of an azure-arm source/);
    const vhd = {
      'a.pkr.hcl':
        'source "azure-arm" "a" {\n  image_url = "https://a/b.vhd"\n  location = "x"\n}\nbuild {\n  sources = ["azure-arm.a"]\n}\n',
    };
    assert.match((await refused(vhd))[0] ?? '', /cannot start from a VHD/);
  });

  it('does not go round in circles', async () => {
    const files = build('vm_size = local.a', '', 'locals {\n  a = local.b\n  b = local.a\n}\n');
    assert.match((await refused(files))[0] ?? '', /needs itself to be computed/);
  });
});

describe('a folder that a Packer file puts into the machine', () => {
  const stepsOf = async (source: string, more: Record<string, string> = {}): Promise<object[]> => {
    const files = {
      ...build('', `provisioner "file" {\n  source = "${source}"\n  destination = "/srv"\n}\n`),
      ...more,
    };
    const { templates } = await take(files);
    const [{ template, files: copied } = { template: {}, files: [] }] = templates;
    const { resources } = template as { resources: Array<{ properties: { customize: object[] } }> };
    const [step, ...others] = resources[0]?.properties.customize ?? [];
    assert.deepEqual(others, []);
    return [step ?? {}, ...copied.map(({ path }) => ({ path }))];
  };

  it('is one step, however much is in it: by its name, or what is in it where a slash ends it', async () => {
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`app/deep/${at}.txt`, String(at)]));
    const step = { type: 'File', name: 'folder-app', kiln: { folder: 'files/app' } };
    const copied = { path: 'files/app' };
    assert.deepEqual(await stepsOf('app', many), [{ ...step, destination: '/srv/app' }, copied]);
    assert.deepEqual(await stepsOf('app/', many), [{ ...step, destination: '/srv' }, copied]);
  });
});

describe('the report of an import', () => {
  it('names every setting of every example that is not in the template', async () => {
    for (const name of readdirSync(EXAMPLES)) {
      const path = join(EXAMPLES, name);
      const json = readdirSync(path).find((file) => file.endsWith('.json'));
      const { report } = await importPacker(json === undefined ? path : join(path, json), OPTIONS);
      const unknown = report.lines.filter(({ why }) => why === 'is not known to the import').map(({ what }) => what);
      assert.deepEqual(unknown, name === 'refusals' ? ['azure-arm.colour', 'shell.flavour'] : [], name);
    }
  });

  it('tells settings that it does not know, in blocks too, and not those that it takes', async () => {
    const source =
      'colour = "blue"\nshared_image_gallery_destination {\n  resource_group = "g"\n  gallery_name = "n"\n  image_name = "i"\n  image_version = "1.0.0"\n  shape = "round"\n}\n';
    const { report } = await take(
      build(
        source,
        'provisioner "shell" {\n  inline = ["true"]\n  taste = "sweet"\n}\nprovisioner "unheard-of" {\n  a = 1\n}\n',
      ),
    );
    const told = report.lines
      .filter(({ fate }) => fate === 'lost' || fate === 'refused')
      .map(({ place, what }) => `${place.line} ${what}`);
    assert.deepEqual(told, [
      '24 unheard-of',
      '9 azure-arm.colour',
      '15 azure-arm.shared_image_gallery_destination.shape',
      '22 shell.taste',
    ]);
  });

  it('holds no value, which may be a secret', async () => {
    const files = build(
      'client_secret = "hunter2"',
      'provisioner "powershell" {\n  elevated_password = "hunter2"\n  inline = ["1"]\n}\n',
    );
    assert.ok(!(await take(files)).report.text().includes('hunter2'));
  });
});

describe('an imported template', () => {
  it('holds texts that are neither expressions nor placeholders', async () => {
    const lines = '"[ -f /x ]", "[[ -f <y> ]]", "echo <z>"';
    const { properties } = resourceOf(
      await take(build('', `provisioner "shell" {\n  inline = [${lines}]\n  env = { A = "<b>", C = "[d]" }\n}\n`)),
    );
    const [step] = properties.customize;
    assert.deepEqual(step?.['inline'], ['[[ -f /x ]', '[[[ -f <y> ]]', 'echo <z>']);
    assert.deepEqual(step?.['kiln'], { environment: { A: "['<b>']", C: '[[d]' } });
  });

  it('deprovisions in its own way where the Packer file has one', async () => {
    const own = '"echo 1", "waagent -deprovision && rm -rf /var/lib/cloud"';
    const { templates, report } = await take(build('', `provisioner "shell" {\n  inline = [${own}]\n}\n`));
    const [template] = templates;
    assert.deepEqual(template?.files, [
      { path: 'files/DeprovisioningScript.sh', content: 'waagent -deprovision && rm -rf /var/lib/cloud\n' },
    ]);
    assert.match(report.text(), /after all steps, as \/tmp\/DeprovisioningScript\.sh/);
  });

  it('waits before the step after one that pauses, and never before a first one that does not', async () => {
    const steps = ['pause_after = "5s"', 'pause_before = "1500ms"', ''].map(
      (more) => `provisioner "shell" {\n  inline = ["true"]\n  ${more}\n}\n`,
    );
    const { properties } = resourceOf(await take(build('', steps.join(''))));
    assert.deepEqual(
      properties.customize.map(({ kiln }) => (kiln as { pauseBefore?: string } | undefined)?.pauseBefore),
      [undefined, '7s', undefined],
    );
  });

  it('is the same from JSON as from HCL', async () => {
    const json = {
      builders: [
        {
          type: 'azure-arm',
          name: 'a',
          os_type: 'Linux',
          image_publisher: 'Debian',
          image_offer: 'debian-12',
          image_sku: '12-gen2',
          location: 'westeurope',
          managed_image_name: 'image',
          managed_image_resource_group_name: 'group',
          plan_info: { plan_name: 'n', plan_product: 'p', plan_publisher: 'q' },
        },
      ],
      provisioners: [{ type: 'shell', inline: 'true', max_retries: '2' }],
    };
    const path = join(folder({ 'a.json': JSON.stringify(json) }), 'a.json');
    const hcl = await take(
      build(
        'plan_info {\n  plan_name = "n"\n  plan_product = "p"\n  plan_publisher = "q"\n}\n',
        'provisioner "shell" {\n  inline = ["true"]\n  max_retries = 2\n}\n',
      ),
    );
    assert.deepEqual((await importPacker(path, OPTIONS)).templates, hcl.templates);
  });

  it('is the same from HCL in the syntax of JSON', async () => {
    const source = {
      os_type: 'Linux',
      image_publisher: 'Debian',
      image_offer: 'debian-12',
      image_sku: '12-gen2',
      location: 'west${var.part}',
      managed_image_name: 'image',
      managed_image_resource_group_name: 'group',
      plan_info: { plan_name: 'n', plan_product: 'p', plan_publisher: 'q' },
    };
    const json = {
      '//': 'a comment',
      variable: { part: { type: 'string', default: 'europe' } },
      source: { 'azure-arm': { a: source } },
      build: [
        {
          sources: ['source.azure-arm.a'],
          provisioner: [{ shell: { inline: ['true'] } }, { shell: { inline: ['two'] } }],
        },
      ],
    };
    const text = JSON.stringify(json, null, 2);
    const plan = 'plan_info {\n  plan_name = "n"\n  plan_product = "p"\n  plan_publisher = "q"\n}\n';
    const steps = ['true', 'two'].map((line) => `provisioner "shell" {\n  inline = ["${line}"]\n}\n`).join('');
    assert.deepEqual((await take({ 'a.pkr.json': text })).templates, (await take(build(plan, steps))).templates);
    const line = text.split('\n').findIndex((one) => one.includes('var.part')) + 1;
    assert.deepEqual(await refused({ 'a.pkr.json': text.replace('var.part', 'var.nope') }), [
      `a.pkr.json:${line} there is no nope here`,
    ]);
  });

  it('has parameters for the time of a build, and says where it could make none', async () => {
    const locals = 'locals {\n  day = formatdate("YYYYMMDD", timestamp())\n}\n';
    const script = 'provisioner "shell" {\n  inline = ["[ -n \'${local.day}\' ]", "echo it\'s ${timestamp()}"]\n}\n';
    const taken = await take(build('vm_size = local.day\n', script, locals));
    const { properties } = resourceOf(taken);
    assert.deepEqual(properties.customize[0]?.['inline'], [
      "[concat('[ -n ''', parameters('buildDay'), ''' ]')]",
      "[concat('echo it''s ', parameters('buildTime'))]",
    ]);
    assert.deepEqual(properties['vmProfile'], { vmSize: "[parameters('buildDay')]" });
    assert.match(
      JSON.stringify(taken.templates[0]?.template['parameters']),
      /"defaultValue":"\[utcNow\('yyyyMMdd'\)\]"/,
    );
    const unix = await take(build('', 'provisioner "shell" {\n  inline = ["echo {{timestamp}}"]\n}\n'));
    assert.match(unix.report.text(), /^lost: no counterpart\n.*holds the time of this import, in a form of its own/);
  });

  it('names what Packer would look for as a parameter', async () => {
    const { templates } = await take(build('virtual_network_name = "net"'));
    assert.deepEqual(Object.keys(templates[0]?.template['parameters'] as object), [
      'networkGroup',
      'subnet',
      'identityGroup',
    ]);
  });
});
