import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { readSettings } from '../../src/client/settings.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';

const FOLDER = fileURLToPath(new URL('histories/', import.meta.url));

interface SavedHistory {
  events: Array<{ activityTaskScheduledEventAttributes?: { activityType: { name: string } } }>;
}

const read = (file: string): SavedHistory => JSON.parse(readFileSync(FOLDER + file, 'utf8')) as SavedHistory;

describe('a build of an earlier Kiln goes on under this one', () => {
  let codePath: string;
  before(async () => {
    codePath = await workflowBundle(readSettings({}).cacheDir);
  });
  const replay = (history: SavedHistory): Promise<void> =>
    Worker.runReplayHistory({ workflowBundle: { codePath } }, historyFromJSON(history));

  for (const file of readdirSync(FOLDER)) {
    it(`its saved history ${file} replays`, () => replay(read(file)));
  }

  it('and a history that this code would not have written is noticed', async () => {
    const history = read('success.json');
    const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes !== undefined);
    assert.ok(scheduled?.activityTaskScheduledEventAttributes);
    scheduled.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
    await assert.rejects(replay(history), DeterminismViolationError);
  });
});
