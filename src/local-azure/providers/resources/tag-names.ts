/** Names and values of tags that a subscription has: those that were made ahead, and those in use, with how often. */
import { ArmError, type ArmRequest, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { pageOf } from './pages.ts';

const ALL = '/subscriptions/{subscriptionId}/tagNames';
const NAME = `${ALL}/{tagName}`;
const VALUE = `${NAME}/tagValues/{tagValue}`;
const NAME_TYPE = 'Microsoft.Resources/tagNames';
const VALUE_TYPE = 'Microsoft.Resources/tagNames/tagValues';

const total = (value: number): JsonObject => ({ type: 'Total', value });

export function tagNameRoutes({ store }: Services): Route[] {
  /** name in lower case → value → how often. */
  function inUse(subscriptionId: string): Map<string, Map<string, number>> {
    const used = new Map<string, Map<string, number>>();
    for (const { body } of store.list({ under: `/subscriptions/${subscriptionId}` })) {
      for (const [name, value] of Object.entries((body['tags'] ?? {}) as JsonObject)) {
        const values = used.get(name.toLowerCase()) ?? new Map<string, number>();
        used.set(name.toLowerCase(), values.set(textOf(value), (values.get(textOf(value)) ?? 0) + 1));
      }
    }
    return used;
  }

  const idOf = (subscriptionId: string, name: string): string => `/subscriptions/${subscriptionId}/tagNames/${name}`;

  function show(subscriptionId: string, name: string, used: Map<string, number> | undefined): JsonObject {
    const id = idOf(subscriptionId, name);
    const made = store.list({ type: VALUE_TYPE, under: id }).map(({ body }) => textOf(body['tagValue']));
    const values = [...new Set([...made, ...(used?.keys() ?? [])])];
    return {
      id,
      tagName: name,
      count: total([...(used?.values() ?? [])].reduce((sum, count) => sum + count, 0)),
      values: values.map((value) => showValue(id, value, used?.get(value) ?? 0)),
    };
  }

  const showValue = (nameId: string, value: string, count: number): JsonObject => ({
    id: `${nameId}/tagValues/${value}`,
    tagValue: value,
    count: total(count),
  });

  const requireUnused = (count: number, what: string): void => {
    if (count === 0) return;
    throw new ArmError(
      409,
      'TagInUse',
      `The tag ${what} cannot be deleted because ${count} resources have it. Remove it from them first.`,
    );
  };

  const usedOf = ({ subscriptionId, params }: ArmRequest): Map<string, number> | undefined =>
    inUse(subscriptionId).get((params['tagName'] ?? '').toLowerCase());

  return [
    {
      method: 'GET',
      path: ALL,
      handle(request) {
        const { subscriptionId, id } = request;
        const used = inUse(subscriptionId);
        const made = store
          .list({ type: NAME_TYPE, under: `/subscriptions/${subscriptionId}` })
          .map(({ body }) => textOf(body['tagName']));
        const known = new Set(made.map((name) => name.toLowerCase()));
        const names = [...made, ...[...used.keys()].filter((name) => !known.has(name))];
        const value = names.map((name) => show(subscriptionId, name, used.get(name.toLowerCase())));
        return { status: 200, body: pageOf(request, id, value) };
      },
    },
    {
      method: 'PUT',
      path: NAME,
      handle(request) {
        const { subscriptionId, params } = request;
        const name = params['tagName'] ?? '';
        if (name.length > 512) throw new ArmError(400, 'InvalidTagName', 'A tag name has 512 characters at most.');
        const id = idOf(subscriptionId, name);
        const existed = store.get(id) !== undefined;
        if (!existed) store.put({ id, type: NAME_TYPE, body: { tagName: name }, hidden: {} });
        return { status: existed ? 200 : 201, body: show(subscriptionId, name, usedOf(request)) };
      },
    },
    {
      method: 'DELETE',
      path: NAME,
      handle(request) {
        const { subscriptionId, params } = request;
        const name = params['tagName'] ?? '';
        const id = idOf(subscriptionId, name);
        const counts = [...(usedOf(request)?.values() ?? [])];
        requireUnused(
          counts.reduce((sum, count) => sum + count, 0),
          `'${name}'`,
        );
        const existed = store.get(id) !== undefined;
        for (const value of store.list({ under: id })) store.delete(value.id);
        store.delete(id);
        return { status: existed ? 200 : 204 };
      },
    },
    {
      method: 'PUT',
      path: VALUE,
      handle(request) {
        const { subscriptionId, params } = request;
        const value = params['tagValue'] ?? '';
        if (value.length > 256) throw new ArmError(400, 'InvalidTagValue', 'A tag value has 256 characters at most.');
        const nameId = idOf(subscriptionId, params['tagName'] ?? '');
        if (store.get(nameId) === undefined) {
          throw new ArmError(404, 'TagNotFound', `The tag name '${params['tagName'] ?? ''}' could not be found.`);
        }
        const id = `${nameId}/tagValues/${value}`;
        const existed = store.get(id) !== undefined;
        if (!existed) store.put({ id, type: VALUE_TYPE, body: { tagValue: value }, hidden: {} });
        return { status: existed ? 200 : 201, body: showValue(nameId, value, usedOf(request)?.get(value) ?? 0) };
      },
    },
    {
      method: 'DELETE',
      path: VALUE,
      handle(request) {
        const { subscriptionId, params } = request;
        const value = params['tagValue'] ?? '';
        requireUnused(usedOf(request)?.get(value) ?? 0, `'${params['tagName'] ?? ''}' with the value '${value}'`);
        const id = `${idOf(subscriptionId, params['tagName'] ?? '')}/tagValues/${value}`;
        const existed = store.get(id) !== undefined;
        store.delete(id);
        return { status: existed ? 200 : 204 };
      },
    },
  ];
}
