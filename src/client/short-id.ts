/** Resource ids as people say them: the type and name, and the group it is in. */
import { parseResourceId } from '../template/resource-id.ts';

/** `Microsoft.Compute/images/linux in golden-images`; what is no id of a resource in a group stays as it is. */
export function shortId(id: string, subscriptionId: string): string {
  const parsed = parseResourceId(id);
  if (parsed === undefined) return id;
  const own = parsed.subscriptionId.toLowerCase() === subscriptionId.toLowerCase();
  return `${idInGroup(id)} in ${parsed.resourceGroup}${own ? '' : ` of subscription ${parsed.subscriptionId}`}`;
}

/** `Microsoft.Compute/images/linux` */
export function idInGroup(id: string): string {
  return id.replace(/^.*\/providers\//i, '');
}
