/** The key `kiln`: what it may hold, where, and in every api-version. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { API_VERSIONS, atLeast } from '../../src/template/api-versions/api-versions.ts';
import type { ApiVersion } from '../../src/template/api-versions/api-versions.ts';
import type { ShellCustomizer } from '../../src/template/build-plan.ts';
import { templateOf } from '../../src/template/index.ts';
import { deployment, planOf, problemsOf, resource, toldOf } from './support.ts';

const URI = 'https://example.com/script';
const AT = 'resources[0].properties.customize[0]';

function step(version: ApiVersion, kiln: unknown, type = 'Shell'): string {
  const spelled = version === '2018-02-01-preview' ? type.toLowerCase() : type;
  const script = atLeast(version, '2019-05-01-preview') ? { scriptUri: URI } : { script: URI };
  const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i';
  const output = version === '2018-02-01-preview' ? 'managedImage' : 'ManagedImage';
  const distribute = [{ type: output, runOutputName: 'a', imageId: id, location: 'westeurope' }];
  return deployment([
    resource({ customize: [{ type: spelled, ...script, kiln }], distribute }, { apiVersion: version }),
  ]);
}

const restartOf = (version: ApiVersion, kiln: unknown): ShellCustomizer['restart'] => {
  const plan = planOf(step(version, kiln));
  assert.deepEqual(
    plan.warnings.filter(({ path }) => path.includes('kiln')),
    [],
  );
  const [first] = plan.customize;
  assert.ok(first?.type === 'Shell');
  return first.restart;
};

describe('the key kiln of a Shell customizer', () => {
  for (const version of API_VERSIONS) {
    it(`restarts the machine after the script, in ${version} too`, () => {
      assert.deepEqual(restartOf(version, { restart: true }), { timeoutInSeconds: 600 });
      assert.deepEqual(restartOf(version, { restart: {} }), { timeoutInSeconds: 600 });
      assert.deepEqual(restartOf(version, { restart: { timeout: '1h30m' } }), { timeoutInSeconds: 5400 });
      for (const none of [undefined, {}, { restart: false }]) assert.equal(restartOf(version, none), undefined);
    });

    it(`holds nothing else, and ${version} leaves nothing of it out unsaid`, () => {
      const unknown = 'this field is not known';
      const told = (kiln: unknown): string[] => toldOf(step(version, kiln));
      assert.deepEqual(told({ reboot: true }), [`${AT}.kiln.reboot: ${unknown}`]);
      assert.deepEqual(told({ restarts: true }), [`${AT}.kiln.restarts: ${unknown}: did you mean restart?`]);
      assert.deepEqual(told({ restart: { timeout: '5m', retries: 2 } }), [`${AT}.kiln.restart.retries: ${unknown}`]);
      assert.deepEqual(told({ restart: { timeout: 'soon' } }), [
        `${AT}.kiln.restart.timeout: expected a duration such as 10m or 2h`,
      ]);
      assert.deepEqual(told({ restart: 'yes' }), [
        `${AT}.kiln.restart: expected true, false, or an object with a timeout`,
      ]);
      assert.deepEqual(told(true), [`${AT}.kiln: expected an object`]);
    });
  }

  it('may come from an expression', () => {
    const text = deployment(
      [resource({ customize: [{ type: 'Shell', inline: ['true'], kiln: { restart: "[parameters('restart')]" } }] })],
      { parameters: { restart: { type: 'bool', defaultValue: true } } },
    );
    const [first] = planOf(text).customize;
    assert.deepEqual(first?.type === 'Shell' ? first.restart : 'none', { timeoutInSeconds: 600 });
  });
});

describe('the key kiln elsewhere', () => {
  it('is refused on PowerShell with what Windows has instead', () => {
    for (const version of ['2019-02-01-preview', '2023-07-01', '2025-10-01'] as const) {
      assert.deepEqual(toldOf(step(version, { restart: true }, 'PowerShell')), [
        `${AT}.kiln.restart: expected a WindowsRestart step after this one: kiln.restart is for Shell customizers`,
      ]);
    }
  });

  it('is refused in validators', () => {
    for (const type of ['Shell', 'PowerShell']) {
      for (const apiVersion of ['2022-02-14', '2025-10-01']) {
        const inVMValidations = [{ type, inline: ['true'], kiln: { restart: true } }];
        assert.deepEqual(toldOf(deployment([resource({ validate: { inVMValidations } }, { apiVersion })])), [
          'resources[0].properties.validate.inVMValidations[0].kiln.restart: expected no restart: a validator looks at the machine as it booted',
        ]);
      }
    }
  });

  it('is an unknown field, which no api-version leaves out', () => {
    for (const apiVersion of ['2022-02-14', '2025-10-01']) {
      const distribute = [{ type: 'VHD', runOutputName: 'disk', kiln: {} }];
      const text = deployment([resource({ distribute, kiln: {} }, { apiVersion, kiln: {} })]);
      assert.deepEqual(toldOf(text).toSorted(), [
        'resources[0].kiln: this field is not known',
        'resources[0].properties.distribute[0].kiln: this field is not known',
        'resources[0].properties.kiln: this field is not known',
      ]);
    }
  });
});

describe('what the key kiln adds to a step', () => {
  const customized = (customize: object[]) => deployment([resource({ customize })]);
  const tries = { pauseBefore: '30s', retries: 2 };

  it('is in the plan, and in the template that is made of it again', () => {
    const shell = {
      ...tries,
      timeout: '5m',
      environment: { A: 'x y' },
      validExitCodes: [0, 3],
      executeCommand: 'sh {{ .Path }}',
    };
    const customize = [
      { type: 'Shell', inline: ['true'], kiln: shell },
      { type: 'PowerShell', inline: ['1'], kiln: { ...tries, timeout: '5m', environment: { A: 'x' } } },
      { type: 'File', sourceUri: URI, destination: '/a', kiln: { ...tries, timeout: '1h' } },
      { type: 'WindowsRestart', kiln: tries },
      { type: 'WindowsUpdate', kiln: tries },
    ];
    const plan = planOf(customized(customize));
    for (const step of plan.customize) {
      assert.equal(step.pauseBeforeInSeconds, 30);
      assert.equal(step.retries, 2);
    }
    const [first, second] = plan.customize;
    assert.ok(first?.type === 'Shell' && second?.type === 'PowerShell');
    assert.deepEqual(first.environment, { A: 'x y' });
    assert.deepEqual(first.validExitCodes, [0, 3]);
    assert.equal(first.executeCommand, 'sh {{ .Path }}');
    assert.equal(second.timeoutInSeconds, 300);
    const again = planOf(deployment([templateOf(plan)]));
    assert.deepEqual(again.customize, plan.customize);
  });

  it('is refused where it means nothing', () => {
    const told = (type: string, kiln: object) => toldOf(customized([{ type, kiln }]));
    assert.deepEqual(told('WindowsRestart', { environment: {} }), [`${AT}.kiln.environment: this field is not known`]);
    const bad = [
      ['executeCommand', 'sh script', 'expected {{ .Path }} in it'],
      ['retries', 21, 'expected a whole number from 0 to 20'],
      ['pauseBefore', 'a while', 'expected a duration such as 30s or 5m'],
      ['validExitCodes', [256], 'expected a whole number from 0 to 255'],
      ['environment', { 'A-B': '1' }, 'expected a name of letters, digits and _'],
      ['environment', { A: 1 }, 'expected text'],
    ] as const;
    for (const [field, value, message] of bad) {
      const problems = toldOf(customized([{ type: 'Shell', inline: ['true'], kiln: { [field]: value } }]));
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', new RegExp(`kiln\\.${field}.*: ${message.replaceAll(/[{}.]/g, '\\$&')}`));
    }
  });
});

describe('a file beside the template', () => {
  const found = { sha256: 'a'.repeat(64), bytes: 5, content: 'eA==' };
  const steps = (more: object = {}) => [
    { type: 'Shell', kiln: { file: 'a.sh' }, ...more },
    { type: 'File', destination: '/b', kiln: { file: 'b' }, ...more },
  ];
  const text = (customize: object[]) => deployment([resource({ customize })]);
  const readLocalFile = (path: string) => ({ path, ...found });

  it('takes the place of an address, and is in the plan as it was read', () => {
    const plan = planOf(text(steps()), { readLocalFile });
    const [shell, file] = plan.customize;
    assert.ok(shell?.type === 'Shell' && file?.type === 'File');
    assert.deepEqual(shell.script, { from: 'file', file: { path: 'a.sh', ...found } });
    assert.deepEqual(file.file, { path: 'b', ...found });
    assert.deepEqual(planOf(deployment([templateOf(plan)]), { readLocalFile }).customize, plan.customize);
  });

  it('is checked against its checksum', () => {
    const wrong = text(steps({ sha256Checksum: 'B'.repeat(64) }));
    assert.deepEqual(
      problemsOf(wrong, { readLocalFile }).map(({ path }) => path),
      ['resources[0].properties.customize[0].sha256Checksum', 'resources[0].properties.customize[1].sha256Checksum'],
    );
    planOf(text(steps({ sha256Checksum: 'A'.repeat(64) })), { readLocalFile });
  });

  it('that cannot be read is told with its place, and by whoever has no files', () => {
    assert.deepEqual(toldOf(text(steps()), { readLocalFile: () => 'is not there' }), [
      `${AT}.kiln.file: is not there`,
      'resources[0].properties.customize[1].kiln.file: is not there',
    ]);
    assert.match(toldOf(text(steps()))[0] ?? '', /can be read by the kiln command only/);
  });

  it('is the one script, or no other is', () => {
    const both = steps().map((step) => ({ ...step, inline: ['true'], sourceUri: URI }));
    assert.equal(problemsOf(text([{ type: 'Shell', inline: ['1'], kiln: { file: 'a' } }])).length, 1);
    assert.equal(problemsOf(text([{ ...both[1], inline: undefined }])).length, 1);
  });

  it('may be a folder, which is packed and unpacked, in every version that has File steps', () => {
    const read = (path: string, folder: boolean) => ({ path: folder ? path : 'a file', ...found });
    const step = { type: 'File', destination: '/srv/web', kiln: { folder: 'dist' } };
    for (const apiVersion of API_VERSIONS.filter((version) => atLeast(version, '2019-05-01-preview'))) {
      const plan = planOf(deployment([resource({ customize: [step] }, { apiVersion })]), { readLocalFile: read });
      const [file] = plan.customize;
      assert.ok(file?.type === 'File');
      assert.deepEqual([file.file?.path, file.unpack, file.destination], ['dist', true, '/srv/web']);
      const again = planOf(deployment([templateOf(plan)]), { readLocalFile: read });
      assert.deepEqual(again.customize, plan.customize);
    }
    const told = (more: object) => toldOf(text([{ ...step, ...more }]), { readLocalFile: () => 'is not there' });
    assert.deepEqual(told({}), [`${AT}.kiln.folder: is not there`]);
    assert.deepEqual(told({ sha256Checksum: 'a'.repeat(64) }), [
      `${AT}.sha256Checksum: expected none: a folder has no digest that is known before it is packed`,
    ]);
    assert.deepEqual(told({ sourceUri: URI }), [`${AT}.kiln.folder: expected sourceUri or this, not both`]);
    assert.deepEqual(told({ kiln: { folder: 'a', file: 'b' } }), [
      `${AT}.kiln.folder: expected kiln.file or this, not both`,
    ]);
    assert.deepEqual(told({ type: 'Shell', inline: ['true'], destination: undefined }), [
      `${AT}.kiln.folder: this field is not known`,
    ]);
  });
});
