import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAllowances } from '../../src/gateway/allowances.ts';
import { asWritten } from '../../src/gateway/sent-back.ts';
import { templateBody } from '../../src/gateway/template-body.ts';
import { planResource } from '../../src/template/index.ts';
import type { TemplateView } from '../../src/workflows/template-messages.ts';
import { IDENTITY, shellTemplate } from '../e2e/templates.ts';

const DIGESTS = { a: 'a'.repeat(64), b: 'b'.repeat(64), c: 'c'.repeat(64) };
const ADDRESS = { subscriptionId: 'sub', resourceGroup: 'g', name: 'one' };
const given = { name: 'given', scriptUri: 'https://files/given.sh', sha256Checksum: DIGESTS.b };

/** As it is after its submission. */
function view(): TemplateView {
  const {
    type: _type,
    apiVersion: _version,
    ...body
  } = shellTemplate([], {
    customize: [
      { type: 'Shell', name: 'found', scriptUri: 'https://files/found.sh' },
      { type: 'Shell', ...given },
    ],
    validate: { inVMValidations: [{ type: 'File', sourceUri: 'https://files/c', destination: '/tmp/c' }] },
  });
  const planned = planResource(body, { ...ADDRESS, apiVersion: '2024-02-01' });
  assert.ok(planned.ok);
  const { plan, resource } = planned;
  const [found, , third] = [...plan.customize, ...(plan.validate?.validators ?? [])].map(({ key }) => key);
  return {
    id: plan.template.id,
    name: 'one',
    revision: 1,
    plan,
    resource,
    provisioningState: 'Succeeded',
    exactVersion: '12.3',
    runs: [],
    triggers: [],
    operations: [],
    leftovers: [],
    digests: { [found ?? '']: DIGESTS.a, [third ?? '']: DIGESTS.c },
    identities: { [IDENTITY]: { principalId: 'principal', clientId: 'client' } },
  };
}

type Body = {
  identity: { userAssignedIdentities: object };
  properties: {
    source: object;
    customize: object[];
    validate: { inVMValidations: object[] };
    distribute: object[];
    exactStagingResourceGroup?: string;
  };
};
const shownIn = (version: string): Body => templateBody(view(), undefined, version) as Body;

test('a template is shown with what was found at its submission, as each api-version has it', () => {
  const newest = shownIn('2025-10-01');
  assert.deepEqual(newest.properties.customize, [
    { type: 'Shell', name: 'found', scriptUri: 'https://files/found.sh', sha256Checksum: DIGESTS.a },
    { type: 'Shell', ...given },
  ]);
  assert.partialDeepStrictEqual(newest.properties.validate.inVMValidations, [{ sha256Checksum: DIGESTS.c }]);
  assert.deepEqual(newest.identity.userAssignedIdentities, {
    [IDENTITY]: { principalId: 'principal', clientId: 'client' },
  });
  assert.partialDeepStrictEqual(newest.properties.source, { version: 'latest', exactVersion: '12.3' });
  assert.partialDeepStrictEqual(newest.properties.distribute, [{ versioning: null }]);

  const oldest = shownIn('2020-02-14');
  assert.partialDeepStrictEqual(oldest.properties.source, { version: 'latest (12.3)' });
  assert.ok(!('exactVersion' in oldest.properties.source));
  assert.ok(!('exactStagingResourceGroup' in oldest.properties));
  assert.deepEqual(Object.keys(oldest.properties.distribute[0] ?? {}).includes('versioning'), false);
});

test('what was shown and is sent back pins nothing that was not given', () => {
  for (const version of ['2020-02-14', '2022-07-01', '2025-10-01']) {
    const written = asWritten(shownIn(version) as unknown as Record<string, unknown>, view(), version) as Body;
    assert.partialDeepStrictEqual(written.properties.source, { version: 'latest' });
    assert.deepEqual(
      written.properties.customize.map((step) => (step as typeof given).sha256Checksum),
      [undefined, DIGESTS.b],
    );
    const planned = planResource(written, { ...ADDRESS, apiVersion: version });
    assert.ok(planned.ok, JSON.stringify(planned));
    assert.deepEqual(planned.resource.identity, view().resource.identity);
  }
  // A digest that somebody gives, or that belongs to another address, is theirs.
  const other = shownIn('2025-10-01');
  Object.assign(other.properties.customize[0] ?? {}, { scriptUri: 'https://files/other.sh' });
  const kept = asWritten(other as unknown as Record<string, unknown>, view(), '2025-10-01') as Body;
  assert.partialDeepStrictEqual(kept.properties.customize, [{ sha256Checksum: DIGESTS.a }]);
});

test('allowances are told to each principal as they shrink and come back', () => {
  let now = 0;
  const told = createAllowances(() => now);
  const reads = (who: string) => told(who, 'GET', '/subscriptions/s/x')['x-ms-ratelimit-remaining-subscription-reads'];
  assert.deepEqual([reads('a'), reads('a'), reads('b')], ['249', '248', '249']);
  assert.deepEqual(told('a', 'POST', '/subscriptions/s/x'), { 'x-ms-ratelimit-remaining-subscription-writes': '199' });
  assert.deepEqual(told('a', 'DELETE', '/subscriptions/s/x'), {
    'x-ms-ratelimit-remaining-subscription-deletes': '199',
  });
  assert.deepEqual(told('a', 'GET', '/providers/x'), { 'x-ms-ratelimit-remaining-tenant-reads': '247' });
  for (let call = 0; call < 300; call++) reads('a');
  assert.equal(reads('a'), '0');
  now = 1000;
  assert.equal(reads('a'), '24');
});
