/** Everything that is wrong, told at once, each at its place, with what stands there and what may. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatProblems, planFile } from '../../src/template/index.ts';
import {
  DEFINITION,
  deployment,
  GROUP,
  OPTIONS,
  planOf,
  plansOf,
  problemsOf,
  resource,
  SOURCE,
  toldOf,
} from './support.ts';

describe('problems', () => {
  it('are told all at once: a missing parameter and a bad expression hide nothing', () => {
    const text = deployment(
      [
        resource(
          {
            buildTimeoutInMinutes: 2000,
            vmProfile: { vmSize: "[parameters('size')]", osDiskSizeGB: "[fetch('x')]" },
            customize: [{ type: 'Shell' }, { type: 'Bash' }],
            distribute: [
              { type: 'VHD', runOutputName: 'a' },
              { type: 'VHD', runOutputName: 'a', uri: 'ftp://x' },
            ],
          },
          { location: '' },
        ),
      ],
      { parameters: { size: { type: 'string' } } },
    );
    assert.deepEqual(toldOf(text), [
      'parameters.size: no value for size: give --param size=…',
      'resources[0].properties.vmProfile.osDiskSizeGB: the function fetch() is not known',
      'resources[0].location: expected the name of a region',
      'resources[0].properties.customize[0]: expected exactly one of scriptUri and inline',
      'resources[0].properties.customize[1].type: expected one of Shell, PowerShell, WindowsRestart, File, WindowsUpdate',
      'resources[0].properties.distribute[1].uri: expected an http or https address',
      'resources[0].properties.buildTimeoutInMinutes: expected a whole number from 0 to 960',
      'resources[0].properties.distribute[1].runOutputName: a is also the name of distribute[0]: each needs a name of its own',
    ]);
  });

  it('have the path, the value and the api-version', () => {
    const [problem] = problemsOf(deployment([resource({ buildTimeoutInMinutes: 2000 }, { apiVersion: '2022-07-01' })]));
    assert.deepEqual(problem, {
      path: 'resources[0].properties.buildTimeoutInMinutes',
      message: 'expected a whole number from 0 to 960',
      value: '2000',
      allowed: 'a whole number from 0 to 960',
      apiVersion: '2022-07-01',
    });
    assert.equal(
      formatProblems('a.json', problem === undefined ? [] : [problem]),
      'a.json cannot be built: 1 problem\n  resources[0].properties.buildTimeoutInMinutes: expected a whole number from 0 to 960, got 2000 (api-version 2022-07-01)',
    );
  });

  it('say what is allowed, as a field and in the text', () => {
    const [unknown] = problemsOf(deployment([resource({ optimize: { vmBoots: 1 } })]));
    assert.deepEqual(
      [unknown?.message, unknown?.allowed],
      ['this field is not known: did you mean vmBoot?', 'one of vmBoot, workload'],
    );
    assert.equal(
      formatProblems('a.json', unknown === undefined ? [] : [unknown]).split('\n')[1],
      '  resources[0].properties.optimize.vmBoots: this field is not known: did you mean vmBoot? (expected one of vmBoot, workload), got 1 (api-version 2025-10-01)',
    );
    const size = { parameters: { size: { type: 'string', defaultValue: 'c', allowedValues: ['a', 'b'] } } };
    const [value] = problemsOf(deployment([resource({}, { tags: { a: "[parameters('size')]" } })], size));
    assert.deepEqual([value?.path, value?.allowed], ['parameters.size', 'one of ["a","b"]']);
    const [type] = problemsOf(deployment([resource({ customize: [{ type: 'Bash' }] })]));
    assert.equal(type?.allowed, 'one of Shell, PowerShell, WindowsRestart, File, WindowsUpdate');
  });

  it('have the expression or placeholder that has no value', () => {
    const values = problemsOf(deployment([resource({}, { tags: { a: "[fetch('x')]", b: 'to <absent>' } })])).map(
      ({ value }) => value,
    );
    assert.deepEqual(values, [`"[fetch('x')]"`, '"to <absent>"']);
  });

  it('are short, whatever stands there', () => {
    const [problem] = problemsOf(deployment([resource({ buildTimeoutInMinutes: 'x'.repeat(500) })]));
    assert.equal(problem?.value?.length, 60);
  });

  it('hold nothing secret: parameters, signatures, account keys and passwords', () => {
    const secret = `a"b\\c-SECRET`;
    const parameters = { key: { type: 'secureString' } };
    const kept: Array<[given: unknown, properties: object]> = [
      ['a parameter', { buildTimeoutInMinutes: "[parameters('key')]" }],
      ['in an error of an expression', { buildTimeoutInMinutes: "[int(parameters('key'))]" }],
      ['an account key', { buildTimeoutInMinutes: 'AccountName=a;AccountKey=SECRET==;b' }],
      ['a password in an address', { buildTimeoutInMinutes: 'https://me:SECRET@example.com/a' }],
      ['a password as a field', { buildTimeoutInMinutes: { adminPassword: 'SECRET' } }],
    ];
    for (const [what, properties] of kept) {
      const text = deployment([resource(properties)], { parameters });
      for (const key of [secret, secret.padEnd(100, 'x')]) {
        const problems = problemsOf(text, { parameters: { key } });
        if (key === secret) assert.match(JSON.stringify(problems), /\*\*\*/, String(what));
        assert.doesNotMatch(formatProblems('a', problems) + JSON.stringify(problems), /SECRET/, String(what));
      }
    }
  });

  it('hold no signature of an address', () => {
    const uri = 'ftp://account.blob.core.windows.net/a?sv=1&sig=SECRET';
    const [problem] = problemsOf(deployment([resource({ distribute: [{ type: 'VHD', runOutputName: 'a', uri }] })]));
    assert.doesNotMatch(JSON.stringify(problem), /SECRET/);
  });

  it('name a placeholder that nobody filled once, and nothing twice', () => {
    const text = JSON.stringify(
      resource(
        { distribute: [{ type: 'ManagedImage', runOutputName: '<out>', imageId: '<id>', location: '<region>' }] },
        { location: '<region>', identity: { type: 'UserAssigned', userAssignedIdentities: { '<who>': {} } } },
      ),
    );
    assert.deepEqual(
      toldOf(text).map((line) => line.replace(/^.*: no value/, 'no value')),
      ['region', 'who', 'out', 'id'].map((name) => `no value for ${name}: give --param ${name}=…`),
    );
  });

  it('name a parameter that nothing asks for as a warning', () => {
    const { warnings } = planOf(deployment([resource()]), { parameters: { regoin: 'x' } });
    assert.deepEqual(
      warnings.map(({ message }) => message),
      ['nothing in the file asks for the parameter regoin'],
    );
  });

  const ODD: Array<[what: string, text: string, expected: RegExp]> = [
    [
      'Bicep',
      "// an image\n@description('x')\nparam location string = 'westeurope'\n",
      /^: this is Bicep: bicep build/,
    ],
    [
      'a Bicep resource',
      "resource image 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {\n}",
      /this is Bicep/,
    ],
    ['no JSON', '{ "a": ', /^: this is not JSON: \w+ at line 1, column/],
    ['a placeholder without quotes', '{\n  "a": [ <region> ] }', /InvalidSymbol at line 2, column 10: <region> \]/],
    [
      'a form',
      '{ "$schema": "https://x/uiFormDefinition.schema.json", "properties": {} }',
      /^\$schema: this is a form/,
    ],
    ['nothing', '', /^: this is not JSON|^: the file is empty/],
    ['a number', '5', /^: expected an object/],
    ['an array', '[]', /^: expected an object/],
    ['brackets without end', '['.repeat(200_000), /nested deeper than 100 levels/],
    ['brackets behind a comment with a quote', `//"\n${'['.repeat(200_000)}`, /nested deeper than 100 levels/],
    ['resources that are a text', deployment('all'), /^resources: expected an array of resources/],
    ['a resource that is null', deployment([null]), /^resources\[0\]: expected a resource/],
    ['a type that is a number', deployment([{ type: 5 }]), /^resources\[0\]\.type: expected a resource type/],
    [
      'a bare body of another type',
      JSON.stringify(resource({}, { type: 7 })),
      /^type: expected Microsoft\.VirtualMachineImages/,
    ],
    [
      'no properties',
      deployment([resource({}, { properties: undefined })]),
      /properties: is required: expected an object/,
    ],
    [
      'only other resources',
      deployment([{ type: 'a/b' }]),
      /expected a resource of type .*resources\[0\] a\/b is no image/,
    ],
    [
      'a part of a parameter that has no value, once',
      deployment([
        {
          type: 'Microsoft.Resources/deployments',
          properties: {
            expressionEvaluationOptions: { scope: 'inner' },
            parameters: { p: { value: { a: "[reference('x').a]" } } },
            template: {
              definitions: { p: { type: 'object', properties: { a: { type: 'string' } } } },
              parameters: { p: { $ref: '#/definitions/p' } },
              resources: [resource({}, { name: "[parameters('p').a]" })],
            },
          },
        },
      ]),
      /^resources\[0\]\.properties\.parameters\.p\.value\.a: reference\(\) asks Azure during [^\n]*$/,
    ],
    ['a file of parameters', '{"parameters":{"a":{"value":1}}}', /--parameters/],
    [
      'two templates of one name',
      deployment([resource(), resource()]),
      /^resources\[1\]\.name: sample is also the name/,
    ],
    ['an endless loop', deployment([resource({}, { copy: { name: 'a', count: 1e9 } })]), /whole number from 0 to 800/],
    ['loops in loops in loops', deployment([resource({ customize: nested(4) })]), /take too much work/],
    [
      'a value that doubles without end',
      deployment([resource({}, { tags: { a: "[string(variables('v40'))]" } })], { variables: doubling(40) }),
      /larger than a template may be/,
    ],
    [
      'a chain of variables without end',
      deployment([resource({}, { tags: { a: "[variables('v5000')]" } })], { variables: chain(5000) }),
      /too deeply/,
    ],
  ];
  for (const [what, text, expected] of ODD) {
    it(`are told of ${what}`, () => assert.match(toldOf(text).join('\n'), expected));
  }

  it('of tags are told by name', () => {
    const long = 'n'.repeat(513);
    const tags = { 'hidden-link:/a': 'x', 'a/b': 'x', [long]: 'x', c: 'v'.repeat(257) };
    assert.deepEqual(toldOf(deployment([resource({}, { tags })])), [
      'resources[0].tags["a/b"]: expected a tag\'s name without < > % & \\ ? and /',
      `resources[0].tags.${long}: expected a tag's name of at most 512 characters`,
      'resources[0].tags.c: expected at most 256 characters',
    ]);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`t${at}`, 'x']));
    assert.deepEqual(toldOf(deployment([resource({}, { tags: many })])), [
      'resources[0].tags: expected at most 50 tags',
    ]);
  });

  it('of settings are told where they are', () => {
    const gallery = { type: 'SharedImage', runOutputName: 'g', galleryImageId: DEFINITION };
    const cases: Array<[properties: object, expected: string]> = [
      [
        { source: { type: 'PlatformImage', publisher: 'a', offer: 'b' } },
        "source.sku: is required: expected the image's sku",
      ],
      [
        { source: { type: 'ManagedImage', imageId: '/x' } },
        'source.imageId: expected the resource id of Microsoft.Compute/images',
      ],
      [
        { customize: [{ type: 'PowerShell', inline: ['1'], runAsSystem: true }] },
        'customize[0].runAsSystem: expected runElevated to be true: only an elevated script runs as SYSTEM',
      ],
      [
        { customize: [{ type: 'WindowsRestart', restartTimeout: '5 minutes' }] },
        'customize[0].restartTimeout: expected a duration such as 5m or 2h',
      ],
      [
        { customize: [{ type: 'File', sourceUri: 'https://x/y' }] },
        'customize[0].destination: is required for a File step',
      ],
      [
        { customize: [{ type: 'Shell', scriptUri: 'https://x/y', sha256Checksum: 'abc' }] },
        'customize[0].sha256Checksum: expected 64 hexadecimal digits',
      ],
      [
        { distribute: [{ ...gallery, targetRegions: [{ name: 'a' }], replicationRegions: ['b'] }] },
        'distribute[0].replicationRegions: expected targetRegions or the older replicationRegions, not both',
      ],
      [
        { distribute: [{ ...gallery, targetRegions: [{ name: 'West Europe' }, { name: 'westeurope' }] }] },
        'distribute[0].targetRegions[1]: this region is in the list already',
      ],
      [
        { distribute: [{ ...gallery, targetRegions: [{ name: 'a', replicaCount: 0 }] }] },
        'distribute[0].targetRegions[0].replicaCount: expected a whole number of 1 or more',
      ],
      [
        { distribute: [{ ...gallery, galleryImageId: `${DEFINITION}/versions/1.2` }] },
        'distribute[0].galleryImageId: expected a version of three whole numbers, as in 1.2.3',
      ],
      [{ distribute: [] }, 'distribute: expected at least one distributor'],
      [
        { errorHandling: { onCustomizerError: 'retry' } },
        'errorHandling.onCustomizerError: expected one of cleanup, abort',
      ],
      [
        { stagingResourceGroup: 'staging' },
        'stagingResourceGroup: expected the id of a resource group: /subscriptions/{subscription}/resourceGroups/{name}',
      ],
      [{ stagingResourceGroup: GROUP }, "stagingResourceGroup: expected an empty group, not the template's own"],
      [
        { stagingResourceGroup: '/subscriptions/b/resourceGroups/c' },
        `stagingResourceGroup: expected a group in the template's own subscription ${OPTIONS.subscriptionId}`,
      ],
      [{ vmboot: 1 }, 'vmboot: this field is not known'],
      [{ optimise: {} }, 'optimise: this field is not known: did you mean optimize?'],
    ];
    for (const [properties, expected] of cases) {
      assert.deepEqual(toldOf(deployment([resource(properties)])), [`resources[0].properties.${expected}`]);
    }
  });
});

describe('what real files get wrong', () => {
  it('is taken with a warning where the meaning is plain', () => {
    const text = JSON.stringify({
      ...resource({
        source: { ...SOURCE, exactVersion: '1.2.3' },
        provisioningState: 'Succeeded',
        distribute: [{ type: 'VHD', runOutputName: 'a', tags: { a: 'b' } }],
      }),
      type: 'Microsoft.VirtualMachineImages',
      id: '/x',
    });
    const plan = planOf(text);
    assert.deepEqual(plan.distribute[0]?.artifactTags, { a: 'b' });
    assert.deepEqual(
      plan.warnings.map(({ path, message }) => `${path} ${message}`),
      [
        'apiVersion belongs to the request and not to the body; its rules are read by all the same',
        'type Microsoft.VirtualMachineImages is read as Microsoft.VirtualMachineImages/imageTemplates',
        'properties.source.exactVersion is filled by the service, and is ignored',
        'properties.distribute[0].tags is read as artifactTags',
        'properties.provisioningState is filled by the service, and is ignored',
        'id is filled by the service, and is ignored',
      ],
    );
  });

  it('a template as the Azure CLI shows it is one, with a warning', () => {
    const { properties, ...rest } = resource({ provisioningState: 'Succeeded', vmProfile: null }) as {
      properties: object;
    };
    const shown = { ...rest, ...properties, id: '/x', resourceGroup: 'images' };
    const plan = planOf(JSON.stringify(shown));
    assert.deepEqual(plan.source, { ...SOURCE, version: 'latest' });
    assert.match(plan.warnings.map(({ path, message }) => `${path} ${message}`).join('\n'), /^properties is made of/m);
    assert.deepEqual(toldOf(JSON.stringify({ ...shown, vmboot: 1 })), ['properties.vmboot: this field is not known']);
    assert.match(toldOf(JSON.stringify({ ...rest, source: SOURCE })).join('\n'), /properties: is required/);
  });

  it('null is as good as absent, among tags too: functions of Bicep make it so', () => {
    const tags = "[createObject('offer', null(), 'sku', tryGet(createObject('sku', 'x'), 'sku'))]";
    const distribute = [{ type: 'VHD', runOutputName: 'a', artifactTags: tags }];
    const plan = planOf(deployment([resource({ distribute, optimize: '[null()]' }, { tags })]));
    assert.deepEqual([plan.template.tags, plan.distribute[0]?.artifactTags], [{ sku: 'x' }, { sku: 'x' }]);
  });

  it('a parameter that only other resources ask for is none that was mistyped', () => {
    const text = deployment([resource()], { parameters: { other: { type: 'string' } } });
    assert.deepEqual(planOf(text, { parameters: { Other: 'x' } }).warnings, []);
  });

  it('a template as az resource show has it is one: what stands beside it is no field of its', () => {
    const beside = { resourceGroup: 'images', changedTime: 'x', etag: null, kind: null, plan: null, sku: null };
    const { warnings } = planOf(JSON.stringify({ ...resource(), ...beside }));
    assert.deepEqual(
      warnings.map(({ path, message }) => `${path} ${message}`).slice(1),
      ['resourceGroup', 'changedTime'].map(
        (name) => `${name} is shown by the Azure CLI beside a template, and is ignored`,
      ),
    );
  });

  it('comments, trailing commas and texts over several lines are read', () => {
    const text = deployment([resource({}, { tags: { a: 'HERE' } })]).replace(
      '"HERE"',
      `/* a "comment */ "[concat('a', // no comment
        '-b')]",`,
    );
    // The line break is in the expression; what looks like a comment there is not one.
    assert.match(toldOf(text).join(), /cannot read "\/\//);
    assert.equal(planOf(text.replace('// no comment', '')).template.tags['a'], 'a-b');
  });

  it('fields called like those of every object are as unknown as others', () => {
    const text = deployment([resource({ constructor: 1, toString: {} })]).replace('"constructor"', '"__proto__"');
    assert.deepEqual(
      toldOf(text).map((line) => line.slice(0, line.indexOf(':'))),
      ['resources[0].properties.__proto__', 'resources[0].properties.toString'],
    );
  });
});

describe('run ids', () => {
  it('are one a template: none attaches to the build of another', () => {
    const names = ['linux', 'Linux.A', 'linux-a', 'n'.repeat(64)];
    const plans = plansOf(deployment(names.map((name) => resource({}, { name }))));
    const ids = plans.map(({ runId }) => runId);
    assert.equal(ids[0], 'run-linux');
    assert.equal(new Set(ids).size, names.length);
    for (const id of ids) assert.match(id, /^[a-z0-9][a-z0-9-]{0,39}$/);
    assert.equal(new Set(plans.map(({ staging }) => staging.resourceGroup)).size, names.length);
  });
});

it('planning answers, whatever the text is', () => {
  for (const text of [
    'null',
    '"',
    '{}',
    '{"resources":{}}',
    '{"resources":[]}',
    '\u0000',
    '{"properties":[]}',
    '\uFEFF{}',
  ]) {
    assert.equal(planFile(text, OPTIONS).ok, false);
  }
});

function nested(depth: number): unknown {
  if (depth === 0) return { type: 'Shell', inline: ['true'] };
  return { copy: [{ name: `l${depth}`, count: 800, input: nested(depth - 1) }] };
}

function doubling(count: number): object {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `v${at + 1}`,
      at === 0 ? 'twice' : `[createArray(variables('v${at}'), variables('v${at}'))]`,
    ]),
  );
}

function chain(count: number): object {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`v${at + 1}`, at === 0 ? 'end' : `[variables('v${at}')]`]),
  );
}
