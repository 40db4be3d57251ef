/** `…/providers/Microsoft.Resources/tags/default`: the tags of a subscription, a group or a resource. */
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type JsonObject,
  LOCAL_SUBSCRIPTION,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { resourceNotFound } from '../../refusals.ts';
import { requireTags } from '../../tags.ts';

const SUBSCRIPTION = '/subscriptions/{subscriptionId}';
const GROUP = `${SUBSCRIPTION}/resourceGroups/{resourceGroup}`;
const RESOURCES = [1, 2, 3].map(
  (depth) =>
    `${GROUP}/providers/{namespace}${Array.from({ length: depth }, (_, at) => `/{type${at}}/{name${at}}`).join('')}`,
);
/** Azure's own number. */

/** What a subscription is tagged with is kept beside what else is known of it. */
export const subscriptionTags = (store: Services['store']): JsonObject =>
  (store.get(`/subscriptions/${LOCAL_SUBSCRIPTION}`)?.body['tags'] ?? {}) as JsonObject;

export function tagRoutes({ store }: Services): Route[] {
  const answer = (id: string, tags: JsonObject) => ({
    status: 200,
    body: { id, name: 'default', type: 'Microsoft.Resources/tags', properties: { tags } },
  });
  const holderOf = ({ id, params }: ArmRequest): StoredResource => {
    const holder = id.slice(0, id.toLowerCase().lastIndexOf('/providers/microsoft.resources/tags'));
    const found = store.get(holder);
    if (found !== undefined) return found;
    if (params['namespace'] !== undefined) throw resourceNotFound(holder);
    if (params['resourceGroup'] === undefined) {
      return { id: holder, type: 'Microsoft.Resources/subscriptions', body: {}, hidden: {} };
    }
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${params['resourceGroup']}' could not be found.`);
  };
  const tagsOf = ({ body }: StoredResource): JsonObject => (body['tags'] ?? {}) as JsonObject;
  const sent = (request: ArmRequest) =>
    ((request.body?.['properties'] as JsonObject | undefined)?.['tags'] ?? {}) as JsonObject;
  const write = (request: ArmRequest, change: (tags: JsonObject) => JsonObject): ArmResponse => {
    const holder = holderOf(request);
    const changed = change(tagsOf(holder));
    requireTags(changed);
    store.put({ ...holder, body: { ...holder.body, tags: changed } });
    return answer(request.id, changed);
  };
  return [SUBSCRIPTION, GROUP, ...RESOURCES].flatMap((scope): Route[] => {
    const path = `${scope}/providers/Microsoft.Resources/tags/default`;
    return [
      { method: 'GET', path, handle: (request) => answer(request.id, tagsOf(holderOf(request))) },
      { method: 'PUT', path, handle: (request) => write(request, () => sent(request)) },
      {
        method: 'PATCH',
        path,
        handle: (request) =>
          write(request, (tags) => {
            const operation = request.body?.['operation'];
            if (operation === 'Delete') {
              return Object.fromEntries(Object.entries(tags).filter(([key]) => !(key in sent(request))));
            }
            return operation === 'Replace' ? sent(request) : { ...tags, ...sent(request) };
          }),
      },
      {
        method: 'DELETE',
        path,
        handle(request) {
          write(request, () => ({}));
          return { status: 200 };
        },
      },
    ];
  });
}
