/** What holds for every template: planned it comes back the same, and whatever is done to it, planning answers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planFile } from '../../src/template/index.ts';
import { imageTemplate } from '../../src/template/schema/image-template.ts';
import type { ApiVersion } from '../../src/template/api-versions/api-versions.ts';
import { templateOf } from '../../src/template/template-of.ts';
import { imageTemplates } from './arbitrary.ts';
import { deployment, OPTIONS, planOf } from './support.ts';

const RUNS = { numRuns: 300 };

/** Every place in a value. */
function placesIn(value: unknown, path: PropertyKey[] = []): PropertyKey[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, item]) =>
      placesIn(item, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** A copy with the value at a place replaced, or taken out where `by` is undefined. */
function changed(value: unknown, [part, ...rest]: PropertyKey[], by: unknown): unknown {
  if (part === undefined) return by;
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) =>
      index === part ? (rest.length === 0 && by === undefined ? [] : [changed(item, rest, by)]) : [item],
    );
  }
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => [
      key,
      key === part ? changed(item, rest, by) : (item as unknown),
    ]),
  );
}

/** What people and machines put where something else belongs. */
const anything = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    "[concat('a', 'b')]",
    "[parameters('absent')]",
    "[json('{')]",
    '[',
    '[]',
    '[[x]',
    "[createObject('a', null())]",
    '<absent>',
    '__proto__',
    Number.MAX_SAFE_INTEGER + 1,
    -1,
    1.5,
  ),
  fc.record({ copy: fc.constant([{ name: 'x', count: 2, input: "[copyIndex('x')]" }]) }),
  fc.string().map((text) => `[${text}]`),
);

const mutations = imageTemplates.chain((template) =>
  fc.record({
    template: fc.constant(template),
    place: fc.constantFrom(...placesIn(template).filter((path) => path.length > 0)),
    by: anything,
  }),
);

describe('any valid template', () => {
  it('is valid by the schema of its own api-version, and is planned', () => {
    fc.assert(
      fc.property(imageTemplates, (template) => {
        const { type: _type, apiVersion, ...body } = template;
        const { identity, ...older } = body;
        const known = String(apiVersion) >= '2019-05-01-preview' ? { ...older, identity } : older;
        const parsed = imageTemplate(apiVersion as ApiVersion).safeParse(known);
        assert.ok(parsed.success, parsed.error?.message);
        planOf(deployment([template]));
      }),
      RUNS,
    );
  });

  it('comes back from its plan as a template with the same plan', () => {
    fc.assert(
      fc.property(imageTemplates, (template) => {
        const plan = planOf(deployment([template]));
        const again = planOf(deployment([templateOf(plan)]));
        const { template: first, warnings: _told, ...rest } = plan;
        const { template: second, warnings: _again, ...others } = again;
        assert.deepEqual(others, rest);
        assert.deepEqual(second, { ...first, apiVersion: '2025-10-01' });
      }),
      RUNS,
    );
  });

  it('has a plan that is plain JSON, with keys that are safe and unique', () => {
    fc.assert(
      fc.property(imageTemplates, (template) => {
        const plan = planOf(deployment([template]));
        assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
        const keys = [...plan.customize, ...(plan.validate?.validators ?? [])].map(({ key }) => key);
        assert.equal(new Set(keys).size, keys.length);
        for (const key of keys) assert.match(key, /^[a-z0-9-]{1,60}$/);
      }),
      RUNS,
    );
  });
});

describe('any change to a valid template', () => {
  it('is planned, or refused with the place of every problem', () => {
    fc.assert(
      fc.property(mutations, ({ template, place, by }) => {
        const result = planFile(deployment([changed(template, place, by)]), OPTIONS);
        if (result.ok) return;
        assert.ok(result.problems.length > 0);
        for (const { path, message } of result.problems) {
          assert.match(path, /^(resources|parameters)/);
          assert.ok(message.length > 0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused as a bare body too, or planned', () => {
    fc.assert(
      fc.property(mutations, ({ template, place, by }) => {
        const result = planFile(JSON.stringify(changed(template, place, by)), OPTIONS);
        assert.ok(result.ok || result.problems.every(({ message }) => message.length > 0));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any text', () => {
  it('is answered', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
        assert.equal(planFile(text, OPTIONS).ok, false);
      }),
      RUNS,
    );
  });

  it('that was a template before characters were cut out of it is answered', () => {
    fc.assert(
      fc.property(imageTemplates, fc.nat(), fc.nat({ max: 40 }), (template, from, count) => {
        const text = deployment([template]);
        const at = from % text.length;
        const result = planFile(text.slice(0, at) + text.slice(at + count), OPTIONS);
        assert.ok(result.ok || result.problems.length > 0);
      }),
      RUNS,
    );
  });

  it('is answered as an expression', () => {
    const pieces = fc.constantFrom(
      'concat(',
      'map(',
      "lambda('x', ",
      "lambdaVariables('x')",
      'json(',
      'format(',
      'range(',
      'createArray(',
      'union(',
      'substring(',
      'reduce(',
      'split(',
      ')',
      ')',
      ')',
      ',',
      ',',
      "'a'",
      "'{'",
      "'{0}'",
      '1',
      '-1',
      '.a',
      '[0]',
      'null()',
      '9999',
      'int(',
      'createObject(',
      'items(',
      'first(',
      'base64ToJson(',
      'uriComponentToString(',
      'dateTimeAdd(',
      "'P1D'",
      'padLeft(',
      'constructor(',
      'toString(',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const result = planFile(deployment([{ ...fixed, tags: { a: `[${parts.join('')}]` } }]), OPTIONS);
        assert.ok(result.ok || result.problems.every(({ path }) => path.startsWith('resources[0].tags')));
      }),
      { numRuns: 3000 },
    );
  });
});

const [fixed = {}] = fc.sample(imageTemplates, { numRuns: 1, seed: 1 });
