/** Whose tokens an identity takes in place of a secret of its own. */
import { ArmError, type JsonObject, type ResourceStore, type Route } from '../../core.ts';
import type { FederatedCredential, Federation } from '../../federation.ts';
import { textOf } from '../../json.ts';
import { refuseBadName, requireResource } from '../../refusals.ts';
import { IDENTITY, show } from './identity-type.ts';

const FEDERATED = `${IDENTITY}/federatedIdentityCredentials`;
const PARENT = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${IDENTITY}/{identity}`;
const ALL = '/federatedIdentityCredentials';
const ONE = `${PARENT}${ALL}/{name}`;
const NAME = /^[A-Za-z0-9][\w-]{2,119}$/;
/** Azure's own number. */
const MOST = 20;

export function federatedCredentialRoutes(store: ResourceStore): Route[] {
  const parentOf = (id: string): string =>
    requireResource(store, id.slice(0, id.lastIndexOf('/', id.lastIndexOf('/') - 1))).id;
  return [
    {
      method: 'PUT',
      path: ONE,
      handle({ id, params, body }) {
        const name = params['name'] ?? '';
        refuseBadName(
          name,
          NAME,
          'a credential starts with a letter or digit and has 3 to 120 letters, digits, - or _',
        );
        const parent = parentOf(id);
        const properties = read(body);
        const others = store
          .list({ type: FEDERATED, under: parent })
          .filter((other) => other.id.toLowerCase() !== id.toLowerCase());
        refuseTwin(
          properties,
          others.map(({ body: other }) => other),
          name,
        );
        const existing = store.get(id);
        if (existing === undefined && others.length >= MOST) {
          throw new ArmError(
            400,
            'BadRequest',
            `Too many Federated Identity Credentials have been added to this Managed Identity. The maximum is ${MOST}.`,
          );
        }
        const made: JsonObject = {
          id: existing?.id ?? id,
          name: existing?.body['name'] ?? name,
          type: FEDERATED,
          properties: { ...properties },
        };
        store.put({ id: textOf(made['id']), type: FEDERATED, body: made, hidden: {} });
        const shown = show(made);
        return existing === undefined
          ? { status: 201, body: shown, headers: { Location: textOf(shown['id']) } }
          : { status: 200, body: shown };
      },
    },
    {
      method: 'GET',
      path: ONE,
      handle({ id }) {
        const held = store.get(id);
        if (held !== undefined) return { status: 200, body: show(held.body) };
        throw new ArmError(404, 'NotFound', `Resource '${textOf(show({ id })['id'])}' was not found.`);
      },
    },
    {
      method: 'DELETE',
      path: ONE,
      handle({ id }) {
        const status = store.get(id) === undefined ? 204 : 200;
        store.delete(id);
        return { status };
      },
    },
    {
      method: 'GET',
      path: `${PARENT}${ALL}`,
      handle: ({ id }) => ({
        status: 200,
        body: {
          value: store
            .list({ type: FEDERATED, under: requireResource(store, id.slice(0, -ALL.length)).id })
            .map(({ body }) => show(body)),
        },
      }),
    },
  ];
}

/** How the authority finds the identities of this Azure. */
export function createFederation(store: ResourceStore): Federation {
  return {
    find(clientId) {
      const identity = store
        .list({ type: IDENTITY })
        .find(({ body }) => (body['properties'] as JsonObject)['clientId'] === clientId.toLowerCase());
      if (identity === undefined) return undefined;
      const objectId = textOf((identity.body['properties'] as JsonObject)['principalId']);
      return {
        client: { clientId, objectId, resourceId: identity.id },
        credentials: store
          .list({ type: FEDERATED, under: identity.id })
          .map(({ body }) => body['properties'] as unknown as FederatedCredential),
      };
    },
  };
}

/** That they are there and of their types is seen to before; empty ones say as little as none. */
function read(body: JsonObject | undefined): FederatedCredential {
  const { issuer = '', subject = '', audiences = [] } = (body?.['properties'] ?? {}) as Partial<FederatedCredential>;
  if (issuer === '' || subject === '' || audiences.length === 0) {
    throw new ArmError(
      400,
      'BadRequest',
      "The request format was unexpected. Federated Identity Credential must specify 'issuer', 'subject' and 'audience'.",
    );
  }
  if (!URL.canParse(issuer) || !/^https?:$/.test(new URL(issuer).protocol)) {
    throw new ArmError(400, 'BadRequest', `The issuer '${issuer}' is not a valid URL.`);
  }
  if (audiences.length > 1) {
    throw new ArmError(400, 'BadRequest', 'Federated identity credentials must have exactly one audience.');
  }
  return { issuer, subject, audiences };
}

function refuseTwin({ issuer, subject }: FederatedCredential, others: JsonObject[], name: string): void {
  const twin = others.find(({ properties }) => {
    const other = properties as unknown as FederatedCredential;
    return other.issuer === issuer && other.subject === subject;
  });
  if (twin === undefined) return;
  throw new ArmError(
    409,
    'Conflict',
    `Failed to add '${name}': issuer and subject combination already exists on this Managed Identity, in '${textOf(twin['name'])}'.`,
  );
}
