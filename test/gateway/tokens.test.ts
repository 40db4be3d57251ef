import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it, mock } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ArmError } from '../../src/gateway/arm-error.ts';
import { createAuthenticator } from '../../src/gateway/authenticate.ts';
import { authorize } from '../../src/gateway/authorize.ts';

const TENANT = '7e4a0000-0000-4000-8000-000000000001';
const ORIGIN = 'https://gateway.example';

describe('tokens at the gateway', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const other = await generateKeyPair('RS256');
  const published = new Map([['one', publicKey]]);
  const server = createServer((request, response) => {
    assert.equal(request.url, `/${TENANT}/discovery/v2.0/keys`);
    const keys = [...published].map(async ([kid, key]) => ({ ...(await exportJWK(key)), kid }));
    void Promise.all(keys).then((all) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: all })),
    );
  });
  let authorityHost = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    authorityHost = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const token = (
    changes: {
      issuer?: string;
      audience?: string;
      expires?: string | false;
      key?: typeof privateKey;
      kid?: string;
      scp?: string;
    } = {},
  ) => {
    const { expires = '1h', scp } = changes;
    const claims = { oid: 'object', appid: 'application', groups: ['group'], roles: ['Images.Write'] };
    const jwt = new SignJWT({ ...claims, ...(scp === undefined ? {} : { scp }) })
      .setProtectedHeader({ alg: 'RS256', kid: changes.kid ?? 'one' })
      .setIssuer(changes.issuer ?? `https://sts.windows.net/${TENANT}/`)
      .setAudience(changes.audience ?? 'https://management.azure.com')
      .setIssuedAt();
    if (expires !== false) jwt.setExpirationTime(expires);
    return jwt.sign(changes.key ?? privateKey);
  };

  it('are good by issuer, audience, signature and time', async () => {
    const authenticate = createAuthenticator({ authorityHost, tenantId: TENANT, audiences: [ORIGIN] });
    const caller = await authenticate(`Bearer ${await token()}`);
    assert.deepEqual(caller, {
      objectId: 'object',
      names: ['object', 'application', 'group', 'Images.Write'],
    });
    await authenticate(`Bearer ${await token({ audience: ORIGIN })}`);
    await authenticate(`Bearer ${await token({ issuer: `https://login.microsoftonline.com/${TENANT}/v2.0` })}`);
  });

  it('are refused otherwise', async () => {
    const authenticate = createAuthenticator({ authorityHost, tenantId: TENANT, audiences: [ORIGIN] });
    const bad = [
      token({ issuer: 'https://sts.windows.net/another/' }),
      token({ audience: 'https://graph.microsoft.com' }),
      token({ audience: 'https://another.example' }),
      token({ expires: '-1h' }),
      token({ expires: false }),
      token({ key: other.privateKey }),
      token({ kid: 'unknown' }),
      // Signed by nobody.
      Promise.resolve(`${btoa('{"alg":"none"}')}.${btoa('{"oid":"object"}')}.`),
    ];
    for (const one of bad) {
      await assert.rejects(authenticate(`Bearer ${await one}`), (error: unknown) => {
        assert.ok(error instanceof ArmError);
        assert.deepEqual([error.status, error.code], [401, 'InvalidAuthenticationToken']);
        return true;
      });
    }
    // With the public key as the secret of a symmetric signature.
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
    const symmetric = new SignJWT({ oid: 'object' }).setProtectedHeader({ alg: 'HS256', kid: 'one' });
    await assert.rejects(authenticate(`Bearer ${await symmetric.sign(secret)}`), /access token is invalid/);
    await assert.rejects(authenticate(undefined), /header is missing/);
    await assert.rejects(authenticate('Basic abc'), /header is missing/);
  });

  it('of a person do not count for all who use the same application', async () => {
    const authenticate = createAuthenticator({ authorityHost, tenantId: TENANT, audiences: [ORIGIN] });
    const { names } = await authenticate(`Bearer ${await token({ scp: 'user_impersonation' })}`);
    assert.deepEqual(names, ['object', 'group', 'Images.Write']);
  });

  it('are good by a key that was published since', async () => {
    const authenticate = createAuthenticator({ authorityHost, tenantId: TENANT, audiences: [ORIGIN] });
    await authenticate(`Bearer ${await token()}`);
    published.set('two', other.publicKey);
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 });
    try {
      await authenticate(`Bearer ${await token({ kid: 'two', key: other.privateKey })}`);
    } finally {
      mock.timers.reset();
      published.delete('two');
    }
  });

  it('are not called bad where the authority cannot be asked', async () => {
    const authenticate = createAuthenticator({
      authorityHost: 'http://127.0.0.1:1',
      tenantId: TENANT,
      audiences: [ORIGIN],
    });
    await assert.rejects(authenticate(`Bearer ${await token()}`), (error: unknown) => {
      assert.ok(error instanceof ArmError);
      assert.deepEqual([error.status, error.code], [503, 'ServiceUnavailable']);
      return true;
    });
  });
});

describe('roles at the gateway', () => {
  const caller = { objectId: 'object', names: ['object', 'application', 'group'] };
  const READ = 'Microsoft.VirtualMachineImages/imageTemplates/read';
  const RUN = 'Microsoft.VirtualMachineImages/imageTemplates/run/action';

  it('let readers read, contributors do all, and nobody else anything', () => {
    authorize({ readers: ['group'], contributors: [] }, caller, READ, '/s');
    authorize({ readers: [], contributors: ['application'] }, caller, RUN, '/s');
    authorize({ readers: [], contributors: ['*'] }, caller, RUN, '/s');
    for (const roles of [
      { readers: ['object'], contributors: [] },
      { readers: [], contributors: ['somebody'] },
      { readers: [], contributors: [] },
    ]) {
      assert.throws(
        () => authorize(roles, caller, RUN, '/s'),
        /does not have authorization to perform action '.*run\/action' over scope '\/s'/,
      );
    }
  });
});
