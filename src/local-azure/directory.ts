/**
 * The directory, as much of Microsoft Graph as clients need to name the principals of role assignments: the first client
 * and the identities of this Azure, as service principals. There are no users and no groups.
 */
import { Hono } from 'hono';
import type { Authority } from './authority.ts';
import type { JsonObject, ResourceStore } from './core.ts';
import { textOf } from './json.ts';
import type { Environment } from './pipeline/environment.ts';
import { IDENTITY } from './providers/managed-identity/identity-type.ts';

export function directory(store: ResourceStore, authority: Authority): Hono<Environment> {
  const principals = (): JsonObject[] => [
    describe({ id: authority.client.objectId, appId: authority.client.clientId, name: 'kiln', kind: 'Application' }),
    ...store.list({ type: IDENTITY }).map(({ body }) => {
      const { principalId, clientId } = body['properties'] as { principalId: string; clientId: string };
      return describe({ id: principalId, appId: clientId, name: textOf(body['name']), kind: 'ManagedIdentity' });
    }),
  ];
  const app = new Hono<Environment>();
  app.use('/v1.0/*', async (c, next) => {
    const token = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    try {
      await authority.verify(token, ['https://graph.microsoft.com', c.get('origin')]);
    } catch (error) {
      return c.json({ error: { code: 'InvalidAuthenticationToken', message: (error as Error).message } }, 401);
    }
    return next();
  });
  app.post('/v1.0/directoryObjects/getByIds', async (c) => {
    const { ids = [] } = await c.req.json<{ ids?: string[] }>();
    return c.json({ value: principals().filter(({ id }) => ids.includes(textOf(id))) });
  });
  app.get('/v1.0/servicePrincipals', (c) => {
    const wanted = /'([^']*)'/.exec(c.req.query('$filter') ?? '')?.[1];
    const named = ({ id, appId, displayName }: JsonObject): boolean =>
      [id, appId, displayName].some((one) => one === wanted);
    return c.json({ value: principals().filter((one) => wanted === undefined || named(one)) });
  });
  for (const kind of ['servicePrincipals', 'directoryObjects']) {
    app.get(`/v1.0/${kind}/:id`, (c) => {
      const found = principals().find(({ id }) => id === c.req.param('id'));
      return found === undefined ? c.json(absent(c.req.param('id')), 404) : c.json(found);
    });
  }
  for (const kind of ['users', 'groups', 'applications']) app.get(`/v1.0/${kind}`, (c) => c.json({ value: [] }));
  app.all('/v1.0/*', (c) => c.json(absent(c.req.path), 404));
  return app;
}

function describe({ id, appId, name, kind }: { id: string; appId: string; name: string; kind: string }): JsonObject {
  return {
    '@odata.type': '#microsoft.graph.servicePrincipal',
    id,
    appId,
    displayName: name,
    servicePrincipalNames: [appId],
    servicePrincipalType: kind,
  };
}

const absent = (what: string): JsonObject => ({
  error: { code: 'Request_ResourceNotFound', message: `Resource '${what}' does not exist in the local directory.` },
});
