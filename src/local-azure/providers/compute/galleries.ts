/** Galleries and image definitions. */
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type AsyncForm,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { sameId } from '../../resource-id.ts';
import { parentOf } from './image-sources.ts';
import { requireIdentifier } from './names.ts';
import {
  acceptWrite,
  deleteRoute,
  GALLERIES_NOTIFY,
  GROUP_PATH,
  invalid,
  object,
  propertiesOf,
  readRoutes,
  refuseWhileBusy,
  registerWrite,
  text,
  TYPES,
} from './shared.ts';

const FORM: AsyncForm = { segment: 'capsOperations', headers: 'azure-async', notifiesSince: GALLERIES_NOTIFY };
const DELETE: AsyncForm = { ...FORM, headers: 'both' };
const GALLERY = `${GROUP_PATH}/providers/Microsoft.Compute/galleries/{gallery}`;
const DEFINITIONS = `${GALLERY}/images`;

export function galleryRoutes(services: Services): Route[] {
  const { store } = services;
  return [
    {
      method: 'PUT',
      path: GALLERY,
      handle: (request) =>
        acceptWrite(services, request, {
          type: TYPES.gallery,
          location: requireRegion(request.body?.['location'], TYPES.gallery),
          keep: ['identity'],
          properties: {
            ...withRetention(object(request.body?.['properties'])),
            identifier: { uniqueName: `${request.subscriptionId}-${(request.params['gallery'] ?? '').toUpperCase()}` },
            provisioningState: 'Creating',
          },
          form: FORM,
          status: store.get(request.id) === undefined ? 201 : 200,
          answer: (gallery) => writtenGallery(gallery, request.apiVersion),
        }),
    },
    {
      method: 'PATCH',
      path: GALLERY,
      // In force at once; there is an operation to wait for all the same.
      handle: (request) => patch(services, request, 'Succeeded'),
    },
    ...readRoutes(services, TYPES.gallery, showGallery),
    deleteRoute(services, TYPES.gallery, GALLERY, DELETE, (gallery) => {
      refuseNested(services, gallery, TYPES.definition);
      refuseNested(services, gallery, TYPES.application);
    }),
    { method: 'PUT', path: `${DEFINITIONS}/{image}`, handle: (request) => writeDefinition(services, request) },
    {
      method: 'PATCH',
      path: `${DEFINITIONS}/{image}`,
      handle: (request) => patch(services, request, 'Updating'),
    },
    {
      method: 'GET',
      path: `${DEFINITIONS}/{image}`,
      handle: ({ id, apiVersion }) => ({ status: 200, body: showDefinition(requireResource(store, id), apiVersion) }),
    },
    {
      method: 'GET',
      path: DEFINITIONS,
      handle: ({ id, apiVersion }) => ({
        status: 200,
        body: {
          value: store
            .list({ type: TYPES.definition, under: id.slice(0, -'/images'.length) })
            .map((definition) => showDefinition(definition, apiVersion)),
        },
      }),
    },
    deleteRoute(services, TYPES.definition, `${DEFINITIONS}/{image}`, DELETE, (definition) =>
      refuseNested(services, definition, TYPES.version),
    ),
  ];
}

function writeDefinition(services: Services, request: Parameters<Route['handle']>[0]) {
  const { store } = services;
  const gallery = requireResource(store, request.id.split('/').slice(0, -2).join('/'));
  const existing = store.get(request.id);
  const sent = object(request.body?.['properties']);
  for (const key of ['osType', 'osState', 'identifier']) {
    if (sent[key] === undefined)
      throw invalid(`galleryImage.properties.${key}`, `Required parameter '${key}' is missing (null).`);
  }
  requireIdentifier(object(sent['identifier']));
  refuseTaken(services, request, sent);
  const former = existing === undefined ? undefined : propertiesOf(existing);
  const generation = sent['hyperVGeneration'] ?? former?.['hyperVGeneration'] ?? 'V1';
  for (const [key, value] of [
    ['osType', sent['osType']],
    ['osState', sent['osState']],
    ['hyperVGeneration', generation],
  ] as const) {
    if (former !== undefined && former[key] !== value) {
      throw new ArmError(
        409,
        'PropertyChangeNotAllowed',
        `Changing property 'galleryImage.properties.${key}' is not allowed.`,
        `galleryImage.properties.${key}`,
      );
    }
  }
  return acceptWrite(services, request, {
    type: TYPES.definition,
    location: requireRegion(request.body?.['location'] ?? gallery.body['location'], TYPES.definition),
    properties: {
      architecture: 'x64',
      ...withoutEmpty(sent),
      hyperVGeneration: generation,
      provisioningState: 'Creating',
    },
    form: FORM,
    status: existing === undefined ? 201 : 200,
    answer: (definition) => showDefinition(definition, request.apiVersion),
  });
}

/** Throws ArmError 409: a gallery has one image of a publisher, offer and sku. */
function refuseTaken({ store }: Services, { id, params }: ArmRequest, sent: JsonObject): void {
  const key = (properties: JsonObject): string => {
    const { publisher, offer, sku } = object(properties['identifier']);
    return [publisher, offer, sku].map((part) => text(part).toLowerCase()).join(' ');
  };
  const gallery = id.split('/').slice(0, -2).join('/');
  const taken = store
    .list({ type: TYPES.definition, under: gallery })
    .some((other) => !sameId(other.id, id) && key(propertiesOf(other)) === key(sent));
  if (!taken) return;
  const { publisher, offer, sku } = object(sent['identifier']);
  throw new ArmError(
    409,
    'Conflict',
    `Gallery image: ${params['image'] ?? ''} identified by (publisher:${text(publisher)}, offer:${text(offer)}, sku:${text(sku)}) already exists. Choose a different publisher, offer, sku combination.`,
  );
}

/** What is deleted is kept for a week unless another time was asked for. */
function withRetention(sent: JsonObject): JsonObject {
  const policy = object(sent['softDeletePolicy']);
  if (policy['isSoftDeleteEnabled'] !== true) return sent;
  return { ...sent, softDeletePolicy: { retentionPeriodInDays: 7, ...policy } };
}

/** az sends lists that it has nothing for, and Azure forgets them. */
function withoutEmpty(sent: JsonObject): JsonObject {
  const optional = ['disallowed', 'recommended'];
  return Object.fromEntries(
    Object.entries(sent).filter(([key, value]) => !optional.includes(key) || Object.keys(object(value)).length > 0),
  );
}

/** As recorded: one age of the API tells that nothing is kept of what is deleted, unless it was asked for. */
function showGallery({ body }: StoredResource, apiVersion: string): JsonObject {
  const told = apiVersion >= '2021-07-01' && apiVersion < '2022-01-03';
  const properties = object(body['properties']);
  return {
    ...body,
    properties: { ...(told ? { softDeletePolicy: { isSoftDeleteEnabled: false } } : {}), ...properties },
  };
}

/** The age before it told with whom a gallery is shared, where it was written. */
function writtenGallery(gallery: StoredResource, apiVersion: string): JsonObject {
  const shown = showGallery(gallery, apiVersion);
  if (apiVersion < '2020-09-30' || apiVersion >= '2021-07-01') return shown;
  return {
    ...shown,
    properties: { sharingProfile: { permissions: 'Private' }, ...object(shown['properties']) },
  };
}

function showDefinition({ body }: StoredResource, apiVersion: string): JsonObject {
  const { architecture, ...properties } = object(body['properties']);
  const shown = architecture === undefined || apiVersion < '2021-07-01' ? {} : { architecture };
  return { ...body, properties: { ...properties, ...shown } };
}

function patch(services: Services, request: ArmRequest, provisioningState: string): ArmResponse {
  const held = requireResource(services.store, request.id);
  refuseWhileBusy(services, held);
  const { tags, properties } = request.body ?? {};
  return acceptWrite(
    services,
    { ...request, body: { ...held.body, ...(tags === undefined ? {} : { tags }) } },
    {
      type: held.type,
      location: text(held.body['location']),
      keep: ['identity'],
      properties: { ...propertiesOf(held), ...object(properties), provisioningState },
      form: FORM,
      status: 200,
      answer: (changed) =>
        held.type === TYPES.gallery
          ? writtenGallery(changed, request.apiVersion)
          : showDefinition(changed, request.apiVersion),
    },
  );
}

function refuseNested(services: Services, resource: StoredResource, child: string): void {
  refuseWhileBusy(services, resource);
  const [first] = services.store
    .list({ type: child, under: resource.id })
    .filter((nested) => parentOf(services, nested)?.id === resource.id);
  if (first !== undefined) {
    throw new ArmError(
      409,
      'CannotDeleteResource',
      `Can not delete resource before nested resources are deleted: '${text(resource.body['name'])}' still has '${text(first.body['name'])}'.`,
    );
  }
}

export function registerGalleryOperations(services: Services): void {
  for (const type of [TYPES.gallery, TYPES.definition]) {
    registerWrite(services, `${type}/write`, () => undefined);
    services.operations.register(`${type}/delete`, ({ resourceId }) => {
      services.store.delete(resourceId);
      return Promise.resolve();
    });
  }
}
