import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeLines } from '../../src/client/render.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';

const status = (changes: Partial<BuildStatus>): BuildStatus => ({
  runId: 'r',
  templateName: 't',
  templateId: '/t',
  state: 'Running',
  stage: 'Checking',
  stages: [],
  steps: [],
  outputs: [],
  leftovers: [],
  warnings: [],
  ...changes,
});
const stage = (name: BuildStatus['stage'], ended = true) => ({
  stage: name,
  startTime: '2026-01-01T00:00:00Z',
  ...(ended ? { endTime: '2026-01-01T00:00:01Z' } : {}),
});

describe('a build’s progress as plain lines', () => {
  const steps: BuildStatus['steps'] = [
    {
      role: 'customizer',
      index: 0,
      key: 'k',
      name: 'only',
      type: 'Shell',
      state: 'Succeeded',
      endTime: '2026-01-01T00:00:01Z',
      exitCode: 0,
    },
  ];

  it('comes in the order in which it happened, however much happened between two looks', () => {
    const later = status({ stages: [stage('Checking'), stage('Customizing'), stage('Capturing', false)], steps });
    assert.deepEqual(changeLines(undefined, later, new Set(), { regions: {} }), [
      'stage: check the plan',
      'stage: customize',
      'customizer 1/1 Shell only: started',
      'customizer 1/1 Shell only: succeeded, exit code 0',
      'stage: capture',
    ]);
  });

  it('says nothing twice', () => {
    const seen = new Set<string>();
    const now = status({ stages: [stage('Checking'), stage('Customizing')], steps });
    assert.notDeepEqual(changeLines(undefined, now, seen, { regions: {} }), []);
    assert.deepEqual(changeLines(now, now, seen, { regions: {} }), []);
  });
});
