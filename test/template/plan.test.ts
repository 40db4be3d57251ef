/** Every part of a template in the plan, with its defaults. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFINITION, deployment, GROUP, IDENTITY, planOf, resource, SOURCE } from './support.ts';

const SUM = 'a'.repeat(64);

const planned = (properties: object): ReturnType<typeof planOf> => planOf(deployment([resource(properties)]));

describe('the plan', () => {
  it('fills the defaults of a template that says only what it must', () => {
    const plan = planned({});
    assert.deepEqual(plan.source, { ...SOURCE, version: 'latest' });
    assert.deepEqual(plan.customize, []);
    assert.equal(plan.buildTimeoutInMinutes, 240);
    assert.deepEqual(plan.machine, { name: 'build', osDiskSizeGB: 0, identities: [] });
    for (const part of ['validate', 'optimize', 'errorHandling', 'stagingResourceGroup', 'autoRun'] as const) {
      assert.equal(plan[part], undefined);
    }
  });

  it('has each kind of customizer, with its defaults', () => {
    const { customize } = planned({
      customize: [
        { type: 'PowerShell', name: 'Install IIS', inline: ['Install-WindowsFeature Web-Server'] },
        {
          type: 'PowerShell',
          scriptUri: 'https://e.com/a.ps1',
          sha256Checksum: 'AB'.repeat(32),
          runElevated: true,
          runAsSystem: true,
          validExitCodes: [0, 3010],
        },
        { type: 'WindowsRestart' },
        { type: 'WindowsRestart', restartCommand: 'r', restartCheckCommand: 'c', restartTimeout: '1h30m' },
        { type: 'WindowsUpdate' },
        { type: 'WindowsUpdate', searchCriteria: 'IsInstalled=0', filters: ['include:$true'], updateLimit: 20 },
        { type: 'File', sourceUri: 'https://e.com/f', destination: 'C:\\f' },
      ],
    });
    assert.deepEqual(customize, [
      {
        type: 'PowerShell',
        index: 0,
        name: 'Install IIS',
        key: 'step-01-install-iis',
        script: { from: 'inline', lines: ['Install-WindowsFeature Web-Server'] },
        runElevated: false,
        runAsSystem: false,
        validExitCodes: [0],
      },
      {
        type: 'PowerShell',
        index: 1,
        name: 'PowerShell-2',
        key: 'step-02-powershell-2',
        script: { from: 'uri', uri: 'https://e.com/a.ps1', sha256: 'ab'.repeat(32) },
        runElevated: true,
        runAsSystem: true,
        validExitCodes: [0, 3010],
      },
      {
        type: 'WindowsRestart',
        index: 2,
        name: 'WindowsRestart-3',
        key: 'step-03-windowsrestart-3',
        restartCommand: 'shutdown /r /f /t 0 /c "packer restart"',
        restartTimeoutInSeconds: 300,
      },
      {
        type: 'WindowsRestart',
        index: 3,
        name: 'WindowsRestart-4',
        key: 'step-04-windowsrestart-4',
        restartCommand: 'r',
        restartCheckCommand: 'c',
        restartTimeoutInSeconds: 5400,
      },
      {
        type: 'WindowsUpdate',
        index: 4,
        name: 'WindowsUpdate-5',
        key: 'step-05-windowsupdate-5',
        searchCriteria: 'BrowseOnly=0 and IsInstalled=0',
        filters: [],
        updateLimit: 1000,
      },
      {
        type: 'WindowsUpdate',
        index: 5,
        name: 'WindowsUpdate-6',
        key: 'step-06-windowsupdate-6',
        searchCriteria: 'IsInstalled=0',
        filters: ['include:$true'],
        updateLimit: 20,
      },
      {
        type: 'File',
        index: 6,
        name: 'File-7',
        key: 'step-07-file-7',
        sourceUri: 'https://e.com/f',
        destination: 'C:\\f',
      },
    ]);
  });

  it('has validators, optimization, error handling and auto run', () => {
    const plan = planned({
      validate: { sourceValidationOnly: true, inVMValidations: [{ type: 'Shell', inline: ['true'] }] },
      optimize: { vmBoot: { state: 'Enabled' }, workload: { state: 'Enabled', scriptUri: 'https://e.com/w' } },
      errorHandling: { onValidationError: 'abort' },
      autoRun: { state: 'Enabled' },
    });
    assert.deepEqual(plan.validate, {
      continueDistributeOnFailure: false,
      sourceValidationOnly: true,
      validators: [
        {
          type: 'Shell',
          index: 0,
          name: 'Shell-1',
          key: 'check-01-shell-1',
          script: { from: 'inline', lines: ['true'] },
        },
      ],
    });
    assert.deepEqual(plan.optimize, { vmBoot: true, workload: { scriptUri: 'https://e.com/w' } });
    assert.deepEqual(plan.errorHandling, { onCustomizerError: 'cleanup', onValidationError: 'abort' });
    assert.equal(plan.autoRun, true);
  });

  it('leaves out what asks for nothing', () => {
    const plan = planned({
      validate: { inVMValidations: [] },
      optimize: { vmBoot: { state: 'Disabled' } },
      autoRun: {},
    });
    assert.deepEqual([plan.validate, plan.optimize, plan.autoRun], [undefined, undefined, undefined]);
  });

  it('has the whole machine', () => {
    const subnet = `${GROUP}/providers/Microsoft.Network/virtualNetworks/n/subnets`;
    const { machine } = planned({
      vmProfile: {
        vmSize: 'Standard_D4s_v5',
        osDiskSizeGB: 64,
        userAssignedIdentities: [IDENTITY],
        vnetConfig: {
          subnetId: `${subnet}/a`,
          containerInstanceSubnetId: `${subnet}/b`,
          proxyVmSize: 'Standard_A1_v2',
        },
      },
      additionalDataDisks: [{ sizeGB: 8 }, {}],
    });
    assert.deepEqual(machine, {
      name: 'build',
      vmSize: 'Standard_D4s_v5',
      osDiskSizeGB: 64,
      identities: [IDENTITY],
      subnetId: `${subnet}/a`,
      containerInstanceSubnetId: `${subnet}/b`,
      proxyVmSize: 'Standard_A1_v2',
      dataDisks: [{ sizeGB: 8 }, { sizeGB: 32 }],
    });
  });

  it('puts managed resource tags on everything, and lets none of them take the place of its own', () => {
    const { tags, managedResourceTags } = planned({ managedResourceTags: { owner: 'team', 'kiln-run': 'other' } });
    assert.equal(tags['owner'], 'team');
    assert.equal(tags['kiln-run'], 'run');
    assert.deepEqual(managedResourceTags, { owner: 'team', 'kiln-run': 'other' });
  });

  it("takes a staging group of the template's own", () => {
    const { staging, stagingResourceGroup } = planned({ stagingResourceGroup: `${GROUP}-staging` });
    assert.equal(stagingResourceGroup, `${GROUP}-staging`);
    assert.equal(staging.resourceGroup, 'images-staging');
  });

  it('numbers gallery versions by what the template says', () => {
    const gallery = { type: 'SharedImage', galleryImageId: DEFINITION };
    const versions = [
      gallery,
      { ...gallery, versioning: { scheme: 'Latest' } },
      { ...gallery, versioning: { scheme: 'Latest', major: 2 } },
      { ...gallery, versioning: { scheme: 'Source' } },
      { ...gallery, galleryImageId: `${DEFINITION}/versions/1.2.3` },
    ].map((target, index) => ({ ...target, runOutputName: `o${index}` }));
    assert.deepEqual(
      planned({ distribute: versions }).distribute.map((target) =>
        target.type === 'SharedImage' ? target.version : '',
      ),
      [
        { scheme: 'latest' },
        { scheme: 'latest' },
        { scheme: 'latest', major: 2 },
        { scheme: 'source' },
        { scheme: 'explicit', version: '1.2.3' },
      ],
    );
  });

  it('warns of outputs in the same place, and of a workload without a script', () => {
    const explicit = (name: string): object => ({
      type: 'SharedImage',
      runOutputName: name,
      galleryImageId: `${DEFINITION}/versions/1.0.0`,
    });
    const latest = (name: string): object => ({ ...explicit(name), galleryImageId: DEFINITION });
    const distribute = [explicit('a'), latest('b'), explicit('c'), latest('d')];
    const { warnings } = planned({ distribute, optimize: { workload: { state: 'Enabled', sha256Checksum: SUM } } });
    assert.deepEqual(
      warnings.map(({ path, message }) => `${path} ${message}`),
      [
        "properties.distribute[2].galleryImageId is what distribute[0] makes too: one would take the other's place",
        'properties.optimize.workload has no scriptUri, so nothing is run for it',
        'properties.optimize.workload.sha256Checksum means nothing without scriptUri',
      ],
    );
  });

  it('warns of a time limit with which Azure Image Builder fails', () => {
    const warned = (minutes: number): number => planned({ buildTimeoutInMinutes: minutes }).warnings.length;
    assert.deepEqual([0, 1, 5, 6, 960].map(warned), [0, 1, 1, 0, 0]);
  });

  it('has one list of regions, whichever way the template has it', () => {
    const gallery = { type: 'SharedImage', galleryImageId: DEFINITION };
    const regions = (more: object): unknown => {
      const [target] = planned({ distribute: [{ ...gallery, runOutputName: 'a', ...more }] }).distribute;
      return target?.type === 'SharedImage' ? target.targetRegions : undefined;
    };
    const region = (name: string, replicaCount = 1, storageAccountType = 'Standard_LRS'): object => ({
      name,
      replicaCount,
      storageAccountType,
    });
    assert.deepEqual(regions({}), [region('westeurope')]);
    assert.deepEqual(regions({ replicationRegions: ['West US 2'], storageAccountType: 'Standard_ZRS' }), [
      region('westus2', 1, 'Standard_ZRS'),
      region('westeurope'),
    ]);
    const both = [{ name: 'eastus', replicaCount: 3 }, { name: 'West Europe' }];
    assert.deepEqual(regions({ targetRegions: both }), [region('eastus', 3), region('westeurope')]);
  });

  it('has the build’s region in any case, and says so where the template is without it', () => {
    const gallery = { type: 'SharedImage', galleryImageId: DEFINITION, runOutputName: 'a' };
    const told = (more: object): unknown[] =>
      planned({ distribute: [{ ...gallery, ...more }] }).warnings.map(({ path }) => path);
    assert.deepEqual(told({ targetRegions: [{ name: 'eastus' }] }), ['properties.distribute[0].targetRegions']);
    assert.deepEqual(told({ replicationRegions: ['eastus'] }), ['properties.distribute[0].replicationRegions']);
    assert.deepEqual(told({ targetRegions: [{ name: 'eastus' }, { name: 'West Europe' }] }), []);
    assert.deepEqual(told({}), []);
  });

  it('has sources from galleries that others share', () => {
    for (const [id, kind] of [
      ['/sharedGalleries/u/images/i/versions/latest', 'directShared'],
      ['/CommunityGalleries/u/Images/i/Versions/1.0.0', 'community'],
      [`${DEFINITION}/versions/latest`, undefined],
    ] as const) {
      const { source } = planned({ source: { type: 'SharedImageVersion', imageVersionId: id } });
      assert.deepEqual(source.type === 'SharedImageVersion' ? [source.imageVersionId, source.gallery] : [], [id, kind]);
    }
  });
});
