/** Network security groups and their rules. The rules live in the group's body, as the group's own list shows them. */
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { keepParts, partRoutes, type PartKind, showParts } from './body-parts.ts';
import { defaultRules, LISTS } from './default-rules.ts';
import { referencesTo } from './references.ts';
import { type Kind, routesOf } from './resource-kinds.ts';
import { notFound } from './words.ts';

const TYPE = RESOURCE_TYPES.securityGroup;
const ONE = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${TYPE}`;

const RULES: PartKind = {
  holder: TYPE,
  segment: 'securityRules',
  retryAfter: 1,
  keep: keepRule,
  refuseConflicts: refuseSamePriority,
};

export function securityGroupRoutes(services: Services): Route[] {
  const { store } = services;
  const kind: Kind = {
    type: TYPE,
    retryAfter: 1,
    deleteRetryAfter: 1,
    build: (request, _existing, id) => ({
      ...propertiesOf(request.body),
      securityRules: keepParts(RULES, request, id),
    }),
    show(group) {
      const users = (type: string) =>
        referencesTo(store, type, 'networkSecurityGroup', group.id).map(({ id }) => ({ id }));
      const networkInterfaces = users(RESOURCE_TYPES.nic);
      const subnets = users(RESOURCE_TYPES.subnet);
      return {
        ...group.body,
        properties: {
          ...propertiesOf(group.body),
          securityRules: showParts(RULES, group),
          defaultSecurityRules: defaultRules(group),
          ...(networkInterfaces.length === 0 ? {} : { networkInterfaces }),
          ...(subnets.length === 0 ? {} : { subnets }),
        },
      };
    },
    refuseDeletion(group) {
      const users = [RESOURCE_TYPES.nic, RESOURCE_TYPES.subnet].flatMap((type) =>
        referencesTo(store, type, 'networkSecurityGroup', group.id),
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
  const defaults = `${ONE}/{group}/defaultSecurityRules`;
  const rulesAt = (id: string) =>
    defaultRules(requireResource(store, id.replace(/\/defaultSecurityRules(\/[^/]+)?$/i, '')));
  return [
    ...routesOf(services, kind, `${ONE}/{name}`),
    ...partRoutes(services, RULES),
    { method: 'GET', path: defaults, handle: ({ id }) => ({ status: 200, body: { value: rulesAt(id) } }) },
    {
      method: 'GET',
      path: `${defaults}/{name}`,
      handle({ id, params }) {
        const name = (params['name'] ?? '').toLowerCase();
        const rule = rulesAt(id).find((one) => textOf(one['name']).toLowerCase() === name);
        if (rule === undefined) throw notFound(id);
        return { status: 200, body: rule };
      },
    },
  ];
}

function keepRule(sent: JsonObject, id: string): JsonObject {
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
  return { ...LISTS, ...sent };
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
