/** Role definitions: what each allows, as lists of actions with wildcards. */
import { LOCAL_SUBSCRIPTION, type JsonObject, type ResourceStore } from '../../core.ts';
import { isWithin } from '../../resource-id.ts';

export const DEFINITION_TYPE = 'Microsoft.Authorization/roleDefinitions';

export interface Permission {
  actions: string[];
  notActions: string[];
  dataActions: string[];
  notDataActions: string[];
}

interface BuiltIn extends Partial<Permission> {
  name: string;
  roleName: string;
}

const CONTAINERS = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const BLOBS = `${CONTAINERS}/blobs`;
const DELEGATE = 'Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action';

/** Under the ids that they have in every Azure. */
const BUILT_IN: BuiltIn[] = [
  { name: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', roleName: 'Owner', actions: ['*'] },
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
  { name: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', roleName: 'Reader', actions: ['*/read'] },
  {
    name: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    roleName: 'User Access Administrator',
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  },
  {
    name: 'f1a07417-d97a-45cb-824c-7a7470783830',
    roleName: 'Managed Identity Operator',
    actions: [
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action',
      'Microsoft.Authorization/*/read',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Support/*',
    ],
  },
  {
    name: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    roleName: 'Storage Blob Data Reader',
    actions: [`${CONTAINERS}/read`, DELEGATE],
    dataActions: [`${BLOBS}/read`],
  },
  {
    name: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    roleName: 'Storage Blob Data Contributor',
    actions: [`${CONTAINERS}/delete`, `${CONTAINERS}/read`, `${CONTAINERS}/write`, DELEGATE],
    dataActions: [`${BLOBS}/delete`, `${BLOBS}/read`, `${BLOBS}/write`, `${BLOBS}/move/action`, `${BLOBS}/add/action`],
  },
  {
    name: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    roleName: 'Storage Blob Data Owner',
    actions: [`${CONTAINERS}/*`, DELEGATE],
    dataActions: [`${BLOBS}/*`],
  },
];

export const OWNER = definitionId('8e3af657-a8ff-443c-a75c-2fe8c4bcb635');
export const BLOB_OWNER = definitionId('b7e6dc6d-f1e8-4753-8033-0f276bb0955b');

export function definitionId(name: string): string {
  return `/subscriptions/${LOCAL_SUBSCRIPTION}/providers/${DEFINITION_TYPE}/${name}`;
}

export function builtInDefinitions(): JsonObject[] {
  return BUILT_IN.map(({ name, roleName, actions = [], notActions = [], dataActions = [], notDataActions = [] }) => ({
    id: definitionId(name),
    name,
    type: DEFINITION_TYPE,
    properties: {
      roleName,
      type: 'BuiltInRole',
      description: '',
      assignableScopes: ['/'],
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      createdOn: '2015-02-02T21:55:09.8806423Z',
      updatedOn: '2021-11-11T20:13:28.6061853Z',
      createdBy: null,
      updatedBy: null,
    },
  }));
}

/** A role that could be assigned in one group only goes with the group. */
export function forgetGroup(store: ResourceStore, groupId: string): void {
  for (const { id, body } of store.list({ type: DEFINITION_TYPE })) {
    const { assignableScopes } = body['properties'] as { assignableScopes: string[] };
    if (assignableScopes.every((scope) => isWithin(scope, groupId))) store.delete(id);
  }
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
