/** Principals other than the first client: identities that trust an issuer of the test's, with roles of their own. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkloadIdentityCredential } from '@azure/identity';
import { LOCAL_SUBSCRIPTION } from '../../../src/local-azure/core.ts';
import type { Issuer } from '../../support/issuer.ts';
import type { TestAzure } from '../support.ts';

const SUBSCRIPTION = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
const AUTHORIZATION = `${SUBSCRIPTION}/providers/Microsoft.Authorization`;
const VERSION = 'api-version=2022-04-01';
const GROUP = 'golden-images';

export interface Principal {
  principalId: string;
  clientId: string;
  credential: WorkloadIdentityCredential;
  /** Holds what the issuer signed. */
  tokenFile: string;
}

/** A user-assigned identity, and the credential of who may act as it. */
export async function makePrincipal(azure: TestAzure, issuer: Issuer, name: string): Promise<Principal> {
  const { userAssignedIdentities, federatedIdentityCredentials } = azure.clients.identity;
  const identity = await userAssignedIdentities.createOrUpdate(GROUP, name, { location: 'westeurope' });
  await federatedIdentityCredentials.createOrUpdate(GROUP, name, 'cluster', {
    issuer: issuer.issuer,
    subject: `system:serviceaccount:builds:${name}`,
    audiences: ['api://AzureADTokenExchange'],
  });
  const tokenFile = join(issuer.folder, `${name}.token`);
  writeFileSync(tokenFile, await issuer.sign(`system:serviceaccount:builds:${name}`));
  const { tenantId, authorityHost } = azure.connection;
  const { principalId = '', clientId = '' } = identity;
  const credential = new WorkloadIdentityCredential({
    tenantId,
    clientId,
    tokenFilePath: tokenFile,
    authorityHost,
    disableInstanceDiscovery: true,
  });
  return { principalId, clientId, credential, tokenFile };
}

interface Permission {
  actions?: string[];
  notActions?: string[];
  dataActions?: string[];
  notDataActions?: string[];
}

/** Makes the custom role, or changes it. */
export async function putRole(azure: TestAzure, id: string, permission: Permission): Promise<void> {
  const properties = { roleName: id, assignableScopes: [SUBSCRIPTION], permissions: [permission] };
  const { status, text } = await azure.call('PUT', `${id}?${VERSION}`, { body: { properties } });
  assert.equal(status, 201, text);
}

/** @param role id of a definition, or what a new one is to allow */
export async function assign(
  azure: TestAzure,
  principalId: string,
  role: string | Permission,
  scope = SUBSCRIPTION,
): Promise<{ assignment: string; definition: string }> {
  const definition = typeof role === 'string' ? role : `${AUTHORIZATION}/roleDefinitions/${randomUUID()}`;
  if (typeof role !== 'string') await putRole(azure, definition, role);
  const assignment = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
  const properties = { roleDefinitionId: definition, principalId, principalType: 'ServicePrincipal' };
  const { status, text } = await azure.call('PUT', `${assignment}?${VERSION}`, { body: { properties } });
  assert.equal(status, 201, text);
  return { assignment, definition };
}

/** By the ids that they have everywhere. */
export const BUILT_IN = {
  owner: `${AUTHORIZATION}/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635`,
  reader: `${AUTHORIZATION}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`,
  blobReader: `${AUTHORIZATION}/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1`,
  blobContributor: `${AUTHORIZATION}/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe`,
};

export async function unassign(azure: TestAzure, assignment: string): Promise<void> {
  const { status, text } = await azure.call('DELETE', `${assignment}?${VERSION}`);
  assert.equal(status, 200, text);
}
