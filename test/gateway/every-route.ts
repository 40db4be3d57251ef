/** Every route of the gateway asked once in an api-version, and a template that has something of all that there is. */
import assert from 'node:assert/strict';
import type { ImageBuilderClient, ImageTemplate } from '@azure/arm-imagebuilder';
import type { Json } from '../../src/local-azure/core.ts';
import { DEFINITION } from '../e2e/templates.ts';
import type { Watch } from '../models/watch.ts';

type Call = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;

const inGroup = { location: 'westeurope', artifactTags: { made: 'here' } };

/** Some parts of it are known to newer api-versions only. */
export const rich = (fileUri: string): Partial<ImageTemplate> => ({
  buildTimeoutInMinutes: 60,
  vmProfile: { vmSize: 'Standard_D2ds_v4', osDiskSizeGB: 40 },
  customize: [
    { type: 'Shell', name: 'one', inline: ['# nothing'] },
    { type: 'File', name: 'two', sourceUri: fileUri, destination: '/tmp/a' },
  ],
  validate: {
    continueDistributeOnFailure: false,
    inVMValidations: [
      { type: 'Shell', name: 'three', inline: ['# nothing'] },
      { type: 'File', name: 'four', sourceUri: fileUri, destination: '/tmp/a' },
    ],
  },
  optimize: { vmBoot: { state: 'Disabled' } },
  errorHandling: { onCustomizerError: 'cleanup', onValidationError: 'cleanup' },
  autoRun: { state: 'Disabled' },
  managedResourceTags: { of: 'a-build' },
  additionalDataDisks: [{ sizeGB: 8 }],
  distribute: [
    {
      type: 'SharedImage',
      runOutputName: 'gallery',
      galleryImageId: DEFINITION,
      targetRegions: [{ name: 'westeurope', replicaCount: 1, storageAccountType: 'Standard_LRS' }],
      versioning: { scheme: 'Latest', major: 7 },
      excludeFromLatest: true,
      artifactTags: { made: 'here' },
    },
    {
      type: 'ManagedImage',
      runOutputName: 'image',
      imageId: DEFINITION.replace(/galleries.*/, 'images/rich'),
      ...inGroup,
    },
    { type: 'VHD', runOutputName: 'disk', artifactTags: { made: 'here' } },
  ],
});

type Policy = Parameters<ImageBuilderClient['pipeline']['addPolicy']>[0];

/** Shows a client's traffic to the watch. */
export function observing(watch: Watch): Policy {
  return {
    name: 'observing',
    sendRequest: async (request, next) => {
      const response = await next(request);
      const { bodyAsText: text } = response;
      watch.observe({
        method: request.method,
        url: request.url,
        status: response.status,
        headers: response.headers.toJSON(),
        ...(text ? { body: JSON.parse(text) as Json } : {}),
      });
      return response;
    },
  };
}

const TYPE = 'Microsoft.VirtualMachineImages/imageTemplates';
const TRIGGERS_SINCE = '2022-07-01';

/** Answers that a watch must have seen. */
export function answersOf(version: string): string[] {
  const triggers = [`PUT ${TYPE}/triggers`, `GET ${TYPE}/triggers`, `GET ${TYPE}/triggers (list)`];
  const always = [`PUT ${TYPE}`, `PATCH ${TYPE}`, `GET ${TYPE}`, `GET ${TYPE} (list)`];
  const outputs = [`GET ${TYPE}/runOutputs`, `GET ${TYPE}/runOutputs (list)`];
  const all = [...always, ...outputs, ...(version < TRIGGERS_SINCE ? [] : triggers)];
  return all.map((name) => `${name} answer`);
}

/**
 * @param runs whether its copy is run too, and the run cancelled
 * @param group id of the one in which a template `rich` has been run, and its trigger `vendor` is
 */
export async function askEveryRoute(call: Call, group: string, version: string, runs: boolean): Promise<void> {
  const origin = /^https:\/\/[^/]+/;
  const ask = async (method: string, path: string, status: number, body?: unknown) => {
    const answer = await call(method, path.includes('?') ? path : `${path}?api-version=${version}`, body);
    assert.equal(answer.status, status, `${method} ${path} ${version}: ${JSON.stringify(answer.body)}`);
    return answer;
  };
  /** What an operation says has no published model. */
  const ended = async ({ headers }: { headers: Headers }): Promise<void> => {
    const address = headers.get('azure-asyncoperation') ?? '';
    for (;;) {
      const { body } = await ask('GET', address.replace(origin, ''), 200);
      const { name, status, startTime, endTime, error, ...others } = body as Partial<Record<string, string>>;
      assert.deepEqual(others, {});
      assert.match(name ?? '', /^[0-9A-F-]{36}$/);
      assert.match(status ?? '', /^(InProgress|Succeeded|Failed|Canceled)$/);
      for (const time of [startTime, endTime]) assert.ok(time === undefined || !Number.isNaN(Date.parse(time)));
      assert.ok(error === undefined || status !== 'Succeeded', JSON.stringify(error));
      if (status !== 'InProgress') return;
    }
  };

  const template = `${group}/providers/${TYPE}/rich`;
  const copy = `${group}/providers/${TYPE}/copy-${version}`;
  const { body: shown } = await ask('GET', template, 200);
  // Tags are changed at once.
  const tagged = await ask('PATCH', template, 200, { tags: { version } });
  assert.equal(tagged.headers.get('azure-asyncoperation'), null);
  await ask('GET', `${group}/providers/${TYPE}`, 200);
  await ask('GET', `${group.replace(/\/resourceGroups\/.*/, '')}/providers/${TYPE}`, 200);
  const outputs = await ask('GET', `${template}/runOutputs`, 200);
  assert.equal((outputs.body['value'] as unknown[]).length, 3);
  await ask('GET', `${template}/runOutputs/disk`, 200);
  await ask('GET', `/providers/Microsoft.VirtualMachineImages/operations`, 200);

  // What a client was given it can put elsewhere, and has it again.
  await ended(await ask('PUT', copy, 201, shown));
  const again = (await ask('GET', copy, 200)).body;
  const written = (properties: unknown) => ({
    ...(properties as object),
    lastRunStatus: undefined,
    exactStagingResourceGroup: undefined,
  });
  assert.deepEqual(written(again['properties']), written(shown['properties']), version);
  if (runs) {
    const run = await ask('POST', `${copy}/run`, 202);
    await ask('GET', copy, 200);
    await ask('POST', `${copy}/cancel`, 204);
    await ended(run);
    await ask('GET', copy, 200);
  }
  if (version >= TRIGGERS_SINCE) {
    await ask('GET', `${template}/triggers`, 200);
    await ask('GET', `${template}/triggers/vendor`, 200);
    await ended(await ask('PUT', `${copy}/triggers/own`, 201, { properties: { kind: 'SourceImage' } }));
    await ended(await ask('DELETE', `${copy}/triggers/own`, 202));
  }
  await ended(await ask('DELETE', copy, 202));
  await ask('DELETE', copy, 204);
}
