/**
 * Who may do what at the blob endpoint: tokens, and signatures made by a key that a token got, are held to roles; keys
 * of an account, and signatures by them, to whether it allows them.
 */
import type { Authority, Principal } from '../../authority.ts';
import type { BlobCall, BlobGuard, BlobRefusal } from '../../blobs.ts';
import { LOCAL_TENANT, type JsonObject, type ResourceStore, type StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import type { Access } from '../authorization/access.ts';
import { ACCOUNT } from './accounts.ts';
import { type BlobNeed, type BlobRequest, COPY_NEED, readBlobRequest } from './blob-actions.ts';
import { issueDelegationKey, keyName } from './delegation-keys.ts';

const AUDIENCE = 'https://storage.azure.com';

export function createBlobGuard(store: ResourceStore, access: Access, authority: Authority): BlobGuard {
  const accountNamed = (name: string) => store.list({ type: ACCOUNT }).find(({ body }) => body['name'] === name);

  const allowed = (principalId: string, { account, container }: Place, need: BlobNeed): boolean => {
    const id = accountNamed(account)?.id;
    // The service itself says that there is no such account.
    if (id === undefined) return true;
    const scope = container === undefined ? id : `${id}/blobServices/default/containers/${container}`;
    return need.anyOf.some((action) =>
      need.kind === 'action'
        ? access.allows(principalId, action, scope)
        : access.allowsData(principalId, action, scope),
    );
  };

  function refusalOf(principalId: string, asked: BlobRequest, origin: string): BlobRefusal | undefined {
    if (asked.need !== undefined && !allowed(principalId, asked, asked.need)) return MISMATCH;
    if (asked.copies?.startsWith(`${origin}/`) === true) {
      const from = readBlobRequest('GET', asked.copies.slice(origin.length), undefined);
      if (!allowed(principalId, from, COPY_NEED)) return MISMATCH;
    }
    return undefined;
  }

  /** Keys by what their signatures say of them, and when they were given out; those of a former process are not known. */
  const issued = new Map<string, number>();

  function isRevoked(account: StoredResource | undefined, key: string, start: string): boolean {
    const revoked = Date.parse(textOf(account?.hidden['delegationRevoked']));
    return (issued.get(key) ?? Date.parse(start)) < revoked;
  }

  return async (call) => {
    const asked = readBlobRequest(call.method, call.url, call.copySource);
    const by = authorizationOf(call);
    switch (by.kind) {
      case 'nothing':
        return undefined;
      case 'key':
        return forbidsKeys(accountNamed(asked.account)?.body) ? KEYS_FORBIDDEN : undefined;
      // The signature itself is looked into by Azurite.
      case 'delegation':
        if (isRevoked(accountNamed(asked.account), `${asked.account} ${by.key}`, by.start)) return REVOKED;
        return refusalOf(by.objectId, asked, call.origin);
      case 'token': {
        let principal: Principal;
        try {
          const own = `https://${asked.account}.blob.core.windows.net`;
          principal = await authority.verify(by.token, [AUDIENCE, own]);
        } catch (error) {
          return invalidToken(error as Error);
        }
        const refusal = refusalOf(principal.objectId, asked, call.origin);
        if (refusal !== undefined || accountNamed(asked.account) === undefined) return refusal;
        if (!asked.wantsKey) return undefined;
        const answer = await issueDelegationKey(principal.objectId, call);
        if ('key' in answer) issued.set(`${asked.account} ${answer.key}`, Date.now());
        return answer;
      }
    }
  };
}

type Authorization =
  | { kind: 'nothing' }
  | { kind: 'key' }
  | { kind: 'delegation'; objectId: string; key: string; start: string }
  | { kind: 'token'; token: string };

function authorizationOf({ authorization = '', url }: BlobCall): Authorization {
  const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
  if (token !== undefined) return { kind: 'token', token };
  if (/^SharedKey/i.test(authorization)) return { kind: 'key' };
  const { searchParams } = new URL(url, 'https://blob');
  if (!searchParams.has('sig')) return { kind: 'nothing' };
  const objectId = searchParams.get('skoid');
  if (objectId === null) return { kind: 'key' };
  const [start = '', expiry = '', version = ''] = ['skt', 'ske', 'skv'].map((name) => searchParams.get(name) ?? '');
  return { kind: 'delegation', objectId, start, key: keyName(objectId, start, expiry, version) };
}

/** Absent is allowed. The newer property is by service. */
function forbidsKeys(account: JsonObject | undefined): boolean {
  const { allowSharedKeyAccess, allowSharedKeyAccessForServices } = (account?.['properties'] ?? {}) as {
    allowSharedKeyAccess?: boolean;
    allowSharedKeyAccessForServices?: { blob?: { enabled?: boolean } };
  };
  return allowSharedKeyAccess === false || allowSharedKeyAccessForServices?.blob?.enabled === false;
}

interface Place {
  account: string;
  container: string | undefined;
}

const MISMATCH: BlobRefusal = {
  status: 403,
  code: 'AuthorizationPermissionMismatch',
  message: 'This request is not authorized to perform this operation using this permission.',
};

const KEYS_FORBIDDEN: BlobRefusal = {
  status: 403,
  code: 'KeyBasedAuthenticationNotPermitted',
  message: 'Key based authentication is not permitted on this storage account.',
};

const REVOKED: BlobRefusal = {
  status: 403,
  code: 'AuthenticationFailed',
  message:
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
  details: { AuthenticationErrorDetail: 'Signature did not match: the user delegation key was revoked.' },
};

function invalidToken({ message }: Error): BlobRefusal {
  return {
    status: 401,
    code: 'InvalidAuthenticationInfo',
    message:
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
    details: { AuthenticationErrorDetail: message },
    headers: {
      'WWW-Authenticate': `Bearer authorization_uri=https://login.microsoftonline.com/${LOCAL_TENANT}/oauth2/authorize resource_id=${AUDIENCE}`,
    },
  };
}
