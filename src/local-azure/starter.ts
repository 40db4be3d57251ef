/**
 * What a new local Azure has, so that the first example builds without any preparation: a group with a gallery, an
 * image definition for either system and an identity. Put through the pipeline, as a client would; what is present stays as it is.
 */
import { setTimeout } from 'node:timers/promises';
import type { Authority } from './authority.ts';
import { LOCAL_SUBSCRIPTION, type JsonObject, type Services } from './core.ts';

const LOCATION = 'westeurope';
const GROUP = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/golden-images`;

const CONTENT: Array<{ id: string; apiVersion: string; body: JsonObject }> = [
  { id: GROUP, apiVersion: '2024-11-01', body: { location: LOCATION } },
  {
    id: `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`,
    apiVersion: '2023-01-31',
    body: { location: LOCATION },
  },
  {
    id: `${GROUP}/providers/Microsoft.Compute/galleries/golden`,
    apiVersion: '2024-03-03',
    body: { location: LOCATION, properties: { description: 'Golden images' } },
  },
  {
    id: `${GROUP}/providers/Microsoft.Compute/galleries/golden/images/debian-12`,
    apiVersion: '2024-03-03',
    body: {
      location: LOCATION,
      properties: {
        osType: 'Linux',
        osState: 'Generalized',
        hyperVGeneration: 'V2',
        identifier: { publisher: 'kiln', offer: 'golden', sku: 'debian-12' },
      },
    },
  },
  {
    id: `${GROUP}/providers/Microsoft.Compute/galleries/golden/images/windows-2022`,
    apiVersion: '2024-03-03',
    body: {
      location: LOCATION,
      properties: {
        osType: 'Windows',
        osState: 'Generalized',
        hyperVGeneration: 'V2',
        identifier: { publisher: 'kiln', offer: 'golden', sku: 'windows-2022' },
      },
    },
  },
];

export async function putStarterContent(options: {
  services: Services;
  authority: Authority;
  endpoint: string;
  fetch: (request: Request) => Response | Promise<Response>;
}): Promise<void> {
  const { services, authority, endpoint, fetch } = options;
  const marker = { id: '/local-azure/starter', type: 'local/starter', body: {}, hidden: {} };
  // Only an empty Azure gets it: what a person deleted stays deleted. The marker is written last, so that a start
  // that was killed half-way is made up for by the next.
  if (services.store.get(marker.id) !== undefined) {
    return;
  }
  const token = await authority.issue(authority.client, 'https://management.azure.com');
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    host: new URL(endpoint).host,
  };
  for (const { id, apiVersion, body } of CONTENT) {
    const url = `${endpoint}${id}?api-version=${apiVersion}`;
    const answer = await fetch(new Request(url, { method: 'PUT', headers, body: JSON.stringify(body) }));
    if (!answer.ok) {
      throw new Error(`the starter content ${id} was refused: ${answer.status} ${await answer.text()}`);
    }
    // A child is refused while its parent is still being made.
    while (services.operations.pending(id).length > 0) {
      await setTimeout(20);
    }
  }
  services.store.put(marker);
}
