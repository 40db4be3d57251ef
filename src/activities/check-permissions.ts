/** Whether the worker may do all that the build needs, asked before anything is made. */
import type { Azure } from '../azure/environment.ts';
import { attempt, azureDetail } from '../azure/errors.ts';
import { allows, allowsData } from '../azure/permissions.ts';
import type { Permission } from '../azure/permissions.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import { permissionsOf, type NeededPermissions } from '../template/permissions.ts';
import { parseGroupId, parseResourceId } from '../template/resource-id.ts';
import type { Problems } from './problems.ts';
import { findAccount } from './storage-accounts.ts';

export async function checkPermissions(azure: Azure, plan: BuildPlan, problems: Problems): Promise<void> {
  for (const lack of await missingPermissions(azure, plan)) problems.add('', describeLack(lack));
}

export function describeLack({ scope, actions, dataActions = [], why }: NeededPermissions): string {
  const all = [...actions, ...dataActions.map((action) => `${action} (a data action)`)];
  const hint =
    dataActions.length === 0
      ? ''
      : '; kiln role prints roles that have these; of the built-in ones Storage Blob Data Contributor has the data actions, Owner and Contributor have none';
  return `the worker's credential may not ${all.join(', ')} at ${scope}, for ${why}${hint}`;
}

/** What the plan needs and the credential may not, by scope. */
export async function missingPermissions(azure: Azure, plan: BuildPlan): Promise<NeededPermissions[]> {
  const asked = new Map<string, Promise<Permission[] | undefined>>();
  const at = (scope: string): Promise<Permission[] | undefined> => {
    const key = scope.toLowerCase();
    const known = asked.get(key) ?? azure.permissionsAt(scope);
    asked.set(key, known);
    return known;
  };
  const found = await Promise.all(
    permissionsOf(plan).map(async ({ scope: place, actions, dataActions = [], why }) => {
      const scope = place.startsWith('/') ? place : await accountId(azure, plan, place);
      if (scope === undefined) return [];
      // A scope that is not there yet, or not at all, has the permissions of what it would be in.
      let permissions: Permission[] | undefined;
      for (const candidate of withParents(scope)) {
        permissions = await at(candidate);
        if (permissions !== undefined) break;
      }
      if (permissions === undefined) return [];
      const known = permissions;
      const missing = actions.filter((action) => !allows(known, action));
      const missingData = dataActions.filter((action) => !allowsData(known, action));
      if (missing.length + missingData.length === 0) return [];
      return [{ scope, actions: missing, ...(missingData.length === 0 ? {} : { dataActions: missingData }), why }];
    }),
  );
  return found.flat();
}

/** Of an account by address. Undefined where it is not there, or may not be looked for, which is said of its own. */
async function accountId(azure: Azure, { template }: BuildPlan, address: string): Promise<string | undefined> {
  return attempt(`look for the storage account at ${address}`, async () => {
    try {
      return (await findAccount(azure, template.subscriptionId, address))?.id;
    } catch (error) {
      if (azureDetail(error).statusCode === 403) return undefined;
      throw error;
    }
  });
}

function withParents(scope: string): string[] {
  const resource = parseResourceId(scope);
  const group = resource ?? parseGroupId(scope);
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0];
  return [
    scope,
    ...(resource === undefined ? [] : [`${subscription}/resourceGroups/${resource.resourceGroup}`]),
    ...(group === undefined || subscription === undefined ? [] : [subscription]),
  ];
}
