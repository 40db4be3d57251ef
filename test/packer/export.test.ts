/** The way back: a template as Packer's HCL, and that again as a template. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { exportPacker } from '../../src/packer/export/export.ts';
import { importPacker } from '../../src/packer/import/import.ts';
import type { BuildPlan, PlannedCustomizer } from '../../src/template/build-plan.ts';
import { deployment, DEFINITION, GROUP, IMAGE, planOf, resource } from '../template/support.ts';

const root = mkdtempSync(join(tmpdir(), 'kiln-export-'));
after(() => rmSync(root, { recursive: true }));
let count = 0;

const SUBNET = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/builds`;
const file = { path: 'a.sh', sha256: 'a'.repeat(64), bytes: 4, content: '' };
const planned = (properties: object): BuildPlan =>
  planOf(deployment([resource(properties)]), { readLocalFile: () => file });

async function thereAndBack(
  properties: object,
): Promise<{ before: BuildPlan; after: BuildPlan; lost: string[]; text: string }> {
  const before = planned(properties);
  const { text, lost } = exportPacker(before, (path) => path);
  const path = join(root, `${++count}.pkr.hcl`);
  writeFileSync(path, text);
  writeFileSync(join(root, 'a.sh'), 'true');
  const options = {
    vars: ['image_version=9.9.9', 'storage_group=g', 'storage_account=disks'],
    varFiles: [],
    env: {},
    now: new Date(),
  };
  const { templates } = await importPacker(path, options);
  const imported = planOf(JSON.stringify(templates[0]?.template), { readLocalFile: () => file });
  return { before, after: imported, lost: lost.map(({ path: where }) => where), text };
}

/** Without names, and what they are the base of. */
const bare = (steps: PlannedCustomizer[]): object[] =>
  steps.map(({ name: _name, key: _key, index: _index, ...rest }) => JSON.parse(JSON.stringify(rest)) as object);

describe('a template that goes to Packer and back', () => {
  const sources = {
    'a platform image of a plan': {
      type: 'PlatformImage',
      publisher: 'kinvolk',
      offer: 'flatcar',
      sku: 'stable',
      version: '1.2.3',
      planInfo: { planName: 'n', planProduct: 'p', planPublisher: 'q' },
    },
    'a managed image': { type: 'ManagedImage', imageId: IMAGE },
    'a gallery version': { type: 'SharedImageVersion', imageVersionId: `${DEFINITION}/versions/1.0.0` },
    'the latest of a gallery': { type: 'SharedImageVersion', imageVersionId: `${DEFINITION}/versions/latest` },
  };
  for (const [what, source] of Object.entries(sources)) {
    it(`starts from ${what}`, async () => {
      const { before, after } = await thereAndBack({ source });
      assert.deepEqual(after.source, before.source);
    });
  }

  it('has the same machine, network, tags and outputs', async () => {
    const { before, after, lost } = await thereAndBack({
      vmProfile: { vmSize: 'Standard_D4s_v5', osDiskSizeGB: 64, vnetConfig: { subnetId: SUBNET } },
      additionalDataDisks: [{ sizeGB: 32 }],
      managedResourceTags: { owner: 'team' },
      distribute: [
        {
          type: 'SharedImage',
          runOutputName: 'gallery',
          galleryImageId: `${DEFINITION}/versions/2.0.0`,
          targetRegions: [{ name: 'westeurope', replicaCount: 2 }, { name: 'northeurope' }],
          excludeFromLatest: true,
          replicationMode: 'Shallow',
          artifactTags: { owner: 'team' },
        },
        {
          type: 'ManagedImage',
          runOutputName: 'image',
          imageId: IMAGE,
          location: 'westeurope',
          artifactTags: { owner: 'team' },
        },
      ],
    });
    assert.deepEqual(after.machine, before.machine);
    assert.deepEqual(after.managedResourceTags, before.managedResourceTags);
    assert.deepEqual(after.distribute, before.distribute);
    assert.deepEqual(lost, ['identity']);
  });

  it('runs the same scripts in the same way on Linux', async () => {
    const { before, after } = await thereAndBack({
      customize: [
        {
          type: 'Shell',
          inline: ['echo "${HOME}" %{x} \'a\' \\n', '[[ -f /x ]'],
          kiln: {
            environment: { A: 'x "y" ${z}' },
            retries: 2,
            pauseBefore: '10s',
            timeout: '5m',
            validExitCodes: [0, 3],
          },
        },
        { type: 'Shell', kiln: { file: 'a.sh', executeCommand: 'sudo sh {{ .Path }}' } },
      ],
    });
    const [first, second] = bare(before.customize) as Array<Record<string, unknown>>;
    const [again, script] = bare(after.customize) as Array<Record<string, unknown>>;
    assert.deepEqual({ ...again, executeCommand: undefined }, { ...first, executeCommand: undefined });
    const { script: held, ...how } = script ?? {};
    assert.equal((held as { from: string }).from, 'file');
    const { script: _script, ...wanted } = second ?? {};
    assert.deepEqual(how, wanted);
    assert.equal(after.customize.length, 2);
  });

  it('takes a folder with it, what is in it and not the folder itself', () => {
    const plan = planned({ customize: [{ type: 'File', destination: '/opt/app', kiln: { folder: 'app' } }] });
    const { text, files } = exportPacker(plan, (path) => `files/${path}`);
    assert.deepEqual(files, ['app']);
    assert.match(text, /source += "\$\{path\.root\}\/files\/app\/"\n +destination += "\/tmp\/kiln-1"/);
    assert.match(text, /cp -R --no-preserve=ownership \/tmp\/kiln-1\/\. '\/opt\/app\/'/);
  });

  it('leaves braces that Packer would compute alone, in a file', () => {
    const plan = planned({
      customize: [{ type: 'Shell', name: 'names', inline: ["docker ps --format '{{.Names}}'"] }],
    });
    const { text, made } = exportPacker(plan, (path) => path);
    assert.deepEqual(made, [{ path: 'step-01-names.sh', content: "#!/bin/sh -e\ndocker ps --format '{{.Names}}'\n" }]);
    assert.match(text, /script += "\$\{path\.root\}\/step-01-names\.sh"/);
  });

  it('runs the same steps on Windows, and Sysprep at the end', async () => {
    const { before, after } = await thereAndBack({
      customize: [
        {
          type: 'PowerShell',
          inline: ['$x = "a"', 'Get-Item $x'],
          runElevated: true,
          runAsSystem: true,
          validExitCodes: [0, 3010],
        },
        { type: 'PowerShell', inline: ['1'], kiln: { environment: { A: 'b' }, retries: 1 } },
        { type: 'WindowsRestart', restartCheckCommand: 'echo {{1}}', restartTimeout: '15m' },
        { type: 'WindowsUpdate', searchCriteria: 'IsInstalled=0', filters: ['include:$true'], updateLimit: 20 },
      ],
    });
    assert.deepEqual(bare(after.customize.slice(0, 4)), bare(before.customize));
    const [last] = after.customize.slice(4);
    assert.equal(last?.type === 'File' ? last.destination : '', 'C:\\DeprovisioningScript.ps1');
  });

  it('is told all that Packer has no word for', async () => {
    const { lost, text } = await thereAndBack({
      customize: [
        { type: 'Shell', scriptUri: 'https://e.com/a', sha256Checksum: 'b'.repeat(64) },
        { type: 'File', sourceUri: 'https://e.com/f', destination: '/f' },
        { type: 'Shell', inline: ['true'], kiln: { restart: true } },
      ],
      validate: { inVMValidations: [{ type: 'Shell', inline: ['true'] }] },
      optimize: { vmBoot: { state: 'Enabled' } },
      errorHandling: { onCustomizerError: 'abort' },
      autoRun: { state: 'Enabled' },
      buildTimeoutInMinutes: 60,
      distribute: [
        {
          type: 'SharedImage',
          runOutputName: 'gallery',
          galleryImageId: DEFINITION,
          targetRegions: [{ name: 'westeurope' }],
        },
        { type: 'VHD', runOutputName: 'disk' },
      ],
    });
    assert.deepEqual(lost.toSorted(), [
      'identity',
      'properties.autoRun',
      'properties.buildTimeoutInMinutes',
      'properties.customize[0].scriptUri',
      'properties.customize[1].sourceUri',
      'properties.distribute[0].versioning',
      'properties.distribute[1]',
      'properties.errorHandling',
      'properties.optimize',
      'properties.validate',
    ]);
    assert.match(text, /echo 'b{64} {2}\/tmp\/kiln-1' \| sha256sum -c -/);
    assert.match(text, /"reboot"/);
  });
});
