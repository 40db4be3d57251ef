/** Stage 4: whether the caller may do this here, and may link what the body names. */
import { isStatusPath } from '../async-answers.ts';
import { ArmError, type Json } from '../core.ts';
import type { Access } from '../providers/authorization/access.ts';
import { parseResourceId, providerIndex } from '../resource-id.ts';
import type { Stage } from './environment.ts';

export function authorize(access: Access): Stage {
  return async (c, next) => {
    const path = c.get('path');
    const { method } = c.req;
    const action = actionOf(method, path);
    if (action !== undefined) {
      const { objectId, appId } = c.get('principal');
      if (!access.allows(objectId, action, path)) {
        throw new ArmError(
          403,
          'AuthorizationFailed',
          `The client '${appId}' with object id '${objectId}' does not have authorization to perform action '${action}' over scope '${path}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
        );
      }
      // A role may name any resource; it uses none.
      const uses = !action.startsWith('Microsoft.Authorization/');
      if (uses && (method === 'PUT' || method === 'PATCH')) {
        for (const linked of linkedActions(path, c.get('body') ?? null)) {
          if (access.allows(objectId, linked.action, linked.scope)) continue;
          throw new ArmError(
            403,
            'LinkedAuthorizationFailed',
            `The client '${appId}' with object id '${objectId}' has permission to perform action '${action}' on scope '${path}'; however, it does not have permission to perform action(s) '${linked.action}' on the linked scope(s) '${linked.scope}' (respectively) or the linked scope(s) are invalid.`,
          );
        }
      }
    }
    await next();
  };
}

const RESOURCES = 'Microsoft.Resources/subscriptions';

/** As role definitions name it; undefined for what everybody may ask who has a token. */
export function actionOf(method: string, path: string): string | undefined {
  if (!/^\/subscriptions\/[^/]+/i.test(path) || isStatusPath(path)) return undefined;
  const verb = method === 'GET' || method === 'HEAD' ? 'read' : method === 'DELETE' ? 'delete' : 'write';
  const at = providerIndex(path);
  if (at >= 0) {
    const [namespace = '', ...rest] = path.slice(at + '/providers/'.length).split('/');
    // What the caller may do is for every caller to know.
    if (/^permissions$/i.test(rest[0] ?? '') && /^microsoft\.authorization$/i.test(namespace)) return undefined;
    if (rest.length === 0) return `${RESOURCES}/providers/read`;
    if (method === 'POST') {
      const last = rest.at(-1) ?? '';
      return [namespace, ...typesOf(rest.slice(0, -1)), last, 'action'].join('/');
    }
    return [namespace, ...typesOf(rest), verb].join('/');
  }
  const [, , , kind = '', name, below] = path.split('/');
  if (kind === '') return `${RESOURCES}/${verb}`;
  if (/^resourcegroups$/i.test(kind)) {
    // The older address of a deployment's operations.
    if (below === 'deployments')
      return actionOf(method, path.replace('/deployments/', '/providers/Microsoft.Resources/deployments/'));
    if (name === undefined || below === undefined) return `${RESOURCES}/resourceGroups/${verb}`;
    return `${RESOURCES}/resourceGroups/${below}/${method === 'POST' ? 'action' : verb}`;
  }
  return `${RESOURCES}/${below === undefined ? kind : `${kind}/${below}`}/${verb}`;
}

const typesOf = (segments: string[]): string[] => segments.filter((_, index) => index % 2 === 0);

/** Actions that Azure asks for on a resource which another one is to use. */
const LINKED: Record<string, string> = {
  'microsoft.network/virtualnetworks/subnets': 'join/action',
  'microsoft.network/virtualnetworks': 'peer/action',
  'microsoft.network/networksecuritygroups': 'join/action',
  'microsoft.network/routetables': 'join/action',
  'microsoft.network/natgateways': 'join/action',
  'microsoft.network/publicipprefixes': 'join/action',
  'microsoft.network/publicipaddresses': 'join/action',
  'microsoft.network/networkinterfaces': 'join/action',
  'microsoft.managedidentity/userassignedidentities': 'assign/action',
  'microsoft.compute/images': 'read',
  'microsoft.compute/galleries/images': 'read',
  'microsoft.compute/galleries/images/versions': 'read',
};

function linkedActions(path: string, body: Json): Array<{ action: string; scope: string }> {
  const found = new Map<string, { action: string; scope: string }>();
  const look = (value: Json): void => {
    if (typeof value === 'string') add(value);
    else if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        add(key);
        look(inner);
      }
    }
  };
  const add = (text: string): void => {
    if (!/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\//i.test(text)) return;
    // A network and its own subnets are written together.
    if (text.toLowerCase().startsWith(`${path.toLowerCase()}/`) || text.toLowerCase() === path.toLowerCase()) return;
    const { type = '' } = parseResourceId(text);
    const needed = LINKED[type.toLowerCase()];
    // Whatever else names a network wants no peering with it.
    if (needed === 'peer/action' && !/\/virtualNetworks\//i.test(path)) return;
    if (needed !== undefined) found.set(text.toLowerCase(), { action: `${type}/${needed}`, scope: text });
  };
  look(body);
  return [...found.values()];
}
