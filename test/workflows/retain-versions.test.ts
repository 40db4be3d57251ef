import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { GalleryVersion, KnownTemplate } from '../../src/activities/contract.ts';
import type { RetentionReport, RetentionRequest } from '../../src/workflows/patch-messages.ts';
import { scripted, useTemporal } from './support.ts';

const DEFINITION = '/galleries/g/images/base';
const DAY = 86_400_000;

const version = (name: string, daysOld: number, more: Partial<GalleryVersion> = {}): GalleryVersion => ({
  id: `${DEFINITION}/versions/${name}`,
  name,
  published: new Date(Date.now() - daysOld * DAY).toISOString(),
  good: true,
  settled: true,
  byKiln: true,
  ...more,
});

const child = (more: Partial<KnownTemplate>): KnownTemplate => ({
  id: '/t/web',
  name: 'web',
  makes: [],
  tags: {},
  running: false,
  builtOn: DEFINITION.toUpperCase(),
  ...more,
});

describe('retainVersions', () => {
  const temporal = useTemporal();

  async function retain(
    versions: GalleryVersion[],
    request: Partial<RetentionRequest>,
    templates: KnownTemplate[] = [],
    stuck: string[] = [],
    inUse: string[] = [],
  ): Promise<{ told: string[]; removed: string[]; failed: boolean }> {
    const removed: string[] = [];
    const { activities } = scripted({
      findTemplates: async () => templates,
      findSourcesInUse: async () => inUse,
      listVersions: async () => versions,
      removeVersion: async (id) => {
        const name = id.split('/').at(-1) ?? '';
        if (stuck.includes(name)) throw ApplicationFailure.nonRetryable('a lock is on it', 'Refused');
        removed.push(name);
      },
    });
    const taskQueue = randomUUID();
    return temporal.withWorker(taskQueue, activities, async () => {
      const args = [{ definitions: [DEFINITION], within: '/s', dryRun: false, ...request }];
      const started = temporal.environment().client.workflow.execute('retainVersions', {
        workflowId: taskQueue,
        taskQueue,
        args,
      });
      let report: RetentionReport;
      let failed = false;
      try {
        report = (await started) as RetentionReport;
      } catch (error) {
        assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure, String(error));
        report = error.cause.details?.[0] as RetentionReport;
        failed = true;
      }
      const told = report.versions.map(({ id, action, reason }) => `${id.split('/').at(-1)} ${action}: ${reason}`);
      return { told, removed, failed };
    });
  }

  it('keeps the newest ones and the young ones, and removes what is neither', async () => {
    const versions = [version('1', 40), version('2', 30), version('3', 5), version('4', 3), version('5', 1)];
    assert.deepEqual((await retain(versions, { keep: 2 })).removed, ['3', '2', '1']);
    assert.deepEqual((await retain(versions, { days: 10 })).removed, ['2', '1']);
    assert.deepEqual((await retain(versions, { keep: 4, days: 10 })).removed, ['1']);
    const dry = await retain(versions, { keep: 2, dryRun: true });
    assert.deepEqual(dry.removed, []);
    assert.deepEqual(dry.told.slice(1), [
      '4 Kept: among the newest 2',
      '3 WouldRemove: old',
      '2 WouldRemove: old',
      '1 WouldRemove: old',
    ]);
  });

  it('never removes the newest good one, also below newer ones that are not', async () => {
    const versions = [version('1', 40), version('2', 30, { good: false }), version('3', 20, { good: false })];
    const { told, removed } = await retain(versions, { days: 1 });
    assert.equal(told.at(-1), '1 Kept: the newest good version');
    assert.deepEqual(removed, ['3', '2']);
  });

  it('never removes what others made, what is being made, or what a template here uses', async () => {
    const versions = [
      version('1', 50, { byKiln: false }),
      version('2', 40, { settled: false }),
      version('3', 30),
      version('4', 20),
      version('5', 1),
    ];
    const uses = [
      child({ sourceVersionId: `${DEFINITION}/versions/3` }),
      child({ name: 'app', usedVersion: '4', sourceVersionId: `${DEFINITION}/versions/latest` }),
    ];
    const { told, removed } = await retain(versions, { keep: 1 }, uses);
    assert.deepEqual(removed, []);
    assert.deepEqual(told.slice(1), [
      '4 Kept: app was last built on it',
      '3 Kept: the source of web',
      '2 Kept: still being published',
      '1 Kept: not made by Kiln',
    ]);
    const running = await retain([version('1', 9), version('2', 1)], { keep: 1 }, [child({ running: true })]);
    assert.deepEqual(running.told[1], '1 Kept: web is building on this definition');
    const building = await retain([version('1', 9), version('2', 1)], { keep: 1 }, [], [], [version('1', 9).id]);
    assert.deepEqual(building.told[1], '1 Kept: a build from it is under way');
  });

  it('goes on after one that cannot be removed, and names it', async () => {
    const versions = [version('1', 40), version('2', 30), version('3', 1)];
    const { told, removed, failed } = await retain(versions, { keep: 1 }, [], ['2']);
    assert.equal(failed, true);
    assert.deepEqual(removed, ['1']);
    assert.equal(told[1], '2 Failed: a lock is on it');
  });
});
