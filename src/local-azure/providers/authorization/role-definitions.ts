/** Role definitions: what each allows, as lists of actions with wildcards. */
import type { JsonObject, ResourceStore } from '../../core.ts';
import { LOCAL_SUBSCRIPTION } from '../../core.ts';

export const DEFINITION_TYPE = 'Microsoft.Authorization/roleDefinitions';

export interface Permission {
  actions: string[];
  notActions: string[];
  dataActions: string[];
  notDataActions: string[];
}

interface BuiltIn {
  name: string;
  roleName: string;
  actions: string[];
  notActions: string[];
}

/** Under the ids that they have in every Azure. */
const BUILT_IN: BuiltIn[] = [
  { name: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', roleName: 'Owner', actions: ['*'], notActions: [] },
  {
    name: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    roleName: 'Contributor',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
    ],
  },
  { name: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', roleName: 'Reader', actions: ['*/read'], notActions: [] },
];

export const OWNER = definitionId('8e3af657-a8ff-443c-a75c-2fe8c4bcb635');

export function definitionId(name: string): string {
  return `/subscriptions/${LOCAL_SUBSCRIPTION}/providers/${DEFINITION_TYPE}/${name}`;
}

export function builtInDefinitions(): JsonObject[] {
  return BUILT_IN.map(({ name, roleName, actions, notActions }) => ({
    id: definitionId(name),
    name,
    type: DEFINITION_TYPE,
    properties: {
      roleName,
      type: 'BuiltInRole',
      description: '',
      assignableScopes: ['/'],
      permissions: [{ actions, notActions, dataActions: [], notDataActions: [] }],
    },
  }));
}

/** By the last part of its id, which is unique: people give it with and without a subscription before it. */
export function findDefinition(store: ResourceStore, id: string): JsonObject | undefined {
  const name = id.slice(id.lastIndexOf('/') + 1).toLowerCase();
  const builtIn = builtInDefinitions().find((one) => one['name'] === name);
  return builtIn ?? store.get(definitionId(name))?.body;
}

export function permissionsOf(definition: JsonObject): Permission[] {
  const { permissions } = definition['properties'] as { permissions?: Array<Partial<Permission>> };
  return (permissions ?? []).map((one) => ({
    actions: one.actions ?? [],
    notActions: one.notActions ?? [],
    dataActions: one.dataActions ?? [],
    notDataActions: one.notDataActions ?? [],
  }));
}
