/** Microsoft.Authorization: role definitions, role assignments at any scope, and what the caller may do. */
import { describeTypes } from '../../api-versions/index.ts';
import { ArmError, type JsonObject, type Provider, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { ASSIGNMENT_TYPE, createAccess, isWithin } from './access.ts';
import { registerReplication, requirePrincipal } from './principals.ts';
import { builtInDefinitions, DEFINITION_TYPE, definitionId, findDefinition } from './role-definitions.ts';

const SUBSCRIPTION = '/subscriptions/{subscriptionId}';
const GROUP = `${SUBSCRIPTION}/resourceGroups/{resourceGroup}`;
/** A resource, one in it, and one in that. */
const RESOURCES = [1, 2, 3].map(
  (depth) =>
    `${GROUP}/providers/{namespace}${Array.from({ length: depth }, (_, at) => `/{type${at}}/{name${at}}`).join('')}`,
);
const SCOPES = [SUBSCRIPTION, GROUP, ...RESOURCES];
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function createAuthorizationProvider(services: Services): Provider {
  const { store } = services;
  registerReplication(services);
  const access = createAccess(store);
  const scopeOf = (id: string): string =>
    id.slice(0, id.toLowerCase().lastIndexOf('/providers/microsoft.authorization/'));

  const assignments: Route[] = SCOPES.flatMap((scope): Route[] => {
    const all = `${scope}/providers/${ASSIGNMENT_TYPE}`;
    return [
      {
        method: 'PUT',
        path: `${all}/{assignment}`,
        handle({ id, params, body, apiVersion, principal }) {
          const name = requireGuid(params['assignment'], 'role assignment');
          const given = (body?.['properties'] ?? {}) as JsonObject;
          const { roleDefinitionId, principalId, principalType } = given;
          if (typeof roleDefinitionId !== 'string' || typeof principalId !== 'string') {
            throw new ArmError(
              400,
              'InvalidRequestContent',
              "The request content was invalid: 'properties.roleDefinitionId' and 'properties.principalId' are required.",
            );
          }
          const definition = findDefinition(store, roleDefinitionId);
          if (definition === undefined) {
            const missing = roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1);
            throw new ArmError(
              404,
              'RoleDefinitionDoesNotExist',
              `The specified role definition with ID '${missing.replaceAll('-', '')}' does not exist.`,
            );
          }
          refuseScope(definition, scopeOf(id));
          const { condition = null, conditionVersion = null, description = null } = given;
          const delegated = given['delegatedManagedIdentityResourceId'] ?? null;
          const time = services.now().toISOString();
          const { objectId } = principal;
          const properties = {
            roleDefinitionId: textOf(definition['id']),
            principalId,
            principalType: typeof principalType === 'string' ? principalType : 'ServicePrincipal',
            scope: scopeOf(id),
            condition,
            conditionVersion,
            createdOn: time,
            updatedOn: time,
            createdBy: objectId,
            updatedBy: objectId,
            delegatedManagedIdentityResourceId: delegated,
            description,
          };
          const same = (other: JsonObject): boolean => {
            const held = other['properties'] as JsonObject;
            return (
              held['principalId'] === principalId &&
              held['roleDefinitionId'] === properties.roleDefinitionId &&
              textOf(held['scope']).toLowerCase() === properties.scope.toLowerCase()
            );
          };
          const existing = store.get(id);
          if (existing !== undefined && !same(existing.body)) {
            throw new ArmError(
              400,
              'RoleAssignmentUpdateNotPermitted',
              'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
            );
          }
          if (existing === undefined && principalType === undefined) requirePrincipal(services, principalId, objectId);
          const twin = store.list({ type: ASSIGNMENT_TYPE }).find((one) => one.id !== existing?.id && same(one.body));
          if (twin !== undefined) {
            throw new ArmError(409, 'RoleAssignmentExists', 'The role assignment already exists.');
          }
          const made: JsonObject = { id: existing?.id ?? id, name, type: ASSIGNMENT_TYPE, properties };
          store.put({ id: textOf(made['id']), type: ASSIGNMENT_TYPE, body: made, hidden: {} });
          // Who made it is told from the next answer on.
          const shown = showAssignment({ ...made, properties: { ...properties, createdBy: null } }, apiVersion);
          return { status: existing === undefined ? 201 : 200, body: shown };
        },
      },
      {
        method: 'GET',
        path: `${all}/{assignment}`,
        handle({ id, params, apiVersion }) {
          const held = store.get(id);
          if (held !== undefined) return { status: 200, body: showAssignment(held.body, apiVersion) };
          const name = params['assignment'] ?? '';
          throw new ArmError(404, 'RoleAssignmentNotFound', `The role assignment '${name}' is not found.`);
        },
      },
      {
        method: 'DELETE',
        path: `${all}/{assignment}`,
        handle({ id, apiVersion }) {
          const existing = store.get(id);
          store.delete(id);
          return existing === undefined
            ? { status: 204 }
            : { status: 200, body: showAssignment(existing.body, apiVersion) };
        },
      },
      {
        method: 'GET',
        path: all,
        handle({ id, query, apiVersion }) {
          const scope = scopeOf(`${id}/`).toLowerCase();
          const filter = query.get('$filter') ?? '';
          const principal = /principalId eq '([^']+)'/i.exec(filter)?.[1];
          const exact = /atScope\(\)/i.test(filter);
          const value = store.list({ type: ASSIGNMENT_TYPE }).flatMap(({ body }) => {
            const held = body['properties'] as JsonObject;
            const at = textOf(held['scope']).toLowerCase();
            const above = scope === at || scope.startsWith(`${at}/`);
            const below = at.startsWith(`${scope}/`);
            if (!above && (exact || !below)) return [];
            const shown = principal === undefined || held['principalId'] === principal;
            return shown ? [showAssignment(body, apiVersion)] : [];
          });
          return { status: 200, body: { value } };
        },
      },
    ];
  });

  const definitions: Route[] = SCOPES.flatMap((scope): Route[] => {
    const all = `${scope}/providers/${DEFINITION_TYPE}`;
    return [
      {
        method: 'PUT',
        path: `${all}/{definition}`,
        handle({ params, body }) {
          const name = requireGuid(params['definition'], 'role definition').toLowerCase();
          const id = definitionId(name);
          const given = (body?.['properties'] ?? {}) as JsonObject;
          if (builtInDefinitions().some((one) => one['name'] === name)) {
            throw new ArmError(400, 'RoleDefinitionIsReadOnly', 'A built-in role cannot be changed.');
          }
          if (typeof given['roleName'] !== 'string' || !Array.isArray(given['permissions'])) {
            throw new ArmError(
              400,
              'InvalidRequestContent',
              "The request content was invalid: 'properties.roleName' and 'properties.permissions' are required.",
            );
          }
          const named = (one: JsonObject): boolean =>
            textOf((one['properties'] as JsonObject)['roleName']).toLowerCase() ===
            textOf(given['roleName']).toLowerCase();
          const custom = store.list({ type: DEFINITION_TYPE }).filter((one) => one.id !== id);
          if ([...builtInDefinitions(), ...custom.map(({ body: other }) => other)].some(named)) {
            throw new ArmError(
              409,
              'RoleDefinitionWithSameNameExists',
              'A custom role with the same name already exists in this directory. Use a different name.',
            );
          }
          const made: JsonObject = {
            id,
            name,
            type: DEFINITION_TYPE,
            properties: { ...given, type: 'CustomRole' },
          };
          store.put({ id, type: DEFINITION_TYPE, body: made, hidden: {} });
          return { status: 201, body: made };
        },
      },
      {
        method: 'GET',
        path: `${all}/{definition}`,
        handle({ params }) {
          const found = findDefinition(store, params['definition'] ?? '');
          if (found !== undefined) return { status: 200, body: found };
          throw new ArmError(
            404,
            'RoleDefinitionDoesNotExist',
            `The specified role definition with ID '${params['definition'] ?? ''}' does not exist.`,
          );
        },
      },
      {
        method: 'DELETE',
        path: `${all}/{definition}`,
        handle({ params }) {
          const id = definitionId((params['definition'] ?? '').toLowerCase());
          const used = store
            .list({ type: ASSIGNMENT_TYPE })
            .some(({ body }) => (body['properties'] as JsonObject)['roleDefinitionId'] === id);
          if (used) {
            throw new ArmError(
              400,
              'RoleDefinitionHasAssignments',
              'There are existing role assignments referencing role.',
            );
          }
          const existing = store.get(id);
          store.delete(id);
          return existing === undefined ? { status: 204 } : { status: 200, body: existing.body };
        },
      },
      {
        method: 'GET',
        path: all,
        handle({ query }) {
          const name = /roleName eq '([^']+)'/i.exec(query.get('$filter') ?? '')?.[1];
          const own = store.list({ type: DEFINITION_TYPE }).map(({ body }) => body);
          const value = [...builtInDefinitions(), ...own].filter(
            (one) => name === undefined || (one['properties'] as JsonObject)['roleName'] === name,
          );
          return { status: 200, body: { value } };
        },
      },
    ];
  });

  const permissions: Route[] = SCOPES.map((scope) => ({
    method: 'GET',
    path: `${scope}/providers/Microsoft.Authorization/permissions`,
    handle: ({ id, principal }) => ({
      status: 200,
      body: { value: access.permissionsAt(principal.objectId, scopeOf(`${id}/`)).map((one) => ({ ...one })) },
    }),
  }));

  return {
    namespace: 'Microsoft.Authorization',
    resourceTypes: describeTypes('Microsoft.Authorization'),
    routes: [...assignments, ...definitions, ...permissions],
  };
}

/** A role may be assigned where its definition says, and below. */
function refuseScope(definition: JsonObject, scope: string): void {
  const { assignableScopes = ['/'] } = definition['properties'] as { assignableScopes?: string[] };
  if (assignableScopes.some((one) => isWithin(scope, one))) return;
  throw new ArmError(
    400,
    'RoleAssignmentScopeNotAssignableToRoleDefinition',
    `Scope '${scope}' is not within the assignable scopes of the role definition '${textOf(definition['name'])}'.`,
  );
}

function requireGuid(name: string | undefined, what: string): string {
  if (name !== undefined && GUID.test(name)) return name;
  const id = what === 'role assignment' ? 'InvalidRoleAssignmentId' : 'InvalidRoleDefinitionId';
  throw new ArmError(400, id, `The ${what} ID '${name ?? ''}' is not valid. The ID must be a GUID.`);
}

/** Less what older versions of the API do not know. */
function showAssignment(body: JsonObject, apiVersion: string): JsonObject {
  if (apiVersion >= '2020-03-01') return body;
  const {
    condition: _condition,
    conditionVersion: _version,
    delegatedManagedIdentityResourceId: _delegated,
    description: _description,
    ...properties
  } = body['properties'] as JsonObject;
  return { ...body, properties };
}
