/**
 * Galleries as others see them: shared with subscriptions or tenants (by unique name) or with everybody (by public
 * name). Azure names their images without a resource group: `/sharedGalleries/{unique name}/images/{image}/versions/{v}`.
 */
import { randomUUID } from 'node:crypto';
import {
  ArmError,
  type ArmRequest,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { normalizeRegion } from '../../regions.ts';
import {
  acceptWrite,
  GALLERIES_NOTIFY,
  GROUP_PATH,
  invalid,
  list,
  object,
  propertiesOf,
  text,
  TYPES,
} from './shared.ts';

const LOCATION = '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}';

type Sharing = 'shared' | 'community';

export function sharedGalleryRoutes(services: Services): Route[] {
  return [shareRoute(services), ...(['shared', 'community'] as const).flatMap((kind) => readingRoutes(services, kind))];
}

function readingRoutes(services: Services, kind: Sharing): Route[] {
  const gallery = `${LOCATION}/${kind}Galleries/{gallery}`;
  const find = ({ params, subscriptionId }: ArmRequest): StoredResource => {
    const found = findGallery(services, kind, params['gallery'] ?? '', subscriptionId ?? '');
    if (found === undefined) throw notFound(kind, params['gallery'] ?? '');
    return found;
  };
  const definitionsOf = (request: ArmRequest): StoredResource[] =>
    services.store.list({ type: TYPES.definition, under: find(request).id });
  const definitionOf = (request: ArmRequest): StoredResource => {
    const wanted = (request.params['image'] ?? '').toLowerCase();
    const found = definitionsOf(request).find(({ body }) => text(body['name']).toLowerCase() === wanted);
    if (found === undefined) throw notFound(kind, `${request.params['gallery']}/images/${request.params['image']}`);
    return found;
  };
  const versionsOf = (request: ArmRequest): StoredResource[] => {
    const location = normalizeRegion(request.params['location'] ?? '');
    return services.store
      .list({ type: TYPES.version, under: definitionOf(request).id })
      .filter((version) => isIn(version, location));
  };
  const show = (request: ArmRequest, resource: StoredResource, path: string, properties: JsonObject): JsonObject => ({
    name: resource.body['name'] ?? '',
    location: normalizeRegion(request.params['location'] ?? ''),
    identifier: { uniqueId: `/${kind === 'shared' ? 'SharedGalleries' : 'CommunityGalleries'}/${path}` },
    properties,
  });
  const showDefinition = (request: ArmRequest, definition: StoredResource): JsonObject => {
    const { provisioningState: _own, ...properties } = propertiesOf(definition);
    return show(
      request,
      definition,
      `${request.params['gallery']}/Images/${text(definition.body['name'])}`,
      properties,
    );
  };
  const showVersion = (request: ArmRequest, version: StoredResource): JsonObject => {
    const { publishingProfile, storageProfile } = propertiesOf(version);
    const { publishedDate, endOfLifeDate, excludeFromLatest } = object(publishingProfile);
    const { osDiskImage, dataDiskImages } = object(storageProfile);
    const path = `${request.params['gallery']}/Images/${request.params['image']}/Versions/${text(version.body['name'])}`;
    return show(request, version, path, {
      publishedDate: publishedDate ?? '',
      ...(endOfLifeDate === undefined ? {} : { endOfLifeDate }),
      excludeFromLatest: excludeFromLatest ?? false,
      storageProfile: {
        osDiskImage: { diskSizeGB: object(osDiskImage)['sizeInGB'] ?? 0, hostCaching: 'ReadWrite' },
        ...(dataDiskImages === undefined ? {} : { dataDiskImages }),
      },
    });
  };
  return [
    {
      method: 'GET',
      path: gallery,
      handle: (request) => ({ status: 200, body: show(request, find(request), request.params['gallery'] ?? '', {}) }),
    },
    {
      method: 'GET',
      path: `${gallery}/images`,
      handle: (request) => ({
        status: 200,
        body: { value: definitionsOf(request).map((definition) => showDefinition(request, definition)) },
      }),
    },
    {
      method: 'GET',
      path: `${gallery}/images/{image}`,
      handle: (request) => ({ status: 200, body: showDefinition(request, definitionOf(request)) }),
    },
    {
      method: 'GET',
      path: `${gallery}/images/{image}/versions`,
      handle: (request) => ({
        status: 200,
        body: { value: versionsOf(request).map((version) => showVersion(request, version)) },
      }),
    },
    {
      method: 'GET',
      path: `${gallery}/images/{image}/versions/{version}`,
      handle: (request) => {
        const found = versionsOf(request).find(({ body }) => body['name'] === request.params['version']);
        if (found === undefined)
          throw notFound(kind, `${request.params['image']}/versions/${request.params['version']}`);
        return { status: 200, body: showVersion(request, found) };
      },
    },
  ];
}

/** The resource behind `/sharedGalleries/…/versions/…` or `/communityGalleries/…`, as seen from the subscription. */
export function sharedVersion(services: Services, id: string, subscriptionId: string): StoredResource | undefined {
  const match = /^\/(shared|community)galleries\/([^/]+)\/images\/([^/]+)(?:\/versions\/([^/]+))?$/i.exec(id);
  if (match === null) return undefined;
  const [, kind = '', gallery = '', image = '', version = 'latest'] = match;
  const found = findGallery(services, kind.toLowerCase() as Sharing, gallery, subscriptionId);
  if (found === undefined) return undefined;
  const definition = `${found.id}/images/${image}`;
  if (version.toLowerCase() !== 'latest') return services.store.get(`${definition}/versions/${version}`);
  return services.store.get(definition);
}

function findGallery(
  { store }: Services,
  kind: Sharing,
  name: string,
  subscriptionId: string,
): StoredResource | undefined {
  return store.list({ type: TYPES.gallery }).find((gallery) => {
    const { identifier, sharingProfile } = propertiesOf(gallery);
    const { permissions, groups, communityGalleryInfo } = object(sharingProfile);
    if (kind === 'community') {
      const { publicNames, communityGalleryEnabled } = object(communityGalleryInfo);
      return communityGalleryEnabled === true && Array.isArray(publicNames) && publicNames.includes(name);
    }
    const known = text(object(identifier)['uniqueName']).toLowerCase() === name.toLowerCase();
    return known && permissions === 'Groups' && list(groups).some((group) => reaches(group, subscriptionId));
  });
}

/** Tenants are not told apart here: what is shared with one reaches every subscription. */
function reaches({ type, ids }: JsonObject, subscriptionId: string): boolean {
  return type === 'AADTenants' || (Array.isArray(ids) && ids.includes(subscriptionId));
}

function isIn(version: StoredResource, location: string): boolean {
  const { publishingProfile, provisioningState } = propertiesOf(version);
  const regions = list(object(publishingProfile)['targetRegions']);
  return provisioningState !== 'Creating' && regions.some(({ name }) => normalizeRegion(text(name)) === location);
}

function notFound(kind: Sharing, what: string): ArmError {
  const name = kind === 'shared' ? 'SharedGallery' : 'CommunityGallery';
  return new ArmError(404, 'GalleryNotFound', `${name} resource ${what} is not found, or is not shared with you.`);
}

/** `POST galleries/{g}/share`: with whom a gallery is shared. */
function shareRoute(services: Services): Route {
  return {
    method: 'POST',
    path: `${GROUP_PATH}/providers/Microsoft.Compute/galleries/{gallery}/share`,
    handle(request) {
      const id = request.id.replace(/\/share$/i, '');
      const gallery = requireResource(services.store, id);
      const { operationType, groups } = object(request.body);
      const profile = object(propertiesOf(gallery)['sharingProfile']);
      const changed = share(text(operationType), profile, list(groups));
      return acceptWrite(
        services,
        { ...request, id, body: gallery.body },
        {
          type: TYPES.gallery,
          location: text(gallery.body['location']),
          keep: ['identity'],
          properties: { ...propertiesOf(gallery), sharingProfile: changed, provisioningState: 'Updating' },
          form: { segment: 'capsOperations', headers: 'azure-async', notifiesSince: GALLERIES_NOTIFY },
          status: 202,
          answer: () => request.body ?? {},
        },
      );
    },
  };
}

function share(operation: string, profile: JsonObject, groups: JsonObject[]): JsonObject {
  const { permissions, communityGalleryInfo } = profile;
  const held = list(profile['groups']);
  const needs = (wanted: string): void => {
    if (permissions === wanted) return;
    throw new ArmError(
      409,
      'Conflict',
      `The gallery's sharingProfile.permissions is '${text(permissions) || 'Private'}', and '${operation}' needs '${wanted}'.`,
    );
  };
  switch (operation) {
    case 'Add':
      needs('Groups');
      return { ...profile, groups: [...held, ...groups] };
    case 'Remove': {
      needs('Groups');
      const gone = groups.map((group) => JSON.stringify(group));
      return { ...profile, groups: held.filter((group) => !gone.includes(JSON.stringify(group))) };
    }
    case 'Reset':
      return { permissions: 'Private' };
    case 'EnableCommunity': {
      needs('Community');
      const info = object(communityGalleryInfo);
      const publicNames = info['publicNames'] ?? [`${text(info['publicNamePrefix'])}-${randomUUID()}`];
      return { ...profile, communityGalleryInfo: { ...info, communityGalleryEnabled: true, publicNames } };
    }
    default:
      throw invalid('operationType', `Expected Add, Remove, Reset or EnableCommunity, got '${operation}'.`);
  }
}
