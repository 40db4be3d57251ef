/** Who may do what, by configuration: Azure's own role assignments are asked only of what is passed on to Azure. */
import { ArmError } from './arm-error.ts';
import type { Caller } from './authenticate.ts';

/** Names as in {@link Caller}; `*` is everybody with a good token. */
export interface Roles {
  /** May read templates, outputs, triggers and operations. */
  readers: string[];
  /** May do all that. */
  contributors: string[];
}

export function isAllowed({ readers, contributors }: Roles, caller: Caller, action: string): boolean {
  const has = (role: string[]): boolean => role.some((name) => name === '*' || caller.names.includes(name));
  return has(contributors) || (action.endsWith('/read') && has(readers));
}

/** @throws ArmError 403 in Resource Manager's words */
export function authorize(roles: Roles, caller: Caller, action: string, scope: string): void {
  if (isAllowed(roles, caller, action)) return;
  throw new ArmError(
    403,
    'AuthorizationFailed',
    `The client with object id '${caller.objectId}' does not have authorization to perform action '${action}' over scope '${scope}'.`,
  );
}
