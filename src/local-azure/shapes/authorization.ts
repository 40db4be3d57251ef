/** Bodies of role assignments and role definitions. */
import { resource } from './envelope.ts';
import { answered, choice, list, object, text } from './shape.ts';

const written = { createdOn: answered, updatedOn: answered, createdBy: answered, updatedBy: answered };

export const assignment = resource(
  object(
    {
      roleDefinitionId: text,
      principalId: text,
      principalType: choice('User Group ServicePrincipal ForeignGroup Device AgentUser AgentServicePrincipal'),
      description: text,
      condition: text,
      conditionVersion: text,
      delegatedManagedIdentityResourceId: text,
      scope: answered,
      ...written,
    },
    ['roleDefinitionId', 'principalId'],
  ),
  {},
  ['properties'],
);

export const roleDefinition = resource(
  object({
    roleName: text,
    description: text,
    type: text,
    permissions: list(
      object({
        actions: list(text),
        notActions: list(text),
        dataActions: list(text),
        notDataActions: list(text),
      }),
    ),
    assignableScopes: list(text),
    ...written,
  }),
);
