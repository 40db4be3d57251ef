import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownIn } from '../../src/template/index.ts';

const properties = {
  source: { type: 'PlatformImage', publisher: 'Debian', version: 'latest', exactVersion: '1.2.3' },
  customize: [{ type: 'Shell', inline: ['true'], kiln: { restart: true } }],
  validate: {
    inVMValidations: [
      { type: 'Shell', inline: ['true'] },
      { type: 'File', destination: '/a' },
    ],
  },
  distribute: [{ type: 'VHD', runOutputName: 'disk', uri: 'https://example.org/disk.vhd' }],
  vmProfile: {
    vmSize: 'Standard_D2ds_v4',
    userAssignedIdentities: ['one'],
    vnetConfig: { proxyVmSize: 'Standard_A1' },
  },
  stagingResourceGroup: '',
  exactStagingResourceGroup: '',
  additionalDataDisks: [{ sizeGB: 8 }],
  provisioningState: 'Succeeded',
};

test('the newest api-version is shown all that there is', () => {
  assert.deepEqual(shownIn('2025-10-01', properties), properties);
});

test('an older one is shown what it has, in every part', () => {
  const [disk] = properties.distribute;
  assert.deepEqual(shownIn('2020-02-14', properties), {
    source: { type: 'PlatformImage', publisher: 'Debian', version: 'latest' },
    customize: properties.customize,
    distribute: [{ type: 'VHD', runOutputName: disk?.runOutputName }],
    vmProfile: { vmSize: 'Standard_D2ds_v4', vnetConfig: {} },
    provisioningState: 'Succeeded',
  });
  const between = shownIn('2022-02-14', properties);
  assert.deepEqual(between['validate'], { inVMValidations: [{ type: 'Shell', inline: ['true'] }] });
  assert.deepEqual(between['vmProfile'], properties.vmProfile);
  assert.equal('additionalDataDisks' in between, false);
});
