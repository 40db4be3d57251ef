/** `…/providers/Microsoft.Resources/tags/default` on a resource group. */
import { ArmError, type ArmRequest, type JsonObject, type Route, type Services } from '../../core.ts';

const PATH =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Resources/tags/default';

export function tagRoutes({ store }: Services): Route[] {
  const answer = (id: string, tags: JsonObject) => ({
    status: 200,
    body: { id, name: 'default', type: 'Microsoft.Resources/tags', properties: { tags } },
  });
  const groupOf = (request: ArmRequest) => {
    const id = request.id.replace(/\/providers\/.*$/, '');
    const group = store.get(id);
    if (group === undefined) {
      throw new ArmError(
        404,
        'ResourceGroupNotFound',
        `Resource group '${request.params['resourceGroup']}' could not be found.`,
      );
    }
    return { group, tags: (group.body['tags'] ?? {}) as JsonObject };
  };
  const sent = (request: ArmRequest) =>
    ((request.body?.['properties'] as JsonObject | undefined)?.['tags'] ?? {}) as JsonObject;
  const write = (request: ArmRequest, change: (tags: JsonObject) => JsonObject) => {
    const { group, tags } = groupOf(request);
    const changed = change(tags);
    store.put({ ...group, body: { ...group.body, tags: changed } });
    return answer(request.id, changed);
  };
  return [
    { method: 'GET', path: PATH, handle: (request) => answer(request.id, groupOf(request).tags) },
    { method: 'PUT', path: PATH, handle: (request) => write(request, () => sent(request)) },
    {
      method: 'PATCH',
      path: PATH,
      handle: (request) =>
        write(request, (tags) => {
          const operation = request.body?.['operation'];
          if (operation === 'Delete') {
            return Object.fromEntries(Object.entries(tags).filter(([key]) => !(key in sent(request))));
          }
          return operation === 'Replace' ? sent(request) : { ...tags, ...sent(request) };
        }),
    },
    { method: 'DELETE', path: PATH, handle: (request) => ({ ...write(request, () => ({})), status: 200 }) },
  ];
}
