/**
 * Every template of the shared folder, and the examples, to its end with simulated machines: each by a principal of its
 * own that may do exactly what `kiln role` says, and whose check names what is taken from that.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type ClientRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import type { ApplicationFailure } from '@temporalio/common';
import { createActivities } from '../../src/activities/index.ts';
import { createAzure, type AzureClients } from '../../src/azure/environment.ts';
import { loadPlans } from '../../src/client/load-plan.ts';
import { rolesFor, type Role } from '../../src/client/role-definitions.ts';
import { readSettings } from '../../src/client/settings.ts';
import { LOCAL_SUBSCRIPTION } from '../../src/local-azure/core.ts';
import { actionOf } from '../../src/local-azure/pipeline/authorize.ts';
import { readBlobRequest } from '../../src/local-azure/providers/storage/blob-actions.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import { permissionsOf } from '../../src/template/permissions.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { call } from '../activities/support.ts';
import { assign, makePrincipal, putRole } from '../local-azure/authorization/principals.ts';
import { FAST, startTestAzure, type TestAzure } from '../local-azure/support.ts';
import { startIssuer, type Issuer } from '../support/issuer.ts';
import { useTemporal } from '../workflows/support.ts';
import { furnish, GROUP_NAME, REGION } from './furnish.ts';
import { GROUP, IDENTITY, shellTemplate } from './templates.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SHARED = folder('../../../shared/templates');
const EXAMPLES = folder('../../examples');
const templatesIn = (path: string): string[] =>
  existsSync(path)
    ? readdirSync(path)
        .filter((name) => name.endsWith('.json') && !name.includes('trigger'))
        .map((name) => join(path, name))
    : [];
/** Made here: a staging group of one's own, and a VHD for an account that is there and forbids keys. */
const ELSEWHERE = 'vhd-elsewhere.json';
const OWN_STAGING = 'staging-elsewhere';
const files = [...templatesIn(EXAMPLES), ...templatesIn(SHARED), ELSEWHERE];
if (!existsSync(SHARED)) process.stderr.write(`there is no ${SHARED}: the examples only\n`);

/** Of the Azure clients' pipelines. */
type Policy = Parameters<AzureClients['resources']['pipeline']['addPolicy']>[0];

const SCRIPT = 'echo served\n';
const VALUES: Record<string, string> = {
  imgBuilderId: IDENTITY,
  region: REGION,
  region1: REGION,
  region2: 'eastus',
  rgName: GROUP_NAME,
  rg: GROUP_NAME,
  vnetRgName: GROUP_NAME,
  vnetName: 'corporate',
  vnet: 'corporate',
  subnetName: 'builds',
  subnet: 'builds',
  sharedImageGalName: 'golden',
  acgName: 'golden',
  gal: 'golden',
  sigImageVersion: '1.2.3',
  runOutputName: 'output',
  name: 'everything',
  baseTime: '20260101',
  acct: 'account',
  container: 'scripts',
  mi: 'managed',
  umi: 'unmanaged',
  imageTemplateName: 'sample',
  'api-version': '2022-07-01',
  svclocation: REGION,
  svcLocation: REGION,
  managedImageResGroupId: `${GROUP}/Microsoft.Compute/images/`,
  packagesToInstall: 'nginx',
  targetOS: 'linux',
  srcImageName: 'source-linux',
  def: 'linux-second',
};

const WRITTEN_BY_A_BUILD = [
  'Microsoft.Compute/disks',
  'Microsoft.Compute/galleries/images/versions',
  'Microsoft.Compute/images',
  'Microsoft.Compute/virtualMachines',
  'Microsoft.Compute/virtualMachines/runCommands',
  'Microsoft.Network/networkInterfaces',
  'Microsoft.Network/networkSecurityGroups',
  'Microsoft.Network/publicIPAddresses',
  'Microsoft.Network/virtualNetworks',
  'Microsoft.Storage/storageAccounts',
];

describe('every template, by who may do exactly what its role says', { concurrency: 4 }, () => {
  const temporal = useTemporal();
  const written = mkdtempSync(join(tmpdir(), 'kiln-templates-'));
  const web = createServer((_request, response) => response.end(SCRIPT));
  /** Kinds of role that were taken apart already. */
  const seen = new Set<string>();
  let azure: TestAzure;
  let issuer: Issuer;
  let address = '';
  let vhdAccount: { id: string; endpoint: string };
  /** What each principal asked of the blob endpoint, by role definitions' names. */
  const askedOfBlobs = new Map<string, Set<string>>();
  const listen = ({ request }: { request: ClientRequest }): void => noteBlobs(request, azure, askedOfBlobs);

  before(async () => {
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    [azure, issuer] = await Promise.all([startTestAzure(undefined), startIssuer()]);
    await furnish(azure.clients);
    await azure.clients.resources.resourceGroups.createOrUpdate(OWN_STAGING, { location: REGION });
    const account = await azure.clients.storage.storageAccounts.create(
      'rg1',
      'goldenvhds',
      { location: REGION, sku: { name: 'Standard_LRS' }, kind: 'StorageV2', allowSharedKeyAccess: false },
      FAST,
    );
    vhdAccount = { id: account.id ?? '', endpoint: account.primaryEndpoints?.blob ?? '' };
    subscribe('http.client.request.start', listen as (message: unknown) => void);
  });
  after(async () => {
    unsubscribe('http.client.request.start', listen as (message: unknown) => void);
    web.close();
    issuer.close();
    await azure.close();
    rmSync(written, { recursive: true });
    const unseen = WRITTEN_BY_A_BUILD.filter((type) => !azure.bodies.has(`PUT ${type} request`));
    assert.deepEqual(azure.bodies.size === 0 ? [] : unseen, [], 'each was held to its published model');
  });

  for (const [index, file] of files.entries()) {
    const name = file.slice(file.lastIndexOf('/') + 1);
    it(`builds ${name}`, async () => {
      const plan = planOf(file, index);
      const principal = await makePrincipal(azure, issuer, `builder-${index}`);
      const roles = rolesFor(plan.template.name, permissionsOf(plan));
      const definitions = new Map<Role, string>();
      for (const role of roles) {
        // As the script that `kiln role` prints finds it.
        if (`${role.scope}/` === vhdAccount.endpoint) role.scope = vhdAccount.id;
        const { definition } = await assign(azure, principal.principalId, permissionOf(role), role.scope);
        definitions.set(role, definition);
      }
      const asked = new Set<string>();
      const own = createAzure({ endpoint: azure.connection.endpoint }, principal.credential);
      const listening: Policy = {
        name: 'asked',
        sendRequest(request, next) {
          asked.add(actionOf(request.method, new URL(request.url).pathname) ?? '');
          return next(request);
        },
      };
      for (const client of Object.values(own.clients(LOCAL_SUBSCRIPTION))) client.pipeline.addPolicy(listening);
      const activities = createActivities(own);
      const status = await temporal.withBuild(plan, activities, (handle) => handle.result() as Promise<BuildStatus>);
      assert.equal(status.state, 'Succeeded', JSON.stringify(status.failure));
      assert.deepEqual(status.leftovers, []);
      assert.ok(status.steps.every(({ state }) => state === 'Succeeded'));
      const used = new Set([...asked].map((action) => action.toLowerCase()));
      const ofBlobs = askedOfBlobs.get(principal.principalId) ?? new Set();
      const unused = roles.flatMap(({ definition: { Actions, DataActions } }) => [
        ...Actions.filter((one) => !used.has(one.toLowerCase()) && !ofBlobs.has(one) && !SPARE.test(one)),
        ...DataActions.filter((one) => !ofBlobs.has(one) && !SPARE.test(one)),
      ]);
      assert.deepEqual(unused, [], 'nothing is granted that is not used');

      const kind = JSON.stringify(roles.map(({ definition }) => [definition.Actions, definition.DataActions]));
      if (seen.has(kind)) return;
      seen.add(kind);
      asked.clear();
      askedOfBlobs.delete(principal.principalId);
      for (const role of roles) {
        for (const list of ['Actions', 'DataActions'] as const) {
          for (const action of role.definition[list]) {
            if (holdsAbove(action, list, role, roles)) continue;
            const without = role.definition[list].filter((one) => one !== action);
            const less = permissionOf({ ...role, definition: { ...role.definition, [list]: without } });
            await putRole(azure, definitions.get(role) ?? '', less);
            await assert.rejects(call(activities.checkPlan, plan), ({ type, message }: ApplicationFailure) => {
              assert.equal(type, 'InvalidPlan', `${action}: ${message}`);
              assert.match(message, new RegExp(`may not .*${action.replaceAll('.', '\\.')}.* at ${role.scope}`));
              return true;
            });
          }
        }
        await putRole(azure, definitions.get(role) ?? '', permissionOf(role));
      }
      assert.deepEqual(
        [...asked].filter((action) => action !== '' && action !== FIND_ACCOUNT),
        [],
        'nothing else is asked of Azure, so nothing is made',
      );
      assert.deepEqual(askedOfBlobs.get(principal.principalId), undefined);
    });
  }

  function planOf(file: string, index: number): BuildPlan {
    const text = file === ELSEWHERE ? JSON.stringify(vhdElsewhere()) : readFileSync(file, 'utf8');
    const windows = /win|wvd/i.test(file.slice(file.lastIndexOf('/')));
    const here = join(written, `${index}.json`);
    writeFileSync(here, file.startsWith(EXAMPLES) ? text : moved(text, index));
    const given = {
      ...VALUES,
      vhdUri: `${vhdAccount.endpoint}images/golden/base.vhd`,
      imageName: `made-${index}`,
      managedImageName: `made-${index}`,
      scriptUrl: `${address}/script.sh`,
      imageDefName: definitionFor(file),
      sigDefImgVersionId: `${GROUP}/Microsoft.Compute/galleries/golden/images/${windows ? 'windows' : 'linux'}/versions/0.1.0`,
    };
    const [plan] = loadPlans(
      here,
      {
        id: `t${index}`,
        param: Object.entries(given).map(([key, value]) => `${key}=${value}`),
        identity: /VHD|devOpsEnv/.test(file) ? [IDENTITY] : [],
      },
      readSettings({}),
    );
    assert.ok(plan);
    return plan;
  }

  /** Scripts from this process, and places that are here, in place of those that the template was written for. */
  function moved(text: string, index: number): string {
    const here = text
      // Several templates name it, and are built beside each other.
      .replaceAll('image_it_1', `image_it_${index}`)
      .replaceAll(/https:\/\/(raw\.githubusercontent\.com|example\.com|<acct>\.blob\.core\.windows\.net)/g, address)
      .replaceAll(/00000000-0000-0000-0000-000000000000|\{subscription-id\}/g, LOCAL_SUBSCRIPTION)
      .replaceAll('1_location', 'westus')
      .replaceAll(/source_image/g, text.includes('PowerShell') ? 'source-windows' : 'source-linux');
    return JSON.stringify(JSON.parse(here), (_key, value: unknown) => {
      const step = value as { sha256Checksum?: string } | null;
      return typeof step === 'object' && step?.sha256Checksum !== undefined
        ? { ...step, sha256Checksum: createHash('sha256').update(SCRIPT).digest('hex') }
        : value;
    });
  }
});

/**
 * What a build that goes well does not ask for by itself: clean-up of what is gone already, what Azure asks of who links
 * one resource to another, and the disk that a machine's creation makes.
 */
const SPARE = /\/(delete|join\/action|assign\/action|resourceGroups\/read|disks\/write)$/;

/** An account that is named by its address is looked for. */
const FIND_ACCOUNT = 'Microsoft.Storage/storageAccounts/read';

const permissionOf = ({ definition: { Actions, NotActions, DataActions, NotDataActions } }: Role) => ({
  actions: Actions,
  notActions: NotActions,
  dataActions: DataActions,
  notDataActions: NotDataActions,
});

/** What is granted at a subscription or group holds for what is in it. */
function holdsAbove(action: string, list: 'Actions' | 'DataActions', role: Role, roles: Role[]): boolean {
  return roles.some(
    (other) => other !== role && role.scope.startsWith(`${other.scope}/`) && other.definition[list].includes(action),
  );
}

/** Whose request it is says its token, or the key that signed its address. */
function noteBlobs(request: ClientRequest, { connection }: TestAzure, noted: Map<string, Set<string>>): void {
  const url = new URL(request.path, `${request.protocol}//${request.getHeader('host')?.toString()}`);
  if (url.origin !== connection.blobEndpoint) return;
  const token = /^Bearer (.+)$/.exec(request.getHeader('authorization')?.toString() ?? '')?.[1];
  const who = token === undefined ? url.searchParams.get('skoid') : String(decodeJwt(token)['oid']);
  if (who === null) return;
  const all = noted.get(who) ?? new Set();
  for (const action of readBlobRequest(request.method, request.path, undefined).need?.anyOf ?? []) all.add(action);
  noted.set(who, all);
}

/** An image definition of the source's system and generation. */
function definitionFor(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (name.startsWith('1_Creating_a_Custom_Linux')) return 'linux-second';
  return /win|wvd/i.test(name) ? 'windows' : 'linux';
}

function vhdElsewhere(): object {
  const template = shellTemplate(['# nothing'], {
    stagingResourceGroup: `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/${OWN_STAGING}`,
    distribute: [{ type: 'VHD', runOutputName: 'vhd', uri: '<vhdUri>' }],
  });
  return { ...template, location: REGION };
}
