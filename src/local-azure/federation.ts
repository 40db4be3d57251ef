/**
 * Workload identity: another authority's token in place of a secret. An identity says which issuer, subject and audience
 * it trusts; the issuer's own documents say by which keys it signs.
 */
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Client } from './authority.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface FederatedCredential {
  issuer: string;
  subject: string;
  audiences: string[];
}

export interface Federation {
  /** By the client id of an identity. */
  find(clientId: string): { client: Client; credentials: FederatedCredential[] } | undefined;
}

interface Refusal {
  error: 'invalid_request' | 'invalid_client';
  error_description: string;
}

const FETCH_MS = 5000;

/** Undefined where the assertion is good; else as Entra refuses it. */
export async function refuseAssertion(
  assertion: string,
  credentials: FederatedCredential[],
): Promise<Refusal | undefined> {
  let claims: JWTPayload;
  try {
    claims = decodeJwt(assertion);
  } catch {
    return client('AADSTS50027: JWT token is invalid or malformed.');
  }
  const { iss = '', sub = '', aud = [] } = claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  // Told apart as Entra tells them, by the first of the three that nothing matches.
  const ofIssuer = credentials.filter(({ issuer }) => issuer === iss);
  if (ofIssuer.length === 0) return unmatched('700211', 'issuer', iss);
  const ofSubject = ofIssuer.filter(({ subject }) => subject === sub);
  if (ofSubject.length === 0) return unmatched('700213', 'subject', sub);
  const matched = ofSubject.find((one) => one.audiences.some((audience) => audiences.includes(audience)));
  if (matched === undefined) return unmatched('700212', 'audience', audiences.join(', '));
  let keys: ReturnType<typeof createRemoteJWKSet>;
  try {
    keys = createRemoteJWKSet(await keysAddressOf(iss), { timeoutDuration: FETCH_MS });
    await jwtVerify(assertion, keys, { issuer: iss, audience: matched.audiences, subject: sub });
    return undefined;
  } catch (error) {
    if (
      error instanceof errors.JWTExpired ||
      (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
    ) {
      return client('AADSTS700024: Client assertion is not within its valid time range.');
    }
    if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
      return client(`AADSTS700027: Client assertion failed signature validation: ${error.message}.`);
    }
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return request(`AADSTS50166: Request to External OIDC endpoint failed: '${iss}': ${reason}`);
  }
}

async function keysAddressOf(issuer: string): Promise<URL> {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(FETCH_MS),
  });
  if (!answer.ok) throw new Error(`its openid-configuration is answered ${answer.status}`);
  const { jwks_uri } = (await answer.json()) as { jwks_uri?: string };
  if (typeof jwks_uri !== 'string') throw new Error('its openid-configuration names no jwks_uri');
  return new URL(jwks_uri);
}

function unmatched(code: string, what: string, presented: string): Refusal {
  return request(
    `AADSTS${code}: No matching federated identity record found for presented assertion ${what} '${presented}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
  );
}

const request = (error_description: string): Refusal => ({ error: 'invalid_request', error_description });
const client = (error_description: string): Refusal => ({ error: 'invalid_client', error_description });
