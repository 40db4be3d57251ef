/** Region, size, quota, identities and subnet of the build machine. */
import type { Azure } from '../azure/environment.ts';
import { attempt, orNotFound } from '../azure/errors.ts';
import type { BuildPlan, ResolvedSource } from '../template/build-plan.ts';
import { normalizeRegion, requireResourceId } from '../template/resource-id.ts';
import type { IdentityIds } from './contract.ts';
import type { Problems } from './problems.ts';

/**
 * Which of the plan's regions the subscription has machines in. Each is asked for by itself: the list of all regions is tens
 * of megabytes.
 */
export async function knownRegions(azure: Azure, { template, distribute }: BuildPlan): Promise<Set<string>> {
  const { compute } = azure.clients(template.subscriptionId);
  const named = distribute.flatMap((one) => (one.type === 'SharedImage' ? one.targetRegions : []));
  const asked = new Set([template.location, ...named.map(({ name }) => name)]);
  const known = new Set<string>();
  await attempt('look for the regions', () =>
    Promise.all(
      [...asked].map(async (region) => {
        for await (const { resourceType } of compute.resourceSkus.list({ filter: `location eq '${region}'` })) {
          if (resourceType !== 'virtualMachines') continue;
          known.add(region);
          return;
        }
      }),
    ),
  );
  return known;
}

/** A disk only grows. How large a marketplace image is Azure tells only who makes a disk of it. */
export function checkDiskSize({ machine }: BuildPlan, source: ResolvedSource, problems: Problems): void {
  const { osDiskSizeGB: least = 0, description } = source;
  if (machine.osDiskSizeGB === 0 || machine.osDiskSizeGB >= least) return;
  const message = `expected at least the ${least} GiB of the source ${description}, got ${machine.osDiskSizeGB}`;
  problems.add('properties.vmProfile.osDiskSizeGB', message);
}

export async function checkMachine(azure: Azure, plan: BuildPlan, vmSize: string, problems: Problems): Promise<void> {
  await Promise.all([checkSize(azure, plan, vmSize, problems), checkSubnet(azure, plan, problems)]);
}

/** As quotas are kept: by family, which only the list of all that Azure sells has. */
async function familyOf(azure: Azure, { template }: BuildPlan, vmSize: string): Promise<string | undefined> {
  const { compute } = azure.clients(template.subscriptionId);
  const filter = `location eq '${template.location}'`;
  for await (const { resourceType, name, family } of compute.resourceSkus.list({ filter })) {
    if (resourceType === 'virtualMachines' && name?.toLowerCase() === vmSize.toLowerCase()) return family;
  }
  return undefined;
}

async function checkSize(azure: Azure, plan: BuildPlan, vmSize: string, problems: Problems): Promise<void> {
  const { template, machine } = plan;
  const { location, subscriptionId } = template;
  const { compute } = azure.clients(subscriptionId);
  await attempt('list sizes and quota', async () => {
    let cores: number | undefined;
    let dataDisks = Infinity;
    for await (const { name, numberOfCores, maxDataDiskCount } of compute.virtualMachineSizes.list(location)) {
      if (name?.toLowerCase() !== vmSize.toLowerCase()) continue;
      cores = numberOfCores ?? 1;
      dataDisks = maxDataDiskCount ?? Infinity;
    }
    const wanted = machine.dataDisks?.length ?? 0;
    if (wanted > dataDisks) {
      problems.add('properties.additionalDataDisks', `${vmSize} takes ${dataDisks} data disks, got ${wanted}`);
    }
    if (cores === undefined) {
      problems.add('properties.vmProfile.vmSize', `${vmSize} is not offered in ${location}`);
      return;
    }
    const family = await familyOf(azure, plan, vmSize);
    for await (const { name, currentValue, limit } of compute.usage.list(location)) {
      const counts = name.value === 'cores' || name.value?.toLowerCase() === family?.toLowerCase();
      if (counts && currentValue + cores > limit) {
        problems.add(
          'properties.vmProfile.vmSize',
          `${vmSize} needs ${cores} cores, and ${currentValue} of ${limit} in ${location} are in use (quota ${name.value})`,
        );
      }
    }
  });
}

/** The template's and the machine's. Answers the template's own, by id. */
export async function checkIdentities(
  azure: Azure,
  { template, machine }: BuildPlan,
  problems: Problems,
): Promise<Record<string, IdentityIds>> {
  const ids: Record<string, IdentityIds> = {};
  const named = [
    ...template.identities.map((id) => ({ id, path: 'identity.userAssignedIdentities' })),
    ...machine.identities.map((id) => ({ id, path: 'properties.vmProfile.userAssignedIdentities' })),
  ];
  for (const { id, path } of named) {
    const { subscriptionId, resourceGroup, names } = requireResourceId(id);
    const { identity } = azure.clients(subscriptionId);
    const found = await attempt(`look for identity ${id}`, () =>
      orNotFound(identity.userAssignedIdentities.get(resourceGroup, names[0] ?? '')),
    );
    if (found === undefined) problems.add(path, `no user-assigned identity ${id}`);
    const { principalId, clientId } = found ?? {};
    if (principalId !== undefined && clientId !== undefined && template.identities.includes(id)) {
      ids[id] = { principalId, clientId };
    }
  }
  return ids;
}

async function checkSubnet(azure: Azure, { machine, template }: BuildPlan, problems: Problems): Promise<void> {
  if (machine.subnetId === undefined) return;
  const path = 'properties.vmProfile.vnetConfig.subnetId';
  const { subscriptionId, resourceGroup, names } = requireResourceId(machine.subnetId);
  const { network } = azure.clients(subscriptionId);
  const [networkName = '', subnetName = ''] = names;
  await attempt(`look for subnet ${machine.subnetId}`, async () => {
    const found = await orNotFound(network.virtualNetworks.get(resourceGroup, networkName));
    if (found === undefined) return problems.add(path, `no virtual network ${networkName} in ${resourceGroup}`);
    if (normalizeRegion(found.location ?? '') !== template.location) {
      problems.add(path, `the network is in ${found.location}, and must be in the build's region ${template.location}`);
    }
    if (!found.subnets?.some(({ name }) => name?.toLowerCase() === subnetName.toLowerCase())) {
      problems.add(path, `no subnet ${subnetName} in ${networkName}`);
    }
  });
}
