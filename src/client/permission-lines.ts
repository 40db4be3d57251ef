/** What the identity of a build must be allowed: a scope at a time, a kind of resource a line. Pure. */
import type { PlanReport } from '../workflows/messages.ts';
import { parseGroupId } from '../template/resource-id.ts';
import { columns } from './columns.ts';
import { shortId } from './short-id.ts';

export function permissionLines(
  permissions: NonNullable<PlanReport['permissions']>,
  { width, subscriptionId }: { width: number; subscriptionId: string },
): string[] {
  return permissions.flatMap(({ scope, actions, dataActions = [], why }) => [
    ...columns([[`on ${placeOf(scope, subscriptionId)}, for ${why}`]], { width }),
    ...columns([...byResource(actions), ...byResource(dataActions).map(asData)], { width, indent: 6, whole: [0] }),
  ]);
}

const asData = ([kind = '', verbs = '']: string[]): string[] => [kind, `${verbs} (data actions)`];

function placeOf(scope: string, subscriptionId: string): string {
  if (!scope.startsWith('/')) return `the storage account at ${scope}`;
  const subscription = /^\/subscriptions\/([^/]+)$/i.exec(scope)?.[1];
  if (subscription !== undefined) return `subscription ${subscription}`;
  const group = parseGroupId(scope);
  if (group === undefined) return shortId(scope, subscriptionId);
  const own = group.subscriptionId.toLowerCase() === subscriptionId.toLowerCase();
  return `resource group ${group.resourceGroup}${own ? '' : ` of subscription ${group.subscriptionId}`}`;
}

/** `Microsoft.Compute/disks` and `read, write, beginGetAccess/action`: together each is the name that a role has. */
function byResource(actions: string[]): string[][] {
  const kinds = new Map<string, string[]>();
  for (const action of actions) {
    const [, kind = action, verb = ''] = /^(.+?)\/([^/]+(?:\/action)?)$/.exec(action) ?? [];
    kinds.set(kind, [...(kinds.get(kind) ?? []), verb]);
  }
  return [...kinds].map(([kind, verbs]) => [kind, verbs.join(', ')]);
}
