/**
 * Windows machines on a host that has PowerShell 7: sandboxes of Linux, in which a PowerShell script that needs nothing
 * of Windows really runs, and any other is simulated and says so in its output.
 *
 * A script that itself starts PowerShell on what it fetches from a parameter's address (Kiln's steps do, and whoever
 * passes -ExecutionPolicy Bypass) needs Windows for its own bookkeeping mostly: then what it would start is run in its
 * place, with the texts of a parameter that is a JSON object as its environment.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quote, tool } from './commands.ts';
import type { Machines, RunRequest } from './machine.ts';
import { needsOfWindows } from './needs-windows.ts';
import { scriptedOutcome, tellsOutcome } from './scripted-outcome.ts';

export interface PowerShell {
  /** The folder of an installation that carries its own .NET. */
  folder: string;
  version: string;
}

/** PowerShell 7 or later of this host; else in words why there is none. */
export async function findPowerShell(): Promise<PowerShell | { missing: string }> {
  let file: string;
  try {
    file = realpathSync((await tool('sh', ['-c', 'command -v pwsh'])).trim());
  } catch {
    return { missing: 'pwsh is not installed' };
  }
  // The .NET tool of the same name is a launcher, which would need the host's .NET too.
  const folder = dirname(file);
  if (!existsSync(join(folder, 'pwsh.dll'))) return { missing: `${file} does not carry its own .NET` };
  try {
    const [version = ''] = (
      await tool(file, ['-NoProfile', '-NonInteractive', '-Command', '"$($PSVersionTable.PSVersion)"'])
    )
      .trim()
      .split('\n');
    const major = Number(version.split('.')[0]);
    return major >= 7 ? { folder, version } : { missing: `${file} is PowerShell ${version}, and 7 is needed` };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/** @param found where PowerShell has gone since its machines were made, all of theirs is simulated */
export function createPowerShellMachines(sandbox: Machines, found: PowerShell | { missing: string }): Machines {
  const missing = 'missing' in found ? found.missing : undefined;
  const tools = 'missing' in found ? {} : { pwsh: found.folder };
  return {
    ...sandbox,
    platformContent: (urn) => sandbox.platformContent(urn, 'Linux'),
    start: (spec) => sandbox.start({ ...spec, osType: 'Linux', tools }),
    async run(key, request) {
      // Asked for again with the same id it starts nothing, so nothing need be fetched a second time.
      if ((await sandbox.status(key, request.id)).state !== 'Unknown') return;
      const { script, parameters, environment = {} } = await whatToRun(request);
      const why = missing ?? whySimulated(script);
      const translated = why === undefined ? really(script, parameters, environment) : simulated(script, why);
      await sandbox.run(key, { ...request, parameters: [], script: translated });
    },
  };
}

async function whatToRun(
  request: RunRequest,
): Promise<Pick<RunRequest, 'script' | 'parameters'> & { environment?: Record<string, string> }> {
  if (!/-ExecutionPolicy\s+Bypass\b/i.test(request.script)) return request;
  const fetched = await Promise.all(request.parameters.map(({ value }) => fetchText(value)));
  const script = fetched.find((text) => text !== undefined);
  if (script === undefined) return request;
  return { script, parameters: [], environment: Object.assign({}, ...request.parameters.map(textsIn)) };
}

/** None for what is no JSON object of texts. */
function textsIn({ value }: { value: string }): Record<string, string> {
  if (!value.startsWith('{')) return {};
  try {
    const entries = Object.entries(JSON.parse(value) as object);
    return entries.every(([, text]) => typeof text === 'string') ? Object.fromEntries(entries) : {};
  } catch {
    return {};
  }
}

function whySimulated(script: string): string | undefined {
  if (tellsOutcome(script)) return 'the script says how to simulate it';
  const needs = needsOfWindows(script);
  return needs.length === 0 ? undefined : `the script needs Windows: ${needs.slice(0, 3).join(', ')}`;
}

/** Undefined for what is no address, or does not answer. */
async function fetchText(value: string): Promise<string | undefined> {
  if (!/^https?:/.test(value)) return undefined;
  try {
    const response = await fetch(value);
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/** Exit codes of Windows are wider than a byte: the agent takes what is left as `exit-code` beside the job's script. */
const LEAVE_CODE = 'job=$(dirname "$0")';

/** Run Command passes named parameters as `-name value`, others in their order. */
function really(script: string, parameters: RunRequest['parameters'], environment: Record<string, string>): string {
  const passed = parameters.map(({ name, value }) => `${name === undefined ? '' : `-${name} `}${literal(value)}`);
  const set = Object.entries(environment).map(
    ([name, value]) => `[Environment]::SetEnvironmentVariable(${literal(name)}, ${literal(value)})\n`,
  );
  const caller = `${set.join('')}$global:LASTEXITCODE = 0
& "$PSScriptRoot/script.ps1" ${passed.join(' ')}
Set-Content -LiteralPath "$PSScriptRoot/exit-code" -Value $LASTEXITCODE
exit $LASTEXITCODE
`;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return `#!/bin/sh
${LEAVE_CODE}
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off NO_COLOR=1
base64 -d >"$job/script.ps1" <<'end'
${base64(script)}
end
base64 -d >"$job/caller.ps1" <<'end'
${base64(caller)}
end
exec /run/kiln/tools/pwsh/pwsh -NoProfile -NonInteractive -File "$job/caller.ps1"
`;
}

function simulated(script: string, why: string): string {
  const { exitCode, seconds, stdout, stderr } = scriptedOutcome(script);
  return `#!/bin/sh
${LEAVE_CODE}
echo ${quote(`local Azure: simulated, not run: ${why}`)}
sleep ${seconds}
printf %s ${quote(stdout)}
printf %s ${quote(stderr)} >&2
echo ${exitCode} >"$job/exit-code"
`;
}

/** A text of PowerShell's that means itself. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
