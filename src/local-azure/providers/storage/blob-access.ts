/** Tokens at the blob endpoint: whose they are, and whether a role lets them do what they ask. */
import type { Authority } from '../../authority.ts';
import type { BlobGuard, BlobRefusal } from '../../blobs.ts';
import { LOCAL_TENANT, type ResourceStore } from '../../core.ts';
import type { Access } from '../authorization/access.ts';
import { ACCOUNT } from './accounts.ts';
import { type BlobNeed, COPY_NEED, readBlobRequest } from './blob-actions.ts';

const AUDIENCE = 'https://storage.azure.com';

export function createBlobGuard(store: ResourceStore, access: Access, authority: Authority): BlobGuard {
  const accountId = (name: string): string | undefined =>
    store.list({ type: ACCOUNT }).find(({ body }) => body['name'] === name)?.id;

  const allowed = (principalId: string, { account, container }: Place, need: BlobNeed): boolean => {
    const id = accountId(account);
    // The service itself says that there is no such account.
    if (id === undefined) return true;
    const scope = container === undefined ? id : `${id}/blobServices/default/containers/${container}`;
    return need.anyOf.some((action) =>
      need.kind === 'action'
        ? access.allows(principalId, action, scope)
        : access.allowsData(principalId, action, scope),
    );
  };

  return async ({ method, url, token, copySource, origin }) => {
    const asked = readBlobRequest(method, url, copySource);
    let principalId: string;
    try {
      const own = `https://${asked.account}.blob.core.windows.net`;
      ({ objectId: principalId } = await authority.verify(token, [AUDIENCE, own]));
    } catch (error) {
      return invalidToken(error as Error);
    }
    if (asked.need !== undefined && !allowed(principalId, asked, asked.need)) return MISMATCH;
    if (asked.copies?.startsWith(`${origin}/`) === true) {
      const from = readBlobRequest('GET', asked.copies.slice(origin.length), undefined);
      if (!allowed(principalId, from, COPY_NEED)) return MISMATCH;
    }
    return undefined;
  };
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

function invalidToken({ message }: Error): BlobRefusal {
  return {
    status: 401,
    code: 'InvalidAuthenticationInfo',
    message:
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
    detail: message,
    headers: {
      'WWW-Authenticate': `Bearer authorization_uri=https://login.microsoftonline.com/${LOCAL_TENANT}/oauth2/authorize resource_id=${AUDIENCE}`,
    },
  };
}
