/** What each api-version added, removed and renamed, from the published changes: a template of that version says it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { API_VERSIONS, atLeast, isStrict } from '../../src/template/api-versions/api-versions.ts';
import type { ApiVersion } from '../../src/template/api-versions/api-versions.ts';
import { planFile } from '../../src/template/index.ts';
import { shared, WITHOUT_SHARED } from './azure-types.ts';
import {
  DEFINITION,
  deployment,
  GROUP,
  IDENTITY,
  IMAGE,
  OPTIONS,
  planOf,
  resource,
  SOURCE,
  toldOf,
} from './support.ts';

const URI = 'https://example.com/x';
const SUM = 'a'.repeat(64);
const SUBNET = `${GROUP}/providers/Microsoft.Network/virtualNetworks/n/subnets`;

const lower = (version: ApiVersion, type: string): string =>
  version === '2018-02-01-preview' ? type.charAt(0).toLowerCase() + type.slice(1) : type;

type Make = (version: ApiVersion) => object;
const script = (version: ApiVersion): object =>
  atLeast(version, '2019-05-01-preview') ? { scriptUri: URI } : { script: URI };
const step =
  (type: string, fields: object = {}, own = true): Make =>
  (version) => ({ customize: [{ type: lower(version, type), ...(own ? script(version) : {}), ...fields }] });
const check =
  (type: string, fields: object): Make =>
  () => ({ validate: { inVMValidations: [{ type, ...fields }] } });
const gallery =
  (fields: object): Make =>
  (version) => ({
    distribute: [
      {
        type: lower(version, 'SharedImage'),
        runOutputName: 'a',
        galleryImageId: DEFINITION,
        ...(atLeast(version, '2022-07-01') ? {} : { replicationRegions: ['westeurope'] }),
        ...fields,
      },
    ],
  });
const plain =
  (properties: object): Make =>
  () =>
    properties;

/** Properties that use the field, by the name that the list of changes has for it. */
const USES: Record<string, Make> = {
  'ImageTemplateCustomizer.name': step('Shell', { name: 'a' }),
  'ImageTemplateCustomizer<PowerShell>': step('PowerShell'),
  'ImageTemplateCustomizer<WindowsRestart>': step('WindowsRestart', {}, false),
  'ImageTemplateCustomizer<File>': step('File', { sourceUri: URI, destination: '/a' }, false),
  'ImageTemplateCustomizer<WindowsUpdate>': step('WindowsUpdate', {}, false),
  'ImageTemplateDistributor.artifactTags': gallery({ artifactTags: { a: 'b' } }),
  'ImageTemplateDistributor.runOutputName': gallery({}),
  'ImageTemplateDistributor<VHD>': plain({ distribute: [{ type: 'VHD', runOutputName: 'a' }] }),
  'ImageTemplateSource<PlatformImage>': plain({ source: SOURCE }),
  'ImageTemplateSource<SharedImageVersion>': plain({
    source: { type: 'SharedImageVersion', imageVersionId: `${DEFINITION}/versions/1.0.0` },
  }),
  'ImageTemplatePlatformImageSource.offer': plain({ source: SOURCE }),
  'ImageTemplatePlatformImageSource.publisher': plain({ source: SOURCE }),
  'ImageTemplatePlatformImageSource.sku': plain({ source: SOURCE }),
  'ImageTemplatePlatformImageSource.version': plain({ source: { ...SOURCE, version: '1.0.0' } }),
  'ImageTemplatePlatformImageSource.planInfo': plain({
    source: { ...SOURCE, planInfo: { planName: 'a', planProduct: 'b', planPublisher: 'c' } },
  }),
  'ImageTemplateShellCustomizer.inline': step('Shell', { inline: ['true'] }, false),
  'ImageTemplateShellCustomizer.scriptUri': step('Shell', { scriptUri: URI }, false),
  'ImageTemplateShellCustomizer.sha256Checksum': step('Shell', { sha256Checksum: SUM }),
  'ImageTemplatePowerShellCustomizer.inline': step('PowerShell', { inline: ['true'] }, false),
  'ImageTemplatePowerShellCustomizer.validExitCodes': step('PowerShell', { validExitCodes: [0, 3010] }),
  'ImageTemplatePowerShellCustomizer.scriptUri': step('PowerShell', { scriptUri: URI }, false),
  'ImageTemplatePowerShellCustomizer.sha256Checksum': step('PowerShell', { sha256Checksum: SUM }),
  'ImageTemplatePowerShellCustomizer.runElevated': step('PowerShell', { runElevated: true }),
  'ImageTemplatePowerShellCustomizer.runAsSystem': step('PowerShell', { runElevated: true, runAsSystem: true }),
  'ImageTemplateRestartCustomizer.restartCheckCommand': step('WindowsRestart', { restartCheckCommand: 'a' }, false),
  'ImageTemplateRestartCustomizer.restartCommand': step('WindowsRestart', { restartCommand: 'a' }, false),
  'ImageTemplateRestartCustomizer.restartTimeout': step('WindowsRestart', { restartTimeout: '10m' }, false),
  'ImageTemplateFileCustomizer.destination': step('File', { sourceUri: URI, destination: '/a' }, false),
  'ImageTemplateFileCustomizer.sourceUri': step('File', { sourceUri: URI, destination: '/a' }, false),
  'ImageTemplateFileCustomizer.sha256Checksum': step(
    'File',
    { sourceUri: URI, destination: '/a', sha256Checksum: SUM },
    false,
  ),
  'ImageTemplateWindowsUpdateCustomizer.filters': step('WindowsUpdate', { filters: ['include:$true'] }, false),
  'ImageTemplateWindowsUpdateCustomizer.searchCriteria': step('WindowsUpdate', { searchCriteria: 'a' }, false),
  'ImageTemplateWindowsUpdateCustomizer.updateLimit': step('WindowsUpdate', { updateLimit: 20 }, false),
  'ImageTemplateProperties.customize': step('Shell'),
  'ImageTemplateProperties.distribute': gallery({}),
  'ImageTemplateProperties.source': plain({ source: SOURCE }),
  'ImageTemplateProperties.buildTimeoutInMinutes': plain({ buildTimeoutInMinutes: 60 }),
  'ImageTemplateProperties.vmProfile': plain({ vmProfile: {} }),
  'ImageTemplateProperties.stagingResourceGroup': plain({ stagingResourceGroup: `${GROUP}-staging` }),
  'ImageTemplateProperties.validate': plain({ validate: {} }),
  'ImageTemplateProperties.optimize': plain({ optimize: {} }),
  'ImageTemplateProperties.errorHandling': plain({ errorHandling: {} }),
  'ImageTemplateProperties.autoRun': plain({ autoRun: {} }),
  'ImageTemplateProperties.managedResourceTags': plain({ managedResourceTags: { a: 'b' } }),
  'ImageTemplateProperties.additionalDataDisks': plain({ additionalDataDisks: [] }),
  'DataDisk.sizeGB': plain({ additionalDataDisks: [{ sizeGB: 8 }] }),
  'ImageTemplateVmProfile.vmSize': plain({ vmProfile: { vmSize: 'Standard_D2s_v3' } }),
  'ImageTemplateVmProfile.osDiskSizeGB': plain({ vmProfile: { osDiskSizeGB: 64 } }),
  'ImageTemplateVmProfile.vnetConfig': plain({ vmProfile: { vnetConfig: {} } }),
  'ImageTemplateVmProfile.userAssignedIdentities': plain({ vmProfile: { userAssignedIdentities: [IDENTITY] } }),
  'VirtualNetworkConfig.subnetId': plain({ vmProfile: { vnetConfig: { subnetId: `${SUBNET}/a` } } }),
  'VirtualNetworkConfig.proxyVmSize': plain({ vmProfile: { vnetConfig: { proxyVmSize: 'Standard_A1_v2' } } }),
  'VirtualNetworkConfig.containerInstanceSubnetId': plain({
    vmProfile: { vnetConfig: { subnetId: `${SUBNET}/a`, containerInstanceSubnetId: `${SUBNET}/b` } },
  }),
  'ImageTemplateManagedImageSource.imageId': plain({ source: { type: 'ManagedImage', imageId: IMAGE } }),
  'ImageTemplateSharedImageVersionSource.imageVersionId': plain({
    source: { type: 'SharedImageVersion', imageVersionId: `${DEFINITION}/versions/1.0.0` },
  }),
  'ImageTemplateSharedImageDistributor.galleryImageId': gallery({}),
  'ImageTemplateSharedImageDistributor.replicationRegions': gallery({ replicationRegions: ['westeurope'] }),
  'ImageTemplateSharedImageDistributor.excludeFromLatest': gallery({ excludeFromLatest: true }),
  'ImageTemplateSharedImageDistributor.storageAccountType': gallery({
    replicationRegions: ['westeurope'],
    storageAccountType: 'Standard_ZRS',
  }),
  'ImageTemplateSharedImageDistributor.targetRegions': gallery({ targetRegions: [{ name: 'westeurope' }] }),
  'ImageTemplateSharedImageDistributor.versioning': gallery({ versioning: { scheme: 'Latest' } }),
  'ImageTemplateSharedImageDistributor.replicationMode': gallery({ replicationMode: 'Shallow' }),
  'DistributeVersioner<Latest>': gallery({ versioning: { scheme: 'Latest' } }),
  'DistributeVersioner<Source>': gallery({ versioning: { scheme: 'Source' } }),
  'DistributeVersionerLatest.major': gallery({ versioning: { scheme: 'Latest', major: 2 } }),
  'TargetRegion.name': gallery({ targetRegions: [{ name: 'westeurope' }] }),
  'TargetRegion.replicaCount': gallery({ targetRegions: [{ name: 'westeurope', replicaCount: 2 }] }),
  'TargetRegion.storageAccountType': gallery({
    targetRegions: [{ name: 'westeurope', storageAccountType: 'Premium_LRS' }],
  }),
  'ImageTemplateVhdDistributor.uri': plain({ distribute: [{ type: 'VHD', runOutputName: 'a', uri: URI }] }),
  'PlatformImagePurchasePlan.planName': plain({
    source: { ...SOURCE, planInfo: { planName: 'a', planProduct: 'b', planPublisher: 'c' } },
  }),
  'ImageTemplatePropertiesValidate.continueDistributeOnFailure': plain({
    validate: { continueDistributeOnFailure: true },
  }),
  'ImageTemplatePropertiesValidate.sourceValidationOnly': plain({ validate: { sourceValidationOnly: true } }),
  'ImageTemplatePropertiesValidate.inVMValidations': plain({ validate: { inVMValidations: [] } }),
  'ImageTemplateInVMValidator.name': check('Shell', { name: 'a', inline: ['true'] }),
  'ImageTemplateInVMValidator<PowerShell>': check('PowerShell', { inline: ['1'] }),
  'ImageTemplateInVMValidator<File>': check('File', { sourceUri: URI, destination: '/a' }),
  'ImageTemplatePowerShellValidator.runAsSystem': check('PowerShell', {
    inline: ['1'],
    runElevated: true,
    runAsSystem: true,
  }),
  'ImageTemplatePropertiesOptimize.vmBoot': plain({ optimize: { vmBoot: {} } }),
  'ImageTemplatePropertiesOptimizeVmBoot.state': plain({ optimize: { vmBoot: { state: 'Enabled' } } }),
  'ImageTemplatePropertiesOptimize.workload': plain({ optimize: { workload: {} } }),
  'ImageTemplatePropertiesOptimizeWorkload.scriptUri': plain({ optimize: { workload: { scriptUri: URI } } }),
  'ImageTemplatePropertiesOptimizeWorkload.sha256Checksum': plain({ optimize: { workload: { sha256Checksum: SUM } } }),
  'ImageTemplatePropertiesOptimizeWorkload.state': plain({ optimize: { workload: { state: 'Enabled' } } }),
  'ImageTemplatePropertiesErrorHandling.onCustomizerError': plain({ errorHandling: { onCustomizerError: 'abort' } }),
  'ImageTemplatePropertiesErrorHandling.onValidationError': plain({ errorHandling: { onValidationError: 'abort' } }),
  'ImageTemplateAutoRun.state': plain({ autoRun: { state: 'Enabled' } }),
};

/** Names that say the same as another in the table, or that a person does not write. */
const COVERED =
  /^(ProvisioningError|ImageTemplateLastRunStatus|SystemData|Microsoft\.|RunOutput|Trigger|SourceImageTrigger|UserAssignedIdentity|ComponentsVrq|ImageTemplateIdentity)|\.(type|scheme|exactVersion|exactStagingResourceGroup|provisioning\w+|lastRunStatus)$|^ImageTemplate(Iso|Source<ISO>)|^ImageTemplateManagedImageDistributor|<(shell|Shell|managedImage|sharedImage|ManagedImage|SharedImage)>$|Customizer\.script$|^PlatformImagePurchasePlan\.plan(Product|Publisher)$|^ImageTemplate(Shell|PowerShell|File)Validator\.(inline|scriptUri|sha256Checksum|runElevated|validExitCodes|destination|sourceUri)$/;

const changes = shared('reference/template-schema-by-api-version.txt');

function added(): Array<[name: string, version: ApiVersion]> {
  const names = new Map<string, ApiVersion>();
  let version: ApiVersion | undefined;
  for (const line of changes === false ? [] : readFileSync(changes, 'utf8').split('\n')) {
    const heading = /^===== (\S+)/.exec(line)?.[1];
    if (heading !== undefined) version = API_VERSIONS.find((known) => known === heading);
    const name = /^ {2}\+ (\S+)/.exec(line)?.[1];
    if (version !== undefined && name !== undefined && !names.has(name)) names.set(name, version);
  }
  return [...names].filter(([name]) => !COVERED.test(name));
}

function template(version: ApiVersion, properties: object): string {
  const source = properties;
  const whole = { ...gallery({})(version), ...source };
  return deployment([resource(whole, { apiVersion: version })]);
}

/** About the properties: the two oldest versions had no identity, and a template needs one all the same. */
const warningsOf = (version: ApiVersion, properties: object): string[] =>
  planOf(template(version, properties)).warnings.flatMap(({ path, message }) => (path === 'identity' ? [] : message));

describe('a field', { skip: changes === false ? WITHOUT_SHARED : false }, () => {
  for (const [name, first] of added()) {
    it(`${name} is taken since ${first}, and told to be newer before`, () => {
      const use = USES[name];
      assert.ok(use !== undefined, `the table has no use of ${name}`);
      const since = API_VERSIONS.filter((version) => atLeast(version, first));
      for (const version of since) {
        assert.deepEqual(
          warningsOf(version, use(version)).filter((message) => /came with|is not known|went|ignored/.test(message)),
          [],
          version,
        );
      }
      const before = API_VERSIONS[API_VERSIONS.indexOf(first) - 1];
      if (before === undefined) return;
      const result = planFile(template(before, use(before)), OPTIONS);
      const told = result.ok
        ? result.plans.flatMap(({ warnings }) => warnings.map(({ message }) => message))
        : result.problems.map(({ message }) => message);
      assert.match(
        told.join('\n'),
        new RegExp(`came with api-version ${first}|is not known|expected (exactly one of )?script`),
        before,
      );
      // A version that is strict refuses what the others leave out.
      if (isStrict(before)) assert.equal(result.ok, false);
    });
  }

  it('has a line in the table only if some version added it', () => {
    const names = new Set(added().map(([name]) => name));
    assert.deepEqual(
      Object.keys(USES).filter((name) => !names.has(name)),
      [],
    );
  });
});

describe('what versions renamed, removed and tightened', () => {
  it('script is scriptUri since 2019-05-01-preview, and both are one plan', () => {
    const old = planOf(template('2019-02-01-preview', step('Shell')('2019-02-01-preview')));
    const now = planOf(template('2019-05-01-preview', step('Shell')('2019-05-01-preview')));
    assert.deepEqual(old.customize, now.customize);
    assert.deepEqual(toldOf(template('2020-02-14', { customize: [{ type: 'Shell', script: URI }] })), [
      'resources[0].properties.customize[0].script: this field is called scriptUri since api-version 2019-05-01-preview',
    ]);
  });

  it('types of 2018-02-01-preview are in lower camel case, and those of no other version', () => {
    const plan = planOf(template('2018-02-01-preview', { customize: [{ type: 'shell', script: URI }] }));
    assert.deepEqual([plan.customize[0]?.type, plan.distribute[0]?.type], ['Shell', 'SharedImage']);
    assert.match(
      toldOf(template('2024-02-01', { customize: [{ type: 'shell', inline: ['true'] }] })).join(),
      /customize\[0\]\.type: expected one of Shell, PowerShell/,
    );
  });

  it('another case and unknown fields are left out with a warning, and refused since 2024-02-01', () => {
    const odd = { Customize: [], vmboot: true };
    assert.deepEqual(
      planOf(template('2023-07-01', odd)).warnings.map(({ path, message }) => `${path} ${message}`),
      [
        'properties.Customize is read as customize',
        'properties.vmboot is not known in api-version 2023-07-01, and is ignored as it does',
      ],
    );
    assert.deepEqual(toldOf(template('2024-02-01', odd)), [
      'resources[0].properties.Customize: this field is not known: did you mean customize?',
      'resources[0].properties.vmboot: this field is not known',
    ]);
  });

  it('a dot in a name came with 2019-05-01-preview', () => {
    const named = (version: ApiVersion): string =>
      deployment([resource(gallery({})(version), { apiVersion: version, name: 'a.b' })]);
    assert.deepEqual(toldOf(named('2019-02-01-preview')), [
      'resources[0].name: expected 1 to 64 letters, digits, - or _',
    ]);
    assert.equal(planOf(named('2019-05-01-preview')).template.name, 'a.b');
  });

  it('replicationRegions was required until 2022-02-14', () => {
    const without = { distribute: [{ type: 'SharedImage', runOutputName: 'a', galleryImageId: DEFINITION }] };
    assert.deepEqual(
      toldOf(template('2022-02-14', without)),
      ['resources[0].properties.distribute[0].replicationRegions: expected an array'].map((line) =>
        line.replace('expected', 'is required: expected'),
      ),
    );
    assert.equal(planOf(template('2022-07-01', without)).distribute[0]?.type, 'SharedImage');
  });

  it('an ISO source is refused in every version, for what it is', () => {
    for (const version of API_VERSIONS) {
      const fields = version === '2019-05-01-preview' ? { sourceUri: URI } : { sourceURI: URI };
      const told = toldOf(template(version, { source: { type: 'ISO', ...fields, sha256Checksum: SUM } }));
      assert.deepEqual(told.length, 1, version);
      assert.match(told[0] ?? '', /properties\.source: ISO sources were retired/);
    }
  });

  it('a missing identity is refused in every version, and --identity mends it', () => {
    for (const version of API_VERSIONS) {
      const text = deployment([resource(gallery({})(version), { apiVersion: version, identity: undefined })]);
      assert.deepEqual(
        toldOf(text).map((line) => line.slice(0, 60)),
        ['resources[0].identity: expected a user-assigned identity, as'],
      );
      assert.deepEqual(planOf(text, { identities: [IDENTITY] }).template.identities, [IDENTITY]);
    }
  });

  it('an unknown version is refused with the known ones', () => {
    assert.deepEqual(toldOf(deployment([resource({}, { apiVersion: '2030-01-01' })])), [
      `resources[0].apiVersion: expected one of ${API_VERSIONS.join(', ')}`,
    ]);
  });
});
