/** A link by which a browser on this machine comes in to the page: its key stands once for the stack's own client. */
import { userInfo } from 'node:os';
import type { Stack } from './stack.ts';

/** Undefined where the stack has no page of its own, as in front of the real Azure. */
export async function pageLink({ gateway, page, azure }: Stack): Promise<string | undefined> {
  if (gateway === undefined || page === undefined || azure === undefined) return undefined;
  const { access_token: token } = await post<{ access_token: string }>(
    `${azure.authorityHost}/${azure.tenantId}/oauth2/v2.0/token`,
    {
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: azure.clientId,
        client_secret: azure.clientSecret,
        scope: 'https://management.azure.com/.default',
      }),
    },
  );
  const { key } = await post<{ key: string }>(`${gateway}/kiln/api/links`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: userInfo().username }),
  });
  // Behind the hash: browsers send no such part to anybody.
  return `${page}/kiln/#key=${key}`;
}

async function post<T>(url: string, request: RequestInit): Promise<T> {
  const response = await fetch(url, { method: 'POST', ...request });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
