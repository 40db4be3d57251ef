/** Role definitions: Azure's own, and those that people make. */
import { ArmError, type Json, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { isWithin } from '../../resource-id.ts';
import { ASSIGNMENT_TYPE } from './access.ts';
import { builtInDefinitions, DEFINITION_TYPE, definitionId, findDefinition } from './role-definitions.ts';
import { badFormat, requireGuid, SCOPES, scopeOf } from './scopes.ts';

const propertiesOf = (one: JsonObject): JsonObject => one['properties'] as JsonObject;

export function roleDefinitionRoutes(services: Services): Route[] {
  const { store } = services;
  const reads = (scope: string): Route[] => [
    {
      method: 'GET',
      path: `${scope}/providers/${DEFINITION_TYPE}/{definition}`,
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
      method: 'GET',
      path: `${scope}/providers/${DEFINITION_TYPE}`,
      handle({ id, query }) {
        const at = scopeOf(`${id}/`);
        const wanted = readFilter(query.get('$filter') ?? '');
        const own = store.list({ type: DEFINITION_TYPE }).map(({ body }) => body);
        const value = [...builtInDefinitions(), ...own].filter((one) => {
          const { roleName, type, assignableScopes } = propertiesOf(one);
          const here = (assignableScopes as string[]).some(
            (scopeThere) => isWithin(at, scopeThere) || (wanted.below && isWithin(scopeThere, at)),
          );
          return (
            here &&
            (wanted.roleName === undefined || roleName === wanted.roleName) &&
            (wanted.type === undefined || textOf(type).toLowerCase() === wanted.type.toLowerCase())
          );
        });
        return { status: 200, body: { value } };
      },
    },
  ];

  const writes = SCOPES.flatMap((scope): Route[] => {
    const one = `${scope}/providers/${DEFINITION_TYPE}/{definition}`;
    return [
      {
        method: 'PUT',
        path: one,
        handle({ id: asked, params, body, principal }) {
          const name = requireGuid(params['definition'], 'role definition').toLowerCase();
          const id = definitionId(name);
          const given = (body?.['properties'] ?? {}) as JsonObject;
          if (builtInDefinitions().some((built) => built['name'] === name)) {
            throw new ArmError(400, 'RoleDefinitionIsReadOnly', 'A built-in role cannot be changed.');
          }
          if (typeof given['roleName'] !== 'string' || !Array.isArray(given['permissions'])) throw badFormat();
          const roleName = given['roleName'];
          const named = (other: JsonObject): boolean =>
            textOf(propertiesOf(other)['roleName']).toLowerCase() === roleName.toLowerCase();
          const custom = store.list({ type: DEFINITION_TYPE }).filter((other) => other.id !== id);
          if ([...builtInDefinitions(), ...custom.map(({ body: other }) => other)].some(named)) {
            throw new ArmError(
              409,
              'RoleDefinitionWithSameNameExists',
              'A custom role with the same name already exists in this directory. Use a different name.',
            );
          }
          const existing = store.get(id);
          const former: JsonObject = existing === undefined ? {} : propertiesOf(existing.body);
          const time = services.now().toISOString();
          const properties: JsonObject = {
            roleName,
            type: 'CustomRole',
            description: given['description'] ?? null,
            assignableScopes: given['assignableScopes'] ?? [scopeOf(asked)],
            permissions: given['permissions'].map(whole),
            createdOn: former['createdOn'] ?? time,
            updatedOn: time,
            createdBy: former['createdBy'] ?? principal.objectId,
            updatedBy: principal.objectId,
          };
          const made: JsonObject = { id, name, type: DEFINITION_TYPE, properties };
          store.put({ id, type: DEFINITION_TYPE, body: made, hidden: {} });
          // Who made it is told from the next answer on.
          return { status: 201, body: { ...made, properties: { ...properties, createdBy: null } } };
        },
      },
      {
        method: 'DELETE',
        path: one,
        handle({ params }) {
          const id = definitionId((params['definition'] ?? '').toLowerCase());
          const used = store
            .list({ type: ASSIGNMENT_TYPE })
            .some(({ body }) => propertiesOf(body)['roleDefinitionId'] === id);
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
    ];
  });
  return [...writes, ...['', ...SCOPES].flatMap(reads)];
}

/** The four lists, whichever were sent. */
function whole(permission: Json): JsonObject {
  const { actions, notActions, dataActions, notDataActions } = (permission ?? {}) as JsonObject;
  return {
    actions: actions ?? [],
    notActions: notActions ?? [],
    dataActions: dataActions ?? [],
    notDataActions: notDataActions ?? [],
  };
}

interface Filter {
  roleName: string | undefined;
  type: string | undefined;
  below: boolean;
}

/** Throws ArmError 400 UnsupportedQuery. */
function readFilter(filter: string): Filter {
  const found: Filter = { roleName: undefined, type: undefined, below: false };
  if (filter.trim() === '') return found;
  for (const term of filter.split(/\s+and\s+/i)) {
    const [, key = '', value] = /^\s*(roleName|type)\s+eq\s+'([^']*)'\s*$/i.exec(term) ?? [];
    if (/^roleName$/i.test(key)) found.roleName = value;
    else if (/^type$/i.test(key)) found.type = value;
    else if (/^\s*atScopeAndBelow\(\)\s*$/i.test(term)) found.below = true;
    else {
      throw new ArmError(
        400,
        'UnsupportedQuery',
        `The filter '${filter}' is not supported. Supported filters are 'roleName eq '{value}'', 'type eq '{value}'' and 'atScopeAndBelow()'.`,
      );
    }
  }
  return found;
}
