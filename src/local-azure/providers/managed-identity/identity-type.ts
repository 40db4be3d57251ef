import type { JsonObject } from '../../core.ts';
import { textOf } from '../../json.ts';

export const IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';

/** As recorded: this service writes `resourcegroups` in its ids. */
export function show(resource: JsonObject): JsonObject {
  return { ...resource, id: textOf(resource['id']).replace('/resourceGroups/', '/resourcegroups/') };
}
