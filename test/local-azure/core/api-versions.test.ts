/** Which api-versions the local Azure takes: all that recorded and foreign clients use, and what it says to any other. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apiVersionsOf, requireApiVersion } from '../../../src/local-azure/api-versions/index.ts';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import { parseResourceId } from '../../../src/local-azure/resource-id.ts';
import { RESOURCE_API_VERSIONS } from '../../../src/template/index.ts';
import { MODELS } from '../../models/models.ts';
import { readRecordings } from '../../parity/recordings.ts';
import { startTestAzure, type TestAzure } from '../support.ts';

const S = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const GROUP = `${S}/resourceGroups/golden-images/providers`;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOREIGN = `${ROOT}../shared/reference/foreign-clients.md`;
const OURS = /^Microsoft\.(Compute|Network|Storage|ManagedIdentity|Authorization|Resources)(\/|$)/i;

interface Use {
  path: string;
  version: string;
}

/** Fails with each use that would be refused. @returns how many there were of services that are ours */
function allTaken(uses: Use[]): number {
  const ours = uses.flatMap(({ path, version }) => {
    const at = path.toLowerCase().lastIndexOf('/providers/');
    const { type } = at < 0 ? { type: undefined } : parseResourceId(path.slice(at));
    const known = type === undefined || OURS.test(type);
    return known ? [{ type, version }] : [];
  });
  const refused = ours.flatMap(({ type, version }) => {
    try {
      requireApiVersion(type, version, 'westeurope');
      return [];
    } catch {
      return [`${type ?? 'Resource Manager'} ${version}`];
    }
  });
  assert.deepEqual([...new Set(refused)].toSorted(), []);
  return ours.length;
}

function usesIn(text: string): Use[] {
  return [...text.matchAll(/(\/[^\s?"'`]*)\?(?:[^\s"'`]*&)?api-version=([\w-]+)/gi)].map(
    ([, path = '', version = '']) => ({
      // As the notes on foreign clients shorten them.
      path: path.replace(/^\/S\//, `${S}/`).replace('/rGs/', '/resourceGroups/'),
      version,
    }),
  );
}

/** The addresses of an SDK's calls, each with its api-version, as its own code has them. */
function usesOf(sdk: string): Use[] {
  const folder = `${ROOT}node_modules/@azure/${sdk}/dist/esm`;
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\/(operations|\w+Client|operations\/\w+)\.js$/.test(`/${file}`))
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
  const calls = code.flatMap((text) => [
    ...text.matchAll(/expandUrlTemplate\("([^"{]*(?:\{\w+\}[^"{]*)*)[^]*?"api%2Dversion": (?:.* )?"([\w-]+)"/g),
  ]);
  if (calls.length > 0) return calls.map(([, path = '', version = '']) => ({ path, version }));
  // Of an older generator: one version for the whole client.
  const version = code.map((text) => /apiVersion \|\| "([\w-]+)"/.exec(text)?.[1]).find((one) => one !== undefined);
  return code
    .flatMap((text) => [...text.matchAll(/path: "(\/[^"]+)"/g)])
    .map(([, path = '']) => ({ path, version: version ?? '' }));
}

const recordings = readRecordings();

describe('an api-version is taken', () => {
  it('that a recording uses', { skip: recordings.length === 0 ? 'no recordings here' : false }, () => {
    const urls = recordings.flatMap(({ exchanges }) => exchanges.map(({ url }) => url));
    // Lists of further pages, and the polls of operations, were given by Azure.
    const uses = urls.flatMap((url) => usesIn(new URL(url).pathname + new URL(url).search));
    assert.ok(allTaken(uses) > 300);
  });

  it('that Packer, az or an SDK was seen to use', { skip: existsSync(FOREIGN) ? false : 'no notes here' }, () => {
    const notes = readFileSync(FOREIGN, 'utf8');
    const accepted = [...notes.matchAll(/^ {2}(\w+)\/(\d{4}-\d\d-\d\d)\/(\w+) \w+ \w+ /gm)];
    const nested: Record<string, string> = {
      galleryimages: 'galleries/images',
      galleryimageversions: 'galleries/images/versions',
      subnets: 'virtualNetworks/subnets',
      deploymentoperations: 'deployments/operations',
      virtualmachineimages: 'locations/publishers',
    };
    const listed = accepted.map(([, service = '', version = '', type = '']) => ({
      path: `${GROUP}/Microsoft.${service}/${(nested[type] ?? type).split('/').join('/x/')}`,
      version,
    }));
    assert.ok(listed.length > 30);
    assert.ok(allTaken([...listed, ...usesIn(notes)]) > 60);
  });

  for (const sdk of ['arm-compute', 'arm-network', 'arm-storage', 'arm-resources', 'arm-msi']) {
    it(`that the pinned @azure/${sdk} uses`, () => {
      const uses = usesOf(sdk).filter(({ path }) => isPlayed(path));
      assert.ok(allTaken(uses) > 5);
    });
  }

  it('that has published models', { skip: existsSync(MODELS) ? false : 'no models here' }, () => {
    const uses = readdirSync(MODELS, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/virtualmachineimages/.test(entry.name))
      .flatMap(({ name }) =>
        readdirSync(`${MODELS}/${name}`).flatMap((file) =>
          [...readFileSync(`${MODELS}/${name}/${file}`, 'utf8').matchAll(/"name":\s*"([\w./]+)@([\w-]+)"/g)].map(
            ([, type = '', version = '']) => ({
              path: `/providers/${type.split('/').join('/x/').replace('/x', '')}`,
              version,
            }),
          ),
        ),
      )
      .filter(({ path }) => isPlayed(path));
    assert.ok(allTaken(uses) > 20);
  });

  it('that the gateway is asked with', { skip: existsSync(FOREIGN) ? false : 'no notes here' }, () => {
    const uses = usesIn(readFileSync(FOREIGN, 'utf8')).filter(({ path }) => /VirtualMachineImages/i.test(path));
    assert.deepEqual(
      uses.map(({ version }) => version).filter((version) => !RESOURCE_API_VERSIONS.some((one) => one === version)),
      [],
    );
    assert.ok(uses.length > 5);
  });
});

/** Whether the local Azure has the type, or one that it lies in: of others it need not know the versions. */
function isPlayed(path: string): boolean {
  const at = path.toLowerCase().lastIndexOf('/providers/');
  if (at < 0) return true;
  const [namespace = '', type = ''] = (parseResourceId(path.slice(at)).type ?? '').split('/');
  const whole = apiVersionsOf(namespace);
  return type !== '' && TYPES_PLAYED.test(type) && whole.length > 0;
}
const TYPES_PLAYED =
  /^(virtualMachines|images|disks|snapshots|galleries|skus|virtualNetworks|networkSecurityGroups|publicIP\w+|networkInterfaces|storageAccounts|userAssignedIdentities|roleAssignments|roleDefinitions|deployments|resourceGroups|tags)$/i;

describe('an api-version that a type does not have', () => {
  let azure: TestAzure;
  before(async () => {
    azure = await startTestAzure(undefined);
  });
  after(() => azure?.close());

  async function refused(method: string, path: string, status: number, code: string, body?: object): Promise<string> {
    const answer = await azure.call(method, path, body === undefined ? {} : { body });
    assert.deepEqual([answer.status, answer.body.error?.code], [status, code], answer.text);
    return answer.body.error?.message ?? '';
  }

  it('is refused with those it has, for the location in question', async () => {
    const disk = { location: 'westeurope', properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } };
    for (const version of ['2024-03-04', '2024-11-01', '2031-01-01', '2014-01-01']) {
      const path = `${GROUP}/Microsoft.Compute/disks/x?api-version=${version}`;
      const message = await refused('PUT', path, 400, 'NoRegisteredProviderFound', disk);
      assert.match(
        message,
        new RegExp(
          `^No registered resource provider found for location 'westeurope' and API version '${version}' for type 'disks'\\. ` +
            "The supported api-versions are '2016-04-30-preview, .*2024-03-02, .*'\\. The supported locations are '.*, westeurope, .*'\\.$",
        ),
      );
    }
    // Of one service, and another list.
    await refused(
      'GET',
      `${GROUP}/Microsoft.Compute/galleries/x?api-version=2022-08-01`,
      400,
      'NoRegisteredProviderFound',
    );
    const storage = `${GROUP}/Microsoft.Storage/storageAccounts/x?api-version=2018-07-02`;
    assert.match(
      await refused('GET', storage, 400, 'NoRegisteredProviderFound'),
      /are '2026-09-01, .*2018-07-01, 2018-03-01-preview/,
    );
  });

  it('is told the location of the path, of the resource, or of its group', async () => {
    const at = (path: string): Promise<string> =>
      refused('GET', `${path}?api-version=2018-01-01-preview`, 400, 'NoRegisteredProviderFound');
    assert.match(
      await at(`${S}/providers/Microsoft.Compute/locations/eastus/vmSizes`),
      /location 'eastus'.*type 'locations\/vmSizes'/,
    );
    assert.match(
      await at(`${GROUP}/Microsoft.Network/virtualNetworks/x/subnets/y`),
      /location 'westeurope'.*type 'virtualNetworks\/subnets'/,
    );
    const definition = `${GROUP}/Microsoft.Authorization/roleDefinitions/x?api-version=2020-08-01-preview`;
    assert.match(
      await refused('GET', definition, 400, 'NoRegisteredProviderFound'),
      /The supported locations are ''\.$/,
    );
  });

  it('is no version of the type where no location is in question', async () => {
    const path = `${S}/providers/Microsoft.Network/virtualNetworks?api-version=2018-01-01-preview`;
    assert.match(
      await refused('GET', path, 400, 'InvalidResourceType'),
      /^The resource type 'virtualNetworks' could not be found in the namespace 'Microsoft.Network' for api version '2018-01-01-preview'\. The supported api-versions are '2014-12-01-preview,2015-05-01-preview,.*'\.$/,
    );
  });

  it('is told by Resource Manager in its own words where it is asked itself', async () => {
    const words =
      /^The api-version '2031-01-01' is invalid\. The supported versions are '2026-06-01,2025-04-01,.*,2014-04'\.$/;
    const provider = `${S}/providers/Microsoft.Network`;
    for (const path of [
      `${S}/resourceGroups`,
      S,
      `${S}/resources`,
      provider,
      `${GROUP}/Microsoft.Resources/deployments/x`,
    ]) {
      assert.match(await refused('GET', `${path}?api-version=2031-01-01`, 400, 'InvalidApiVersionParameter'), words);
    }
    await refused('GET', `${GROUP}/Microsoft.Compute/disks/x?api-version=newest`, 400, 'InvalidApiVersionParameter');
    // As az asks; the provider itself has no such version.
    const { status } = await azure.call('POST', `${provider}/register?api-version=2024-11-01`);
    assert.equal(status, 200);
    const name = { body: { name: 'anything', type: 'Microsoft.Storage/storageAccounts' } };
    const free = `${S}/providers/Microsoft.Storage/checkNameAvailability?api-version=2025-08-01`;
    assert.equal((await azure.call('POST', free, name)).status, 200);
  });

  it('is one of Resource Manager where a provider is asked for or registered', async () => {
    for (const namespace of ['Compute', 'Network', 'Storage', 'ManagedIdentity', 'Authorization', 'Resources']) {
      const path = `${S}/providers/Microsoft.${namespace}`;
      for (const [method, end] of [
        ['GET', ''],
        ['POST', '/register'],
      ] as const) {
        const { status, text } = await azure.call(method, `${path}${end}?api-version=2022-09-01`);
        assert.equal(status, 200, text);
        await refused(method, `${path}${end}?api-version=2022-07-02`, 400, 'InvalidApiVersionParameter');
      }
    }
  });

  it('is not said at all, or of a type or a service that is not', async () => {
    await refused('GET', `${GROUP}/Microsoft.Compute/disks/x`, 400, 'MissingApiVersionParameter');
    assert.equal(
      await refused('GET', `${GROUP}/Microsoft.Network/things/t?api-version=2024-05-01`, 404, 'InvalidResourceType'),
      "The resource type could not be found in the namespace 'Microsoft.Network' for api version '2024-05-01'.",
    );
    await refused('GET', `${GROUP}/Microsoft.Nothing/things/t?api-version=2024-05-01`, 404, 'InvalidResourceNamespace');
  });

  it('is in no description of a provider, which has them newest first', async () => {
    const { body } = await azure.call('GET', `${S}/providers/Microsoft.Compute?api-version=2021-04-01`);
    const types = body['resourceTypes'] as Array<{
      resourceType: string;
      apiVersions: string[];
      defaultApiVersion: string;
    }>;
    const disks = types.find(({ resourceType }) => resourceType === 'disks');
    assert.equal(disks?.apiVersions[0], '2026-03-02');
    assert.equal(disks?.apiVersions.at(-1), '2016-04-30-preview');
  });
});
