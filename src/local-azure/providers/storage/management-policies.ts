/** Rules by which Azure moves and removes old blobs. They are kept and told; nothing here grows so old. */
import { ArmError, type ArmRequest, type Json, type JsonObject, type Route, type Services } from '../../core.ts';
import { ACCOUNT, ONE_ACCOUNT } from './accounts.ts';
import { requireParent } from './children.ts';

const TYPE = `${ACCOUNT}/managementPolicies`;
const ONE = `${ONE_ACCOUNT}/managementPolicies/{policy}`;

export function managementPolicyRoutes(services: Services): Route[] {
  const { store } = services;
  const require = (request: ArmRequest): JsonObject => {
    requireParent(store, request, 1);
    const found = store.get(request.id);
    if (found !== undefined) return found.body;
    throw new ArmError(404, 'ManagementPolicyNotFound', 'No ManagementPolicy found for account');
  };
  return [
    {
      method: 'PUT',
      path: ONE,
      handle(request) {
        const account = requireParent(store, request, 1);
        if (request.params['policy']?.toLowerCase() !== 'default') {
          throw new ArmError(400, 'InvalidResourceName', "The management policy of an account is named 'default'.");
        }
        const properties: JsonObject = {
          policy: { rules: rulesOf((request.body?.['properties'] as JsonObject | undefined)?.['policy']) },
          lastModifiedTime: services.now().toISOString(),
        };
        const id = `${account.id}/managementPolicies/default`;
        const body: JsonObject = { id, name: 'DefaultManagementPolicy', type: TYPE, properties };
        store.put({ id, type: TYPE, body, hidden: {} });
        return { status: 200, body };
      },
    },
    { method: 'GET', path: ONE, handle: (request) => ({ status: 200, body: require(request) }) },
    {
      method: 'GET',
      path: `${ONE_ACCOUNT}/managementPolicies`,
      handle(request) {
        const account = requireParent(store, request, 1);
        return { status: 200, body: { value: store.list({ type: TYPE, under: account.id }).map(({ body }) => body) } };
      },
    },
    {
      method: 'DELETE',
      path: ONE,
      handle(request) {
        requireParent(store, request, 1);
        const existed = store.get(request.id) !== undefined;
        store.delete(request.id);
        return { status: existed ? 200 : 204 };
      },
    },
  ];
}

/** Throws ArmError 400 for rules that are not as Azure wants them. */
function rulesOf(policy: Json | undefined): Json {
  const { rules } = (policy ?? {}) as { rules?: JsonObject[] };
  const wrong = (why: string): ArmError =>
    new ArmError(400, 'InvalidRequestPropertyValue', `The management policy is invalid: ${why}.`, 'properties.policy');
  if (!Array.isArray(rules) || rules.length === 0) throw wrong('properties.policy.rules must have a rule at least');
  const names = rules.map(({ name }) => name);
  rules.forEach(({ name, type, definition }, index) => {
    const at = `properties.policy.rules[${index}]`;
    if (typeof name !== 'string' || name === '') throw wrong(`${at}.name is required`);
    if (type !== 'Lifecycle') throw wrong(`${at}.type must be 'Lifecycle'`);
    const { actions } = (definition ?? {}) as { actions?: Json };
    if (actions === undefined) throw wrong(`${at}.definition.actions is required`);
  });
  if (new Set(names).size < names.length) throw wrong('the names of rules must differ');
  return rules.map(({ enabled, ...rule }) => ({ enabled: enabled ?? true, ...rule }));
}
