/** Reading resource ids; Resource Manager compares them without regard to case. */

export interface ResourceId {
  subscriptionId: string;
  resourceGroup: string | undefined;
  /** `Microsoft.Compute` */
  namespace: string | undefined;
  /** `Microsoft.Compute/galleries/images` */
  type: string | undefined;
  /** Last segment. */
  name: string;
  /** `gallery/definition`, as error messages name a child. */
  fullName: string;
}

export function parseResourceId(id: string): ResourceId {
  const parts = id.split('/').filter((part) => part !== '');
  const at = (name: string) => {
    const index = parts.findIndex((part) => part.toLowerCase() === name);
    return index < 0 ? undefined : parts[index + 1];
  };
  const provider = parts.findIndex((part) => part.toLowerCase() === 'providers');
  const rest = provider < 0 ? [] : parts.slice(provider + 1);
  const types = rest.slice(1).filter((_, index) => index % 2 === 0);
  const names = rest.slice(1).filter((_, index) => index % 2 === 1);
  return {
    subscriptionId: at('subscriptions') ?? '',
    resourceGroup: at('resourcegroups'),
    namespace: rest[0],
    type: rest[0] === undefined ? undefined : [rest[0], ...types].join('/'),
    name: parts.at(-1) ?? '',
    fullName: names.join('/'),
  };
}

/**
 * Where in an id the provider begins that the resource is of: the last one, as a role assignment lies at another's
 * resource; a feature is of Microsoft.Features and names the provider that has it. Negative where there is none.
 */
export function providerIndex(id: string): number {
  const path = id.toLowerCase();
  const features = path.indexOf('/providers/microsoft.features/');
  return features >= 0 ? features : path.lastIndexOf('/providers/');
}

export function sameId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** Whether a scope is another one or below it; `/` is above all. */
export function isWithin(scope: string, of: string): boolean {
  const [inner, outer] = [scope.toLowerCase(), of.toLowerCase().replace(/\/$/, '')];
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** `/subscriptions/s/resourceGroups/g` of an id; undefined for ids outside a group. */
export function groupIdOf(id: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+/i.exec(id)?.[0];
}
