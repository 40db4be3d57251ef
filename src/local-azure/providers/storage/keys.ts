/** The keys of an account, and signatures made with them. */
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { ArmError, type JsonObject, type Route, type Services, type StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { keysOf, newKey, ONE_ACCOUNT } from './accounts.ts';

export function keyRoutes(services: Services): Route[] {
  const { store, blobs } = services;
  const listed = (account: StoredResource) => {
    const created = (account.body['properties'] as JsonObject)['keyCreationTime'] as JsonObject;
    return {
      keys: ['key1', 'key2'].map((keyName) => ({
        creationTime: created[keyName] ?? '',
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
      handle: ({ id }) => ({ status: 200, body: listed(requireReady(requireResource(store, id))) }),
    },
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/regenerateKey`,
      async handle({ id, body }) {
        const account = requireReady(requireResource(store, id));
        const name = body?.['keyName'];
        if (name !== 'key1' && name !== 'key2') {
          throw new ArmError(
            400,
            'InvalidValuesForRequestParameters',
            `Values for request parameters are invalid: keyName: expected key1 or key2, got '${textOf(name)}'.`,
          );
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
        return { status: 200, body: listed(changed) };
      },
    },
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/ListAccountSas`,
      handle({ id, body }) {
        const account = requireReady(requireResource(store, id));
        const text = (key: string, otherwise: string) => (typeof body?.[key] === 'string' ? body[key] : otherwise);
        const expiry = text('signedExpiry', '');
        if (Number.isNaN(Date.parse(expiry))) {
          throw new ArmError(
            400,
            'InvalidValuesForRequestParameters',
            `Values for request parameters are invalid: signedExpiry: expected a time, got '${expiry}'.`,
          );
        }
        const [key1, key2] = keysOf(account);
        const start = text('signedStart', '');
        const token = generateAccountSASQueryParameters(
          {
            services: AccountSASServices.parse(text('signedServices', 'b')).toString(),
            resourceTypes: AccountSASResourceTypes.parse(text('signedResourceTypes', 'sco')).toString(),
            permissions: AccountSASPermissions.parse(text('signedPermission', 'r')),
            expiresOn: new Date(expiry),
            ...(start === '' ? {} : { startsOn: new Date(start) }),
            protocol: text('signedProtocol', 'https') === 'https' ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
          },
          new StorageSharedKeyCredential(
            textOf(account.body['name']),
            text('keyToSign', 'key1') === 'key2' ? key2 : key1,
          ),
        );
        return { status: 200, body: { accountSasToken: token.toString() } };
      },
    },
  ];
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
