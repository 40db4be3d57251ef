/**
 * What a request to the blob endpoint needs to be allowed, as Azure's table "Authorize with Microsoft Entra ID" has it.
 * Containers are managed by actions even there; what is in them is reached by data actions.
 */
export interface BlobNeed {
  /** `action` or `dataAction` of a role definition. */
  kind: 'action' | 'dataAction';
  /** Any of them will do. */
  anyOf: string[];
}

export interface BlobRequest {
  account: string;
  /** Undefined where the whole account is asked. */
  container: string | undefined;
  /** Undefined for what everybody may ask who has a token. */
  need: BlobNeed | undefined;
  /** Address of the blob that is copied from by its own permission: without a signature. */
  copies: string | undefined;
  /** It asks for a key to sign with. */
  wantsKey: boolean;
}

const SERVICE = 'Microsoft.Storage/storageAccounts/blobServices';
const CONTAINERS = `${SERVICE}/containers`;
const BLOBS = `${CONTAINERS}/blobs`;

/** @param url path-style: `/account/container/blob?query` */
export function readBlobRequest(method: string, url: string, copySource: string | undefined): BlobRequest {
  const { pathname, searchParams } = new URL(url, 'https://blob');
  const [account = '', first, ...rest] = pathname.slice(1).split('/');
  const type = searchParams.get('restype');
  const comp = searchParams.get('comp');
  const inContainer = first !== undefined && first !== '' && (rest.length > 0 || type === 'container');
  const container = inContainer ? decodeURIComponent(first) : undefined;
  // A blob of the root container has no container in its address.
  const root = !inContainer && first !== undefined && first !== '';
  const blob = rest.join('/') !== '' || root;
  const need = blob
    ? blobNeed(method, comp)
    : container !== undefined
      ? containerNeed(method, comp)
      : serviceNeed(method, comp, type);
  return {
    account,
    container: root ? '$root' : container,
    need,
    wantsKey: method === 'POST' && !blob && comp === 'userdelegationkey',
    copies: copySource !== undefined && !/[?&]sig=/.test(copySource) ? copySource : undefined,
  };
}

const reads = (method: string): boolean => method === 'GET' || method === 'HEAD';
const action = (...anyOf: string[]): BlobNeed => ({ kind: 'action', anyOf });
const dataAction = (...anyOf: string[]): BlobNeed => ({ kind: 'dataAction', anyOf });

function serviceNeed(method: string, comp: string | null, type: string | null): BlobNeed | undefined {
  if (comp === 'userdelegationkey') return action(`${SERVICE}/generateUserDelegationKey/action`);
  if (comp === 'list') return action(`${CONTAINERS}/read`);
  if (comp === 'blobs') return dataAction(`${BLOBS}/filter/action`);
  if (comp === 'batch') return dataAction(`${BLOBS}/delete`);
  if (type === 'account') return undefined;
  return action(`${SERVICE}/${reads(method) ? 'read' : 'write'}`);
}

function containerNeed(method: string, comp: string | null): BlobNeed {
  if (comp === 'list') return dataAction(`${BLOBS}/read`);
  if (comp === 'blobs') return dataAction(`${BLOBS}/filter/action`);
  if (comp === 'batch') return dataAction(`${BLOBS}/delete`);
  if (method === 'DELETE') return action(`${CONTAINERS}/delete`);
  return action(`${CONTAINERS}/${reads(method) ? 'read' : 'write'}`);
}

/** What may also make a blob that is not there yet, to whom a role allows no more. */
const ADDS = new Set([null, 'appendblock', 'blocklist', 'snapshot', 'copy']);

function blobNeed(method: string, comp: string | null): BlobNeed {
  if (comp === 'tags') return dataAction(`${BLOBS}/tags/${reads(method) ? 'read' : 'write'}`);
  if (reads(method) || comp === 'query') return dataAction(`${BLOBS}/read`);
  if (method === 'DELETE') return dataAction(`${BLOBS}/delete`);
  return dataAction(`${BLOBS}/write`, ...(ADDS.has(comp) ? [`${BLOBS}/add/action`] : []));
}

/** The action for reading what is copied from. */
export const COPY_NEED = dataAction(`${BLOBS}/read`);
