/** Who asks: a token of Microsoft Entra ID, or of the authority that stands in for it, checked by its published keys. */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { ArmError } from './arm-error.ts';

export interface Authority {
  /** `https://login.microsoftonline.com`, or another authority's address without a trailing slash. */
  authorityHost: string;
  tenantId: string;
}

export interface TokenSettings extends Authority {
  /** What the gateway itself is called in a token: its own addresses, without a trailing slash. */
  audiences: string[];
}

export interface Caller {
  objectId: string;
  /** All that a role may be given to: object id, application id, groups and application roles. */
  names: string[];
  /** What a person is called, where the token says it. */
  name?: string;
}

/** What Resource Manager is called in a token. */
const RESOURCE_MANAGER = ['https://management.azure.com', 'https://management.core.windows.net'];

/** The keys are fetched when first needed and when an unknown one is named. */
const keysOf = ({ authorityHost, tenantId }: Authority) =>
  createRemoteJWKSet(new URL(`${authorityHost}/${tenantId}/discovery/v2.0/keys`));

/** Of tokens of version 1, which Resource Manager gets, and of version 2. */
const issuersOf = ({ authorityHost, tenantId }: Authority): string[] => [
  `https://sts.windows.net/${tenantId}/`,
  `https://login.microsoftonline.com/${tenantId}/v2.0`,
  `${authorityHost}/${tenantId}/v2.0`,
];

const RULES = { algorithms: ['RS256'], clockTolerance: 60, requiredClaims: ['exp'] };

/** Answers who sent the header `Authorization`. */
export function createAuthenticator(settings: TokenSettings): (header: string | undefined) => Promise<Caller> {
  const keys = keysOf(settings);
  // Never what a request says of itself (Host): a token that was meant for another service would be good here.
  const audience = [...RESOURCE_MANAGER, ...settings.audiences].flatMap((name) => [name, `${name}/`]);
  const rules = { ...RULES, issuer: issuersOf(settings), audience };
  return async (header) => {
    const token = /^Bearer (.+)$/i.exec(header ?? '')?.[1];
    if (token === undefined) {
      throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
    }
    try {
      const { payload } = await jwtVerify(token, keys, rules);
      return callerOf(payload);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Not the token's fault: another one would not be better, and a client must not be told to get one.
      if (!isOfToken(error)) {
        throw new ArmError(503, 'ServiceUnavailable', `The keys of ${settings.authorityHost} cannot be had: ${reason}`);
      }
      throw new ArmError(401, 'InvalidAuthenticationToken', `The access token is invalid: ${reason}`);
    }
  };
}

/** What is wrong with a token; what is thrown otherwise, by `fetch` or for want of an answer, is wrong with the keys. */
function isOfToken(error: unknown): boolean {
  const { JOSEError, JWKSTimeout, JWKSInvalid } = errors;
  const ofKeys = error instanceof JWKSTimeout || error instanceof JWKSInvalid;
  return error instanceof JOSEError && error.code !== JOSEError.code && !ofKeys;
}

/** Answers who signed in: by the identity token that the authority gave this very application for this very sign-in. */
export function createIdentityReader(
  settings: Authority,
  clientId: string,
): (token: string, nonce: string) => Promise<Caller> {
  const keys = keysOf(settings);
  const rules = { ...RULES, issuer: issuersOf(settings), audience: clientId };
  return async (token, nonce) => {
    const { payload } = await jwtVerify(token, keys, rules);
    if (payload['nonce'] !== nonce) throw new TypeError('the identity token belongs to another sign-in');
    return callerOf(payload);
  };
}

function callerOf(payload: JWTPayload): Caller {
  const text = (claim: string): string[] => (typeof payload[claim] === 'string' ? [payload[claim]] : []);
  const list = (claim: string): string[] => {
    const value = payload[claim];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  };
  const [objectId = ''] = text('oid');
  const [name] = [...text('name'), ...text('preferred_username'), ...text('upn')];
  const named = name === undefined ? {} : { name };
  // With a scope it is a person's token, and the application only what they use: `az`, which everybody uses.
  const application = payload['scp'] === undefined ? [...text('appid'), ...text('azp')] : [];
  return { ...named, objectId, names: [...text('oid'), ...application, ...list('groups'), ...list('roles')] };
}
