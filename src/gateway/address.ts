/** Addresses of Microsoft.VirtualMachineImages. Azure's are the same in any case. */

export type Target =
  | { kind: 'operations' }
  | { kind: 'operation'; subscriptionId: string; operationId: string }
  | { kind: 'templates'; within: string }
  | { kind: 'template'; template: TemplateAddress; action?: 'run' | 'cancel' }
  | { kind: 'runOutputs' | 'triggers'; template: TemplateAddress; name?: string };

export interface TemplateAddress {
  id: string;
  subscriptionId: string;
  resourceGroup: string;
  name: string;
}

const PROVIDER = 'providers/microsoft\\.virtualmachineimages';
const SUBSCRIPTION = '/subscriptions/(?<subscriptionId>[^/]+)';
const GROUP = `${SUBSCRIPTION}/resourcegroups/(?<resourceGroup>[^/]+)`;
const TEMPLATE = `${GROUP}/${PROVIDER}/imagetemplates/(?<name>[^/]+)`;

const match = (pattern: string, path: string): Record<string, string> | undefined =>
  new RegExp(`^${pattern}$`, 'i').exec(path)?.groups as Record<string, string> | undefined;

/** The provider itself, and its registration, are Azure's. */
export const isOurs = (path: string): boolean =>
  /\/providers\/microsoft\.virtualmachineimages\/(?!(un)?register$)/i.test(path);

/** Undefined for an address of the provider that is nothing. */
export function targetOf(path: string): Target | undefined {
  if (new RegExp(`^/${PROVIDER}/operations$`, 'i').test(path)) return { kind: 'operations' };
  const operation = match(`${SUBSCRIPTION}/${PROVIDER}/locations/[^/]+/operations/(?<operationId>[^/]+)`, path);
  if (operation !== undefined) {
    const { subscriptionId = '', operationId = '' } = operation;
    return { kind: 'operation', subscriptionId, operationId };
  }
  const list = match(
    `(?<within>${GROUP}|${SUBSCRIPTION.replace('subscriptionId', 'alone')})/${PROVIDER}/imagetemplates`,
    path,
  );
  if (list !== undefined) return { kind: 'templates', within: list['within'] ?? '' };
  const found = match(`${TEMPLATE}(?:/(?<child>run|cancel|runoutputs|triggers)(?:/(?<childName>[^/]+))?)?`, path);
  if (found === undefined) return undefined;
  const { subscriptionId = '', resourceGroup = '', name = '', child = '', childName } = found;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.VirtualMachineImages/imageTemplates/${name}`;
  const template = { id, subscriptionId, resourceGroup, name };
  const named = childName === undefined ? {} : { name: childName };
  switch (child.toLowerCase()) {
    case '':
      return { kind: 'template', template };
    case 'run':
    case 'cancel':
      return childName === undefined
        ? { kind: 'template', template, action: child.toLowerCase() as 'run' | 'cancel' }
        : undefined;
    case 'runoutputs':
      return { kind: 'runOutputs', template, ...named };
    case 'triggers':
      return { kind: 'triggers', template, ...named };
    default:
      return undefined;
  }
}
