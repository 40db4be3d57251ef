import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findPowerShell } from '../../src/local-azure/machines/power-shell.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { TestStack } from './stack.ts';
import { putWindowsDefinition, windowsTemplate } from './templates.ts';

const sandboxed = process.platform === 'linux' && process.getuid?.() === 0;
const real = await findPowerShell();

/** Knows Write-Output of one word and exit: what is tested is what reaches it, and how. */
const STAND_IN = `#!/bin/sh
case "$*" in *PSVersionTable*) echo 7.4.6; exit ;; esac
while [ "$1" != -File ]; do shift; done
job=$(dirname "$2")
sed -n 's/^Write-Output //p' "$job/script.ps1"
echo "stand-in in $(cat /proc/sys/kernel/hostname)" >&2
code=$(sed -n 's/^exit //p' "$job/script.ps1")
grep -q '^Set-Content .*/exit-code' "$2" && echo "$code" >"$job/exit-code"
exit "$code"
`;

describe('a Windows build on a host with PowerShell', { skip: sandboxed ? false : 'the sandbox needs root' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-pwsh-'));
  const stack = new TestStack('sandbox', { PATH: `${folder}:${process.env['PATH'] ?? ''}` });
  before(async () => {
    writeFileSync(join(folder, 'pwsh'), STAND_IN);
    writeFileSync(join(folder, 'pwsh.dll'), '');
    chmodSync(join(folder, 'pwsh'), 0o755);
    await stack.up();
    await putWindowsDefinition(stack.connection());
  });
  after(async () => {
    await stack.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs what needs nothing of Windows, simulates the rest, and says which', async () => {
    const file = stack.write(
      'mixed',
      windowsTemplate([
        { type: 'PowerShell', name: 'portable', inline: ['Write-Output portable', 'exit 0'] },
        { type: 'PowerShell', name: 'elevated', runElevated: true, inline: ['Write-Output elevated', 'exit 0'] },
        { type: 'PowerShell', name: 'registry', inline: ["New-Item 'HKLM:\\SOFTWARE\\x'", 'exit 7'] },
        { type: 'PowerShell', name: 'codes', validExitCodes: [3010], inline: ['Write-Output codes', 'exit 3010'] },
        { type: 'PowerShell', name: 'told', inline: ['# simulate: stdout="told"', 'exit 7'] },
        { type: 'WindowsRestart', name: 'restart' },
      ]),
    );
    const { code, stdout, stderr } = await stack.kiln('build', file, '--id', 'mixed', '--json');
    assert.equal(code, 0, stderr);
    assert.match(stack.connection().machine, /Windows machines are Linux with PowerShell 7\.4\.6/);
    const { steps, leftovers } = JSON.parse(stdout) as BuildStatus;
    assert.deepEqual(
      steps.map(({ outputTail = '', exitCode }) => [outputTail.trimEnd(), exitCode]),
      [
        ['portable', 0],
        ['elevated', 0],
        ['local Azure: simulated, not run: the script needs Windows: the registry', 0],
        ['codes', 3010],
        ['local Azure: simulated, not run: the script says how to simulate it\ntold', 0],
        ['local Azure: simulated, not run: the script needs Windows: a drive, WMI, scheduled tasks', 0],
      ],
    );
    assert.deepEqual(leftovers, []);
  });

  it('fails a build by the exit code of a script that ran', async () => {
    const file = stack.write('fails', windowsTemplate([{ type: 'PowerShell', name: 'fails', inline: ['exit 5'] }]));
    const { code, stdout } = await stack.kiln('build', file, '--id', 'fails');
    assert.equal(code, 1);
    assert.match(stdout, /exited with 5: stand-in in /);
  });
});

describe('a Windows build under PowerShell itself', { skip: 'missing' in real ? real.missing : false }, () => {
  const stack = new TestStack('sandbox');
  before(async () => {
    await stack.up();
    await putWindowsDefinition(stack.connection());
  });
  after(() => stack.close());

  it('has the language, its modules and its exit codes', async () => {
    const inline = ['$sum = (1..4 | Measure-Object -Sum).Sum', 'Write-Output "sum $sum"', 'exit 3010'];
    const step = { type: 'PowerShell', name: 'sum', validExitCodes: [3010], inline };
    const { code, stdout, stderr } = await stack.kiln('build', stack.write('sum', windowsTemplate([step])), '--json');
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as BuildStatus).steps[0]?.outputTail, 'sum 10');
  });
});
