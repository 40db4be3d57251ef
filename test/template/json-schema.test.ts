/** The JSON Schema that editors get: it takes what Kiln takes, and marks what Kiln refuses. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { API_VERSIONS } from '../../src/template/api-versions/api-versions.ts';
import { templateFileJsonSchema } from '../../src/template/json-schema.ts';
import { imageTemplates } from './arbitrary.ts';
import { shared, WITHOUT_SHARED } from './azure-types.ts';
import { resource } from './support.ts';

const validate = new Ajv({ strict: false }).compile(templateFileJsonSchema());

function marksOf(value: unknown): string[] {
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const folder = shared('templates');

describe('the JSON Schema', () => {
  it('takes every valid template, by itself and in a deployment', () => {
    fc.assert(
      fc.property(imageTemplates, (template) => {
        assert.deepEqual(marksOf(template), []);
        assert.deepEqual(marksOf({ resources: [template, { type: 'other/thing', whatever: 1 }] }), []);
      }),
    );
  });

  it('takes the published templates', { skip: folder === false ? WITHOUT_SHARED : false }, () => {
    for (const file of readdirSync(String(folder))) {
      // A trigger is none, one has a misspelt field, and api-versions before 2024-02-01 take any field at all.
      if (/trigger\.json|devOpsEnvTemplate/.test(file)) continue;
      assert.deepEqual(marksOf(parse(readFileSync(`${String(folder)}/${file}`, 'utf8'))), [], file);
    }
  });

  it('takes the key kiln of a Shell customizer in every api-version', () => {
    for (const apiVersion of API_VERSIONS.slice(2)) {
      for (const restart of [true, { timeout: '10m' }, "[parameters('restart')]"]) {
        const customize = [{ type: 'Shell', scriptUri: 'https://e.com/a', kiln: { restart } }];
        const distribute = [{ type: 'VHD', runOutputName: 'a' }];
        assert.deepEqual(marksOf(resource({ customize, distribute }, { apiVersion })), [], apiVersion);
      }
    }
  });

  it('takes a loop in the place of fields', () => {
    const copy = [
      { name: 'distribute', count: 2, input: { type: 'VHD', runOutputName: "[concat('v', copyIndex('distribute'))]" } },
    ];
    assert.deepEqual(marksOf(JSON.parse(JSON.stringify(resource({ copy, distribute: undefined })))), []);
    const step = { type: 'Shell', copy: [{ name: 'inline', count: 2, input: 'echo' }] };
    assert.deepEqual(marksOf(resource({ customize: [step] }, { copy: { name: 'all', count: 2 } })), []);
  });

  it('takes an expression where a value goes', () => {
    assert.deepEqual(
      marksOf(resource({ vmProfile: { osDiskSizeGB: "[parameters('size')]" }, customize: '[x()]' })),
      [],
    );
  });

  const marked: Array<[what: string, value: unknown, where: RegExp]> = [
    ['a field that is not known', resource({ vmboot: 1 }), /\/properties must NOT have additional properties/],
    ['a value out of range', resource({ buildTimeoutInMinutes: 961 }), /\/properties\/buildTimeoutInMinutes/],
    ['a missing part', resource({ source: undefined }), /\/properties must have required property 'source'/],
    [
      'a field of a later version',
      resource({ additionalDataDisks: [] }, { apiVersion: '2024-02-01' }),
      /\/properties must NOT/,
    ],
    [
      'an unknown field of the key kiln',
      resource({ customize: [{ type: 'Shell', inline: ['true'], kiln: { reboot: true } }] }),
      /kiln must NOT have additional properties/,
    ],
    [
      'the key kiln on Windows',
      resource({ customize: [{ type: 'PowerShell', inline: ['1'], kiln: { restart: true } }] }),
      /customize\/0 must NOT have additional properties/,
    ],
    ['a version that is not known', resource({}, { apiVersion: '2030-01-01' }), /\/apiVersion/],
  ];
  for (const [what, value, where] of marked) {
    it(`marks ${what}`, () => assert.match(marksOf(JSON.parse(JSON.stringify(value))).join('\n'), where));
  }
});
