import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ArmError } from '../../src/gateway/arm-error.ts';
import { createAuthenticator } from '../../src/gateway/authenticate.ts';
import { authorize } from '../../src/gateway/authorize.ts';

const TENANT = '7e4a0000-0000-4000-8000-000000000001';
const ORIGIN = 'https://gateway.example';

describe('tokens at the gateway', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const other = await generateKeyPair('RS256');
  const server = createServer((request, response) => {
    assert.equal(request.url, `/${TENANT}/discovery/v2.0/keys`);
    void exportJWK(publicKey).then((jwk) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [{ ...jwk, kid: 'one' }] })),
    );
  });
  let authorityHost = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    authorityHost = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const token = (
    changes: { issuer?: string; audience?: string; expires?: string; key?: typeof privateKey; kid?: string } = {},
  ) =>
    new SignJWT({ oid: 'object', appid: 'application', groups: ['group'], roles: ['Images.Write'] })
      .setProtectedHeader({ alg: 'RS256', kid: changes.kid ?? 'one' })
      .setIssuer(changes.issuer ?? `https://sts.windows.net/${TENANT}/`)
      .setAudience(changes.audience ?? 'https://management.azure.com')
      .setIssuedAt()
      .setExpirationTime(changes.expires ?? '1h')
      .sign(changes.key ?? privateKey);

  it('are good by issuer, audience, signature and time', async () => {
    const authenticate = createAuthenticator({ authorityHost, tenantId: TENANT });
    const caller = await authenticate(`Bearer ${await token()}`, ORIGIN);
    assert.deepEqual(caller, {
      objectId: 'object',
      names: ['object', 'application', 'group', 'Images.Write'],
    });
    await authenticate(`Bearer ${await token({ audience: ORIGIN })}`, ORIGIN);
    await authenticate(`Bearer ${await token({ issuer: `https://login.microsoftonline.com/${TENANT}/v2.0` })}`, ORIGIN);
  });

  it('are refused otherwise', async () => {
    const authenticate = createAuthenticator({ authorityHost, tenantId: TENANT });
    const bad = [
      token({ issuer: 'https://sts.windows.net/another/' }),
      token({ audience: 'https://graph.microsoft.com' }),
      token({ audience: 'https://another.example' }),
      token({ expires: '-1h' }),
      token({ key: other.privateKey }),
      token({ kid: 'unknown' }),
      // Signed by nobody.
      Promise.resolve(`${btoa('{"alg":"none"}')}.${btoa('{"oid":"object"}')}.`),
    ];
    for (const one of bad) {
      await assert.rejects(authenticate(`Bearer ${await one}`, ORIGIN), (error: unknown) => {
        assert.ok(error instanceof ArmError);
        assert.deepEqual([error.status, error.code], [401, 'InvalidAuthenticationToken']);
        return true;
      });
    }
    await assert.rejects(authenticate(undefined, ORIGIN), /header is missing/);
    await assert.rejects(authenticate('Basic abc', ORIGIN), /header is missing/);
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
