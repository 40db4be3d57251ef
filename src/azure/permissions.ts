/**
 * What the credential may do, as Azure itself tells it: `GET {scope}/providers/Microsoft.Authorization/permissions`. The
 * SDK has it for groups and resources only, so it is asked for directly.
 */
import type { TokenCredential } from '@azure/identity';
import { failure } from './errors.ts';

const API_VERSION = '2022-04-01';

/** One role's worth; an action is allowed by any of them that has it and does not take it back. */
export interface Permission {
  actions: string[];
  notActions: string[];
  dataActions: string[];
  notDataActions: string[];
}

/** Undefined where Azure does not tell: there is no such scope, or not for this caller. */
export type PermissionsAt = (scope: string) => Promise<Permission[] | undefined>;

export function createPermissionsAt(endpoint: string, credential: TokenCredential, tokenScope: string): PermissionsAt {
  return async (scope) => {
    const found: Permission[] = [];
    const first = `${endpoint.replace(/\/$/, '')}${scope}/providers/Microsoft.Authorization/permissions?api-version=${API_VERSION}`;
    for (let url: string | undefined = first; url !== undefined;) {
      const token = await credential.getToken(tokenScope);
      const response = await fetch(url, { headers: { authorization: `Bearer ${token?.token ?? ''}` } }).catch(
        (error: unknown) => {
          throw failure('Unavailable', `ask for the permissions at ${scope}: ${String(error)}`, undefined, error);
        },
      );
      if (response.status === 429 || response.status >= 500) {
        throw failure('Unavailable', `ask for the permissions at ${scope}: Azure answered ${response.status}`);
      }
      if (!response.ok) return undefined;
      const page = (await response.json()) as { value?: Array<Partial<Permission>>; nextLink?: string };
      for (const { actions = [], notActions = [], dataActions = [], notDataActions = [] } of page.value ?? []) {
        found.push({ actions, notActions, dataActions, notDataActions });
      }
      url = page.nextLink;
    }
    return found;
  };
}

export function allows(permissions: Permission[], action: string): boolean {
  return permissions.some(({ actions, notActions }) => covers(actions, action) && !covers(notActions, action));
}

/** The same of data actions, which no `*` among a role's actions covers. */
export function allowsData(permissions: Permission[], dataAction: string): boolean {
  return permissions.some(
    ({ dataActions, notDataActions }) => covers(dataActions, dataAction) && !covers(notDataActions, dataAction),
  );
}

/** `*` stands for anything, slashes included. */
function covers(patterns: string[], action: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
  });
}
