/**
 * The token authority, as much of Microsoft Entra ID as the credentials of the SDKs need: client credentials in, by
 * secret or by another authority's assertion, a signed JWT out, and the documents by which clients find their way. The
 * signing key lasts with the state, so that tokens outlive a restart.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, exportPKCS8, generateKeyPair, importPKCS8, jwtVerify, SignJWT, type JWK } from 'jose';
import { Hono } from 'hono';
import { LOCAL_TENANT } from './core.ts';
import { ASSERTION_TYPE, type Federation, refuseAssertion } from './federation.ts';

const ISSUER = `https://sts.windows.net/${LOCAL_TENANT}/`;
const TOKEN_SECONDS = 3600;
/** What Resource Manager takes as its own name in a token; its own address is another. */
export const ARM_AUDIENCES = ['https://management.azure.com', 'https://management.core.windows.net'];

/** Who tokens are made for: an application with a secret, or an identity of Azure's own without one. */
export interface Client {
  clientId: string;
  objectId: string;
  /** The identity's, in its tokens. */
  resourceId?: string;
}

export interface KnownClient extends Client {
  clientSecret: string;
}

export interface Principal {
  objectId: string;
  appId: string;
}

export interface Authority {
  client: KnownClient;
  issue(client: Client, audience: string): Promise<string>;
  /** Throws where the token is not ours, is past its time, or was made for none of these, which end in no slash. */
  verify(token: string, audiences: string[]): Promise<Principal>;
  routes: Hono;
}

interface Kept {
  client: KnownClient;
  privateKey: string;
  keyId: string;
}

async function keep(stateDir: string): Promise<Kept> {
  const file = join(stateDir, 'ca', 'authority.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kept: Kept = {
    client: {
      clientId: randomUUID(),
      clientSecret: randomBytes(24).toString('base64url'),
      objectId: randomUUID(),
    },
    privateKey: await exportPKCS8(privateKey),
    keyId: randomBytes(20).toString('base64url'),
  };
  await mkdir(join(stateDir, 'ca'), { recursive: true });
  await writeFile(file, JSON.stringify(kept, null, 2), { mode: 0o600 });
  return kept;
}

export async function createAuthority(stateDir: string, federation: Federation): Promise<Authority> {
  const kept = await keep(stateDir);
  const key = await importPKCS8(kept.privateKey, 'RS256', { extractable: true });
  const { kty, n, e } = await exportJWK(key);
  const publicJwk: JWK = {
    ...(kty === undefined ? {} : { kty }),
    ...(n === undefined ? {} : { n }),
    ...(e === undefined ? {} : { e }),
    use: 'sig',
    alg: 'RS256',
    kid: kept.keyId,
  };
  async function issue(client: Client, audience: string) {
    return new SignJWT({
      appid: client.clientId,
      appidacr: client.resourceId === undefined ? '1' : '2',
      ...(client.resourceId === undefined ? {} : { xms_mirid: client.resourceId }),
      idp: ISSUER,
      idtyp: 'app',
      oid: client.objectId,
      sub: client.objectId,
      tid: LOCAL_TENANT,
      ver: '1.0',
    })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: kept.keyId })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt()
      .setNotBefore('-5s')
      .setExpirationTime(`${TOKEN_SECONDS}s`)
      .setJti(randomUUID())
      .sign(key);
  }

  async function verify(token: string, audiences: string[]): Promise<Principal> {
    const audience = audiences.flatMap((name) => [name, `${name}/`]);
    const { payload } = await jwtVerify(token, publicJwk, { issuer: ISSUER, audience, algorithms: ['RS256'] });
    return { objectId: String(payload['oid']), appId: String(payload['appid']) };
  }

  const routes = new Hono();
  const token = async (form: Record<string, unknown>) => {
    const text = (name: string) => (typeof form[name] === 'string' ? form[name] : '');
    if (text('grant_type') !== 'client_credentials') {
      return {
        error: 'unsupported_grant_type',
        error_description: `AADSTS70003: The app requested an unsupported grant type '${text('grant_type')}'; this authority knows client_credentials.`,
      };
    }
    const clientId = text('client_id');
    const federated = text('client_assertion_type') === ASSERTION_TYPE ? federation.find(clientId) : undefined;
    if (federated === undefined && clientId !== kept.client.clientId) {
      return {
        error: 'unauthorized_client',
        error_description: `AADSTS700016: Application with identifier '${clientId}' was not found in the directory '${LOCAL_TENANT}'. connection.json holds the one that is known.`,
      };
    }
    const refusal =
      federated !== undefined
        ? await refuseAssertion(text('client_assertion'), federated.credentials)
        : kept.client.clientSecret === text('client_secret')
          ? undefined
          : {
              error: 'invalid_client',
              error_description: 'AADSTS7000215: Invalid client secret provided. connection.json holds the right one.',
            };
    if (refusal !== undefined) return refusal;
    const client = federated?.client ?? kept.client;
    const audience = text('resource') || (text('scope').split(' ')[0] ?? '').replace(/\/\.default$/, '');
    return { access_token: await issue(client, audience || `${ARM_AUDIENCES[0]}`) };
  };
  for (const path of ['/:tenant/oauth2/v2.0/token', '/:tenant/oauth2/token']) {
    routes.post(path, async (c) => {
      const answer = await token(await c.req.parseBody());
      if (answer.access_token === undefined) {
        const [, code] = /^AADSTS(\d+)/.exec(answer.error_description ?? '') ?? [];
        return c.json(
          {
            ...answer,
            error_codes: code === undefined ? [] : [Number(code)],
            timestamp: new Date().toISOString(),
            trace_id: randomUUID(),
            correlation_id: randomUUID(),
          },
          answer.error === 'invalid_client' ? 401 : 400,
        );
      }
      return c.json({ token_type: 'Bearer', expires_in: TOKEN_SECONDS, ext_expires_in: TOKEN_SECONDS, ...answer });
    });
  }
  const originOf = (url: string, host: string | undefined) => `https://${host ?? new URL(url).host}`;
  for (const path of ['/:tenant/v2.0/.well-known/openid-configuration', '/:tenant/.well-known/openid-configuration']) {
    routes.get(path, (c) => {
      const origin = originOf(c.req.url, c.req.header('host'));
      const tenant = c.req.param('tenant');
      return c.json({
        issuer: `${origin}/${tenant}/v2.0`,
        token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
        authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
        jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
        response_types_supported: ['code', 'id_token', 'token'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        tenant_region_scope: null,
      });
    });
  }
  routes.get('/:tenant/discovery/v2.0/keys', (c) => c.json({ keys: [publicJwk] }));
  routes.get('/common/discovery/instance', (c) => {
    const host = new URL(originOf(c.req.url, c.req.header('host'))).host;
    return c.json({
      tenant_discovery_endpoint: `https://${host}/${LOCAL_TENANT}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    });
  });
  return { client: kept.client, issue, verify, routes };
}
