/** Values for parameters: files of them, and types that say what is inside. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readParametersFile } from '../../src/template/index.ts';
import { deployment, GROUP, planOf, problemsOf, resource, toldOf } from './support.ts';

describe('a file of parameters', () => {
  const file = (parameters: object): string => JSON.stringify({ $schema: 'deploymentParameters.json#', parameters });

  it("is read in Resource Manager's form and as a plain object", () => {
    assert.deepEqual(readParametersFile(file({ a: { value: 1 }, b: { value: null } })), { values: { a: 1, b: null } });
    assert.deepEqual(readParametersFile('{ "a": 1, /* c */ }'), { values: { a: 1 } });
  });

  it('is refused for what it has no value of, unless the command gives it: a default is not taken instead', () => {
    const text = file({
      secret: { reference: { keyVault: { id: `${GROUP}/providers/Microsoft.KeyVault/vaults/v` }, secretName: 's' } },
      made: { expression: "[externalInput('sys.cli', 'made')]" },
      none: {},
    });
    const read = readParametersFile(text);
    assert.deepEqual('problems' in read ? read.problems.map(({ path, message }) => `${path}: ${message}`) : [], [
      'parameters.secret.reference: a secret of a key vault is fetched by Azure during a deployment, which planning does not do: give --param secret=…',
      'parameters.made.expression: an expression in a parameters file has its value during a deployment only: give --param made=…',
      'parameters.none: expected a value: give --param none=…',
    ]);
    assert.deepEqual(readParametersFile(text, ['Secret', 'made', 'none']), { values: {} });
  });
});

describe('a parameter with a type that says what is inside', () => {
  const definitions = {
    region: {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 3 },
        replicas: { type: 'int', maxValue: 5, nullable: true },
        key: { type: 'securestring', minLength: 20, nullable: true },
      },
      additionalProperties: false,
    },
    pair: { type: 'array', prefixItems: [{ type: 'int' }, { type: 'bool' }], items: false },
    words: { type: 'object', additionalProperties: { type: 'string' } },
    source: {
      type: 'object',
      discriminator: {
        propertyName: 'kind',
        mapping: { image: { $ref: '#/definitions/image' }, empty: { type: 'object' } },
      },
    },
    image: { type: 'object', properties: { kind: { type: 'string' }, id: { type: 'string' } } },
    tree: { type: 'object', properties: { in: { $ref: '#/definitions/tree', nullable: true } } },
  };
  const of = (type: object): string =>
    deployment(
      { image: resource({}, { tags: { a: "[string(parameters('p'))]" } }) },
      { languageVersion: '2.0', definitions, parameters: { p: type } },
    );
  const list = { type: 'array', items: { $ref: '#/definitions/region' } };

  it('takes what fits, without regard to the case of names', () => {
    const p = [{ name: 'westeurope' }, { Name: 'eastus', replicas: 2 }, { name: 'uksouth', replicas: null }];
    assert.equal(planOf(of(list), { parameters: { p } }).template.tags['a'], JSON.stringify(p));
    for (const [type, value] of [
      ['pair', [1, true]],
      ['words', { a: 'b' }],
      ['source', { kind: 'empty', whatever: 1 }],
      ['tree', { in: { in: {} } }],
    ] as const) {
      const text = of({ $ref: `#/definitions/${type}` });
      assert.equal(planOf(text, { parameters: { p: value } }).template.tags['a'], JSON.stringify(value), type);
    }
  });

  it('is refused with every place in the value that does not fit, and no secret', () => {
    const p = [{ name: 'we', replicas: 9, color: 1 }, { replicas: 2, key: 'SECRET-KEY' }, 5];
    const told = toldOf(of(list), { parameters: { p } });
    assert.deepEqual(told, [
      'parameters.p: the parameter p: [0].name must be of at least 3 characters, got "we"; [0].replicas must be at most 5, got 9; [0].color must not be there; [1].name must be of type string, got nothing; [1].key must be of at least 20 characters; [2] must be of type object, got 5',
    ]);
    const cases: Array<[type: string, value: unknown, expected: string]> = [
      ['pair', [1], 'must be of at least 2 items, got [1]'],
      ['pair', [1, true, 2], 'must be of at most 2 items, got [1,true,2]'],
      ['pair', [1, 'x'], '[1] must be of type bool, got "x"'],
      ['words', { a: 1 }, 'a must be of type string, got 1'],
      ['source', { kind: 'disk' }, 'kind must be one of ["image","empty"], got "disk"'],
      ['source', { kind: 'image' }, 'id must be of type string, got nothing'],
    ];
    for (const [type, value, expected] of cases) {
      const [problem] = problemsOf(of({ $ref: `#/definitions/${type}` }), { parameters: { p: value } });
      assert.equal(problem?.message, `the parameter p ${expected}`);
    }
  });
});
