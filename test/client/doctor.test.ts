import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../src/client/doctor/finding.ts';
import { EXAMPLE } from '../e2e/stack.ts';
import { assign, BUILT_IN, makePrincipal } from '../local-azure/authorization/principals.ts';
import { startTestAzure, workerEnvironment, type TestAzure } from '../local-azure/support.ts';
import { startIssuer, type Issuer } from '../support/issuer.ts';

const KILN = fileURLToPath(new URL('../../bin/kiln.js', import.meta.url));

describe('kiln doctor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-doctor-'));
  let azure: TestAzure;
  let issuer: Issuer;
  before(async () => {
    [azure, issuer] = await Promise.all([startTestAzure(undefined), startIssuer()]);
  });
  after(async () => {
    issuer.close();
    await azure.close();
    rmSync(folder, { recursive: true });
  });

  /** Nothing of the environment's own Azure and Temporal. */
  function doctor(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; stdout: string }> {
    const bare = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(AZURE|KILN|TEMPORAL)_/.test(name) || name === 'TEMPORAL_CLI'),
    );
    const options = { env: { ...bare, KILN_STATE_DIR: folder, ...env } };
    return new Promise((resolve) =>
      execFile(process.execPath, [KILN, 'doctor', ...args], options, (error, stdout) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout }),
      ),
    );
  }

  const cloud = (): NodeJS.ProcessEnv => ({
    ...workerEnvironment(azure.connection),
    AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
  });

  async function found(args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number; findings: Finding[] }> {
    const { code, stdout } = await doctor([...args, '--json'], env);
    return { code, findings: JSON.parse(stdout) as Finding[] };
  }
  const missing = (findings: Finding[]): Finding[] => findings.filter(({ state }) => state === 'missing');

  it('says what plays the machines here, and that nothing is missing', async () => {
    const { code, stdout } = await doctor([]);
    assert.equal(code, 0, stdout);
    for (const line of [/ok +Node\.js +\d+/, /machines +\S+/, /Nothing is missing/]) assert.match(stdout, line);
  });

  it('finds an Azure that has all that a template needs', async () => {
    const { code, findings } = await found([EXAMPLE], cloud());
    assert.deepEqual([code, missing(findings)], [0, []]);
    const checks = findings.filter(({ area }) => area === 'Azure').map(({ check, state }) => `${check} ${state}`);
    assert.deepEqual(checks.toSorted(), [
      'Microsoft.Compute ok',
      'Microsoft.ManagedIdentity ok',
      'Microsoft.Network ok',
      'Microsoft.Storage ok',
      'credential ok',
      'permissions ok',
      'quota in westeurope ok',
      'subscription ok',
    ]);
  });

  it('names each thing that is missing, with what to do', async () => {
    const { subscriptionId } = azure.connection;
    const registration = (verb: string) =>
      azure.call('POST', `/subscriptions/${subscriptionId}/providers/Microsoft.Network/${verb}?api-version=2021-04-01`);
    const file = join(folder, 'sized.json');
    writeFileSync(file, SIZED);
    await registration('unregister');
    const [none, wrong, other, lacking] = await Promise.all([
      found([], { KILN_CLOUD: 'azure' }),
      found([], { ...cloud(), AZURE_CLIENT_SECRET: 'wrong', TEMPORAL_ADDRESS: '127.0.0.1:1' }),
      found([], { ...cloud(), AZURE_SUBSCRIPTION_ID: '00000000-0000-4000-8000-000000000000' }),
      found([file], cloud()),
    ]);
    await registration('register');
    assert.deepEqual([none.code, wrong.code, other.code, lacking.code], [1, 1, 1, 1]);

    assert.match(missing(none.findings)[0]?.todo ?? '', /AZURE_SUBSCRIPTION_ID=/);
    const [temporal, credential] = missing(wrong.findings);
    assert.match(temporal?.found ?? '', /127\.0\.0\.1:1 does not answer/);
    assert.equal(credential?.check, 'credential');
    assert.match(credential.todo ?? '', /az login/);
    assert.match(missing(other.findings)[0]?.found ?? '', /could not be found/);
    const [provider, quota, ...more] = missing(lacking.findings);
    assert.deepEqual([provider?.check, provider?.found, more], ['Microsoft.Network', 'Unregistered', []]);
    assert.equal(provider?.todo, 'az provider register --namespace Microsoft.Network --wait');
    assert.match(quota?.found ?? '', /Standard_Z99 is not offered there/);
  });

  it('names the actions that an identity lacks, which acts by a federated token', async () => {
    const { principalId, clientId, tokenFile } = await makePrincipal(azure, issuer, 'patient');
    const { AZURE_CLIENT_SECRET: _secret, ...rest } = cloud();
    const env = {
      ...rest,
      AZURE_CLIENT_ID: clientId,
      AZURE_FEDERATED_TOKEN_FILE: tokenFile,
      AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential',
    };
    await assign(azure, principalId, BUILT_IN.reader);
    const { code, findings } = await found([EXAMPLE], env);
    assert.equal(code, 1);
    const [lacking] = missing(findings);
    assert.match(lacking?.found ?? '', /^may not .*Microsoft\.Storage\/storageAccounts\/write.* at \/subscriptions\//);
    assert.equal(lacking?.todo, `kiln role FILE --assignee ${principalId} | bash, by somebody who may assign roles`);
    await assign(azure, principalId, BUILT_IN.owner);
    const [data, ...more] = missing((await found([EXAMPLE], env)).findings);
    assert.match(
      data?.found ?? '',
      /^may not Microsoft\.Storage\/\S+\/blobs\/read \(a data action\), .*Owner and Contributor have none$/,
    );
    assert.deepEqual(more, []);
    await assign(azure, principalId, BUILT_IN.blobContributor);
    assert.equal((await found([EXAMPLE], env)).code, 0);
  });

  it('is told of a template that cannot be read as of any bad input', async () => {
    const { code, stdout } = await doctor([join(folder, 'nowhere.json')]);
    assert.deepEqual([code, stdout], [2, '']);
  });
});

const GROUP = '/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/golden-images/providers';
const SIZED = JSON.stringify({
  type: 'Microsoft.VirtualMachineImages/imageTemplates',
  apiVersion: '2024-02-01',
  location: 'westeurope',
  identity: {
    type: 'UserAssigned',
    userAssignedIdentities: { [`${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`]: {} },
  },
  properties: {
    source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
    vmProfile: { vmSize: 'Standard_Z99' },
    distribute: [{ type: 'VHD', runOutputName: 'vhd' }],
  },
});
