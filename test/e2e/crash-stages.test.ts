import { after, before, describe, it } from 'node:test';
import { APPEND, buildAndKill, skip } from './kills.ts';
import { TestStack } from './stack.ts';

const OPTIMIZED_AND_VALIDATED = {
  optimize: { vmBoot: { state: 'Enabled' } },
  validate: { inVMValidations: [{ type: 'Shell', name: 'check', inline: ['test -s /root/lines'] }] },
};

describe('kiln, with the worker killed on reaching a stage', { skip }, () => {
  const stack = new TestStack('sandbox');
  before(() => stack.up());
  after(() => stack.close());

  for (const [stage, changes] of [
    ['Provisioning', {}],
    ['CopyingSource', {}],
    ['CreatingMachine', {}],
    ['Optimizing', OPTIMIZED_AND_VALIDATED],
    ['Capturing', {}],
    ['Validating', OPTIMIZED_AND_VALIDATED],
    ['Distributing', {}],
    ['CleaningUp', {}],
  ] as const) {
    it(`goes on when that is ${stage}`, () =>
      buildAndKill(
        stack,
        `at-${stage.toLowerCase()}`,
        [APPEND],
        'worker',
        ({ stages }) => stages.some((entry) => entry.stage === stage),
        changes,
      ));
  }
});
