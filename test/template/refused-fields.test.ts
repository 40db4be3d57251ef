/** What Microsoft's model of an api-version does not allow in an image template is refused, and named. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planResource, RESOURCE_API_VERSIONS } from '../../src/template/index.ts';
import { readModels } from '../models/models.ts';
import { type Mutation, mutationsOf } from '../models/mutations.ts';
import { IDENTITY, SOURCE, SUBSCRIPTION } from './support.ts';

const models = readModels();
const TYPE = 'Microsoft.VirtualMachineImages/imageTemplates';
const STRICT_SINCE = '2024-02-01';

const BODY = {
  location: 'westeurope',
  identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
  properties: { source: SOURCE, distribute: [{ type: 'VHD', runOutputName: 'disk' }] },
};

describe('an image template that breaks its model', { skip: models === undefined ? 'no models here' : false }, () => {
  for (const apiVersion of RESOURCE_API_VERSIONS) {
    it(`is refused in ${apiVersion}, by the name of what is wrong`, () => {
      const [model] = models?.resource(TYPE, apiVersion) ?? [];
      assert.ok(model !== undefined);
      const address = { subscriptionId: SUBSCRIPTION, resourceGroup: 'images', name: 'linux', apiVersion };
      const problemsOf = (body: object): string[] => {
        const planned = planResource(body as Record<string, unknown>, address);
        return planned.ok ? [] : planned.problems.map(({ path, message }) => `${path} ${message}`);
      };
      assert.deepEqual(problemsOf(BODY), []);
      // Before it was strict, the service ignored what it did not know. The key of an identity is wrong by itself.
      const all = mutationsOf(model, BODY, (path) => path.includes('{}')).filter(
        ({ why }) => why !== 'unknown' || apiVersion >= STRICT_SINCE,
      );
      assert.ok(all.length > 90, String(all.length));
      assert.deepEqual(
        all.flatMap((one) => judge(one, problemsOf(one.body))),
        [],
      );
    });
  }
});

function judge({ why, path }: Mutation, problems: string[]): string[] {
  const name =
    path
      .replaceAll(/\[\d+\]/g, '')
      .split('.')
      .at(-1) ?? '';
  if (problems.length === 0) return [`${why} ${path}: is taken`];
  return problems.some((one) => one.includes(name)) ? [] : [`${why} ${path}: not named in ${problems.join('; ')}`];
}
