/** Resource Manager ids. Azure compares them without regard to case and answers them in more than one. */

export interface ResourceId {
  subscriptionId: string;
  resourceGroup: string;
  /** `Microsoft.Compute/galleries/images` */
  type: string;
  /** One per type segment: `['golden', 'debian-12']`. */
  names: string[];
}

/** Undefined for what is not the id of a resource in a resource group. */
export function parseResourceId(id: string): ResourceId | undefined {
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/([^/]+)\/(.+)$/i.exec(id);
  if (match === null) return undefined;
  const [, subscriptionId = '', resourceGroup = '', namespace = '', rest = ''] = match;
  const segments = rest.split('/');
  if (segments.length % 2 !== 0 || segments.includes('')) return undefined;
  const types = segments.filter((_, index) => index % 2 === 0);
  const names = segments.filter((_, index) => index % 2 === 1);
  return { subscriptionId, resourceGroup, type: [namespace, ...types].join('/'), names };
}

/** The id's parts, if it is one of the given type. */
export function parseIdOfType(id: string, type: string): ResourceId | undefined {
  const parsed = parseResourceId(id);
  return parsed !== undefined && sameId(parsed.type, type) ? parsed : undefined;
}

/** `/subscriptions/{s}/resourceGroups/{g}` */
export function parseGroupId(id: string): { subscriptionId: string; resourceGroup: string } | undefined {
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)$/i.exec(id);
  if (match === null) return undefined;
  const [, subscriptionId = '', resourceGroup = ''] = match;
  return { subscriptionId, resourceGroup };
}

export type GalleryKind = 'own' | 'directShared' | 'community';

/** A version in a gallery: by resource id, or by the unique name of one that others share. */
export function galleryKindOf(imageVersionId: string): GalleryKind | undefined {
  if (parseIdOfType(imageVersionId, 'Microsoft.Compute/galleries/images/versions') !== undefined) return 'own';
  const shared = /^\/(shared|community)Galleries\/[^/]+\/images\/[^/]+\/versions\/[^/]+$/i.exec(imageVersionId);
  if (shared === null) return undefined;
  return shared[1]?.toLowerCase() === 'community' ? 'community' : 'directShared';
}

export function isGalleryVersionId(id: string): boolean {
  return galleryKindOf(id) !== undefined;
}

export function formatResourceId({ subscriptionId, resourceGroup, type, names }: ResourceId): string {
  const [namespace = '', ...types] = type.split('/');
  const path = types.map((segment, index) => `${segment}/${names[index] ?? ''}`).join('/');
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${namespace}/${path}`;
}

export function sameId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** `West Europe` and `westeurope` are one region. */
export function normalizeRegion(name: string): string {
  return name.toLowerCase().replaceAll(' ', '');
}

/** @throws RangeError for an id that is not one; plans hold only ids that were checked. */
export function requireResourceId(id: string): ResourceId {
  const parsed = parseResourceId(id);
  if (parsed === undefined) throw new RangeError(`expected a resource id, got ${JSON.stringify(id)}`);
  return parsed;
}
