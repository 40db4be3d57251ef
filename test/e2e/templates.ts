import type { ImageTemplate } from '@azure/arm-imagebuilder';
import type { LocalAzureConnection } from '../../src/local-azure/core.ts';
import { createClients, FAST } from '../local-azure/support.ts';

/** Templates that fit the local Azure as it is born; a test changes what it is about. */
export const GROUP = '/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/golden-images/providers';
export const IDENTITY = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`;
export const DEFINITION = `${GROUP}/Microsoft.Compute/galleries/golden/images/debian-12`;

/** One Shell step of these lines, one gallery version in one region. */
export function shellTemplate(inline: string[], changes: object = {}): Record<string, unknown> {
  return {
    type: 'Microsoft.VirtualMachineImages/imageTemplates',
    apiVersion: '2024-02-01',
    location: 'westeurope',
    identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
    properties: {
      source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
      customize: [{ type: 'Shell', name: 'only', inline }],
      distribute: [
        {
          type: 'SharedImage',
          runOutputName: 'gallery',
          galleryImageId: DEFINITION,
          targetRegions: [{ name: 'westeurope' }],
        },
      ],
      ...changes,
    },
  };
}

/** As the client of @azure/arm-imagebuilder has a template: flat. */
export const imageTemplate = (inline: string[], changes: Partial<ImageTemplate> = {}): ImageTemplate => ({
  location: 'westeurope',
  tags: { owner: 'platform' },
  identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
  source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
  customize: [{ type: 'Shell', name: 'only', inline }],
  distribute: [
    {
      type: 'SharedImage',
      runOutputName: 'gallery',
      galleryImageId: DEFINITION,
      targetRegions: [{ name: 'westeurope' }],
    },
  ],
  ...changes,
});

/** These steps on Windows Server, one gallery version of a definition that {@link putWindowsDefinition} makes. */
export function windowsTemplate(customize: object[], changes: object = {}): Record<string, unknown> {
  return shellTemplate([], {
    source: {
      type: 'PlatformImage',
      publisher: 'MicrosoftWindowsServer',
      offer: 'WindowsServer',
      sku: '2022-datacenter-g2',
      version: 'latest',
    },
    distribute: [
      {
        type: 'SharedImage',
        runOutputName: 'gallery',
        galleryImageId: `${GROUP}/Microsoft.Compute/galleries/golden/images/windows`,
        targetRegions: [{ name: 'westeurope' }],
      },
    ],
    customize,
    ...changes,
  });
}

export async function putWindowsDefinition(connection: LocalAzureConnection): Promise<void> {
  const { compute } = createClients(connection);
  const definition = {
    location: 'westeurope',
    osType: 'Windows' as const,
    osState: 'Generalized' as const,
    hyperVGeneration: 'V2' as const,
    identifier: { publisher: 'kiln', offer: 'test', sku: 'windows' },
  };
  await compute.galleryImages.createOrUpdate('golden-images', 'golden', 'windows', definition, FAST);
}
