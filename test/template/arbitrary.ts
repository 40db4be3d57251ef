/** Valid image templates of any kind, for property tests. */
import fc from 'fast-check';
import { API_VERSIONS, atLeast } from '../../src/template/api-versions/api-versions.ts';
import type { ApiVersion } from '../../src/template/api-versions/api-versions.ts';
import { DEFINITION, GROUP, IDENTITY, IMAGE } from './support.ts';

type Part = fc.Arbitrary<Record<string, unknown>>;

/** A record in which a field may be left out. */
const some = (fields: Record<string, fc.Arbitrary<unknown>>, required: string[]): Part =>
  fc.record(fields, { requiredKeys: required });

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,11}$/);
const uri = word.map((name) => `https://example.com/${name}`);
const sha = fc.stringMatching(/^[0-9a-f]{64}$/);
const region = fc.constantFrom('westeurope', 'West US 2', 'northeurope', 'eastus');
const state = fc.constantFrom('Enabled', 'Disabled');
const lines = fc.array(fc.string({ maxLength: 20 }).filter(isPlain), { minLength: 1, maxLength: 4 });
const tags = fc.dictionary(word, fc.string({ maxLength: 12 }).filter(isPlain), { maxKeys: 3 });
const subnet = word.map((name) => `${GROUP}/providers/Microsoft.Network/virtualNetworks/n/subnets/${name}`);

const restartTimeout = fc.constantFrom('5m', '90s', '2h', '1h30m');
/** Kiln's own key, which goes with every version. */
const kiln = some(
  {
    restart: fc.oneof(fc.boolean(), some({ timeout: restartTimeout }, [])),
    environment: fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,8}$/), fc.string().filter(isPlain), { maxKeys: 2 }),
    retries: fc.nat({ max: 20 }),
    pauseBefore: restartTimeout,
    timeout: restartTimeout,
    validExitCodes: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 2 }),
  },
  [],
);

/** What is neither an expression nor a placeholder. */
function isPlain(text: string): boolean {
  return !text.includes('[') && !text.includes('<');
}

/** Since the version that has it. */
const from = (
  version: ApiVersion,
  first: ApiVersion,
  fields: Record<string, fc.Arbitrary<unknown>>,
): Record<string, fc.Arbitrary<unknown>> => (atLeast(version, first) ? fields : {});

const lower = (version: ApiVersion, type: string): string =>
  version === '2018-02-01-preview' ? type.charAt(0).toLowerCase() + type.slice(1) : type;

function script(version: ApiVersion, type: string, more: Record<string, fc.Arbitrary<unknown>> = {}): Part {
  const base = { type: fc.constant(type), name: word, ...more };
  const address = atLeast(version, '2019-05-01-preview') ? 'scriptUri' : 'script';
  const sum = from(version, '2019-05-01-preview', { sha256Checksum: sha });
  const byAddress = some({ ...base, [address]: uri, ...sum }, ['type', address]);
  const inline = some({ ...base, inline: lines }, ['type', 'inline']);
  return atLeast(version, '2019-02-01-preview') ? fc.oneof(byAddress, inline) : byAddress;
}

function powerShell(version: ApiVersion): Part {
  const elevated = from(version, '2019-05-01-preview', { runElevated: fc.boolean() });
  const system = from(version, '2020-02-14', { runAsSystem: fc.boolean() });
  return script(version, 'PowerShell', {
    validExitCodes: fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 3 }),
    ...elevated,
    ...system,
  }).map((step) => (step['runAsSystem'] === true ? { ...step, runElevated: true } : step));
}

const file: Part = some(
  {
    type: fc.constant('File'),
    name: word,
    sourceUri: uri,
    destination: word.map((name) => `/${name}`),
    sha256Checksum: sha,
  },
  ['type', 'sourceUri', 'destination'],
);

function customizer(version: ApiVersion): Part {
  const kinds: Part[] = [script(version, lower(version, 'Shell'), { kiln })];
  if (atLeast(version, '2019-02-01-preview')) {
    kinds.push(powerShell(version));
    kinds.push(
      some({ type: fc.constant('WindowsRestart'), restartCommand: word, restartCheckCommand: word, restartTimeout }, [
        'type',
      ]),
    );
  }
  if (atLeast(version, '2019-05-01-preview')) kinds.push(file);
  if (atLeast(version, '2020-02-14')) {
    const filters = fc.array(
      word.map((name) => `include:$_.${name}`),
      { maxLength: 2 },
    );
    const updateLimit = fc.integer({ min: 0, max: 2000 });
    kinds.push(some({ type: fc.constant('WindowsUpdate'), searchCriteria: word, filters, updateLimit }, ['type']));
  }
  return fc.oneof(...kinds);
}

function source(version: ApiVersion): Part {
  const planInfo = fc.record({ planName: word, planProduct: word, planPublisher: word });
  const platform = some(
    {
      type: fc.constant('PlatformImage'),
      publisher: word,
      offer: word,
      sku: word,
      version: fc.constantFrom('latest', '1.0.0'),
      ...from(version, '2020-02-14', { planInfo }),
    },
    ['type', 'publisher', 'offer', 'sku'],
  );
  const kinds: Part[] = [platform];
  if (atLeast(version, '2019-02-01-preview')) {
    kinds.push(fc.record({ type: fc.constant('ManagedImage'), imageId: fc.constant(IMAGE) }));
  }
  if (atLeast(version, '2019-05-01-preview')) {
    const versions = ['1.2.3', ...(atLeast(version, '2022-07-01') ? ['latest'] : [])];
    const imageVersionId = fc
      .tuple(
        fc.constantFrom(DEFINITION, '/sharedGalleries/g/images/i', '/communityGalleries/g/images/i'),
        fc.constantFrom(...versions),
      )
      .map(([base, exact]) => `${base}/versions/${exact}`);
    kinds.push(fc.record({ type: fc.constant('SharedImageVersion'), imageVersionId }));
  }
  return fc.oneof(...kinds);
}

function sharedImage(version: ApiVersion): Part {
  const storage = fc.constantFrom('Standard_LRS', 'Standard_ZRS');
  const regions = fc.uniqueArray(region, { minLength: 1, maxLength: 3 });
  const explicit = atLeast(version, '2020-02-14') ? ['', '/versions/1.2.3'] : [''];
  const base = {
    type: fc.constant(lower(version, 'SharedImage')),
    artifactTags: tags,
    galleryImageId: fc.constantFrom(...explicit).map((end) => DEFINITION + end),
    ...from(version, '2020-02-14', { excludeFromLatest: fc.boolean() }),
    ...from(version, '2022-07-01', {
      versioning: fc.oneof(
        some({ scheme: fc.constant('Latest'), major: fc.integer({ min: -1, max: 9 }) }, ['scheme']),
        fc.constant({ scheme: 'Source' }),
      ),
    }),
    ...from(version, '2025-10-01', { replicationMode: fc.constantFrom('Full', 'Shallow') }),
  };
  const older = some(
    { ...base, replicationRegions: regions, ...from(version, '2020-02-14', { storageAccountType: storage }) },
    ['type', 'galleryImageId', 'replicationRegions'],
  );
  if (!atLeast(version, '2022-07-01')) return older;
  const replicaCount = fc.integer({ min: 1, max: 100 });
  const targetRegions = regions.chain((names) =>
    fc.tuple(
      ...names.map((name) => some({ name: fc.constant(name), replicaCount, storageAccountType: storage }, ['name'])),
    ),
  );
  return fc.oneof(older, some({ ...base, targetRegions }, ['type', 'galleryImageId']));
}

function distributors(version: ApiVersion): fc.Arbitrary<Array<Record<string, unknown>>> {
  const managed = some(
    {
      type: fc.constant(lower(version, 'ManagedImage')),
      artifactTags: tags,
      imageId: fc.constant(IMAGE),
      location: region,
    },
    ['type', 'imageId', 'location'],
  );
  const vhd = some({ type: fc.constant('VHD'), artifactTags: tags, ...from(version, '2022-07-01', { uri }) }, ['type']);
  const one = fc.oneof(sharedImage(version), managed, ...(atLeast(version, '2019-02-01-preview') ? [vhd] : []));
  // Each output has a name of its own.
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((all) => all.map((target, index) => ({ ...target, runOutputName: `output-${index}` })));
}

function vmProfile(version: ApiVersion): Part {
  const vnetConfig = some(
    {
      subnetId: subnet,
      ...from(version, '2021-10-01', { proxyVmSize: word }),
    },
    [],
  );
  return some(
    {
      vmSize: word,
      ...from(version, '2020-02-14', { osDiskSizeGB: fc.integer({ min: 0, max: 4095 }), vnetConfig }),
      ...from(version, '2021-10-01', { userAssignedIdentities: fc.constant([IDENTITY]) }),
    },
    [],
  );
}

function properties(version: ApiVersion): Part {
  const validator = fc.oneof(
    script(version, 'Shell'),
    powerShell(version),
    ...(atLeast(version, '2022-07-01') ? [file] : []),
  );
  const validate = some(
    {
      continueDistributeOnFailure: fc.boolean(),
      sourceValidationOnly: fc.boolean(),
      inVMValidations: fc.array(validator, { maxLength: 2 }),
    },
    [],
  );
  const onError = fc.constantFrom('cleanup', 'abort');
  const workload = some({ state, scriptUri: uri, sha256Checksum: sha }, []);
  return some(
    {
      source: source(version),
      customize: fc.array(customizer(version), { maxLength: 4 }),
      distribute: distributors(version),
      ...from(version, '2019-05-01-preview', {
        buildTimeoutInMinutes: fc.integer({ min: 0, max: 960 }),
        vmProfile: vmProfile(version),
      }),
      ...from(version, '2022-02-14', { validate, stagingResourceGroup: fc.constant(`${GROUP}-staging`) }),
      ...from(version, '2022-07-01', {
        optimize: some({ vmBoot: some({ state }, []), ...from(version, '2025-10-01', { workload }) }, []),
      }),
      ...from(version, '2023-07-01', {
        errorHandling: some({ onCustomizerError: onError, onValidationError: onError }, []),
      }),
      ...from(version, '2024-02-01', { autoRun: some({ state }, []), managedResourceTags: tags }),
      ...from(version, '2025-10-01', {
        additionalDataDisks: fc.array(some({ sizeGB: fc.integer({ min: 0, max: 1024 }) }, []), { maxLength: 2 }),
      }),
    },
    ['source', 'distribute'],
  );
}

/** A resource of any api-version, valid by its rules. */
export const imageTemplates: Part = fc.constantFrom(...API_VERSIONS).chain((version) =>
  some(
    {
      type: fc.constant('Microsoft.VirtualMachineImages/imageTemplates'),
      apiVersion: fc.constant(version),
      name: word,
      location: region,
      tags,
      identity: fc.constant({ type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } }),
      properties: properties(version),
    },
    ['type', 'apiVersion', 'name', 'location', 'identity', 'properties'],
  ),
);
