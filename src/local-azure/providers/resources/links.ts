/** `Microsoft.Resources/links`: that one resource or group has to do with another. */
import { ArmError, type ArmRequest, type JsonObject, type Route, type Services } from '../../core.ts';
import { heldRoutes } from '../../held-routes.ts';
import { textOf } from '../../json.ts';
import { isWithin } from '../../resource-id.ts';

const TYPE = 'Microsoft.Resources/links';
const SUBSCRIPTION = '/subscriptions/{subscriptionId}';
const GROUP = `${SUBSCRIPTION}/resourceGroups/{resourceGroup}`;
const SOURCES = [GROUP, `${GROUP}/providers/{namespace}/{type}/{name}`];

const sourceOf = (id: string): string => id.slice(0, id.toLowerCase().lastIndexOf('/providers/microsoft.resources/'));

export function linkRoutes({ store }: Services): Route[] {
  const notFound = ({ params }: ArmRequest): ArmError =>
    new ArmError(404, 'ResourceLinkNotFound', `The resource link '${params['link'] ?? ''}' could not be found.`);
  const list = (scope: string): Route => ({
    method: 'GET',
    path: `${scope}/providers/${TYPE}`,
    handle({ id, query }) {
      const at = sourceOf(`${id}/`);
      const here = /atScope\(\)/i.test(query.get('$filter') ?? '');
      const links = store.list({ type: TYPE }).filter((link) => {
        const source = sourceOf(link.id);
        return here ? source.toLowerCase() === at.toLowerCase() : isWithin(source, at);
      });
      return { status: 200, body: { value: links.map(({ body }) => body) } };
    },
  });
  return [
    list(SUBSCRIPTION),
    ...SOURCES.flatMap((scope): Route[] => {
      const one = `${scope}/providers/${TYPE}/{link}`;
      return [
        list(scope),
        {
          method: 'PUT',
          path: one,
          handle({ id, params, body }) {
            const { targetId, notes } = (body?.['properties'] ?? {}) as JsonObject;
            if (!textOf(targetId).startsWith('/subscriptions/')) {
              throw new ArmError(
                400,
                'InvalidResourceLink',
                `The target '${textOf(targetId)}' of the resource link is not a resource id.`,
              );
            }
            const existed = store.get(id) !== undefined;
            const made: JsonObject = {
              properties: {
                sourceId: `${sourceOf(id)}/`,
                targetId: `${textOf(targetId).replace(/\/$/, '')}/`,
                ...(notes === undefined ? {} : { notes }),
              },
              id,
              type: TYPE,
              name: params['link'] ?? '',
            };
            store.put({ id, type: TYPE, body: made, hidden: {} });
            return { status: existed ? 200 : 201, body: made };
          },
        },
        ...heldRoutes(store, one, notFound),
      ];
    }),
  ];
}
