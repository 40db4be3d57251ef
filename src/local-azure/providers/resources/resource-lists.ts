/** `GET …/resources`: everything that has a place of its own, across providers. */
import { ArmError, type Json, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { parseResourceId } from '../../resource-id.ts';
import { pageOf } from './pages.ts';
import { normalizeRegion } from '../../regions.ts';

type Test = (body: JsonObject) => boolean;
const SHOWN = ['id', 'name', 'type', 'location', 'tags', 'sku', 'kind', 'plan', 'managedBy', 'identity', 'zones'];

export function resourceListRoutes({ store }: Services): Route[] {
  const list = (under: string, query: URLSearchParams): Json[] => {
    const test = parseFilter(query.get('$filter'));
    const expanded = (query.get('$expand') ?? '').split(',');
    return store
      .list({ under })
      .filter(
        ({ body }) => typeof body['location'] === 'string' && body['type'] !== 'Microsoft.Resources/resourceGroups',
      )
      .filter(({ body }) => test(body))
      .map(({ body }): Json => {
        const shown = Object.fromEntries(SHOWN.flatMap((key) => (body[key] === undefined ? [] : [[key, body[key]]])));
        const state = (body['properties'] as JsonObject | undefined)?.['provisioningState'];
        return expanded.includes('provisioningState') && state !== undefined
          ? { ...shown, provisioningState: state }
          : shown;
      });
  };
  return [
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/resources',
      handle: (request) => ({
        status: 200,
        body: pageOf(request, request.id, list(`/subscriptions/${request.subscriptionId}`, request.query)),
      }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/resources',
      handle: (request) => ({
        status: 200,
        body: pageOf(request, request.id, list(request.id.replace(/\/resources$/, ''), request.query)),
      }),
    },
  ];
}

/** The comparisons that clients send, joined by `and`: resourceType, resourceGroup, name, location, tagName, tagValue. */
function parseFilter(filter: string | null): Test {
  if (filter === null || filter.trim() === '') {
    return () => true;
  }
  const tests = filter.split(/\s+and\s+/i).map((term): Test => {
    const [, key = '', value = ''] = /^\s*(\w+)\s+eq\s+'([^']*)'\s*$/i.exec(term) ?? [];
    const wanted = value.toLowerCase();
    const tags = (body: JsonObject) => Object.entries((body['tags'] ?? {}) as JsonObject);
    switch (key.toLowerCase()) {
      case 'resourcetype':
        return (body) => textOf(body['type']).toLowerCase() === wanted;
      case 'resourcegroup':
        return (body) => parseResourceId(textOf(body['id'])).resourceGroup?.toLowerCase() === wanted;
      case 'name':
        return (body) => textOf(body['name']).toLowerCase() === wanted;
      case 'location':
        return (body) => body['location'] === normalizeRegion(value);
      case 'tagname':
        return (body) => tags(body).some(([name]) => name.toLowerCase() === wanted);
      case 'tagvalue':
        return (body) => tags(body).some(([, held]) => held === value);
      default:
        throw new ArmError(
          400,
          'InvalidFilterInQueryString',
          `Invalid $filter '${filter}' specified in the query string: '${term}' is not a comparison of resourceType, resourceGroup, name, location, tagName or tagValue with eq.`,
        );
    }
  });
  return (body) => tests.every((test) => test(body));
}
