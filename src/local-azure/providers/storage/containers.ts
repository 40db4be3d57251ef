/** Blob services and containers. What is true of a container is what the data plane says: nothing is stored here. */
import { BlobServiceClient, RestError, StorageSharedKeyCredential, type ContainerClient } from '@azure/storage-blob';
import { ArmError, type ArmRequest, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { keysOf, ONE_ACCOUNT } from './accounts.ts';

const SERVICE = `${ONE_ACCOUNT}/blobServices/default`;
const TYPE = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;
/** What a container can be given over Resource Manager's own surface besides metadata is fixed here: no public access. */
const FIXED = {
  publicAccess: 'None',
  hasImmutabilityPolicy: false,
  hasLegalHold: false,
  leaseStatus: 'Unlocked',
  leaseState: 'Available',
  deleted: false,
  remainingRetentionDays: 0,
  defaultEncryptionScope: '$account-encryption-key',
  denyEncryptionScopeOverride: false,
  legalHold: { hasLegalHold: false, tags: [] },
};

export function containerRoutes({ store, blobs }: Services): Route[] {
  const accountIdOf = (id: string) => id.replace(/\/blobServices\/.*$/i, '');

  function dataPlane(request: ArmRequest): BlobServiceClient {
    const account = requireResource(store, accountIdOf(request.id));
    const name = textOf(account.body['name']);
    return new BlobServiceClient(`${blobs.endpoint}/${name}`, new StorageSharedKeyCredential(name, keysOf(account)[0]));
  }

  function containerOf(request: ArmRequest): ContainerClient {
    const name = request.params['container'] ?? '';
    if (!NAME.test(name)) {
      throw new ArmError(
        400,
        'InvalidResourceName',
        `The specified container name '${name}' contains invalid characters or has a wrong length: expected 3 to 63 lower-case letters, digits and single hyphens.`,
      );
    }
    return dataPlane(request).getContainerClient(name);
  }

  async function describe(request: ArmRequest, container: ContainerClient): Promise<JsonObject> {
    const found = await container.getProperties();
    return {
      id: request.id,
      name: container.containerName,
      type: TYPE,
      etag: found.etag ?? '',
      properties: {
        ...FIXED,
        lastModifiedTime: found.lastModified?.toISOString() ?? '',
        ...(Object.keys(found.metadata ?? {}).length === 0 ? {} : { metadata: found.metadata ?? {} }),
      },
    };
  }

  function sentMetadata(request: ArmRequest): Record<string, string> | undefined {
    return (request.body?.['properties'] as JsonObject | undefined)?.['metadata'] as Record<string, string> | undefined;
  }

  const service = (request: ArmRequest) => {
    const account = requireResource(store, accountIdOf(request.id));
    return {
      sku: account.body['sku'] ?? {},
      id: request.id,
      name: 'default',
      type: 'Microsoft.Storage/storageAccounts/blobServices',
      properties: { cors: { corsRules: [] }, deleteRetentionPolicy: { allowPermanentDelete: false, enabled: false } },
    };
  };

  return [
    { method: 'GET', path: SERVICE, handle: (request) => ({ status: 200, body: service(request) }) },
    {
      method: 'PUT',
      path: SERVICE,
      // A write is answered with what was sent and a name, no more.
      handle: (request) => {
        const { name } = service(request);
        const properties = request.body?.['properties'];
        return { status: 200, body: { name, ...(properties === undefined ? {} : { properties }) } };
      },
    },
    {
      method: 'PUT',
      path: `${SERVICE}/containers/{container}`,
      async handle(request) {
        const container = containerOf(request);
        const metadata = sentMetadata(request);
        const { succeeded } = await container.createIfNotExists(metadata === undefined ? {} : { metadata });
        const { id, name, type } = await describe(request, container);
        const properties = request.body?.['properties'];
        const body = { id, name, type, ...(properties === undefined ? {} : { properties }) } as JsonObject;
        return { status: succeeded ? 201 : 200, body };
      },
    },
    {
      method: 'PATCH',
      path: `${SERVICE}/containers/{container}`,
      async handle(request) {
        const container = containerOf(request);
        return answer404(async () => {
          await container.setMetadata(sentMetadata(request));
          return { status: 200, body: await describe(request, container) };
        });
      },
    },
    {
      method: 'GET',
      path: `${SERVICE}/containers/{container}`,
      handle(request) {
        const container = containerOf(request);
        return answer404(async () => ({ status: 200, body: await describe(request, container) }));
      },
    },
    {
      method: 'DELETE',
      path: `${SERVICE}/containers/{container}`,
      async handle(request) {
        const { succeeded } = await containerOf(request).deleteIfExists();
        return { status: succeeded ? 200 : 204 };
      },
    },
    {
      method: 'GET',
      path: `${SERVICE}/containers`,
      async handle(request) {
        const value: JsonObject[] = [];
        for await (const { name, properties } of dataPlane(request).listContainers()) {
          value.push({
            id: `${request.id}/${name}`,
            name,
            type: TYPE,
            etag: properties.etag,
            properties: { ...FIXED, lastModifiedTime: properties.lastModified.toISOString() },
          });
        }
        return { status: 200, body: { value } };
      },
    },
  ];
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
