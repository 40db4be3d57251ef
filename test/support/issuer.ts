/** An authority of others, as a cluster or a build service has: it signs tokens and says by which keys. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface Issuer {
  issuer: string;
  /** For files of tokens; goes when it closes. */
  folder: string;
  /** Good for ten minutes, for the audience that Azure asks for, unless told. */
  sign(subject: string, changes?: { audience?: string; expires?: string; key?: 'another' }): Promise<string>;
  close(): void;
}

export async function startIssuer(): Promise<Issuer> {
  const [own, another] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const server = createServer((request, response) => {
    const known: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
      '/keys': { keys: [jwk] },
    };
    const body = known[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'kiln-issuer-'));
  return {
    issuer,
    folder,
    sign: (subject, { audience = 'api://AzureADTokenExchange', expires = '10m', key } = {}) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign((key === 'another' ? another : own).privateKey),
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
