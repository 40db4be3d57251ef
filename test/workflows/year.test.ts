import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { TEMPLATE_UPDATES } from '../../src/workflows/template-messages.ts';
import { TemplateClient } from '../../src/client/template-client.ts';
import { timeSkipping } from '../support/time-skipping.ts';
import { samplePlan, scripted } from './support.ts';

const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
const found = await timeSkipping();
const DAYS = 365;

describe('a template over a year', { skip: typeof found === 'string' ? found : false }, () => {
  let environment: TestWorkflowEnvironment;
  before(async () => {
    environment = found as TestWorkflowEnvironment;
    await environment.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, KEYWORD])),
    });
  });
  after(() => environment.teardown());

  it('runs every day and keeps a short history', async () => {
    const { calls, activities } = scripted();
    const taskQueue = 'year';
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue,
      workflowBundle: await bundleWorkflowCode({
        workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
        logger: new DefaultLogger('ERROR'),
      }),
      activities,
    });
    let longest = 0;
    let histories = 0;
    await worker.runUntil(async () => {
      const { workflow } = environment.client;
      const id = '/subscriptions/s/resourcegroups/g/year';
      const { firstExecutionRunId } = await workflow.start('imageTemplate', {
        workflowId: id,
        taskQueue,
        args: [{ id }],
      });
      const template = new TemplateClient(environment.client, taskQueue);
      // As short as a build can be: what a year of them does to the template is asked here.
      const image = { type: 'ManagedImage', index: 0, runOutputName: 'image', artifactTags: {} } as const;
      const distribute = [{ ...image, imageId: '/i', location: 'westeurope' }];
      const plan = samplePlan({ customize: [], distribute });
      const resource = { location: 'westeurope', tags: {}, identity: {}, properties: {} };
      const began = await environment.currentTimeMs();
      await workflow.getHandle(id).executeUpdate(TEMPLATE_UPDATES.put, { args: [{ plan, resource }] });
      while ((await template.get(id)).provisioningState !== 'Succeeded') await environment.sleep('1s');
      for (let day = 1; day <= DAYS; day++) {
        const { runId = '' } = await template.run(id, { by: 'schedule' });
        assert.match(runId, new RegExp(`-${day}$`));
        // Time must not go by while the template has not come to rest.
        while ((await template.get(id)).runs[0]?.endTime === undefined) await environment.sleep('1s');
        await environment.sleep('1d');
      }
      const { runs } = await template.get(id);
      assert.deepEqual(
        runs.map(({ state }) => state),
        Array.from({ length: 10 }, () => 'Succeeded'),
      );
      const days = ((await environment.currentTimeMs()) - began) / 86_400_000;
      assert.ok(days >= DAYS, `${days} days`);
      for (let next: string | null | undefined = firstExecutionRunId; next; histories++) {
        const { events } = await workflow.getHandle(id, next).fetchHistory();
        longest = Math.max(longest, events?.length ?? 0);
        next = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
      }
    });
    assert.ok(histories > 1, 'it went on in a new history');
    assert.ok(longest < 2500, `${longest} events`);
    // Each run's logs went when it was the eleventh.
    assert.equal(calls.filter((name) => name === 'removeStagingGroup').length, DAYS - 10);
  });
});
