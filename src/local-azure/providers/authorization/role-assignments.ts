/** Role assignments at any scope. */
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { isWithin } from '../../resource-id.ts';
import { ASSIGNMENT_TYPE } from './access.ts';
import { requirePrincipal } from './principals.ts';
import { findDefinition } from './role-definitions.ts';
import { badFormat, requireGuid, SCOPES, scopeOf } from './scopes.ts';

export function roleAssignmentRoutes(services: Services): Route[] {
  const { store } = services;
  const list = (scope: string): Route => ({
    method: 'GET',
    path: `${scope}/providers/${ASSIGNMENT_TYPE}`,
    handle({ id, query, apiVersion }) {
      const at = scopeOf(`${id}/`).toLowerCase();
      const wanted = readFilter(query.get('$filter') ?? '');
      const value = store.list({ type: ASSIGNMENT_TYPE }).flatMap(({ body }) => {
        const held = body['properties'] as JsonObject;
        const own = textOf(held['scope']).toLowerCase();
        const fits = isWithin(at, own) || (!wanted.atScope && isWithin(own, at));
        const shown = fits && (wanted.principal === undefined || held['principalId'] === wanted.principal);
        return shown ? [showAssignment(body, apiVersion)] : [];
      });
      return { status: 200, body: { value } };
    },
  });

  const routes = SCOPES.flatMap((scope): Route[] => {
    const one = `${scope}/providers/${ASSIGNMENT_TYPE}/{assignment}`;
    return [
      {
        method: 'PUT',
        path: one,
        handle({ id, params, body, apiVersion, principal }) {
          const name = requireGuid(params['assignment'], 'role assignment');
          const given = (body?.['properties'] ?? {}) as JsonObject;
          const { roleDefinitionId, principalId, principalType } = given;
          if (typeof roleDefinitionId !== 'string' || typeof principalId !== 'string') throw badFormat();
          // A name or a bare GUID is no id of a role.
          if (!/\/roleDefinitions\/[0-9a-f-]{36}$/i.test(roleDefinitionId)) throw badFormat();
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
          const existing = store.get(id);
          const former = existing?.body['properties'] as JsonObject | undefined;
          const properties = {
            roleDefinitionId: textOf(definition['id']),
            principalId,
            principalType: typeof principalType === 'string' ? principalType : 'ServicePrincipal',
            scope: scopeOf(id),
            condition,
            conditionVersion,
            createdOn: former?.['createdOn'] ?? time,
            updatedOn: time,
            createdBy: former?.['createdBy'] ?? objectId,
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
          // Who made it is told from the next answer on. One that was there already is answered as if it were new.
          const shown = showAssignment({ ...made, properties: { ...properties, createdBy: null } }, apiVersion);
          return { status: 201, body: shown };
        },
      },
      {
        method: 'GET',
        path: one,
        handle({ id, params, apiVersion }) {
          const held = store.get(id);
          if (held !== undefined) return { status: 200, body: showAssignment(held.body, apiVersion) };
          const name = params['assignment'] ?? '';
          throw new ArmError(404, 'RoleAssignmentNotFound', `The role assignment '${name}' is not found.`);
        },
      },
      {
        method: 'DELETE',
        path: one,
        handle({ id, apiVersion }) {
          const existing = store.get(id);
          store.delete(id);
          return existing === undefined
            ? { status: 204 }
            : { status: 200, body: showAssignment(existing.body, apiVersion) };
        },
      },
    ];
  });
  return [...routes, ...['', ...SCOPES].map(list)];
}

interface Filter {
  /** What holds at the scope only, and not below it. */
  atScope: boolean;
  principal: string | undefined;
}

/** Throws ArmError 400 UnsupportedQuery. */
function readFilter(filter: string): Filter {
  const found: Filter = { atScope: false, principal: undefined };
  if (filter.trim() === '') return found;
  for (const term of filter.split(/\s+and\s+/i)) {
    const principal =
      /^\s*principalId\s+eq\s+'([^']*)'\s*$/i.exec(term)?.[1] ?? /^\s*assignedTo\('([^']*)'\)\s*$/i.exec(term)?.[1];
    if (principal !== undefined) found.principal = principal;
    else if (/^\s*atScope\(\)\s*$/i.test(term)) found.atScope = true;
    else {
      throw new ArmError(
        400,
        'UnsupportedQuery',
        `The filter '${filter}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.`,
      );
    }
  }
  return found;
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
