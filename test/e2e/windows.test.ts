import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { buildWorkflowId } from '../../src/workflows/messages.ts';
import { TestStack } from './stack.ts';
import { putWindowsDefinition, windowsTemplate } from './templates.ts';

describe('a Windows build, with simulated machines', () => {
  const stack = new TestStack('simulated');
  before(async () => {
    await stack.up();
    await putWindowsDefinition(stack.connection());
  });
  after(() => stack.close());

  it('runs every kind of step, and keeps its password out of its history', async () => {
    const file = stack.write(
      'all',
      windowsTemplate([
        { type: 'PowerShell', name: 'user', inline: ['# simulate: stdout="hello"'] },
        { type: 'PowerShell', name: 'elevated', runElevated: true, inline: ['Get-Date'] },
        { type: 'PowerShell', name: 'system', runElevated: true, runAsSystem: true, inline: ['Get-Date'] },
        { type: 'PowerShell', name: 'codes', validExitCodes: [0, 3010], inline: ['# simulate: exit=3010'] },
        { type: 'WindowsRestart', name: 'restart' },
        { type: 'WindowsUpdate', name: 'updates', filters: ['include:$true'] },
      ]),
    );
    const { code, stdout, stderr } = await stack.kiln('build', file, '--id', 'all', '--json');
    assert.equal(code, 0, stderr);
    const { steps, leftovers } = JSON.parse(stdout) as BuildStatus;
    assert.deepEqual(
      steps.map(({ type, state, exitCode }) => `${type} ${state} ${exitCode}`),
      [
        'PowerShell Succeeded 0',
        'PowerShell Succeeded 0',
        'PowerShell Succeeded 0',
        'PowerShell Succeeded 3010',
        'WindowsRestart Succeeded 0',
        'WindowsUpdate Succeeded 0',
      ],
    );
    assert.equal(steps[0]?.outputTail, 'hello');
    assert.equal(steps[4]?.note, 'the machine was restarted');
    assert.equal(steps[5]?.note, '0 updates installed in 1 rounds');
    assert.deepEqual(leftovers, []);
    const history = JSON.stringify(await stack.history(buildWorkflowId('all')));
    assert.match(history, /"activityType"/);
    const payloads = [...history.matchAll(/"data":"([^"]+)"/g)].map(([, data = '']) => atob(data)).join('\n');
    assert.doesNotMatch(`${history}${payloads}`, /aA1!|adminPassword|runAsPassword/);
  });

  it('ends at an exit code that is not allowed', async () => {
    const file = stack.write(
      'code',
      windowsTemplate([{ type: 'PowerShell', name: 'code', inline: ['# simulate: exit=3010'] }]),
    );
    const { code, stdout } = await stack.kiln('build', file, '--id', 'code');
    assert.equal(code, 1);
    assert.match(stdout, /CustomizerFailed in Customizing, step code/);
    assert.match(stdout, /exited with 3010/);
  });

  it('gives up on updates that are never done, and names what it waited for', async () => {
    const never =
      'include:$true\n# simulate: exit=102 stdout="KILN-UPDATES {\\"chosen\\":1,\\"installed\\":0,\\"failed\\":[\\"KB1 (0x80240022)\\"]}"';
    const before = await stack.inventory();
    const file = stack.write('stuck', windowsTemplate([{ type: 'WindowsUpdate', name: 'updates', filters: [never] }]));
    const { code, stdout } = await stack.kiln('build', file, '--id', 'stuck');
    assert.equal(code, 1, stdout);
    assert.match(stdout, /UpdatesStuck in Customizing, step updates/);
    assert.match(stdout, /3 rounds of Windows Update installed nothing: KB1 \(0x80240022\)/);
    assert.deepEqual(await stack.inventory(), before);
  });

  it('restarts between rounds of updates, and a killed worker goes on with the round it was in', async () => {
    const rounds =
      'include:$true\n# simulate: exit=101 seconds=1 stdout="KILN-UPDATES {\\"chosen\\":2,\\"installed\\":2,\\"failed\\":[]}"';
    const file = stack.write(
      'rounds',
      windowsTemplate([{ type: 'WindowsUpdate', name: 'updates', filters: [rounds] }]),
    );
    const build = stack.start('build', file, '--id', 'rounds');
    const client = await stack.client();
    const lineLike = async (pattern: RegExp): Promise<void> => {
      const status = await stack.until('rounds', ({ steps }) => steps[0]?.state === 'Running');
      for (let line = ''; !pattern.test(line);) line = (await client.live(status)).lastLine ?? '';
    };
    await lineLike(/round 3: .*, 4 installed so far/);
    stack.kill('worker');
    await lineLike(/round [45]: /);
    build.signal('SIGINT');
    const { code } = await build.ended;
    assert.equal(code, 3);
    const names = JSON.stringify(await stack.history(buildWorkflowId('rounds')));
    assert.match(names, /runStep/);
  });

  it('refuses steps of the other system before anything is made', async () => {
    const before = await stack.inventory();
    const file = stack.write('mixed', windowsTemplate([{ type: 'Shell', name: 'shell', inline: ['true'] }]));
    const { code, stderr } = await stack.kiln('build', file, '--id', 'mixed');
    assert.equal(code, 2);
    assert.match(stderr, /properties\.customize\[0\]\.type: Shell is for Linux, and the source .* is Windows/);
    assert.deepEqual(await stack.inventory(), before);
  });
});
