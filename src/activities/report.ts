/** What `kiln plan` shows: everything that a build would make, in order, with every version and default filled in. */
import type { Azure } from '../azure/environment.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import type { CheckedPlan, PlanReport } from './contract.ts';
import { permissionsOf } from '../template/permissions.ts';
import { createDistributeActivities } from './distribute.ts';
import { dataDiskOf, networkInterfaceOf, osDiskOf, publicIpOf } from './machine-names.ts';

export async function reportPlan(azure: Azure, plan: BuildPlan, checked: CheckedPlan): Promise<PlanReport> {
  const { chooseVersion } = createDistributeActivities(azure);
  const versions: Record<string, string> = {};
  for (const distributor of plan.distribute) {
    if (distributor.type === 'SharedImage')
      versions[distributor.runOutputName] = await chooseVersion(distributor, checked.source.exactVersion);
  }
  const { description, exactVersion, osType, hyperVGeneration, osDiskSizeGB } = checked.source;
  return {
    plan,
    source: {
      description,
      osType,
      hyperVGeneration,
      ...(exactVersion === undefined ? {} : { exactVersion }),
      ...(osDiskSizeGB === undefined ? {} : { osDiskSizeGB }),
    },
    vmSize: checked.vmSize,
    resources: [...stagingResources(plan, checked), ...outputs(plan, versions)],
    versions,
    permissions: permissionsOf(plan),
  };
}

function stagingResources(plan: BuildPlan, checked: CheckedPlan): PlanReport['resources'] {
  const { template, staging, machine, validate } = plan;
  const group = `/subscriptions/${template.subscriptionId}/resourceGroups/${staging.resourceGroup}`;
  const resource = (type: string, name: string, note?: string): PlanReport['resources'][number] => ({
    type,
    id: `${group}/providers/${type}/${name}`,
    ...(note === undefined ? {} : { note }),
  });
  const network = [
    resource('Microsoft.Network/networkSecurityGroups', staging.securityGroup, 'nothing in'),
    resource('Microsoft.Network/publicIPAddresses', staging.publicIp, 'for egress'),
    resource('Microsoft.Network/virtualNetworks', staging.virtualNetwork),
  ];
  return [
    {
      type: 'Microsoft.Resources/resourceGroups',
      id: group,
      note: plan.stagingResourceGroup === undefined ? template.location : 'made unless it is there; one that is, stays',
    },
    resource('Microsoft.Storage/storageAccounts', staging.storageAccount, 'scripts and logs; kept until kiln delete'),
    ...(machine.subnetId === undefined ? network : []),
    resource('Microsoft.Network/networkInterfaces', networkInterfaceOf(machine.name)),
    resource('Microsoft.Compute/disks', osDiskOf(machine.name), `from ${checked.source.description}`),
    ...(machine.dataDisks ?? []).map(({ sizeGB }, lun) =>
      resource('Microsoft.Compute/disks', dataDiskOf(machine.name, lun), `${sizeGB} GiB, part of the image`),
    ),
    resource('Microsoft.Compute/virtualMachines', machine.name, checked.vmSize),
    ...(validate === undefined || validate.sourceValidationOnly ? [] : validationResources()),
  ];

  function validationResources(): PlanReport['resources'] {
    return [
      resource('Microsoft.Compute/images', 'validate-image', 'what was captured, to be validated'),
      ...(machine.subnetId === undefined
        ? [resource('Microsoft.Network/publicIPAddresses', publicIpOf('validate'))]
        : []),
      resource('Microsoft.Network/networkInterfaces', networkInterfaceOf('validate')),
      resource('Microsoft.Compute/virtualMachines', 'validate', checked.vmSize),
    ];
  }
}

function outputs(
  { distribute, staging, validate }: BuildPlan,
  versions: Record<string, string>,
): PlanReport['resources'] {
  if (validate?.sourceValidationOnly === true) return [];
  return distribute.map((distributor) => {
    const note = `run output ${distributor.runOutputName}`;
    switch (distributor.type) {
      case 'SharedImage': {
        const regions = distributor.targetRegions.map(({ name, replicaCount }) => `${name} × ${replicaCount}`);
        return {
          type: 'Microsoft.Compute/galleries/images/versions',
          id: `${distributor.imageDefinitionId}/versions/${versions[distributor.runOutputName] ?? ''}`,
          note: `${note}: ${regions.join(', ')}`,
        };
      }
      case 'ManagedImage':
        return { type: 'Microsoft.Compute/images', id: distributor.imageId, note };
      case 'VHD': {
        const blob = `${staging.storageAccount}/vhds/${distributor.runOutputName}.vhd`;
        return { type: 'VHD', id: distributor.uri ?? blob, note };
      }
    }
  });
}
