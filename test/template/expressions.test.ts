/** Resource Manager's expressions, by way of the templates that hold them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uniqueString } from '../../src/arm-template/expressions/unique-names.ts';
import {
  deployment,
  planOf,
  plansOf,
  problemsOf,
  refusalOf,
  resource,
  SUBSCRIPTION,
  toldOf,
  valueOf,
} from './support.ts';

const VALUES: Array<[expression: string, value: unknown]> = [
  ["concat('a', 1, 'b')", 'a1b'],
  ['concat(createArray(1), createArray(2, 3))', [1, 2, 3]],
  ["format('{0}-{1:D3}-{2,4}|{{x}}', 'a', 7, 'b')", 'a-007-   b|{x}'],
  [
    "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
    'Hello, User. Formatted number: 8,175,133',
  ],
  ["format('{0:N2}|{0:F1}|{0:D6}|{0:X}|{0:E2}|{0:G}', 1234)", '1,234.00|1234.0|001234|4D2|1.23E+003|1234'],
  ["format('{0:000}|{0:#,##0.00}|{0:#.#}|v{0:0}', 1234)", '1234|1,234.00|1234|v1234'],
  ["format('{0:N0}|{0:D3}|{0:X}|{0:000}', -5)", '-5|-005|FFFFFFFFFFFFFFFB|-005'],
  ["format('{0:D3}{1:N0}{{0}}', '7', true())", '7True{0}'],
  ["toLower('ABC')", 'abc'],
  ["toUpper('abc')", 'ABC'],
  ["trim('  a ')", 'a'],
  ["replace('a.b.c', '.', '$&')", 'a$&b$&c'],
  ["split('a,b;c', createArray(',', ';'))", ['a', 'b', 'c']],
  ["split('xaby', createArray('b', 'ab'))", ['x', 'y']],
  ["split('a|b.c', createArray('|', '.'))", ['a', 'b', 'c']],
  ["join(createArray('a', 'b'), '-')", 'a-b'],
  ["substring('image', 1, 3)", 'mag'],
  ["startsWith('Image', 'iM')", true],
  ["endsWith('Image', 'GE')", true],
  ["indexOf('image', 'A')", 2],
  ["lastIndexOf('banana', 'an')", 3],
  ["indexOf(createArray(createObject('a', 1), 'B'), createObject('a', 1))", 0],
  ["lastIndexOf(createArray('b', 'B'), 'b')", 0],
  ["padLeft('7', 3, '0')", '007'],
  ["first('abc')", 'a'],
  ['last(createArray(1, 2))', 2],
  ['first(createArray())', null],
  ["length('abc')", 3],
  ["length(createObject('a', 1))", 1],
  ["empty('')", true],
  ['empty(createArray())', true],
  ["contains('image', 'mag')", true],
  ['contains(createArray(1, 2), 2)', true],
  ["contains(createObject('Key', 1), 'key')", true],
  ['union(createArray(1, 2), createArray(2, 3))', [1, 2, 3]],
  ['union(json(\'{"a":{"b":1},"l":[1]}\'), json(\'{"a":{"c":2},"l":[2]}\'))', { a: { b: 1, c: 2 }, l: [2] }],
  ['intersection(createArray(1, 2), createArray(2, 3))', [2]],
  ['skip(createArray(1, 2, 3), 1)', [2, 3]],
  ["take('image', 2)", 'im'],
  ['range(3, 2)', [3, 4]],
  ['flatten(createArray(createArray(1), createArray(2)))', [1, 2]],
  [
    "items(createObject('b', 2, 'a', 1))",
    [
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ],
  ],
  ["tryGet(createObject('a', createArray(5)), 'a', 0)", 5],
  ["tryGet(createObject('a', 1), 'b')", null],
  ["array('a')", ['a']],
  ["equals(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 1))", true],
  ['and(true(), false())', false],
  ['or(false(), true())', true],
  ['not(false())', true],
  ["if(true(), 'yes', json('not json'))", 'yes'],
  ["coalesce(null(), 'a', json('not json'))", 'a'],
  ["int('42')", 42],
  ["bool('True')", true],
  ["string(createArray(1, 'a'))", '[1,"a"]'],
  ['json(\'{ "a": [1] }\').a[0]', 1],
  ["json('{''one'': ''a'', two: [1, /* c */ 2,]}')", { one: 'a', two: [1, 2] }],
  ["base64ToJson(base64('{''one'': ''a'', ''two'': ''b''}'))", { one: 'a', two: 'b' }],
  ["base64('image')", 'aW1hZ2U='],
  ["base64ToString('aW1hZ2U=')", 'image'],
  ["uri('https://example.com/a/', 'b.sh')", 'https://example.com/a/b.sh'],
  ["uriComponent('a b!*')", 'a%20b%21%2A'],
  ['add(mul(2, 3), sub(div(9, 2), mod(9, 2)))', 9],
  ['min(createArray(3, 1))', 1],
  ['max(1, 3, 2)', 3],
  ['less(1, 2)', true],
  ["greaterOrEquals('b', 'a')", true],
  ["map(range(1, 2), lambda('n', mul(lambdaVariables('n'), 10)))", [10, 20]],
  ["filter(createArray(1, 2, 3), lambda('n', greater(lambdaVariables('n'), 1)))", [2, 3]],
  ["reduce(range(1, 3), 0, lambda('sum', 'n', add(lambdaVariables('sum'), lambdaVariables('n'))))", 6],
  ["sort(createArray(2, 1), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", [1, 2]],
  [
    "toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', toUpper(lambdaVariables('x'))))",
    { a: 'A', b: 'B' },
  ],
  [
    "map(createArray('a'), lambda('x', map(createArray('b'), lambda('y', concat(lambdaVariables('x'), lambdaVariables('y'))))))",
    [['ab']],
  ],
  ['subscription().subscriptionId', SUBSCRIPTION],
  ['resourceGroup().name', 'images'],
  ["contains(resourceGroup(), 'location')", false],
  ['resourceGroup().id', `/subscriptions/${SUBSCRIPTION}/resourceGroups/images`],
  ['deployment().name', 'sample'],
  ['environment().suffixes.storage', 'core.windows.net'],
  ['environment().suffixes.sqlServerHostname', '.database.windows.net'],
  [
    "resourceId('Microsoft.Compute/galleries/images', 'g', 'i')",
    `/subscriptions/${SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/galleries/g/images/i`,
  ],
  [
    "resourceId('s', 'other', 'Microsoft.Compute/images', 'i')",
    '/subscriptions/s/resourceGroups/other/providers/Microsoft.Compute/images/i',
  ],
  [
    "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')",
    `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/r`,
  ],
  [
    "extensionResourceId(resourceGroup().id, 'Microsoft.Authorization/locks', 'l')",
    `/subscriptions/${SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Authorization/locks/l`,
  ],
  ["dateTimeAdd('2020-01-31T00:00:00Z', 'P1M', 'yyyy-MM-dd')", '2020-02-29'],
  ["dateTimeAdd('2026-01-31T00:00:00Z', 'P1DT2H', 'yyyy-MM-dd HH:mm')", '2026-02-01 02:00'],
  ["dateTimeAdd('2020-04-07T14:53:14Z', 'P1D', 'ddd, MMMM d yyyy h:mm tt')", 'Wed, April 8 2020 2:53 PM'],
  ["dateTimeAdd('2020-04-07T14:53:14Z', 'P1D', 'R')", 'Wed, 08 Apr 2020 14:53:14 GMT'],
  ["dateTimeAdd('2020-04-07T14:53:14Z', 'P1D', 'M d')", '4 8'],
  [
    "parseCidr('10.144.0.0/20')",
    {
      network: '10.144.0.0',
      netmask: '255.255.240.0',
      broadcast: '10.144.15.255',
      firstUsable: '10.144.0.1',
      lastUsable: '10.144.15.254',
      cidr: 20,
    },
  ],
  [
    "parseCidr('fdad:3236:5555::/48')",
    {
      network: 'fdad:3236:5555::',
      netmask: 'ffff:ffff:ffff::',
      firstUsable: 'fdad:3236:5555::',
      lastUsable: 'fdad:3236:5555:ffff:ffff:ffff:ffff:ffff',
      cidr: 48,
    },
  ],
  ["cidrSubnet('10.144.0.0/20', 24, 4)", '10.144.4.0/24'],
  ["cidrSubnet('fdad:3236:5555::/48', 52, 4)", 'fdad:3236:5555:4000::/52'],
  ["cidrHost('10.144.3.0/24', 4)", '10.144.3.5'],
  ["cidrHost('fdad:3236:5555:3000::/52', 0)", 'fdad:3236:5555:3000::1'],
  ["concat('it''s', ' fine')", "it's fine"],
  ["concat('a',\n   'b')", 'ab'],
];

const REFUSED: Array<[expression: string, message: RegExp]> = [
  ["fetch('x')", /the function fetch\(\) is not known/],
  ["constructor('x')", /the function constructor\(\) is not known/],
  ["reference('x').outputs", /reference\(\) asks Azure during a deployment.*give the value as a parameter/],
  ["listKeys('x', '2020-01-01')", /listKeys\(\) asks Azure/],
  ["listCallbackUrl('x', '2020-01-01')", /listCallbackUrl\(\) asks Azure/],
  ["toLogicalZone('s', 'westeurope', 'z')", /asks Azure/],
  ["concta('a', 'b')", /the function concta\(\) is not known: did you mean concat\(\)\?/],
  ["parseCidr('10.0.0.0')", /parseCidr\(\): expected a range such as 10\.0\.0\.0\/16/],
  ["parseCidr('::1%eth0/64')", /expected a range/],
  ["cidrSubnet('10.0.0.0/24', 25, 2)", /there is no subnet 2 of \/25/],
  ["cidrSubnet('10.0.0.0/24', 23, 0)", /expected a prefix from 24 to 32/],
  ["cidrHost('10.0.0.0/30', 2)", /there is no host 2/],
  ['resourceGroup().location', /the location of resourceGroup\(\) is not known without asking Azure: give --location/],
  ['deployment().location', /the location of deployment\(\) is not known.*--location/],
  ['subscription().tenantId', /the tenantId of subscription\(\) is known to Azure only/],
  ['subscription().displayname', /the displayName of subscription\(\) is known to Azure only/],
  ['subscription().color', /there is no member color, only subscriptionId, id/],
  ["fail('pick a size')", /the template itself refuses: pick a size/],
  ["json('{')", /json\(\): the text is not JSON/],
  [`json('${'['.repeat(200)}')`, /nested deeper than 100 levels/],
  [`${'concat('.repeat(150)}'a'${')'.repeat(150)}`, /nested deeper than 100 levels/],
  ["concat('a'", /expected \), got the end/],
  ['concat(a)', /expected \( after a.*single quotes/],
  ["toLower('a') 'b'", /unexpected 'b' after the expression/],
  ['toLower(', /expected a value, got the end/],
  ["toLower('a', 'b')", /toLower\(\) takes 1 arguments, got 2/],
  ["substring('abc', 2, 5)", /substring\(\): characters 2 to 7 are not in a text of 3/],
  ['range(0, 100000000)', /expected a count from 0 to 10000/],
  ["parameters('p')", /the parameter p is not declared/],
  ["variables('v')", /the variable v is not declared/],
  ["createObject('a', 1).b", /there is no member b, only a/],
  ['createArray(1)[1]', /there is no item 1 in an array of 1/],
  ['copyIndex()', /there is no copy loop around/],
  ["lambda('x', 1)", /the expression has no value|expected/],
  ['utcNow()', /only in the default of a parameter/],
  ['div(1, 0)', /a number is divided by 0/],
  ["int('1.5')", /expected a whole number/],
  ["uriComponentToString('%')", /uriComponentToString\(\): URI malformed/],
  ["format('{0:Q}', 1)", /the format Q is not supported/],
  ["format('{0:C}', 1)", /the format C is not supported/],
  ["format('{0:N0;x}', 1)", /the format N0;x is not supported/],
  ["format('{0:D3}', json('1.5'))", /format\(\): expected a whole number, got 1.5/],
  ["json('[Infinity]')", /a number in it has no end/],
  [`json('[''"'', ${'['.repeat(200)}${']'.repeat(201)}')`, /nested deeper than 100 levels/],
  ['range(2147483647, 1)', /at most 2147483647 together/],
  ["dateTimeAdd('2020-04-07T14:53:14Z', 'P1D', 'qq')", /the date format qq is not supported/],
  ["resourceId('images', 'a')", /expected a resource type/],
];

describe('an expression', () => {
  for (const [expression, value] of VALUES) {
    it(`${expression.slice(0, 90)} is ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.deepEqual(valueOf(expression), value);
    });
  }

  for (const [expression, message] of REFUSED) {
    it(`${expression.slice(0, 60)} is refused where it stands`, () => assert.match(refusalOf(expression), message));
  }

  it('[[…] is a text in brackets, and a script keeps its own brackets', () => {
    const properties = { customize: [{ type: 'Shell', inline: ['[[ -e /x ]] && echo y', "[concat('echo ', 'z')]"] }] };
    const plan = planOf(deployment([resource(properties, { tags: { a: '[[b]', c: '[d] e' } })]));
    assert.deepEqual(plan.template.tags, { a: '[b]', c: '[d] e' });
    const [step] = plan.customize;
    assert.deepEqual(step?.type === 'Shell' ? step.script : undefined, {
      from: 'inline',
      lines: ['[[ -e /x ]] && echo y', 'echo z'],
    });
  });

  it('leaves the scripts of a bare body as they are: a request to Azure is not evaluated', () => {
    const lines = ['[ -e /x ]', '[[ -e /x ]]', 'echo <h1>'];
    const [step] = planOf(JSON.stringify(resource({ customize: [{ type: 'Shell', inline: lines }] }))).customize;
    assert.deepEqual(step?.type === 'Shell' ? step.script : undefined, { from: 'inline', lines });
  });
});

describe('parameters and variables', () => {
  const tagged = (tags: object, more: object): string => deployment([resource({}, { tags })], more);

  it('are known by name without regard to case, and converted by their type', () => {
    const parameters = {
      Size: { type: 'Int', minValue: 1 },
      on: { type: 'bool', defaultValue: true },
      list: { type: 'array' },
    };
    const text = tagged(
      { a: "[string(createArray(parameters('size'), parameters('ON'), variables('both')))]" },
      { parameters, variables: { both: "[concat(parameters('list'), createArray('z'))]" } },
    );
    const plan = planOf(text, { parameters: { SIZE: '30', list: '["y"]' } });
    assert.equal(plan.template.tags['a'], '[30,true,["y","z"]]');
  });

  it('are refused by allowed values, limits and type, once, where they are declared', () => {
    const text = tagged(
      { a: "[parameters('p')]", b: "[parameters('p')]", c: "[parameters('q')]", d: "[parameters('r')]" },
      {
        parameters: {
          p: { type: 'string', allowedValues: ['x', 'y'] },
          q: { type: 'int', maxValue: 5 },
          r: { type: 'number' },
        },
      },
    );
    assert.deepEqual(toldOf(text, { parameters: { p: 'z', q: '9', r: '1' } }), [
      'parameters.p: the parameter p must be one of ["x","y"], got "z"',
      'parameters.q: the parameter q must be at most 5, got 9',
      'parameters.r: the parameter r has the unknown type number, expected one of string, int, bool, object, array',
    ]);
  });

  it('in circles are told, not followed', () => {
    const variables = { a: "[variables('b')]", b: "[variables('a')]" };
    assert.deepEqual(toldOf(tagged({ x: "[variables('a')]" }, { variables })), [
      'variables.b: the variable a depends on itself',
    ]);
  });

  it('take utcNow() and newGuid() in defaults only', () => {
    const parameters = {
      now: { type: 'string', defaultValue: "[utcNow('yyyyMMddHHmm')]" },
      id: { type: 'string', defaultValue: '[newGuid()]' },
    };
    const plan = planOf(tagged({ now: "[parameters('now')]", id: "[parameters('id')]" }, { parameters }));
    assert.deepEqual(plan.template.tags, { now: '202603040506', id: '11111111-2222-4333-8444-555555555555' });
  });

  it('that are secure are not repeated in a problem, by default or as part of an object either', () => {
    const parameters = {
      token: { type: 'securestring', defaultValue: 'hunter22' },
      login: { type: 'secureObject', defaultValue: { user: { key: 'hunter22' } } },
    };
    for (const value of ["[parameters('token')]", "[parameters('login').user.key]", "[parameters('login')]"]) {
      const problems = problemsOf(deployment([resource({ buildTimeoutInMinutes: value })], { parameters }));
      assert.doesNotMatch(JSON.stringify(problems), /hunter22/);
    }
  });

  it('that are secure are not repeated in a problem', () => {
    const parameters = { token: { type: 'securestring' } };
    const text = deployment([resource({ buildTimeoutInMinutes: "[parameters('token')]" })], { parameters });
    const [line = ''] = toldOf(text, { parameters: { token: 'hunter22' } });
    assert.doesNotMatch(line, /hunter22/);
  });

  it('of Bicep have named types, null for what is nullable, and functions of their own', () => {
    const text = deployment(
      { image: resource({}, { tags: { a: "[coalesce(parameters('size'), 'none')]", b: "[__bicep.twice('x')]" } }) },
      {
        languageVersion: '2.0',
        definitions: { size: { type: 'string', nullable: true } },
        parameters: { size: { $ref: '#/definitions/size' } },
        functions: [
          {
            namespace: '__bicep',
            members: {
              twice: {
                parameters: [{ name: 'of', type: 'string' }],
                output: { type: 'string', value: "[concat(parameters('of'), parameters('of'))]" },
              },
            },
          },
        ],
      },
    );
    assert.deepEqual(planOf(text).template.tags, { a: 'none', b: 'xx' });
  });
});

describe('loops, conditions and nested deployments', () => {
  it('copy on a property, a variable and a resource', () => {
    const text = deployment(
      [
        resource(
          {
            copy: [
              {
                name: 'customize',
                count: 2,
                input: { type: 'Shell', inline: ["[format('echo {0}', variables('words')[copyIndex('customize')])]"] },
              },
            ],
          },
          { name: "[concat('image-', copyIndex('images', 1))]", copy: { name: 'images', count: 2 } },
        ),
      ],
      { variables: { copy: [{ name: 'words', count: 2, input: "[concat('w', copyIndex('words'))]" }] } },
    );
    const plans = plansOf(text);
    assert.deepEqual(
      plans.map(({ template, runId }) => [template.name, runId]),
      [
        ['image-1', 'run-image-1'],
        ['image-2', 'run-image-2'],
      ],
    );
    assert.deepEqual(
      plans[1]?.customize.map((step) => (step.type === 'Shell' ? step.script : undefined)),
      ['echo w0', 'echo w1'].map((line) => ({ from: 'inline', lines: [line] })),
    );
  });

  it('a resource whose condition is false is not built, and another resource is named and left', () => {
    const text = deployment([
      resource({}, { condition: "[equals('a', 'b')]", name: 'off' }),
      { type: 'Microsoft.Compute/galleries', name: 'g' },
      resource({}, { condition: true, name: 'on' }),
    ]);
    const plan = planOf(text);
    assert.equal(plan.template.name, 'on');
    assert.equal(plan.runId, 'run');
    assert.deepEqual(
      plan.warnings.map(({ path, message }) => `${path} ${message}`),
      [
        'resources[0] its condition is false, so it is not built',
        'resources[1] Microsoft.Compute/galleries is no image template and is left alone',
      ],
    );
  });

  it('what a deployment keeps for itself needs no value: dependsOn, comments', () => {
    const more = { dependsOn: ["[reference('x').outputs.id]"], comments: '[made by hand]' };
    assert.equal(planOf(deployment([resource({}, more)])).template.name, 'sample');
  });

  it("a module of Bicep's is a nested deployment with parameters and a group of its own", () => {
    const inner = {
      parameters: { name: { type: 'string' } },
      resources: [resource({}, { name: "[parameters('name')]" })],
    };
    const text = deployment(
      [
        {
          type: 'Microsoft.Resources/deployments',
          name: 'module',
          resourceGroup: 'other',
          properties: {
            expressionEvaluationOptions: { scope: 'inner' },
            parameters: { name: { value: "[concat('in-', variables('v'))]" } },
            template: inner,
          },
        },
      ],
      { variables: { v: 'side' } },
    );
    const { template } = planOf(text);
    assert.equal(template.name, 'in-side');
    assert.match(template.id, /resourceGroups\/other\/.*\/in-side$/);
  });
});

describe('what only Azure knows', () => {
  const module = (parameters: object, inner: object, more: object = {}): Record<string, unknown> => ({
    type: 'Microsoft.Resources/deployments',
    name: 'module',
    properties: { expressionEvaluationOptions: { scope: 'inner' }, parameters, template: inner },
    ...more,
  });
  const template = {
    parameters: { name: { type: 'string' }, who: { type: 'string', defaultValue: 'nobody' } },
    resources: [resource({}, { name: "[parameters('name')]" }), { type: 'a/b', name: "[parameters('who')]" }],
  };
  const asked = { value: "[reference('identity').outputs.id.value]" };

  it('is refused where an image template needs it, and nowhere else', () => {
    assert.equal(planOf(deployment([module({ name: { value: 'a' }, who: asked }, template)])).template.name, 'a');
    assert.match(
      toldOf(deployment([module({ name: asked }, template)])).join('\n'),
      /^resources\[0\]\.properties\.parameters\.name\.value: reference\(\) asks Azure/,
    );
  });

  it('may be all of a deployment that has no image template in it, which is left', () => {
    const other = module(
      { who: asked },
      { resources: [{ type: 'a/b' }] },
      { name: asked.value, resourceGroup: asked.value, condition: asked.value },
    );
    const linked = { type: 'Microsoft.Resources/deployments', name: 'l', properties: { templateLink: { uri: 'x' } } };
    assert.deepEqual(
      planOf(deployment({ image: resource(), other, linked })).warnings.map(
        ({ path, message }) => `${path} ${message}`,
      ),
      [
        'resources.other this deployment has no image template in it and is left alone',
        'resources.linked the template of this deployment is elsewhere, and is not read: give it by itself',
      ],
    );
  });

  it('a key vault keeps too: no default is taken in its place', () => {
    const secret = { reference: { keyVault: { id: '/x' }, secretName: 's' } };
    const inner = { ...template, resources: [resource({}, { tags: { who: "[parameters('who')]" } })] };
    assert.match(
      toldOf(deployment([module({ who: secret }, inner)])).join('\n'),
      /^resources\[0\]\.properties\.parameters\.who\.reference: a secret of a key vault/,
    );
  });

  it('a loop around a deployment gives each its own values', () => {
    const looped = module({ name: { value: "[format('{0}-{1}', variables('base'), copyIndex())]" } }, template, {
      copy: { name: 'all', count: 2, mode: 'serial', batchSize: 1 },
    });
    assert.deepEqual(
      plansOf(deployment([looped], { variables: { base: 'image' } })).map((plan) => plan.template.name),
      ['image-0', 'image-1'],
    );
  });
});

describe('names from a hash', () => {
  it('uniqueString agrees with values that other clients of Azure publish', () => {
    assert.equal(uniqueString('test'), 'rbgf3xv4ufgzg');
    assert.equal(uniqueString('foo-bar-baz'), 'xzi4ioaxtmth4');
    assert.equal(
      uniqueString('/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg'),
      'bmg7c6xu4tw46',
    );
  });

  it('are said not to be promised as Azure gives them, once', () => {
    const tags = { a: "[uniqueString('a')]", b: "[uniqueString('b')]", c: "[guid('c')]" };
    assert.deepEqual(
      planOf(deployment([resource({}, { tags })])).warnings.map(({ message }) => message),
      ['uniqueString', 'guid'].map(
        (name) =>
          `${name}() is the same for the same arguments here, and not promised to be the value that Azure gives`,
      ),
    );
  });

  it('guid is version 5 of RFC 9562, and the same for the same input', () => {
    assert.match(
      String(valueOf("guid('a', 'b')")),
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(valueOf("guid('a', 'b')"), valueOf("guid('a-b')"));
  });
});
