/** Custom roles of Azure for what a template's builds need, one a scope, and the commands that make and assign them. Pure. */
import type { NeededPermissions } from '../template/permissions.ts';
import { parseResourceId } from '../template/resource-id.ts';

/** As `az role definition create --role-definition` takes it. */
export interface RoleDefinition {
  Name: string;
  IsCustom: true;
  Description: string;
  Actions: string[];
  NotActions: string[];
  DataActions: string[];
  NotDataActions: string[];
  AssignableScopes: string[];
}

export interface Role {
  /** Where it is to be assigned: a subscription, resource group or resource, or a storage account by its blobs' address. */
  scope: string;
  definition: RoleDefinition;
}

/**
 * @param name of the template; a role's name is unique in a tenant
 * @returns one role a scope, the widest scope first, each action once
 */
export function rolesFor(name: string, needed: NeededPermissions[]): Role[] {
  const byScope = new Map<string, NeededPermissions[]>();
  for (const one of needed) {
    const key = one.scope.toLowerCase();
    byScope.set(key, [...(byScope.get(key) ?? []), one]);
  }
  const names = new Set<string>();
  return [...byScope.values()]
    .map((ones): Role => {
      const scope = ones[0]?.scope ?? '';
      const whys = [...new Set(ones.map(({ why }) => why))];
      return {
        scope,
        definition: {
          Name: unique(`Kiln ${name}: ${kindOf(scope)}`, names),
          IsCustom: true,
          Description: `What Kiln needs to build ${name}: ${whys.join(', ')}`,
          Actions: [...new Set(ones.flatMap(({ actions }) => actions))].toSorted(),
          NotActions: [],
          DataActions: [...new Set(ones.flatMap(({ dataActions = [] }) => dataActions))].toSorted(),
          NotDataActions: [],
          AssignableScopes: [assignableScope(scope, needed)],
        },
      };
    })
    .toSorted((left, right) => left.scope.split('/').length - right.scope.split('/').length);
}

function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name} ${count}`;
  taken.add(free);
  return free;
}

/** Azure takes no single resource here; the role is assigned at the resource all the same. */
function assignableScope(scope: string, needed: NeededPermissions[]): string {
  // An account by address is one of the template's subscription.
  if (isAddress(scope))
    return needed.map((one) => one.scope).find((one) => /^\/subscriptions\/[^/]+$/.test(one)) ?? scope;
  return /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\//i.exec(scope)?.[1] ?? scope;
}

const isAddress = (scope: string): boolean => !scope.startsWith('/');

function kindOf(scope: string): string {
  if (isAddress(scope)) return 'storage';
  const type = parseResourceId(scope)?.type.toLowerCase();
  if (type === undefined) return /\/resourceGroups\//i.test(scope) ? 'resource group' : 'staging';
  const [namespace = '', kind = ''] = type.split('/');
  if (namespace === 'microsoft.network') return 'network';
  if (namespace === 'microsoft.storage') return 'storage';
  if (namespace === 'microsoft.managedidentity') return 'identity';
  return kind === 'galleries' ? 'gallery' : 'image';
}

export const ASSIGNEE_TYPES = ['ServicePrincipal', 'User', 'Group'] as const;
export type AssigneeType = (typeof ASSIGNEE_TYPES)[number];

/** A script for bash: every role made, or changed where it is there, then assigned to `$ASSIGNEE`. */
export function roleScript(
  roles: Role[],
  assignee: string | undefined,
  assigneeType: AssigneeType = 'ServicePrincipal',
): string[] {
  return [
    '#!/usr/bin/env bash',
    '# The smallest custom roles for these builds. Needs Owner, or User Access Administrator, at their scopes.',
    'set -euo pipefail',
    assignee === undefined
      ? 'ASSIGNEE=${ASSIGNEE:?set it to the object id of the identity that the worker runs as}'
      : `ASSIGNEE=${quote(assignee)}`,
    `ASSIGNEE_TYPE=${assigneeType}`,
    ...FUNCTIONS,
    ...(roles.some(({ scope }) => isAddress(scope)) ? FIND_ACCOUNT : []),
    ...roles.flatMap(({ scope, definition }) => [
      '',
      `define ${quote(JSON.stringify(definition, null, 2))}`,
      ...(isAddress(scope)
        ? [
            `account=$(find_account ${quote(subscriptionOf(definition))} ${quote(`${scope}/`)})`,
            `assign ${quote(definition.Name)} "$account"`,
          ]
        : [`assign ${quote(definition.Name)} ${quote(scope)}`]),
    ]),
  ];
}

const FUNCTIONS = [
  '',
  'define() { # a role that is there is changed',
  '  az role definition create --role-definition "$1" --output none 2>/dev/null ||',
  '    az role definition update --role-definition "$1" --output none --only-show-errors',
  '}',
  'assign() { # a new role or identity takes a while to be known everywhere',
  '  for _ in 1 2 3 4 5 6; do',
  '    az role assignment create --assignee-object-id "$ASSIGNEE" --assignee-principal-type "$ASSIGNEE_TYPE" \\',
  '      --role "$1" --scope "$2" --output none && return',
  '    sleep 10',
  '  done',
  '  return 1',
  '}',
];

const FIND_ACCOUNT = [
  'find_account() { # by the address of its blobs',
  '  az storage account list --subscription "$1" --query "[?primaryEndpoints.blob==\'$2\'].id | [0]" --output tsv |',
  '    grep . || { echo "no storage account of subscription $1 is at $2" >&2; return 1; }',
  '}',
];

const subscriptionOf = ({ AssignableScopes }: RoleDefinition): string =>
  /^\/subscriptions\/([^/]+)/i.exec(AssignableScopes[0] ?? '')?.[1] ?? '';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
