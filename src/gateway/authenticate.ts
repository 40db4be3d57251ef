/** Who asks: a token of Microsoft Entra ID, or of the authority that stands in for it, checked by its published keys. */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { ArmError } from './arm-error.ts';

export interface TokenSettings {
  /** `https://login.microsoftonline.com`, or another authority's address without a trailing slash. */
  authorityHost: string;
  tenantId: string;
}

export interface Caller {
  objectId: string;
  /** All that a role may be given to: object id, application id, groups and application roles. */
  names: string[];
}

/** What Resource Manager is called in a token. */
const AUDIENCES = [
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://management.azure.com/',
  'https://management.core.windows.net/',
];

/** Answers who sent the header `Authorization`. The keys are fetched when first needed and when an unknown one is named. */
export function createAuthenticator({
  authorityHost,
  tenantId,
}: TokenSettings): (header: string | undefined, origin: string) => Promise<Caller> {
  const keys = createRemoteJWKSet(new URL(`${authorityHost}/${tenantId}/discovery/v2.0/keys`));
  // Tokens of version 1, which Resource Manager gets, and of version 2.
  const issuer = [
    `https://sts.windows.net/${tenantId}/`,
    `https://login.microsoftonline.com/${tenantId}/v2.0`,
    `${authorityHost}/${tenantId}/v2.0`,
  ];
  return async (header, origin) => {
    const token = /^Bearer (.+)$/i.exec(header ?? '')?.[1];
    if (token === undefined) {
      throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
    }
    const audience = [...AUDIENCES, origin, `${origin}/`];
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'], clockTolerance: 60 });
      return callerOf(payload);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ArmError(401, 'InvalidAuthenticationToken', `The access token is invalid: ${reason}`);
    }
  };
}

function callerOf(payload: JWTPayload): Caller {
  const text = (claim: string): string[] => (typeof payload[claim] === 'string' ? [payload[claim]] : []);
  const list = (claim: string): string[] => {
    const value = payload[claim];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  };
  const [objectId = ''] = text('oid');
  return { objectId, names: [...text('oid'), ...text('appid'), ...text('azp'), ...list('groups'), ...list('roles')] };
}
