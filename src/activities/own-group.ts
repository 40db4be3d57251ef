/**
 * A staging group of the template's own. Image Builder's rules: in the template's subscription and region, empty, and
 * of no other template's, for which two tags of the group are the lock. Logs of earlier runs of the same template may be
 * in it, as they stay until their run is deleted. One that is not there is made, and goes when nothing is left in it.
 */
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { settled } from '../azure/operations.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import { OWNERSHIP_TAG } from '../template/build-plan.ts';
import { normalizeRegion, parseGroupId } from '../template/resource-id.ts';
import type { RunContext } from './contract.ts';
import type { Problems } from './problems.ts';

const PATH = 'properties.stagingResourceGroup';
/** Set on a group that was there before; `createdBy` on one that is made here. */
const USED_BY = 'usedBy';
const CREATED_BY = 'createdBy';
const LOCK = ['imageTemplateName', 'imageTemplateResourceGroupName'] as const;

export async function checkOwnGroup(azure: Azure, plan: BuildPlan, problems: Problems): Promise<void> {
  const { stagingResourceGroup, template } = plan;
  if (stagingResourceGroup === undefined) return;
  if (parseGroupId(stagingResourceGroup)?.subscriptionId.toLowerCase() !== template.subscriptionId.toLowerCase()) {
    problems.add(PATH, `expected a group of the template's own subscription ${template.subscriptionId}`);
    return;
  }
  const { location, subscriptionId } = template;
  const { tags, runId, staging } = plan;
  const claim = { location, subscriptionId, tags, runId, resourceGroup: staging.resourceGroup };
  for (const reason of await objections(azure, claim)) problems.add(PATH, reason);
}

/** Puts the lock on the group, which is made if there is none. @throws Refused where it may not be used */
export async function takeGroup(azure: Azure, run: RunContext): Promise<void> {
  const { subscriptionId, location, tags, runId } = run;
  const { resourceGroup } = run.staging;
  const [reason] = await objections(azure, { location, tags, subscriptionId, runId, resourceGroup });
  if (reason !== undefined) throw failure('Refused', `${PATH}: ${reason}`);
  const { resourceGroups } = azure.clients(subscriptionId).resources;
  await attempt(`take resource group ${resourceGroup}`, async () => {
    const group = await orNotFound(resourceGroups.get(resourceGroup));
    if (group === undefined) {
      // It is the template's and not this run's: the next one builds in it too.
      const { [OWNERSHIP_TAG]: _run, ...shared } = tags;
      await resourceGroups.createOrUpdate(resourceGroup, { location, tags: { ...shared, [CREATED_BY]: 'kiln' } });
      return;
    }
    if (isMadeHere(group.tags)) return;
    const lock = Object.fromEntries(LOCK.map((name) => [name, tags[name] ?? '']));
    await resourceGroups.update(resourceGroup, { tags: { ...group.tags, ...lock, [USED_BY]: 'kiln' } });
  });
}

/** Takes the lock off again, once nothing of the template's is left in the group; one that was made here goes. */
export async function releaseGroup(azure: Azure, run: RunContext): Promise<void> {
  const { resources } = azure.clients(run.subscriptionId);
  const { resourceGroup } = run.staging;
  await attempt(`release resource group ${resourceGroup}`, async () => {
    const group = await orNotFound(resources.resourceGroups.get(resourceGroup));
    if (group === undefined || LOCK.some((name) => group.tags?.[name] !== run.tags[name])) return;
    let empty = true;
    for await (const { tags } of resources.resources.listByResourceGroup(resourceGroup)) {
      if (tags?.[OWNERSHIP_TAG] !== undefined) return;
      empty = false;
    }
    if (empty && isMadeHere(group.tags)) {
      await settled(resources.resourceGroups.delete(resourceGroup));
      return;
    }
    const kept = Object.entries(group.tags ?? {}).filter(([name]) => name !== USED_BY && !isLock(name));
    await resources.resourceGroups.update(resourceGroup, { tags: Object.fromEntries(kept) });
  });
}

/** A group of one run, or of a template that names none, carries the ownership tag, and is removed with its owner. */
const isMadeHere = (tags: Record<string, string> = {}): boolean =>
  tags[CREATED_BY] === 'kiln' &&
  tags[USED_BY] === undefined &&
  tags[OWNERSHIP_TAG] === undefined &&
  LOCK.every((name) => tags[name] !== undefined);

const isLock = (name: string): boolean => (LOCK as readonly string[]).includes(name);

interface Claim {
  subscriptionId: string;
  resourceGroup: string;
  location: string;
  runId: string;
  tags: Record<string, string>;
}

async function objections(azure: Azure, claim: Claim): Promise<string[]> {
  const { resources } = azure.clients(claim.subscriptionId);
  const { resourceGroup, location, runId, tags } = claim;
  return attempt(`look at resource group ${resourceGroup}`, async () => {
    const group = await orNotFound(resources.resourceGroups.get(resourceGroup));
    if (group === undefined) return [];
    const found: string[] = [];
    if (normalizeRegion(group.location) !== location) {
      found.push(`the group is in ${normalizeRegion(group.location)}, and must be in the build's region ${location}`);
    }
    const [name, inGroup] = LOCK.map((tag) => group.tags?.[tag]);
    if (name !== undefined && LOCK.some((tag) => group.tags?.[tag] !== tags[tag])) {
      found.push(`the group is in use by image template ${name} of resource group ${inGroup ?? 'unknown'}`);
    }
    for await (const { id = '', type = '', tags: of } of resources.resources.listByResourceGroup(resourceGroup)) {
      const owner = of?.[OWNERSHIP_TAG];
      if (owner === runId) continue;
      if (owner === undefined) found.push(`expected an empty group, and ${id} is in it`);
      else if (type.toLowerCase() !== 'microsoft.storage/storageaccounts') {
        found.push(`another run of the template, ${owner}, is building in it`);
        break;
      }
    }
    return found;
  });
}
