/** The templates that `kiln init` writes, and the examples that people copy. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'jsonc-parser';
import { init } from '../../src/client/commands/files.ts';
import { UsageError } from '../../src/client/settings.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import { templateFileJsonSchema } from '../../src/template/json-schema.ts';
import { planOf } from '../template/support.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kiln-starters-'));
after(() => rmSync(folder, { recursive: true }));

describe('the examples', () => {
  const valid = new Ajv({ strict: false }).compile(templateFileJsonSchema());
  for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith('.json'))) {
    it(`are planned without a warning, and editors take them: ${file}`, () => {
      const text = readFileSync(EXAMPLES + file, 'utf8');
      assert.deepEqual(planOf(text).warnings, []);
      assert.equal(valid(parse(text)), true, JSON.stringify(valid.errors));
    });
  }

  it('show a restart, a validator and the optimization of the start', () => {
    const plan = planOf(readFileSync(`${EXAMPLES}validated-linux.json`, 'utf8'));
    const [first] = plan.customize;
    assert.deepEqual(first?.type === 'Shell' ? first.restart : undefined, { timeoutInSeconds: 600 });
    assert.equal(plan.validate?.validators.length, 1);
    assert.deepEqual(plan.optimize, { vmBoot: true });
  });
});

describe('kiln init', () => {
  let count = 0;
  const written = (options: Parameters<typeof init>[1]): { plan: BuildPlan; text: string } => {
    const file = join(folder, `${count++}.json`);
    const said = mock.method(console, 'log', () => undefined);
    assert.equal(init(file, options), 0);
    assert.match(String(said.mock.calls[0]?.arguments[0]), /kiln plan .* kiln build/);
    said.mock.restore();
    const text = readFileSync(file, 'utf8');
    return { plan: planOf(text), text };
  };

  it('writes a Linux template, or one for Windows with its kinds of steps and a gallery', () => {
    assert.deepEqual([...new Set(written({}).plan.customize.map(({ type }) => type))], ['Shell']);
    const { plan } = written({ windows: true });
    const types = plan.customize.map(({ type }) => type);
    for (const type of ['PowerShell', 'WindowsUpdate', 'WindowsRestart'] as const) assert.ok(types.includes(type));
    assert.deepEqual(
      plan.distribute.map(({ type }) => type),
      ['SharedImage'],
    );
  });

  it('starts from the marketplace, a gallery or an image, and keeps the comments', () => {
    for (const windows of [false, true]) {
      const kinds = ['marketplace', 'gallery', 'image'].map((from) => written({ windows, from }).plan.source.type);
      assert.deepEqual(kinds, ['PlatformImage', 'SharedImageVersion', 'ManagedImage']);
    }
    assert.match(written({ windows: true, from: 'gallery' }).text, /\/\/ The first that is true counts\./);
  });

  it('refuses a source that it does not know, and leaves a file that is there', () => {
    assert.throws(() => init(join(folder, 'x.json'), { from: 'iso' }), /--from: expected one of marketplace, gallery/);
    written({});
    assert.throws(() => init(join(folder, '0.json'), {}), UsageError);
  });
});
