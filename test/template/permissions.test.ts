import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { permissionsOf } from '../../src/template/permissions.ts';
import { DEFINITION, deployment, GROUP, IDENTITY, IMAGE, planOf, resource, SUBSCRIPTION } from './support.ts';

/** Actions by scope. */
function needed(properties: object): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { scope, actions } of permissionsOf(planOf(deployment([resource(properties)])))) {
    (found[scope] ??= []).push(...actions);
  }
  return found;
}

describe('what a build needs to be allowed', () => {
  it('is by scope: gallery, image group, network, identity', () => {
    const subnetId = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/build`;
    const found = needed({
      vmProfile: { vnetConfig: { subnetId }, userAssignedIdentities: [IDENTITY] },
      distribute: [
        { type: 'SharedImage', runOutputName: 'gallery', galleryImageId: DEFINITION },
        { type: 'ManagedImage', runOutputName: 'image', imageId: IMAGE, location: 'westeurope' },
      ],
    });
    const gallery = DEFINITION.replace(/\/images\/linux$/, '');
    assert.ok(found[gallery]?.includes('Microsoft.Compute/galleries/images/versions/write'));
    assert.ok(found[GROUP]?.includes('Microsoft.Compute/images/delete'));
    assert.ok(
      found[subnetId.replace('/subnets/build', '')]?.includes('Microsoft.Network/virtualNetworks/subnets/join/action'),
    );
    assert.ok(found[IDENTITY]?.includes('Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'));
    assert.ok(!found[`/subscriptions/${SUBSCRIPTION}`]?.includes('Microsoft.Network/virtualNetworks/write'));
  });

  it('does not reach beyond a staging group of one’s own', () => {
    const found = needed({ stagingResourceGroup: `${GROUP}-staging` });
    assert.ok(found[`${GROUP}-staging`]?.includes('Microsoft.Compute/virtualMachines/write'));
    const everywhere = found[`/subscriptions/${SUBSCRIPTION}`] ?? [];
    assert.deepEqual(
      everywhere.filter((action) => !action.endsWith('/read')),
      [],
    );
  });

  it('has data actions where blobs are: in the staging group, and in the one account of a VHD', () => {
    const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
    const data = (properties: object): Record<string, string[]> => {
      const all = permissionsOf(planOf(deployment([resource(properties)])));
      return Object.fromEntries(
        all.flatMap(({ scope, dataActions }) => (dataActions === undefined ? [] : [[scope, dataActions]])),
      );
    };
    const vhd = (uri?: string) => ({ distribute: [{ type: 'VHD', runOutputName: 'vhd', uri }] });
    const staging = ['read', 'write', 'add/action'].map((verb) => `${blobs}/${verb}`);
    assert.deepEqual(data(vhd()), { [`/subscriptions/${SUBSCRIPTION}`]: [...staging, `${blobs}/delete`] });
    assert.deepEqual(
      data({ ...vhd('https://images.blob.core.windows.net/vhds/a.vhd'), stagingResourceGroup: `${GROUP}-staging` }),
      {
        [`${GROUP}-staging`]: staging,
        'https://images.blob.core.windows.net': [`${blobs}/read`, `${blobs}/write`],
      },
    );
    // The name of an account of the local Azure is in the path.
    assert.ok('https://127.0.0.1:10000/images' in data(vhd('https://127.0.0.1:10000/images/vhds/a.vhd')));
  });
});
