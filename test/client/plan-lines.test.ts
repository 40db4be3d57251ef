/** What `kiln validate` and `kiln plan` show of a template. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { columns } from '../../src/client/columns.ts';
import { planLines } from '../../src/client/plan-lines.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import type { PlanReport } from '../../src/workflows/messages.ts';
import { imageTemplates } from '../template/arbitrary.ts';
import { DEFINITION, deployment, GROUP, IDENTITY, IMAGE, planOf, resource, SOURCE } from '../template/support.ts';

const WIDE = { width: 100, color: false };

const linux = (): BuildPlan =>
  planOf(
    deployment([
      resource(
        {
          source: { ...SOURCE, version: 'latest' },
          buildTimeoutInMinutes: 60,
          vmProfile: { osDiskSizeGB: 30, userAssignedIdentities: [IDENTITY] },
          additionalDataDisks: [{ sizeGB: 8 }],
          customize: [
            { type: 'Shell', name: 'harden', inline: ['# first', 'set -e', 'true'], kiln: { restart: true } },
            { type: 'Shell', scriptUri: 'https://e.com/a.sh?sv=1&sig=SECRET', sha256Checksum: 'a'.repeat(64) },
            { type: 'File', name: 'config', sourceUri: 'https://e.com/conf', destination: 'etc/app.conf' },
          ],
          validate: { continueDistributeOnFailure: true, inVMValidations: [{ type: 'Shell', inline: ['nginx -t'] }] },
          optimize: { vmBoot: { state: 'Enabled' } },
          distribute: [
            {
              type: 'SharedImage',
              runOutputName: 'gallery',
              galleryImageId: DEFINITION,
              versioning: { scheme: 'Latest', major: 2 },
              excludeFromLatest: true,
              targetRegions: [
                { name: 'westeurope', replicaCount: 2 },
                { name: 'northeurope', storageAccountType: 'Standard_ZRS' },
              ],
            },
            { type: 'ManagedImage', runOutputName: 'managed', imageId: IMAGE, location: 'westeurope' },
            { type: 'VHD', runOutputName: 'vhd' },
          ],
        },
        { name: 'golden' },
      ),
    ]),
  );

describe('a valid template, as a person reads it', () => {
  it('has source, machine, steps, validators, outputs and warnings', () => {
    assert.deepEqual(planLines(linux(), WIDE), [
      'golden in westeurope, by the rules of api-version 2025-10-01',
      '  source      PlatformImage Debian:debian-12:12-gen2, version latest',
      "  machine     the source's generation decides, disk of 30 GiB",
      '              data disks: 8 GiB',
      '  network     one of its own, with nothing let in',
      '  machine as  Microsoft.ManagedIdentity/userAssignedIdentities/builder in images',
      '  builds as   Microsoft.ManagedIdentity/userAssignedIdentities/builder in images',
      '  time limit  60 minutes for the whole build',
      '  staging     IT_images_golden_run (made for the build; its logs stay until kiln delete)',
      '  optimize    start of the machine',
      '',
      'customizers',
      '  #  type   name     runs                                  how',
      '  1  Shell  harden   set -e                                3 lines; restart, back in 10m',
      '  2  Shell  Shell-2  https://e.com/a.sh?sv=1&sig=***       checksum',
      '  3  File   config   etc/app.conf from https://e.com/conf',
      '',
      'validators, on a machine from the image that was made; it is distributed even if one fails',
      '  #  type   name     runs      how',
      '  1  Shell  Shell-1  nginx -t',
      '',
      'outputs',
      '  gallery  SharedImage   Microsoft.Compute/galleries/golden/images/linux in images',
      '                         version: the highest of major 2, with its patch raised by one; not offered',
      '                         as latest',
      '                         westeurope   2 replicas  Standard_LRS',
      '                         northeurope  1 replica   Standard_ZRS',
      '  managed  ManagedImage  Microsoft.Compute/images/linux in images',
      '                         westeurope',
      '  vhd      VHD           a blob in the staging account, kept with the logs until kiln delete',
      '',
      'warnings',
      '  properties.customize[2].destination: is no absolute path: it is below the folder that steps run in',
    ]);
  });

  it('shows how each kind of Windows step runs', () => {
    const plan = planOf(
      deployment([
        resource({
          customize: [
            { type: 'PowerShell', inline: ['Install-Thing'], validExitCodes: [0, 3010], runElevated: true },
            { type: 'PowerShell', inline: ['Get-Thing'], runElevated: true, runAsSystem: true },
            { type: 'WindowsRestart', restartTimeout: '2h', restartCheckCommand: 'Get-Date' },
            { type: 'WindowsUpdate', filters: ['include:$true'], updateLimit: 20 },
          ],
        }),
      ]),
    );
    const lines = planLines(plan, WIDE);
    assert.deepEqual(lines.slice(lines.indexOf('customizers') + 1, lines.indexOf('outputs') - 1), [
      '  #  type            name              runs                          how',
      '  1  PowerShell      PowerShell-1      Install-Thing                 elevated; exit codes 0, 3010',
      '  2  PowerShell      PowerShell-2      Get-Thing                     as SYSTEM',
      '  3  WindowsRestart  WindowsRestart-3  shutdown /r /f /t 0 /c "pac…  back in 2h; checked by Get-Date',
      '  4  WindowsUpdate   WindowsUpdate-4   BrowseOnly=0 and IsInstalle…  at most 20 a round; 1 filter',
    ]);
  });
});

describe('what Azure answered', () => {
  const report = (more: Partial<PlanReport> = {}): PlanReport => ({
    plan: linux(),
    source: { description: 'Debian:debian-12:12-gen2:0.20260101.1', osType: 'Linux', hyperVGeneration: 'V2' },
    vmSize: 'Standard_D2ds_v4',
    resources: [
      { type: 'Microsoft.Resources/resourceGroups', id: `${GROUP}-staging`, note: 'westeurope' },
      { type: 'Microsoft.Compute/disks', id: `${GROUP}-staging/providers/Microsoft.Compute/disks/build-os` },
      {
        type: 'Microsoft.Compute/galleries/images/versions',
        id: `${DEFINITION}/versions/2.0.7`,
        note: 'run output gallery',
      },
      { type: 'VHD', id: 'https://a.blob.core.windows.net/vhds/a.vhd?sig=SECRET', note: 'run output vhd' },
    ],
    versions: { gallery: '2.0.7' },
    ...more,
  });

  it('is shown with the rest: the pinned source, the size, the version and what would be created where', () => {
    const lines = planLines(linux(), { ...WIDE, report: report() });
    const text = lines.join('\n');
    assert.match(text, /^ {14}is Debian:debian-12:12-gen2:0\.20260101\.1 \(Linux, generation V2\)$/m);
    assert.match(text, /^ {2}machine {5}Standard_D2ds_v4, disk of 30 GiB$/m);
    assert.match(text, /version 2\.0\.7 \(the highest of major 2/);
    assert.deepEqual(lines.slice(lines.indexOf('would create in resource group images-staging'), -3), [
      'would create in resource group images-staging',
      '  the group                         westeurope',
      '  Microsoft.Compute/disks/build-os',
      '',
      'would create in resource group images',
      '  Microsoft.Compute/galleries/golden/images/linux/versions/2.0.7  run output gallery',
      '',
      'would create',
      '  https://a.blob.core.windows.net/vhds/a.vhd?sig=***  run output vhd',
    ]);
  });

  it('has the permissions needed, where they are known', () => {
    const permissions = [
      {
        scope: '/subscriptions/s/resourceGroups/images',
        actions: [
          'Microsoft.Compute/images/read',
          'Microsoft.Compute/images/write',
          'Microsoft.Compute/disks/beginGetAccess/action',
          'Microsoft.Network/virtualNetworks/subnets/join/action',
        ],
        why: 'the managed image',
      },
      { scope: '/subscriptions/s', actions: ['Microsoft.Compute/skus/read'], why: 'the size' },
      { scope: DEFINITION, actions: ['Microsoft.Compute/galleries/images/read'], why: 'run output gallery' },
      {
        scope: 'https://vhds.blob.core.windows.net',
        actions: ['Microsoft.Storage/containers/write'],
        dataActions: ['Microsoft.Storage/blobs/read', 'Microsoft.Storage/blobs/write'],
        why: 'run output vhd',
      },
    ];
    const lines = planLines(linux(), { ...WIDE, report: report({ permissions }) });
    const from = lines.indexOf('permissions needed');
    assert.deepEqual(lines.slice(from, from + 12), [
      'permissions needed',
      '  on resource group images of subscription s, for the managed image',
      '      Microsoft.Compute/images                   read, write',
      '      Microsoft.Compute/disks                    beginGetAccess/action',
      '      Microsoft.Network/virtualNetworks/subnets  join/action',
      '  on subscription s, for the size',
      '      Microsoft.Compute/skus  read',
      '  on Microsoft.Compute/galleries/golden/images/linux in images, for run output gallery',
      '      Microsoft.Compute/galleries/images  read',
      '  on the storage account at https://vhds.blob.core.windows.net, for run output vhd',
      '      Microsoft.Storage/containers  write',
      '      Microsoft.Storage/blobs       read, write (data actions)',
    ]);
    assert.equal(planLines(linux(), { ...WIDE, report: report() }).includes('permissions needed'), false);
  });
});

describe('lines', () => {
  it('fit the width and are plain without colours, whatever the template is', () => {
    fc.assert(
      fc.property(imageTemplates, fc.integer({ min: 60, max: 120 }), (template, width) => {
        for (const line of planLines(planOf(deployment([template])), { width, color: false })) {
          assert.ok(line.length <= width, line);
          // oxlint-disable-next-line no-control-regex
          assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('hold no escape sequence of a script', () => {
    const customize = [{ type: 'Shell', name: 'a\u001b[2Jb', inline: ['\u001b]0;title\u0007true'] }];
    const text = planLines(planOf(deployment([resource({ customize })])), WIDE).join('\n');
    assert.equal(text.includes('\u001b'), false);
  });

  it('have bold titles in colour', () => {
    assert.equal(planLines(linux(), { width: 100, color: true })[0]?.startsWith('\u001b[1m'), true);
  });

  it('keep a resource whole where its note can give room', () => {
    const [id, note] = ['galleries/golden/images/debian-12/versions/1.0.1', 'westeurope × 2, northeurope × 1'];
    assert.deepEqual(columns([[id, note]], { width: 70, whole: [0] }), [
      `  ${id}  westeurope × 2,`,
      `${' '.repeat(52)}northeurope × 1`,
    ]);
  });

  it('of columns lose no text but where a column may be cut', () => {
    const cells = fc.array(fc.stringMatching(/^[a-z/]{0,40}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(cells, { minLength: 1, maxLength: 4 }), (rows) => {
        const all = columns(rows, { width: 60 }).join('').replaceAll(/\s/g, '');
        assert.equal(all.length, rows.flat().join('').length);
      }),
    );
  });
});
