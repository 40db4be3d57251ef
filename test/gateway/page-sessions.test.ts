import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { KilnClient } from '../../src/client/kiln-client.ts';
import { TemplateClient } from '../../src/client/template-client.ts';
import { createAuthenticator } from '../../src/gateway/authenticate.ts';
import { Links } from '../../src/gateway/page/links.ts';
import { createLoopbackApp } from '../../src/gateway/page/loopback.ts';
import { createPage } from '../../src/gateway/page/page.ts';
import { Pace, Topics } from '../../src/gateway/page/topics.ts';
import type { Frame, Publish } from '../../src/gateway/page/topics.ts';

const TENANT = '7e4a0000-0000-4000-8000-000000000001';
const ORIGIN = 'https://gateway.example';
const APPLICATION = 'c11e0000-0000-4000-8000-000000000001';

/** Follows cookies as a browser does. */
class Jar {
  readonly #cookies = new Map<string, string>();
  readonly attributes: string[] = [];

  take(response: Response): Response {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      this.attributes.push(line.replace(/=[^;]*/, ''));
      if (/Max-Age=0/i.test(line)) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  get header(): Record<string, string> {
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  }
}

describe('signing in to the page at an authority', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  let asked: URLSearchParams | undefined;
  let claims: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    void (async () => {
      response.setHeader('content-type', 'application/json');
      if (request.url?.endsWith('/keys') === true) {
        return response.end(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] }));
      }
      let body = '';
      for await (const chunk of request) body += String(chunk);
      asked = new URLSearchParams(body);
      const token = await new SignJWT({ oid: 'person', name: 'Ada', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(`${authorityHost}/${TENANT}/v2.0`)
        .setAudience(APPLICATION)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey);
      return response.end(JSON.stringify({ id_token: token }));
    })();
  });
  let authorityHost = '';
  let connection: Connection;
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    authorityHost = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // Nothing here asks Temporal.
    connection = Connection.lazy({ address: '127.0.0.1:1' });
  });
  after(async () => {
    server.close();
    await connection.close();
  });

  function open(roles: { readers: string[]; contributors: string[] }, privateKeyOfGateway = 'one') {
    const client = new Client({ connection });
    const tokens = { authorityHost, tenantId: TENANT };
    return createPage({
      client,
      builds: KilnClient.over(client, connection),
      templates: new TemplateClient(client),
      authenticate: createAuthenticator({ ...tokens, audiences: [] }),
      roles,
      tokens,
      privateKey: privateKeyOfGateway,
      application: { clientId: APPLICATION, clientSecret: 'secret' },
      temporalLink: () => undefined,
      log: pino({ level: 'silent' }),
    });
  }
  const READER = { readers: ['person'], contributors: [] };

  async function begin(page: ReturnType<typeof open>, jar: Jar, to = '/kiln/runs/x?q=y'): Promise<URL> {
    const response = jar.take(await page.request(`${ORIGIN}/kiln/sign-in?to=${encodeURIComponent(to)}`));
    assert.equal(response.status, 302);
    return new URL(response.headers.get('location') ?? '');
  }
  const callback = (page: ReturnType<typeof open>, jar: Jar, state: string | null) =>
    page.request(`${ORIGIN}/kiln/sign-in/callback?code=good&state=${state}`, { headers: jar.header });
  const me = (page: ReturnType<typeof open>, jar: Jar) =>
    page.request(`${ORIGIN}/kiln/api/me`, { headers: jar.header });

  it('goes by code and PKCE, and ends in a session that scripts cannot read', async () => {
    const page = open(READER);
    const jar = new Jar();
    const refused = await me(page, jar);
    assert.deepEqual([refused.status, ((await refused.json()) as { signIn: string }).signIn], [401, '/kiln/sign-in']);
    const address = await begin(page, jar);
    const query = address.searchParams;
    assert.equal(`${address.origin}${address.pathname}`, `${authorityHost}/${TENANT}/oauth2/v2.0/authorize`);
    assert.equal(query.get('redirect_uri'), `${ORIGIN}/kiln/sign-in/callback`);
    claims = { nonce: query.get('nonce') };
    const back = jar.take(await callback(page, jar, query.get('state')));
    assert.deepEqual([back.status, back.headers.get('location')], [302, '/kiln/runs/x?q=y']);
    const verifier = asked?.get('code_verifier') ?? '';
    assert.equal(createHash('sha256').update(verifier).digest('base64url'), query.get('code_challenge'));
    assert.deepEqual([asked?.get('code'), asked?.get('client_secret')], ['good', 'secret']);
    const session = jar.attributes.find((line) => line.startsWith('__Host-kiln-session')) ?? '';
    for (const attribute of [/HttpOnly/, /Secure/, /SameSite=Strict/, /Path=\//]) assert.match(session, attribute);
    assert.deepEqual(await (await me(page, jar)).json(), { name: 'Ada', mayRun: false, mayCancel: false });

    // The same cookie at a gateway with the same key, and with other roles; none with another key.
    assert.equal((await me(open(READER), jar)).status, 200);
    assert.equal((await me(open({ readers: [], contributors: ['somebody'] }), jar)).status, 403);
    assert.equal((await me(open(READER, 'another'), jar)).status, 401);
    const run = await page.request(`${ORIGIN}/kiln/api/templates/run`, {
      method: 'POST',
      headers: { ...jar.header, origin: ORIGIN },
      body: JSON.stringify({ id: 'x', requestId: 'y' }),
    });
    assert.equal(run.status, 403, 'a reader may not run');
  });

  it('is refused with another state, another nonce, a second time, or without a role', async () => {
    const page = open(READER);
    const jar = new Jar();
    const { searchParams: query } = await begin(page, jar);
    claims = { nonce: query.get('nonce') };
    assert.equal((await callback(page, jar, 'another')).status, 401);
    assert.equal((await callback(page, new Jar(), query.get('state'))).status, 401, 'in another browser');
    claims = { nonce: 'another' };
    assert.match(await (await callback(page, jar, query.get('state'))).text(), /belongs to another sign-in/);
    claims = { nonce: query.get('nonce') };
    const nobody = open({ readers: [], contributors: [] });
    const refused = await callback(nobody, jar, query.get('state'));
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /object id 'person' does not have authorization/);
    jar.take(await callback(page, jar, query.get('state')));
    assert.equal((await callback(page, jar, query.get('state'))).status, 401, 'a second time');
  });

  it('leads nowhere but into the page', async () => {
    const page = open(READER);
    for (const to of ['https://evil.example/', '//evil.example/kiln/', '/kiln/\\evil', '/other', '/kiln/\r\nx: y']) {
      const jar = new Jar();
      const { searchParams: query } = await begin(page, jar, to);
      claims = { nonce: query.get('nonce') };
      const { headers } = await callback(page, jar, query.get('state'));
      assert.equal(headers.get('location'), '/kiln/', to);
    }
  });

  it('keeps a session small, whoever it is', async () => {
    const groups = Array.from({ length: 200 }, () => randomBytes(16).toString('hex'));
    const page = open({ readers: [groups[7] ?? ''], contributors: [] });
    const jar = new Jar();
    const { searchParams: query } = await begin(page, jar);
    claims = { nonce: query.get('nonce'), groups };
    jar.take(await callback(page, jar, query.get('state')));
    assert.ok((jar.header['cookie'] ?? '').length < 1000);
    assert.equal((await me(page, jar)).status, 200);
  });

  it('by plain http it answers this machine’s names only', async () => {
    const app = createLoopbackApp(open(READER));
    const status = async (host: string) =>
      (await app.request('http://127.0.0.1:8443/kiln/', { headers: { host } })).status;
    assert.deepEqual(
      [await status('127.0.0.1:8443'), await status('localhost:8443'), await status('kiln.evil.example:8443')],
      [200, 200, 421],
    );
    assert.equal(
      (await app.request('http://127.0.0.1:8443/subscriptions', { headers: { host: 'localhost' } })).status,
      404,
    );
  });
});

describe('links to the page', () => {
  const visitor = { objectId: 'o', name: 'n', names: [] };

  it('are good once, and for an hour', () => {
    const links = new Links();
    const { key } = links.issue(visitor);
    assert.equal(links.redeem('another'), undefined);
    assert.deepEqual(links.redeem(key), visitor);
    assert.equal(links.redeem(key), undefined);
    const late = links.issue(visitor, 0);
    assert.equal(links.redeem(late.key, 3600_001), undefined);
  });

  it('do not fill the memory', () => {
    const links = new Links();
    const first = links.issue(visitor);
    for (let index = 0; index < 1000; index++) links.issue(visitor);
    assert.equal(links.redeem(first.key), undefined);
  });
});

describe('what many look at', () => {
  /** Follows until the signal ends. */
  async function read(topics: Topics, key: string, produce: (publish: Publish) => Promise<void>, signal: AbortSignal) {
    const frames: Frame[] = [];
    for await (const frame of topics.follow(key, produce, signal)) frames.push(frame);
    return frames;
  }

  it('is looked up once, and late readers get the last of each event', async () => {
    const topics = new Topics(10);
    let producers = 0;
    const published = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const produce = async (publish: Publish) => {
      producers++;
      await Promise.resolve();
      for (const data of [1, 2]) publish({ event: 'runs', data });
      publish({ event: 'log', data: 'early', passing: true });
      published.resolve();
      await go.promise;
      publish({ event: 'log', data: 'late', passing: true });
    };
    const { signal } = new AbortController();
    const early = read(topics, 'one', produce, signal);
    await published.promise;
    const late = read(topics, 'one', produce, signal);
    go.resolve();
    const last = { event: 'runs', data: 2 };
    const passing = (data: string) => ({ event: 'log', data, passing: true });
    assert.deepEqual(await late, [last, passing('late')]);
    assert.deepEqual((await early).slice(-2), [passing('early'), passing('late')]);
    assert.equal(producers, 1);
  });

  it('ends for who leaves, and has a bound', async () => {
    const topics = new Topics(1);
    const controller = new AbortController();
    const forever = () => new Promise<void>(() => {});
    const reading = read(topics, 'one', forever, controller.signal);
    await assert.rejects(read(topics, 'two', forever, new AbortController().signal), /too many different views/);
    controller.abort();
    assert.deepEqual(await reading, []);
  });

  it('keeps its pace', async () => {
    const pace = new Pace(100);
    const began = Date.now();
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 21 }, () => pace.turn(signal)));
    assert.ok(Date.now() - began >= 195);
  });
});
