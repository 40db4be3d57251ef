import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { ImageBuilderClient } from '@azure/arm-imagebuilder';
import type { ImageTemplate } from '@azure/arm-imagebuilder';
import { createClients, FAST } from '../local-azure/support.ts';
import { TestStack } from '../e2e/stack.ts';
import { DEFINITION, imageTemplate } from '../e2e/templates.ts';
import { MODELS } from '../models/models.ts';
import { watchBodies } from '../models/watch.ts';
import { RESOURCE_API_VERSIONS } from '../../src/template/index.ts';
import { answersOf, askEveryRoute, observing, rich } from './every-route.ts';

const GROUP = 'golden-images';
const modelsAreHere = existsSync(MODELS);

/** As it goes over the wire. */
function body(template: ImageTemplate, more: object = {}): object {
  const { location, tags, identity, ...properties } = template;
  return { location, tags, identity, properties: { ...properties, ...more } };
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of pages) found.push(one);
  return found;
}

describe('the gateway, driven by the client of @azure/arm-imagebuilder', () => {
  const stack = new TestStack('simulated');
  /** All that the gateway answers here is held to the published models. */
  const watch = watchBodies();
  let dev: ReturnType<TestStack['start']>;
  let endpoint = '';
  let clients: ReturnType<typeof createClients>;
  let builder: ImageBuilderClient;

  before(async () => {
    ({ dev, endpoint } = await stack.upWithGateway());
    clients = createClients({ ...stack.connection(), endpoint });
    const options = { endpoint, retryOptions: { maxRetries: 0 } };
    builder = new ImageBuilderClient(clients.credential, stack.connection().subscriptionId, options);
    builder.pipeline.addPolicy(observing(watch));
  });
  after(async () => {
    dev.signal('SIGTERM');
    await dev.ended;
    await stack.close();
    watch.verdict();
  });

  const templates = () => builder.virtualMachineImageTemplates;
  const failsWith = (statusCode: number, message: RegExp) => (error: unknown) => {
    const got = error as { statusCode?: number; message: string };
    assert.equal(got.statusCode, statusCode, got.message);
    assert.match(got.message, message);
    return true;
  };

  async function call(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
    const { token } = await clients.credential.getToken('https://management.azure.com/.default');
    const answer = await fetch(`${endpoint}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const got = { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
    const seen = { method, url: answer.url, status: got.status, headers: Object.fromEntries(got.headers) };
    watch.observe({ ...seen, ...(text === '' ? {} : { body: got.body }) });
    return got;
  }

  const pathOf = (name: string, more = '', version = '2025-10-01') =>
    `/subscriptions/${stack.connection().subscriptionId}/resourceGroups/${GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates/${name}${more}?api-version=${version}`;

  it('takes a template through its life', async () => {
    const made = await templates().createOrUpdate(GROUP, 'life', imageTemplate(['# simulate: seconds=1']), FAST);
    assert.equal(made.provisioningState, 'Succeeded');
    const [known] = Object.values(made.identity.userAssignedIdentities ?? {});
    const identity = await clients.identity.userAssignedIdentities.get(GROUP, 'image-builder');
    assert.deepEqual([known?.principalId, known?.clientId], [identity.principalId, identity.clientId]);
    assert.match(made.exactStagingResourceGroup ?? '', /\/resourceGroups\/IT_golden-images_life_/);
    assert.match(JSON.stringify(made.source), /"exactVersion":"[\d.]+"/);
    assert.deepEqual(made.tags, { owner: 'platform' });
    assert.deepEqual(JSON.parse(JSON.stringify(made.customize)), [
      { type: 'Shell', name: 'only', inline: ['# simulate: seconds=1'] },
    ]);

    const running = templates().run(GROUP, 'life', FAST);
    await running.submitted();
    const { lastRunStatus } = await templates().get(GROUP, 'life');
    assert.equal(lastRunStatus?.runState, 'Running');
    assert.match(lastRunStatus?.runSubState ?? '', /Queued|Building|Customizing/);
    await assert.rejects(
      templates().run(GROUP, 'life', FAST),
      failsWith(409, /run\/action is not allowed in provisioning state: succeeded or run state: running/),
    );
    await running;

    const outputs = await all(templates().listRunOutputs(GROUP, 'life'));
    assert.equal(outputs.length, 1);
    assert.match(outputs[0]?.artifactId ?? '', /\/versions\/\d+\.\d+\.\d+$/);
    const one = await templates().getRunOutput(GROUP, 'life', 'gallery');
    assert.equal(one.name, 'gallery');
    await assert.rejects(templates().getRunOutput(GROUP, 'life', 'other'), failsWith(404, /'other'/));

    const patched = await templates().update(
      GROUP,
      'life',
      { tags: { owner: 'others' }, properties: { vmProfile: { osDiskSizeGB: 40 } } },
      FAST,
    );
    assert.deepEqual([patched.tags, patched.vmProfile?.osDiskSizeGB], [{ owner: 'others' }, 40]);
    await assert.rejects(
      templates().update(GROUP, 'life', { properties: { distribute: [] } }, FAST),
      failsWith(400, /Runoutput name gallery not found in the update request/),
    );

    const everywhere = await all(templates().list());
    const ofGroup = await all(templates().listByResourceGroup(GROUP));
    for (const list of [everywhere, ofGroup]) assert.ok(list.some(({ name }: ImageTemplate) => name === 'life'));
    await assert.rejects(all(templates().listByResourceGroup('golden')), failsWith(404, /404/));

    await templates().delete(GROUP, 'life', FAST);
    await assert.rejects(
      templates().get(GROUP, 'life'),
      failsWith(404, /imageTemplates\/life' under resource group 'golden-images' was not found/),
    );
    const left = await stack.inventory();
    assert.deepEqual(
      left.filter((id) => /IT_golden-images_life/.test(id)),
      [],
    );
    assert.ok(
      left.some((id) => /versions\//.test(id)),
      'the image stays',
    );
    await templates().delete(GROUP, 'life', FAST);
  });

  it('cancels a run, and the template is free again', async () => {
    await templates().createOrUpdate(GROUP, 'cancel', imageTemplate(['# simulate: seconds=600']), FAST);
    const running = templates().run(GROUP, 'cancel', FAST);
    await running.submitted();
    await templates().cancel(GROUP, 'cancel', FAST);
    await assert.rejects(async () => running, /cancel/i);
    const { lastRunStatus } = await templates().get(GROUP, 'cancel');
    assert.equal(lastRunStatus?.runState, 'Canceled');
    await templates().delete(GROUP, 'cancel', FAST);
  });

  it('has triggers, by the service’s rules', async () => {
    const { triggers } = builder;
    await templates().createOrUpdate(GROUP, 'triggered', imageTemplate(['# nothing']), FAST);
    const trigger = { properties: { kind: 'SourceImage' as const } };
    const made = await triggers.createOrUpdate(GROUP, 'triggered', 'vendor', trigger, FAST);
    assert.equal(made.properties?.status?.code, 'Healthy');
    assert.equal((await triggers.get(GROUP, 'triggered', 'vendor')).name, 'vendor');
    assert.equal((await all(triggers.listByImageTemplate(GROUP, 'triggered'))).length, 1);
    await assert.rejects(
      triggers.createOrUpdate(GROUP, 'triggered', 'second', trigger, FAST),
      failsWith(409, /vendor is there already/),
    );
    await triggers.delete(GROUP, 'triggered', 'vendor', FAST);
    await assert.rejects(triggers.get(GROUP, 'triggered', 'vendor'), failsWith(404, /vendor/));

    const other = await call('PUT', pathOf('triggered', '/triggers/x'), { properties: { kind: 'Other' } });
    assert.deepEqual([other.status, other.body.error.code], [400, 'ValidationFailed']);
    await templates().delete(GROUP, 'triggered', FAST);
  });

  it('says every problem of a body at once, in the form of its api-version, and makes nothing', async () => {
    const wrong = body(imageTemplate([]), { buildTimeoutInMinutes: 961, unknownField: 1 });
    const now = await call('PUT', pathOf('wrong'), wrong);
    assert.equal(now.status, 400);
    assert.equal(now.body.error.code, 'ValidationFailed');
    assert.match(now.body.error.message, /^Validation failed: 'ImageTemplate\.properties\./);
    assert.deepEqual(now.body.error.details.map(({ target }: { target: string }) => target).toSorted(), [
      'properties.buildTimeoutInMinutes',
      'properties.customize[0]',
      'properties.unknownField',
    ]);
    const then = await call('PUT', pathOf('wrong', '', '2020-02-14'), { ...wrong, identity: undefined });
    assert.equal(then.body.code, 'ValidationFailed');
    assert.equal((await call('GET', pathOf('wrong'))).status, 404);
    assert.equal((await call('PUT', pathOf('wrong'), '{')).body.error.code, 'InvalidRequestContent');
    const large = await call('PUT', pathOf('wrong'), { a: 'x'.repeat(5 * 1024 * 1024) });
    assert.equal(large.status, 413);
  });

  it('keeps why a submission failed, and takes a corrected one', async () => {
    const absent = imageTemplate(['# nothing'], {
      source: { type: 'PlatformImage', publisher: 'Nobody', offer: 'nothing', sku: 'none', version: 'latest' },
    });
    await assert.rejects(
      async () => templates().createOrUpdate(GROUP, 'corrected', absent, FAST),
      /BadPIRSource|Nobody/,
    );
    const { provisioningState, provisioningError } = await templates().get(GROUP, 'corrected');
    assert.equal(provisioningState, 'Failed');
    assert.equal(provisioningError?.provisioningErrorCode, 'BadPIRSource');
    const corrected = await templates().createOrUpdate(GROUP, 'corrected', imageTemplate(['# nothing']), FAST);
    assert.equal(corrected.provisioningState, 'Succeeded');
    await templates().delete(GROUP, 'corrected', FAST);
  });

  it('answers nobody without a good token but about its health and the cloud', async () => {
    const { token } = await clients.credential.getToken('https://management.azure.com/.default');
    const [head = '', claims = '', signature = ''] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(atob(claims)), oid: 'somebody' })).toString('base64url');
    for (const authorization of ['', 'Bearer x', `Bearer ${head}.${forged}.${signature}`]) {
      for (const path of [pathOf('life'), '/subscriptions?api-version=2022-12-01', '/local-azure/inventory']) {
        const { status, headers } = await call('GET', path, undefined, { authorization });
        assert.equal(status, 401, `${path} with ${authorization.slice(0, 12)}`);
        // A client without a tenant finds it here.
        assert.match(
          headers.get('www-authenticate') ?? '',
          /authorization_uri="https:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36}"/,
        );
      }
    }
    for (const path of ['/health', '/metadata/endpoints?api-version=2022-09-01']) {
      assert.equal((await call('GET', path, undefined, { authorization: '' })).status, 200);
    }
  });

  it('serves every api-version, each with the form of its errors', async () => {
    for (const version of ['2020-02-14', '2021-10-01', '2022-02-14', '2022-07-01', '2023-07-01', '2024-02-01']) {
      const name = `of-${version}`;
      const put = await call('PUT', pathOf(name, '', version), body(imageTemplate(['# nothing'])));
      // Before 2022-07-01 there were only replicationRegions.
      const older = version < '2022-07-01';
      assert.equal(put.status, older ? 400 : 201, JSON.stringify(put.body));
      if (older) {
        const distribute = [
          {
            type: 'ManagedImage',
            runOutputName: 'image',
            imageId: DEFINITION.replace(/galleries.*/, 'images/older'),
            location: 'westeurope',
          },
        ];
        const again = await call('PUT', pathOf(name, '', version), body(imageTemplate(['# nothing']), { distribute }));
        assert.equal(again.status, 201, JSON.stringify(again.body));
      }
      const got = await call('GET', pathOf(name, '', version));
      assert.equal(got.body.type, 'Microsoft.VirtualMachineImages/imageTemplates');
      const missing = await call('GET', pathOf('none', '', version));
      assert.equal(missing.status, 404);
      // Resource Manager's own words, which had an envelope in all of them.
      assert.equal(missing.body.error.code, 'ResourceNotFound');
      await templates().delete(GROUP, name, FAST);
    }
    const refused = async (method: string, version: string, sent?: object) => {
      const { status, body: told } = await call(method, pathOf('life', '', version), sent);
      assert.equal(status, 400);
      // Without an envelope where the service had none yet.
      const { code, message } = (told.error ?? told) as { code: string; message: string };
      return `${code}: ${message}`;
    };
    assert.match(await refused('GET', ''), /^MissingApiVersionParameter: /);
    for (const version of ['2019-05-01-preview', '2030-01-01']) {
      assert.match(
        await refused('GET', version),
        /^InvalidResourceType: The resource type 'imageTemplates' could not be found in the namespace 'Microsoft.VirtualMachineImages' for api version '.*'\. The supported api-versions are '2020-02-14,.*,2025-10-01'\.$/,
      );
      assert.match(
        await refused('PUT', version, { location: 'westeurope' }),
        /^NoRegisteredProviderFound: .* location 'westeurope' and API version '.*' for type 'imageTemplates'\. The supported api-versions are '2020-02-14, .*, 2025-10-01'\./,
      );
    }
    const trigger = await call('GET', pathOf('life', '/triggers', '2022-02-14'));
    assert.equal(trigger.status, 400);
  });

  it('does nothing for a request that is not as it should be, and says what is wrong', async () => {
    const put = await call('PUT', pathOf('strict'), body(imageTemplate(['# nothing'])));
    assert.equal(put.status, 201);
    while ((await templates().get(GROUP, 'strict')).provisioningState !== 'Succeeded');
    const list = pathOf('').replace('/?', '?');
    const operation = `/subscriptions/${stack.connection().subscriptionId}/providers/Microsoft.VirtualMachineImages/locations/westeurope/operations/1`;
    const elsewhere = Buffer.from('kiln-build/x').toString('base64url');
    const trigger = { location: 'West Europe', properties: { kind: 'SourceImage' } };
    const asText = { 'content-type': 'text/plain' };
    const wrong: Array<[status: number, code: string, ...Parameters<typeof call>]> = [
      [405, 'MethodNotAllowed', 'GET', pathOf('strict', '/run')],
      [405, 'MethodNotAllowed', 'PUT', pathOf('strict', '/cancel'), {}],
      [405, 'MethodNotAllowed', 'POST', pathOf('strict', '/triggers'), {}],
      [405, 'MethodNotAllowed', 'DELETE', pathOf('strict', '/runOutputs/x')],
      [415, 'UnsupportedMediaType', 'PUT', pathOf('strict'), body(imageTemplate(['# text'])), asText],
      [400, 'InvalidSkipToken', 'GET', `${list}&$skiptoken=none`],
      [404, 'NotFound', 'GET', `${operation}?api-version=2025-10-01`],
      [404, 'NotFound', 'GET', `${operation}?api-version=2025-10-01&t=${elsewhere}`],
      [400, 'ValidationFailed', 'PATCH', pathOf('strict'), { properties: 'x' }],
      [400, 'ValidationFailed', 'PATCH', pathOf('strict'), { properties: { vmProfile: 'x' } }],
      [400, 'ValidationFailed', 'PATCH', pathOf('strict'), { location: 'eastus' }],
      [400, 'ValidationFailed', 'PUT', pathOf('strict', '/triggers/x'), { properties: { kind: 'SourceImage', a: 1 } }],
      [400, 'ValidationFailed', 'PUT', pathOf('strict', '/triggers/x'), { ...trigger, location: 'North Europe' }],
    ];
    for (const [status, code, ...request] of wrong) {
      const answer = await call(...request);
      assert.deepEqual([answer.status, answer.body.error?.code], [status, code], `${request[0]} ${request[1]}`);
    }
    const { body: after } = await call('GET', pathOf('strict'));
    assert.equal(after.properties.lastRunStatus, undefined);
    assert.deepEqual(after.properties.customize[0].inline, ['# nothing']);
    assert.equal((await call('PUT', pathOf('strict', '/triggers/x'), trigger)).status, 201);
    assert.equal((await call('GET', pathOf('strict').replace('api-version', 'API-Version'))).status, 200);
    const head = await call('HEAD', pathOf('strict'));
    assert.deepEqual([head.status, head.body], [200, {}]);
    await templates().delete(GROUP, 'strict', FAST);
  });

  it('takes back what it answered, and changes of a part, in every api-version', async () => {
    await templates().createOrUpdate(GROUP, 'again', imageTemplate(['# nothing'], { vmProfile: {} }), FAST);
    for (const version of ['2020-02-14', '2022-02-14', '2022-07-01', '2023-07-01', '2024-02-01', '2025-10-01']) {
      const patched = await call('PATCH', pathOf('again', '', version), { tags: { version } });
      assert.equal(patched.status, 200, JSON.stringify(patched.body));
      const { body: got } = await call('GET', pathOf('again', '', version));
      assert.deepEqual(got.tags, { version });
      const put = await call('PUT', pathOf('again', '', version), got);
      assert.equal(put.status, 200, JSON.stringify(put.body));
    }
    const { body: end } = await call('GET', pathOf('again'));
    assert.deepEqual(end.properties.customize, [{ type: 'Shell', name: 'only', inline: ['# nothing'] }]);
    assert.deepEqual(end.properties.vmProfile, { vmSize: '', osDiskSizeGB: 0 });
    assert.deepEqual(end.properties.distribute[0].artifactTags, {});
    while ((await templates().get(GROUP, 'again')).provisioningState !== 'Succeeded');

    // A client that had no answer asks again under the same id, and has the run that it began.
    const asked = { 'x-ms-client-request-id': 'the-same' };
    const first = await call('POST', pathOf('again', '/run'), undefined, asked);
    const second = await call('POST', pathOf('again', '/run'), undefined, asked);
    assert.deepEqual([first.status, second.status], [202, 202]);
    assert.equal(second.headers.get('location'), first.headers.get('location'));
    assert.equal((await call('POST', pathOf('again', '/run'))).status, 409);
    assert.equal((await call('POST', pathOf('again', '/cancel'))).status, 204);
    const location = (first.headers.get('location') ?? '').slice(endpoint.length);
    while ((await call('GET', location)).body.status === 'InProgress');
    await templates().delete(GROUP, 'again', FAST);
  });

  it('answers on every route, in each api-version, as the published models have it', async (t) => {
    const files = createServer((_, response) => void response.end('a file'));
    await new Promise<void>((resolve) => void files.listen(0, '127.0.0.1', resolve));
    t.after(() => files.close());
    const fileUri = `http://127.0.0.1:${(files.address() as AddressInfo).port}/file`;
    await templates().createOrUpdate(GROUP, 'rich', imageTemplate([], rich(fileUri)), FAST);
    await builder.triggers.createOrUpdate(GROUP, 'rich', 'vendor', { properties: { kind: 'SourceImage' } }, FAST);
    await templates().run(GROUP, 'rich', FAST);
    const group = `/subscriptions/${stack.connection().subscriptionId}/resourceGroups/${GROUP}`;
    for (const version of RESOURCE_API_VERSIONS) {
      watch.bodies.clear();
      const runs = version === RESOURCE_API_VERSIONS.at(0) || version === RESOURCE_API_VERSIONS.at(-1);
      await askEveryRoute(call, group, version, runs);
      if (modelsAreHere)
        assert.deepEqual(
          answersOf(version).filter((answer) => !watch.bodies.has(answer)),
          [],
        );
    }
    if (!modelsAreHere) t.diagnostic(`there are no published models in ${MODELS}: keys and types were not checked`);
    await templates().delete(GROUP, 'rich', FAST);
  });

  it('passes everything else on, and leads back to itself', async () => {
    const group = await clients.resources.resourceGroups.createOrUpdate('passed-on', { location: 'westeurope' });
    assert.equal(group.name, 'passed-on');
    const deleting = clients.resources.resourceGroups.delete('passed-on', FAST);
    await deleting.submitted();
    await deleting;
    const cloud = await call('GET', '/metadata/endpoints?api-version=2022-09-01');
    assert.equal(cloud.body.resourceManager, endpoint);
    // The provider's registration is Azure's too: it says what it does not know of in its own words.
    const provider = `/subscriptions/${stack.connection().subscriptionId}/providers/Microsoft.VirtualMachineImages`;
    const registration = await call('GET', `${provider}?api-version=2021-04-01`);
    const asked = {
      authorization: `Bearer ${(await clients.credential.getToken('https://management.azure.com/.default')).token}`,
    };
    const direct = await fetch(`${stack.connection().endpoint}${provider}?api-version=2021-04-01`, { headers: asked });
    assert.deepEqual([registration.status, registration.body], [direct.status, await direct.json()]);
    const nowhere = pathOf('x').replace(GROUP, 'no-such-group');
    const asks: Parameters<typeof call>[] = [
      ['PUT', nowhere, body(imageTemplate(['true']))],
      ['GET', nowhere],
      ['DELETE', nowhere],
      ['GET', nowhere.replace('/x?', '?')],
    ];
    for (const ask of asks) {
      const { status, body: refused } = await call(...ask);
      assert.deepEqual([status, refused.error.code], [404, 'ResourceGroupNotFound'], ask.slice(0, 2).join(' '));
    }
    const stranger = nowhere.replace(/\/subscriptions\/[^/]+\/.*providers/, '/subscriptions/stranger/providers');
    const { body: unknown } = await call('GET', stranger.replace('/x?', '?'));
    assert.equal(unknown.error.code, 'SubscriptionNotFound');
  });
});
