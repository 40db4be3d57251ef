/** Bodies of user-assigned identities and of whom they trust. */
import { resource } from './envelope.ts';
import { answered, choice, list, object, text } from './shape.ts';

export const userAssigned = resource(
  object({
    tenantId: answered,
    principalId: answered,
    clientId: answered,
    isolationScope: choice('None Regional'),
  }),
);

export const federated = resource(
  object({ issuer: text, subject: text, audiences: list(text) }, ['issuer', 'subject', 'audiences']),
);
