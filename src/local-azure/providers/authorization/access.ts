/** Whether a principal may do something: its role assignments at the scope and above, each on its own. */
import type { ResourceStore } from '../../core.ts';
import { isWithin } from '../../resource-id.ts';
import { findDefinition, permissionsOf, type Permission } from './role-definitions.ts';

export const ASSIGNMENT_TYPE = 'Microsoft.Authorization/roleAssignments';

export interface Access {
  allows(principalId: string, action: string, scope: string): boolean;
  /** The same of data actions, which no `*` among a role's actions covers. */
  allowsData(principalId: string, dataAction: string, scope: string): boolean;
  /** All that is granted at the scope, by assignment. */
  permissionsAt(principalId: string, scope: string): Permission[];
}

export function createAccess(store: ResourceStore): Access {
  const permissionsAt = (principalId: string, scope: string): Permission[] =>
    store.list({ type: ASSIGNMENT_TYPE }).flatMap(({ body }) => {
      const { properties } = body as { properties: { scope: string; principalId: string; roleDefinitionId: string } };
      if (properties.principalId !== principalId || !isWithin(scope, properties.scope)) return [];
      const definition = findDefinition(store, properties.roleDefinitionId);
      return definition === undefined ? [] : permissionsOf(definition);
    });
  return {
    permissionsAt,
    allows: (principalId, action, scope) =>
      permissionsAt(principalId, scope).some(
        ({ actions, notActions }) => covers(actions, action) && !covers(notActions, action),
      ),
    allowsData: (principalId, dataAction, scope) =>
      permissionsAt(principalId, scope).some(
        ({ dataActions, notDataActions }) => covers(dataActions, dataAction) && !covers(notDataActions, dataAction),
      ),
  };
}

/** `*` stands for anything, slashes included, as in Azure. */
function covers(patterns: string[], action: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
  });
}
