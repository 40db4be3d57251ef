/** Whether the worker may do all that the build needs, asked before anything is made. */
import type { Azure } from '../azure/environment.ts';
import { allows } from '../azure/permissions.ts';
import type { Permission } from '../azure/permissions.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import { permissionsOf, type NeededPermissions } from '../template/permissions.ts';
import { parseGroupId, parseResourceId } from '../template/resource-id.ts';
import type { Problems } from './problems.ts';

export async function checkPermissions(azure: Azure, plan: BuildPlan, problems: Problems): Promise<void> {
  for (const { scope, actions, why } of await missingPermissions(azure, plan)) {
    problems.add('', `the worker's credential may not ${actions.join(', ')} at ${scope}, for ${why}`);
  }
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
    permissionsOf(plan).map(async ({ scope, actions, why }) => {
      // A scope that is not there yet, or not at all, has the permissions of what it would be in.
      let permissions: Permission[] | undefined;
      for (const candidate of withParents(scope)) {
        permissions = await at(candidate);
        if (permissions !== undefined) break;
      }
      if (permissions === undefined) return [];
      const known = permissions;
      const missing = actions.filter((action) => !allows(known, action));
      return missing.length === 0 ? [] : [{ scope, actions: missing, why }];
    }),
  );
  return found.flat();
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
