/** Stage 3: what every request must have, whatever its provider. */
import { bodyLimit } from 'hono/body-limit';
import { ArmError, type Json, type JsonObject, LOCAL_SUBSCRIPTION, type Services } from '../core.ts';
import { requireRegistration } from '../registrations.ts';
import { parseLooseJson } from '../loose-json.ts';
import { groupIdOf, parseResourceId } from '../resource-id.ts';
import type { RequestContext, Stage } from './environment.ts';
import { requireTags } from '../tags.ts';

const MAX_BODY = 4 * 1024 * 1024;
const DEPLOYMENT = /\/deployments\/[^/]+(\/(validate|whatIf))?$/i;
const TAGS = /\/providers\/Microsoft\.Resources\/tags\/default$/i;
const METHODS = new Set<string>(['GET', 'PUT', 'PATCH', 'POST', 'DELETE', 'HEAD']);

export const limitBody = bodyLimit({ maxSize: MAX_BODY, onError: tooLarge });

function tooLarge(): never {
  throw new ArmError(413, 'RequestContentTooLarge', `The request content is larger than ${MAX_BODY} bytes.`);
}

/** What every request must have, whatever its provider: a version, a JSON body, a subscription and a group that exist. */
export function validate(services: Services): Stage {
  return async (c, next) => {
    if (!METHODS.has(c.req.method)) {
      throw new ArmError(405, 'MethodNotAllowed', `The HTTP method '${c.req.method}' is not supported.`);
    }
    if (c.get('apiVersion') === '') {
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    }
    const body = await readBody(c);
    // In a template null is a value.
    const puts = c.req.method === 'PUT' && !DEPLOYMENT.test(c.get('path'));
    c.set('body', puts && body !== undefined ? withoutNulls(body) : body);
    const sent = c.get('body');
    requireTags(sent?.['tags']);
    if (TAGS.test(c.get('path'))) requireTags((sent?.['properties'] as JsonObject | undefined)?.['tags']);
    const subscription = /^\/subscriptions\/([^/]+)/i.exec(c.get('path'))?.[1];
    if (subscription !== undefined && subscription.toLowerCase() !== LOCAL_SUBSCRIPTION) {
      throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
    }
    requireGroup(c, services);
    if (c.req.method === 'PUT') requireRegistration(services.store, c.get('path'));
    await next();
  };
}

async function readBody(c: RequestContext): Promise<JsonObject | undefined> {
  const text = await c.req.text();
  if (text.trim() === '') {
    return undefined;
  }
  try {
    const body: unknown = DEPLOYMENT.test(c.get('path')) ? parseLooseJson(text) : JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
      return body as JsonObject;
    }
  } catch {
    // Answered below, as for JSON that is no object.
  }
  throw new ArmError(
    400,
    'InvalidRequestContent',
    'The request content was invalid and could not be deserialized: a JSON object was expected.',
  );
}

/** Resource Manager takes null for absent where a whole resource is sent. */
function withoutNulls(holder: JsonObject): JsonObject {
  const cleaned = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(cleaned);
    return typeof value === 'object' && value !== null ? withoutNulls(value) : value;
  };
  return Object.fromEntries(
    Object.entries(holder).flatMap(([key, value]) => (value === null ? [] : [[key, cleaned(value)]])),
  );
}

/** What lies in a group needs the group, and a group that is going takes nothing new. */
function requireGroup(c: RequestContext, services: Services): void {
  const path = c.get('path');
  const groupId = groupIdOf(path);
  const own = groupId?.length === path.length;
  if (groupId === undefined || (own && c.req.method !== 'PUT')) {
    return;
  }
  const group = services.store.get(groupId);
  // Roles and locks answer for themselves where there is nothing to read or take away.
  if (group === undefined && EXTENSION.test(path) && /^(GET|HEAD|DELETE)$/.test(c.req.method)) return;
  const name = groupId.slice(groupId.lastIndexOf('/') + 1);
  if (group === undefined && !own) {
    if (c.req.method === 'DELETE') refuseNested(path, name, c.get('apiVersion'));
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
  }
  const writes = c.req.method === 'PUT' || c.req.method === 'PATCH' || c.req.method === 'POST';
  if (group !== undefined && writes && services.operations.pending(groupId).length > 0) {
    throw new ArmError(
      409,
      'ResourceGroupBeingDeleted',
      `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`,
    );
  }
}

const EXTENSION = /\/providers\/Microsoft\.Authorization\/[^/]+(\/[^/]+)?$/i;

/** Types that are told what is missing as if they were asked about it. */
const RESOURCE_NOT_FOUND = /^microsoft\.network\/|\/managementPolicies$/i;

/** What lies in another resource is first told that this one is not there. */
function refuseNested(path: string, group: string, apiVersion: string): void {
  const { type = '', fullName } = parseResourceId(path);
  const [namespace = '', ...types] = type.split('/');
  const names = fullName.split('/');
  if (types.length < 2 || namespace.toLowerCase() === 'microsoft.compute') return;
  if (RESOURCE_NOT_FOUND.test(type)) {
    // As recorded of networks since then.
    if (apiVersion >= '2024' && /^microsoft\.network\//i.test(type)) return;
    throw new ArmError(
      404,
      'ResourceNotFound',
      `The Resource '${namespace}/${types[0] ?? ''}/${names[0] ?? ''}' under resource group '${group}' was not found. ` +
        'For more details please go to https://aka.ms/ARMResourceNotFoundFix',
    );
  }
  throw new ArmError(
    404,
    'ParentResourceNotFound',
    `Failed to perform 'delete' on resource(s) of type '${types.join('/')}', because the parent resource '${path.split('/').slice(0, -2).join('/')}' could not be found.`,
  );
}
