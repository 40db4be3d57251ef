/** The storage account behind an address, which names it without its resource group. */
import type { Azure } from '../azure/environment.ts';

export interface FoundAccount {
  id: string;
  /** Of its blobs, as Azure writes it. */
  endpoint: string;
}

/** @param uri of the account's blobs, of a container or of a blob in it */
export async function findAccount(
  azure: Azure,
  subscriptionId: string,
  uri: string,
): Promise<FoundAccount | undefined> {
  for await (const { id, primaryEndpoints } of azure.clients(subscriptionId).storage.storageAccounts.list()) {
    const endpoint = primaryEndpoints?.blob;
    if (endpoint === undefined || id === undefined) continue;
    if (`${uri}/`.startsWith(endpoint.replace(/\/?$/, '/'))) return { id, endpoint };
  }
  return undefined;
}

/** What an address says of a blob, once its account is known; each part may be empty. */
export function blobIn({ endpoint }: FoundAccount, uri: string): { container: string; name: string } {
  const [container = '', ...name] = uri.slice(endpoint.length).replace(/^\//, '').split('/');
  return { container, name: name.join('/') };
}
