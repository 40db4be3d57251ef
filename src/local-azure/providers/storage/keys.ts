/** The keys of an account, and signatures made with them. */
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobSASPermissions,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { ArmError, type JsonObject, type Route, type Services, type StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { keysOf, newKey, ONE_ACCOUNT } from './accounts.ts';

export function keyRoutes(services: Services): Route[] {
  const { store, blobs } = services;
  const listed = (account: StoredResource, apiVersion: string) => {
    const created = (account.body['properties'] as JsonObject)['keyCreationTime'] as JsonObject;
    return {
      keys: ['key1', 'key2'].map((keyName) => ({
        ...(apiVersion < '2021-02-01' ? {} : { creationTime: created[keyName] ?? '' }),
        keyName,
        value: textOf(account.hidden[keyName]),
        permissions: 'FULL',
      })),
    };
  };
  return [
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/listKeys`,
      handle: ({ id, apiVersion }) => ({
        status: 200,
        body: listed(requireReady(requireResource(store, id)), apiVersion),
      }),
    },
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/regenerateKey`,
      async handle({ id, body, apiVersion }) {
        const account = requireReady(requireResource(store, id));
        const name = body?.['keyName'];
        if (name !== 'key1' && name !== 'key2') {
          throw invalidValue('keyName', `expected key1 or key2, got '${textOf(name)}'`);
        }
        const properties = account.body['properties'] as JsonObject;
        const keyCreationTime = {
          ...(properties['keyCreationTime'] as JsonObject),
          [name]: services.now().toISOString(),
        };
        const changed: StoredResource = {
          ...account,
          hidden: { ...account.hidden, [name]: newKey() },
          body: { ...account.body, properties: { ...properties, keyCreationTime } },
        };
        store.put(changed);
        await blobs.addAccount(textOf(changed.body['name']), keysOf(changed));
        return { status: 200, body: listed(changed, apiVersion) };
      },
    },
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/ListAccountSas`,
      handle({ id, body }) {
        const { text, expiresOn, times, credential } = read(requireReady(requireResource(store, id)), body);
        const token = generateAccountSASQueryParameters(
          {
            services: AccountSASServices.parse(text('signedServices', 'b')).toString(),
            resourceTypes: AccountSASResourceTypes.parse(text('signedResourceTypes', 'sco')).toString(),
            permissions: AccountSASPermissions.parse(text('signedPermission', 'r')),
            expiresOn,
            ...times,
          },
          credential,
        );
        return { status: 200, body: { accountSasToken: token.toString() } };
      },
    },
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/ListServiceSas`,
      handle({ id, body }) {
        const account = requireReady(requireResource(store, id));
        const { text, expiresOn, times, credential } = read(account, body);
        const resource = text('canonicalizedResource', '');
        const [, service, name, container, ...blob] = resource.split('/');
        if (service !== 'blob' || name !== account.body['name'] || container === undefined || container === '') {
          throw invalidValue(
            'canonicalizedResource',
            `expected /blob/${textOf(account.body['name'])}/container or a blob in one, got '${resource}'`,
          );
        }
        const blobName = blob.join('/');
        const permission = text('signedPermission', 'r');
        const token = generateBlobSASQueryParameters(
          {
            containerName: container,
            ...(blobName === ''
              ? { permissions: ContainerSASPermissions.parse(permission) }
              : { blobName, permissions: BlobSASPermissions.parse(permission) }),
            expiresOn,
            ...times,
          },
          credential,
        );
        return { status: 200, body: { serviceSasToken: token.toString() } };
      },
    },
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/revokeUserDelegationKeys`,
      handle: ({ id }) => {
        const account = requireResource(store, id);
        store.put({ ...account, hidden: { ...account.hidden, delegationRevoked: services.now().toISOString() } });
        return { status: 200 };
      },
    },
  ];
}

/** What both kinds of signature are asked for with. Throws ArmError 400 for a time that is none. */
function read(account: StoredResource, body: JsonObject | undefined) {
  const text = (key: string, otherwise: string): string => (typeof body?.[key] === 'string' ? body[key] : otherwise);
  const time = (key: string, value: string): Date => {
    if (Number.isNaN(Date.parse(value))) throw invalidValue(key, `expected a time, got '${value}'`);
    return new Date(value);
  };
  const start = text('signedStart', '');
  const [key1, key2] = keysOf(account);
  return {
    text,
    expiresOn: time('signedExpiry', text('signedExpiry', '')),
    times: {
      ...(start === '' ? {} : { startsOn: time('signedStart', start) }),
      protocol: text('signedProtocol', 'https') === 'https' ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    },
    credential: new StorageSharedKeyCredential(
      textOf(account.body['name']),
      text('keyToSign', 'key1') === 'key2' ? key2 : key1,
    ),
  };
}

function invalidValue(key: string, why: string): ArmError {
  return new ArmError(
    400,
    'InvalidValuesForRequestParameters',
    `Values for request parameters are invalid: ${key}: ${why}.`,
  );
}

function requireReady(account: StoredResource): StoredResource {
  if ((account.body['properties'] as JsonObject)['provisioningState'] !== 'Succeeded') {
    throw new ArmError(
      409,
      'StorageAccountIsNotProvisioned',
      `The storage account provisioning state must be 'Succeeded' before executing the operation.`,
    );
  }
  return account;
}
