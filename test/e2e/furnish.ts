import { FAST, type Clients } from '../local-azure/support.ts';

export const GROUP_NAME = 'golden-images';
export const REGION = 'westus2';

/** What the templates expect to find: groups, networks, definitions, and images to start from. */
export async function furnish({ compute, network, resources, identity }: Clients): Promise<void> {
  for (const group of ['rg1', `${GROUP_NAME}-staging`]) {
    await resources.resourceGroups.createOrUpdate(group, { location: group === 'rg1' ? 'westus' : REGION });
  }
  await identity.userAssignedIdentities.createOrUpdate('rg1', 'identity_1', { location: 'westus' });
  for (const [group, location, name, subnet] of [
    [GROUP_NAME, REGION, 'corporate', 'builds'],
    ['rg1', 'westus', 'vnet_name', 'subnet_name'],
  ] as const) {
    const subnets = [{ name: subnet, addressPrefix: '10.9.0.0/26' }];
    const addressSpace = { addressPrefixes: ['10.9.0.0/24'] };
    await network.virtualNetworks.createOrUpdate(group, name, { location, addressSpace, subnets }, FAST);
  }
  for (const [name, osType, hyperVGeneration] of [
    ['linux', 'Linux', 'V1'],
    ['linux-second', 'Linux', 'V2'],
    ['windows', 'Windows', 'V1'],
  ] as const) {
    const identifier = { publisher: 'kiln', offer: 'test', sku: name };
    const definition = { location: REGION, osType, osState: 'Generalized' as const, hyperVGeneration, identifier };
    await compute.galleryImages.createOrUpdate(GROUP_NAME, 'golden', name, definition, FAST);
  }
  for (const [osType, publisher, offer, sku] of [
    ['Linux', 'Canonical', 'UbuntuServer', '18.04-LTS'],
    ['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2019-Datacenter'],
  ] as const) {
    for (const [group, location] of [
      [GROUP_NAME, REGION],
      ['rg1', 'westus'],
    ] as const) {
      const [platform] = await compute.virtualMachineImages.list(location, publisher, offer, sku);
      // The service's own examples ask for a disk of 64 GiB, which a Windows of the marketplace does not fit on.
      const small = osType === 'Windows' && group === 'rg1';
      const creationData = small
        ? { createOption: 'Empty' as const }
        : { createOption: 'FromImage' as const, imageReference: { id: platform?.id ?? '' } };
      const disk = await compute.disks.createOrUpdate(
        group,
        `source-${osType}`,
        { location, osType, creationData, ...(small ? { diskSizeGB: 30 } : {}) },
        FAST,
      );
      const image = await compute.images.createOrUpdate(
        group,
        `source-${osType.toLowerCase()}`,
        {
          location,
          hyperVGeneration: 'V1',
          storageProfile: { osDisk: { osType, osState: 'Generalized', managedDisk: { id: disk.id ?? '' } } },
        },
        FAST,
      );
      if (group === 'rg1') continue;
      const version = {
        location,
        storageProfile: { source: { id: image.id ?? '' } },
        publishingProfile: { targetRegions: [{ name: location }] },
      };
      await compute.galleryImageVersions.createOrUpdate(
        GROUP_NAME,
        'golden',
        osType.toLowerCase(),
        '0.1.0',
        version,
        FAST,
      );
    }
  }
}
