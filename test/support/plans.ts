/** Plans for the local Azure as it is when new. */
import { LOCAL_SUBSCRIPTION } from '../../src/local-azure/core.ts';
import { OWNERSHIP_TAG } from '../../src/template/build-plan.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';

const GROUP = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/golden-images/providers`;

/** Two steps, and one distributor of each type. */
export function localPlan({ runId }: { runId: string }): BuildPlan {
  return {
    planVersion: 1,
    runId,
    template: {
      id: `${GROUP}/Microsoft.VirtualMachineImages/imageTemplates/sample`,
      name: 'sample',
      subscriptionId: LOCAL_SUBSCRIPTION,
      resourceGroup: 'golden-images',
      location: 'westeurope',
      apiVersion: '2024-02-01',
      tags: {},
      identities: [`${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`],
    },
    source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
    customize: ['hello', 'again'].map((name, index) => ({
      type: 'Shell',
      index,
      name,
      key: `step-0${index + 1}-${name}`,
      script: { from: 'inline', lines: [`echo ${name}`] },
    })),
    distribute: [
      {
        type: 'SharedImage',
        index: 0,
        runOutputName: 'gallery',
        artifactTags: { baseline: 'debian' },
        imageDefinitionId: `${GROUP}/Microsoft.Compute/galleries/golden/images/debian-12`,
        version: { scheme: 'latest' },
        targetRegions: ['westeurope', 'northeurope'].map((name) => ({
          name,
          replicaCount: 1,
          storageAccountType: 'Standard_LRS' as const,
        })),
        excludeFromLatest: false,
      },
      {
        type: 'ManagedImage',
        index: 1,
        runOutputName: 'managed',
        artifactTags: {},
        imageId: `${GROUP}/Microsoft.Compute/images/sample`,
        location: 'westeurope',
      },
      { type: 'VHD', index: 2, runOutputName: 'vhd', artifactTags: {} },
    ],
    machine: { name: 'build', osDiskSizeGB: 30, identities: [] },
    staging: {
      resourceGroup: `IT_golden-images_sample_${runId}`,
      storageAccount: `kiln${runId.replaceAll(/[^a-z0-9]/g, '')}`,
      virtualNetwork: 'build-vnet',
      subnet: 'build',
      securityGroup: 'build-nsg',
      publicIp: 'build-egress',
      osDisk: 'build-os',
    },
    buildTimeoutInMinutes: 60,
    tags: { [OWNERSHIP_TAG]: runId, createdBy: 'kiln' },
    warnings: [],
  };
}
