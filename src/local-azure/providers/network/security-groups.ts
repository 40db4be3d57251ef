/** Network security groups and their rules. The rules live in the group's body, as the group's own list shows them. */
import { randomUUID } from 'node:crypto';
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { defaultRules, LISTS } from './default-rules.ts';
import { withSecurityGroup } from './references.ts';
import { type Kind, propertiesOf, RESOURCE_TYPES, routesOf, stateOf } from './resource-kinds.ts';

const TYPE = RESOURCE_TYPES.securityGroup;
const RULE = `${TYPE}/securityRules`;
const ONE = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${TYPE}`;

export function securityGroupRoutes(services: Services): Route[] {
  const { store } = services;
  const kind: Kind = {
    type: TYPE,
    retryAfter: 3,
    updatesAtOnce: true,
    build(request, _existing, id) {
      const sent = propertiesOf(request.body);
      const rules = (sent['securityRules'] ?? []) as JsonObject[];
      const kept = rules.map((rule) => keepRule(rule, `${id}/securityRules/${textOf(rule['name'])}`));
      refuseSamePriority(kept);
      return { ...sent, securityRules: kept };
    },
    show(group) {
      const users = (type: string) => withSecurityGroup(store, type, group.id).map(({ id }) => ({ id }));
      const networkInterfaces = users(RESOURCE_TYPES.nic);
      const subnets = users(RESOURCE_TYPES.subnet);
      return {
        ...group.body,
        properties: {
          ...propertiesOf(group.body),
          defaultSecurityRules: defaultRules(group),
          ...(networkInterfaces.length === 0 ? {} : { networkInterfaces }),
          ...(subnets.length === 0 ? {} : { subnets }),
        },
      };
    },
    refuseDeletion(group) {
      const users = [RESOURCE_TYPES.nic, RESOURCE_TYPES.subnet].flatMap((type) =>
        withSecurityGroup(store, type, group.id),
      );
      if (users.length > 0) {
        throw new ArmError(
          400,
          'InUseNetworkSecurityGroupCannotBeDeleted',
          `Network security group ${group.id} cannot be deleted because it is in use by the following resources: ${users.map(({ id }) => id).join(', ')}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
        );
      }
    },
  };
  return [...routesOf(services, kind, `${ONE}/{name}`), ...ruleRoutes(services)];
}

function ruleRoutes({ store, operations }: Services): Route[] {
  const groupOf = (id: string) => requireResource(store, id.replace(/\/securityRules(\/[^/]+)?$/i, ''));
  const rulesOf = (group: StoredResource) => (propertiesOf(group.body)['securityRules'] ?? []) as JsonObject[];
  const named = (request: ArmRequest) => (rule: JsonObject) =>
    textOf(rule['name']).toLowerCase() === request.params['name']?.toLowerCase();
  const change = (group: StoredResource, securityRules: JsonObject[]) => {
    store.put({
      ...group,
      body: stateOf({ ...group.body, properties: { ...propertiesOf(group.body), securityRules } }, 'Succeeded'),
    });
    return operations.begin({
      kind: `${TYPE}/write`,
      subscriptionId: group.id.split('/')[2] ?? '',
      location: textOf(group.body['location']),
      resourceId: group.id,
      input: {},
    });
  };
  const path = `${ONE}/{group}/securityRules/{name}`;
  return [
    {
      method: 'PUT',
      path,
      handle(request): ArmResponse {
        const group = groupOf(request.id);
        const others = rulesOf(group).filter((rule) => !named(request)(rule));
        const rule = keepRule({ ...request.body, name: request.params['name'] ?? '' }, request.id);
        refuseSamePriority([...others, rule]);
        const operation = change(group, [...others, rule]);
        const status = others.length === rulesOf(group).length ? 201 : 200;
        return {
          status,
          body: stateOf(rule, 'Updating'),
          operation: { operation, form: { segment: 'operations', headers: 'azure-async', retryAfter: 10 } },
        };
      },
    },
    {
      method: 'GET',
      path,
      handle(request) {
        const rule = rulesOf(groupOf(request.id)).find(named(request));
        return { status: 200, body: rule ?? requireResource(store, request.id).body };
      },
    },
    {
      method: 'DELETE',
      path,
      handle(request): ArmResponse {
        const group = groupOf(request.id);
        const others = rulesOf(group).filter((rule) => !named(request)(rule));
        if (others.length === rulesOf(group).length) {
          return { status: 204 };
        }
        return {
          status: 202,
          operation: {
            operation: change(group, others),
            form: { segment: 'operations', headers: 'both', retryAfter: 10 },
          },
        };
      },
    },
    {
      method: 'GET',
      path: `${ONE}/{group}/securityRules`,
      handle: ({ id }) => ({ status: 200, body: { value: rulesOf(groupOf(id)) } }),
    },
  ];
}

function keepRule(rule: JsonObject, id: string): JsonObject {
  const sent = propertiesOf(rule);
  const missing = ['protocol', 'access', 'priority', 'direction'].filter((key) => sent[key] === undefined);
  if (missing.length > 0) {
    throw new ArmError(
      400,
      'SecurityRuleInvalid',
      `Security rule ${id} lacks ${missing.map((key) => `properties.${key}`).join(', ')}.`,
    );
  }
  const priority = sent['priority'];
  if (typeof priority !== 'number' || priority < 100 || priority > 4096) {
    throw new ArmError(
      400,
      'SecurityRuleInvalidPriority',
      `Security rule has invalid Priority. Priority should be between 100 and 4096 inclusive. Value provided: ${textOf(priority)}.`,
    );
  }
  return {
    name: rule['name'] ?? '',
    id,
    type: RULE,
    etag: `W/"${randomUUID()}"`,
    properties: { ...LISTS, ...sent, provisioningState: 'Succeeded' },
  };
}

function refuseSamePriority(rules: JsonObject[]): void {
  const seen = new Map<string, string>();
  for (const rule of rules) {
    const { priority, direction } = propertiesOf(rule);
    const key = `${textOf(direction)} ${textOf(priority)}`.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw new ArmError(
        400,
        'SecurityRuleConflict',
        `Security rule ${textOf(rule['name'])} conflicts with rule ${other}. Rules cannot have the same Priority and Direction.`,
      );
    }
    seen.set(key, textOf(rule['name']));
  }
}
