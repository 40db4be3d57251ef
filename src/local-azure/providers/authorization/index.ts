/** Microsoft.Authorization: role definitions and assignments, what the caller may do, and locks. Nothing is denied here. */
import { describeTypes } from '../../api-versions/index.ts';
import { ArmError, type Provider, type Route, type Services } from '../../core.ts';
import { createAccess } from './access.ts';
import { lockRoutes } from './locks.ts';
import { registerReplication } from './principals.ts';
import { roleAssignmentRoutes } from './role-assignments.ts';
import { roleDefinitionRoutes } from './role-definition-routes.ts';
import { SCOPES, scopeOf } from './scopes.ts';

export function createAuthorizationProvider(services: Services): Provider {
  registerReplication(services);
  const access = createAccess(services.store);

  const others = SCOPES.flatMap((scope): Route[] => {
    const all = `${scope}/providers/Microsoft.Authorization`;
    return [
      {
        method: 'GET',
        path: `${all}/permissions`,
        handle: ({ id, principal }) => ({
          status: 200,
          body: { value: access.permissionsAt(principal.objectId, scopeOf(`${id}/`)).map((one) => ({ ...one })) },
        }),
      },
      { method: 'GET', path: `${all}/denyAssignments`, handle: () => ({ status: 200, body: { value: [] } }) },
      {
        method: 'GET',
        path: `${all}/denyAssignments/{assignment}`,
        handle({ params }) {
          const name = params['assignment'] ?? '';
          throw new ArmError(404, 'DenyAssignmentNotFound', `The deny assignment '${name}' is not found.`);
        },
      },
    ];
  });

  return {
    namespace: 'Microsoft.Authorization',
    resourceTypes: describeTypes('Microsoft.Authorization'),
    routes: [...roleAssignmentRoutes(services), ...roleDefinitionRoutes(services), ...lockRoutes(services), ...others],
  };
}
