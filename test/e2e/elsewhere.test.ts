import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Connection } from '@temporalio/client';
import { readStack } from '../../src/client/services.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { eventually, workerEnvironment } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import { shellTemplate } from './templates.ts';

describe('kiln with a Temporal and an Azure that run elsewhere', () => {
  const host = new TestStack('simulated');
  let guest: TestStack;
  const NAMESPACE = 'team';

  before(async () => {
    await host.up();
    const config = join(host.stateDir, 'temporal.toml');
    writeFileSync(config, `[profile.default]\naddress = "${host.temporalAddress()}"\nnamespace = "${NAMESPACE}"\n`);
    guest = new TestStack('simulated', {
      TEMPORAL_CONFIG_FILE: config,
      ...workerEnvironment(host.connection()),
    });
    const connection = await Connection.connect({ address: host.temporalAddress() });
    await connection.workflowService.registerNamespace({
      namespace: NAMESPACE,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    // Temporal's services learn of a namespace one after the other.
    await eventually(
      () =>
        connection.workflowService.listWorkflowExecutions({ namespace: NAMESPACE }).then(
          () => true,
          () => false,
        ),
      (known) => known,
      60_000,
    );
    await connection.close();
  });
  after(async () => {
    await guest.close();
    await host.close();
  });

  it('builds there, by the profile of temporal.toml and DefaultAzureCredential, and starts only a worker', async () => {
    const file = guest.write('elsewhere', shellTemplate(['true']));
    const { code, stdout, stderr } = await guest.kiln('build', file, '--id', 'elsewhere', '--json');
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as BuildStatus).state, 'Succeeded');
    assert.deepEqual(Object.keys(readStack(guest.stateDir)), ['worker']);
    assert.equal(existsSync(join(guest.stateDir, 'azure')), false);
    assert.ok((await host.inventory()).some((id) => id.endsWith('/debian-12/versions/1.0.0')));
  });

  it('the build is in that namespace only', async () => {
    assert.match((await guest.kiln('list')).stdout, /^elsewhere /m);
    assert.doesNotMatch((await host.kiln('list')).stdout, /elsewhere/);
  });

  it('as a client only, builds with the workers that are there and starts nothing', async () => {
    const client = new TestStack('simulated', {
      TEMPORAL_ADDRESS: host.temporalAddress(),
      KILN_CLIENT_ONLY: '1',
      KILN_WEB_UI: 'https://temporal.example/',
    });
    const file = client.write('client-only', shellTemplate(['true']));
    const args = ['build', file, '--id', 'client-only', '--json'];
    const nowhere = await client.kiln(...args);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /--client-only needs AZURE_SUBSCRIPTION_ID/);
    const { code, stdout, stderr } = await client.kiln(...args, '--subscription', host.connection().subscriptionId);
    assert.equal(code, 0, stderr);
    const { state, link } = JSON.parse(stdout) as BuildStatus & { link: string };
    assert.equal(state, 'Succeeded');
    assert.match(link, /^https:\/\/temporal\.example\/namespaces\/default\/workflows\/kiln-build%2Fclient-only\//);
    assert.deepEqual(readStack(client.stateDir), {});
    await client.close();
    const alone = new TestStack('simulated', { KILN_CLIENT_ONLY: '1', TEMPORAL_CONFIG_FILE: '/nowhere.toml' });
    assert.match((await alone.kiln('list')).stderr, /--client-only needs the Temporal of others: TEMPORAL_ADDRESS/);
    await alone.close();
  });

  it('without a subscription, --cloud azure says what it needs', async () => {
    const bare = new TestStack('simulated', { KILN_CLOUD: 'azure', AZURE_SUBSCRIPTION_ID: '' });
    const { code, stderr } = await bare.kiln('build', bare.write('x', shellTemplate(['true'])));
    assert.equal(code, 2);
    assert.match(stderr, /AZURE_SUBSCRIPTION_ID/);
    await bare.close();
  });
});
