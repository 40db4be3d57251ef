import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlanOptions } from '../../src/template/index.ts';
import { templateDigests } from '../../src/template/template-digest.ts';
import type { TemplateDigest } from '../../src/template/template-digest.ts';
import { IDENTITY, shellTemplate } from '../e2e/templates.ts';

const OPTIONS: PlanOptions = {
  fileName: 'web.json',
  parameters: {},
  subscriptionId: '10ca1a2e-0000-4000-8000-000000000001',
  resourceGroup: 'golden-images',
  runId: 'one',
};

const digestsOf = (template: unknown, options: Partial<PlanOptions> = {}): TemplateDigest | undefined =>
  templateDigests(typeof template === 'string' ? template : JSON.stringify(template), { ...OPTIONS, ...options })[0];

const digest = (...args: Parameters<typeof digestsOf>): string | undefined => digestsOf(...args)?.template;

describe('the digest of a template', () => {
  const plain = shellTemplate(['true']);
  const known = digest(plain);

  it('is the same for another run, another layout and another order of fields', () => {
    assert.match(known ?? '', /^[0-9a-f]{64}$/);
    assert.equal(digest(plain, { runId: 'two' }), known);
    assert.equal(digest(`// said otherwise\n${JSON.stringify(plain, null, 4)}`), known);
    assert.equal(digest(Object.fromEntries(Object.entries(plain).toReversed())), known);
  });

  it('is another one where a line, the group, a name or an identity differs', () => {
    const others = [
      digest(shellTemplate(['false'])),
      digest(plain, { resourceGroup: 'other' }),
      digest(plain, { fileName: 'other.json' }),
      digest(plain, { identities: [`${IDENTITY}-2`] }),
    ];
    assert.equal(new Set([known, ...others]).size, 5);
  });

  it('takes parameters by their values, and utcNow() and newGuid() by what they are', () => {
    const template = {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      parameters: {
        owner: { type: 'string', defaultValue: 'us' },
        built: { type: 'string', defaultValue: "[utcNow('o')]" },
        mark: { type: 'string', defaultValue: '[newGuid()]' },
      },
      resources: [
        {
          ...plain,
          name: 'web',
          tags: { owner: "[parameters('owner')]", built: "[parameters('built')]", mark: "[parameters('mark')]" },
        },
      ],
    };
    const first = digest(template, { now: new Date(1), newGuid: () => 'a' });
    assert.equal(digest(template, { now: new Date(2), newGuid: () => 'b' }), first);
    assert.equal(digest(template, { parameters: { owner: 'us' } }), first);
    assert.notEqual(digest(template, { parameters: { owner: 'them' } }), first);
  });

  it('takes a file beside the template by its content', () => {
    const template = shellTemplate([], { customize: [{ type: 'Shell', name: 'only', kiln: { file: 'setup.sh' } }] });
    const withFile = (sha256: string): TemplateDigest | undefined =>
      digestsOf(template, { readLocalFile: (path) => ({ path, sha256: sha256.repeat(64), bytes: 1 }) });
    assert.equal(withFile('a')?.template, withFile('b')?.template);
    assert.equal(withFile('a')?.files, withFile('a')?.files);
    assert.notEqual(withFile('a')?.files, withFile('b')?.files);
  });
});
