/** Containers. What is true of one is what the data plane says; only what keeps it from being changed is stored here. */
import { RestError, type ContainerClient } from '@azure/storage-blob';
import { ArmError, type ArmRequest, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { ONE_ACCOUNT } from './accounts.ts';
import { createDataPlane } from './data-plane.ts';
import { containerHoldRoutes, holdsOf, refuseHeld, shownHolds } from './container-holds.ts';

export const CONTAINERS = `${ONE_ACCOUNT}/blobServices/default/containers`;
const ONE = `${CONTAINERS}/{container}`;
const TYPE = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;
/** Versions since 2020-08-01 tell of what can be brought back, and of encryption scopes. */
const LATER = {
  deleted: false,
  remainingRetentionDays: 0,
  defaultEncryptionScope: '$account-encryption-key',
  denyEncryptionScopeOverride: false,
};
const ACCESS: Record<string, 'container' | 'blob'> = { Container: 'container', Blob: 'blob' };

export function containerRoutes(services: Services): Route[] {
  const { store } = services;
  const plane = createDataPlane(services);

  function containerOf(request: ArmRequest): ContainerClient {
    const name = request.params['container'] ?? '';
    if (!NAME.test(name)) {
      throw new ArmError(
        400,
        'InvalidResourceName',
        `The specified container name '${name}' contains invalid characters or has a wrong length: expected 3 to 63 lower-case letters, digits and single hyphens.`,
      );
    }
    return plane.open(request).getContainerClient(name);
  }

  async function describe(id: string, container: ContainerClient, apiVersion: string): Promise<JsonObject> {
    const found = await container.getProperties();
    const metadata = found.metadata ?? {};
    return {
      id,
      name: container.containerName,
      type: TYPE,
      etag: found.etag ?? '',
      properties: {
        ...(apiVersion < '2020-08-01' ? {} : LATER),
        publicAccess: capital(found.blobPublicAccess ?? 'None'),
        leaseStatus: capital(found.leaseStatus ?? 'Unlocked'),
        leaseState: capital(found.leaseState ?? 'Available'),
        ...(found.leaseDuration === undefined ? {} : { leaseDuration: capital(found.leaseDuration) }),
        lastModifiedTime: found.lastModified?.toISOString() ?? '',
        ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
        ...shownHolds(holdsOf(store, id)),
      },
    };
  }

  const sent = (request: ArmRequest): JsonObject => (request.body?.['properties'] ?? {}) as JsonObject;
  const accessOf = (request: ArmRequest) => ACCESS[textOf(sent(request)['publicAccess'])];

  async function change(request: ArmRequest, container: ContainerClient): Promise<void> {
    const { metadata, publicAccess } = sent(request);
    if (metadata !== undefined) await container.setMetadata(metadata as Record<string, string>);
    if (publicAccess !== undefined) await container.setAccessPolicy(accessOf(request));
  }

  return [
    ...containerHoldRoutes(services, plane),
    {
      method: 'PUT',
      path: ONE,
      async handle(request) {
        const container = containerOf(request);
        const metadata = sent(request)['metadata'] as Record<string, string> | undefined;
        const access = accessOf(request);
        const { succeeded } = await container.createIfNotExists({
          ...(metadata === undefined ? {} : { metadata }),
          ...(access === undefined ? {} : { access }),
        });
        if (!succeeded) await change(request, container);
        const properties = request.body?.['properties'];
        const body = { id: request.id, name: container.containerName, type: TYPE };
        return {
          status: succeeded ? 201 : 200,
          body: properties === undefined ? body : { ...body, properties: { ...sent(request) } },
        };
      },
    },
    {
      method: 'PATCH',
      path: ONE,
      handle(request) {
        const container = containerOf(request);
        return answer404(async () => {
          await container.getProperties();
          await change(request, container);
          // A change is answered with what was sent; whatever holds the container is told by a read only.
          const properties = { ...sent(request), hasImmutabilityPolicy: false, hasLegalHold: false };
          return { status: 200, body: { id: request.id, name: container.containerName, type: TYPE, properties } };
        });
      },
    },
    {
      method: 'GET',
      path: ONE,
      handle(request) {
        const container = containerOf(request);
        return answer404(async () => ({
          status: 200,
          body: await describe(request.id, container, request.apiVersion),
        }));
      },
    },
    {
      method: 'DELETE',
      path: ONE,
      async handle(request) {
        const container = containerOf(request);
        refuseHeld(store, request.id, await isEmpty(container));
        const { succeeded } = await container.deleteIfExists();
        store.delete(request.id);
        return { status: succeeded ? 200 : 204 };
      },
    },
    {
      method: 'GET',
      path: CONTAINERS,
      async handle(request) {
        const data = plane.open(request);
        const value: JsonObject[] = [];
        for await (const { name } of data.listContainers()) {
          value.push(await describe(`${request.id}/${name}`, data.getContainerClient(name), request.apiVersion));
        }
        return { status: 200, body: { value } };
      },
    },
  ];
}

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

async function isEmpty(container: ContainerClient): Promise<boolean> {
  try {
    const first = await container.listBlobsFlat().byPage({ maxPageSize: 1 }).next();
    return first.done === true || first.value.segment.blobItems.length === 0;
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) return true;
    throw error;
  }
}

async function answer404<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) {
      throw new ArmError(404, 'ContainerNotFound', 'The specified container does not exist.');
    }
    throw error;
  }
}
