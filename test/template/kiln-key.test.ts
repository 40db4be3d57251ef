/** The key `kiln`: what it may hold, where, and in every api-version. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { API_VERSIONS, atLeast } from '../../src/template/api-versions/api-versions.ts';
import type { ApiVersion } from '../../src/template/api-versions/api-versions.ts';
import type { ShellCustomizer } from '../../src/template/build-plan.ts';
import { deployment, planOf, resource, toldOf } from './support.ts';

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
      const file = { type: 'File', sourceUri: URI, destination: '/a', kiln: {} };
      const text = deployment([resource({ customize: [file], kiln: {} }, { apiVersion, kiln: {} })]);
      assert.deepEqual(toldOf(text).toSorted(), [
        'resources[0].kiln: this field is not known',
        `${AT}.kiln: this field is not known`,
        'resources[0].properties.kiln: this field is not known',
      ]);
    }
  });
});
