import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputsAfter } from '../../src/workflows/build-record.ts';
import type { OutputStatus } from '../../src/workflows/messages.ts';

const output = (runOutputName: string, state: OutputStatus['state'], artifactId?: string): OutputStatus => ({
  runOutputName,
  type: 'ManagedImage',
  state,
  regions: [],
  ...(artifactId === undefined ? {} : { artifactId }),
});

test('a distribution that was cancelled or has failed takes nothing away of what the run has', () => {
  const former = [
    output('good', 'Succeeded', 'id'),
    output('part', 'PartiallySucceeded', 'id'),
    output('bad', 'Failed'),
  ];
  const unfinished = ['good', 'part', 'bad', 'new'].map((name) => output(name, 'Pending'));
  assert.deepEqual(outputsAfter(former, unfinished), former);
  const failed = ['good', 'part', 'bad', 'new'].map((name) => output(name, 'Failed'));
  assert.deepEqual(outputsAfter(former, failed), [
    former[0],
    former[1],
    output('bad', 'Failed'),
    output('new', 'Failed'),
  ]);
});

test('what was made takes the place of what there was', () => {
  const former = [output('good', 'Succeeded', 'id'), output('bad', 'Failed')];
  const made = [output('good', 'PartiallySucceeded', 'id'), output('bad', 'Succeeded', 'other')];
  assert.deepEqual(outputsAfter(former, made), made);
});
