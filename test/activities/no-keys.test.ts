/** That blobs are reached without a key of their account, by whoever the worker is. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildUserPassword } from '../../src/activities/build-user.ts';
import { createActivities } from '../../src/activities/index.ts';
import { openStagingBlobs } from '../../src/activities/blobs.ts';
import { createAzure } from '../../src/azure/environment.ts';
import { startIssuer } from '../support/issuer.ts';
import { assign, BUILT_IN, makePrincipal } from '../local-azure/authorization/principals.ts';
import { eventually } from '../local-azure/support.ts';
import { between, call, GUEST, startBench, withMachine } from './support.ts';

it('each worker signs the addresses of a machine for itself, and no key of the account is asked for', async (t) => {
  const bench = await startBench(t, 'signed');
  const { activities, run, test } = bench;
  const asked: string[] = [];
  const addresses: string[] = [];
  const allowsKeys: unknown[] = [];
  const watched = (one: typeof bench) =>
    between(one, (request, next) => {
      asked.push(request.url);
      const { properties } = JSON.parse(typeof request.body === 'string' ? request.body : '{}') as {
        properties?: { outputBlobUri?: string; allowSharedKeyAccess?: boolean };
      };
      if (properties?.outputBlobUri !== undefined) addresses.push(properties.outputBlobUri);
      if (request.method === 'PUT' && /storageAccounts\/\w+\?/.test(request.url)) {
        allowsKeys.push(properties?.allowSharedKeyAccess);
      }
      return next(request);
    });
  watched(bench);
  const { steps } = await withMachine(bench);
  const [step] = steps;
  assert.ok(step);
  assert.equal((await call(activities.runStep, run, GUEST, step)).exitCode, 0);

  // As the next worker does after the first one died: with a credential, a token and a key of its own.
  const principal = await startIssuer().then(async (issuer) => {
    t.after(() => issuer.close());
    return makePrincipal(test, issuer, 'successor');
  });
  for (const role of [BUILT_IN.owner, BUILT_IN.blobContributor]) await assign(test, principal.principalId, role);
  const azure = createAzure({ endpoint: test.connection.endpoint }, principal.credential);
  const next = { ...bench, azure, activities: createActivities(azure) };
  watched(next);
  const again = await call(next.activities.runStep, run, GUEST, { ...step, key: `${step.key}-later` });
  assert.equal(again.exitCode, 0);
  const signers = addresses.map((address) => new URL(address).searchParams.get('skoid'));
  assert.equal(signers.length, 2);
  assert.equal(signers[1], principal.principalId);
  assert.notEqual(signers[0], signers[1]);
  // As a policy of the subscription may want it said.
  assert.deepEqual(allowsKeys, [false]);
  assert.ok(asked.every((url) => !/listKeys|ListAccountSas/i.test(url)));
});

it('a role that storage does not know yet is waited for', async (t) => {
  const bench = await startBench(t, 'late');
  const { run, test } = bench;
  const issuer = await startIssuer();
  t.after(() => issuer.close());
  const { principalId, credential } = await makePrincipal(test, issuer, 'late');
  await assign(test, principalId, BUILT_IN.reader);
  await assign(test, principalId, { actions: ['Microsoft.Storage/*', 'Microsoft.Resources/*'] });
  const azure = createAzure({ endpoint: test.connection.endpoint }, credential);
  const { createStagingGroup, createStagingStorage } = createActivities(azure);
  await call(createStagingGroup, run);
  let ended = false;
  const made = call(createStagingStorage, run).finally(() => (ended = true));
  const containers = (): Promise<number> =>
    test.clients.storage.blobContainers
      .list(run.staging.resourceGroup, run.staging.storageAccount)
      .byPage()
      .next()
      .then(
        ({ value }) => (value as unknown[] | undefined)?.length ?? 0,
        () => 0,
      );
  await eventually(containers, (count) => count === 3);
  assert.equal(ended, false, 'what is in containers may not be read yet');
  await assign(test, principalId, BUILT_IN.blobReader);
  await made;
});

it('the password of the build user is one for all that ask, and made by the first', async (t) => {
  const bench = await startBench(t, 'password');
  const { activities, azure, run } = bench;
  await call(activities.createStagingGroup, run);
  await call(activities.createStagingStorage, run);
  const all = await Promise.all([1, 2, 3].map(() => buildUserPassword(azure, run)));
  assert.equal(new Set([...all, await buildUserPassword(azure, run)]).size, 1);
  assert.match(all[0] ?? '', /^aA1!.{24,}$/);
  const { service } = await openStagingBlobs(azure, run);
  assert.equal(
    (await service.getContainerClient('files').getBlobClient('build-user').downloadToBuffer()).toString(),
    all[0],
  );
});
