/** The customizers of a plan as provisioners. What Kiln does as root, Packer does by sudo. */
import { basename } from 'node:path';
import type {
  FileCustomizer,
  PlannedCustomizer,
  PowerShellCustomizer,
  ShellCustomizer,
} from '../../template/build-plan.ts';
import { formatDuration } from '../../template/duration.ts';
import type { Lost } from './export.ts';
import { packerText, Raw } from './hcl-text.ts';
import type { Block } from './hcl-text.ts';

/** The script's own interpreter is kept, its environment set inside of sudo. */
const AS_ROOT = 'chmod +x {{ .Path }}; sudo -E env {{ .Vars }} {{ .Path }}';

const DEPROVISION = '/usr/sbin/waagent -force -deprovision+user && export HISTSIZE=0 && sync';
const SYSPREP = [
  "while ((Get-Service RdAgent).Status -ne 'Running') { Start-Sleep -s 5 }",
  "while ((Get-Service WindowsAzureGuestAgent).Status -ne 'Running') { Start-Sleep -s 5 }",
  '& $env:SystemRoot\\System32\\Sysprep\\Sysprep.exe /oobe /generalize /quiet /quit /mode:vm',
  "while ($true) { $state = (Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State).ImageState; if ($state -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }; Start-Sleep -s 10 }",
];

export interface StepsExport {
  osType: 'Linux' | 'Windows';
  lost: Lost;
  /** Of a file that the template names: the path that Packer finds it by. */
  file: (path: string) => Raw;
  /** Of a file that is made; by its name. */
  write: (name: string, content: string) => Raw;
}

export function provisioners(steps: PlannedCustomizer[], to: StepsExport): Block[] {
  return [...steps.flatMap((step) => provisionersOf(step, to)), last(to.osType)];
}

function last(osType: 'Linux' | 'Windows'): Block {
  return osType === 'Linux'
    ? provisioner('shell', { execute_command: packerText(AS_ROOT), inline: [DEPROVISION] })
    : provisioner('powershell', { inline: SYSPREP });
}

function provisionersOf(step: PlannedCustomizer, to: StepsExport): Block[] {
  switch (step.type) {
    case 'Shell':
      return shell(step, to);
    case 'PowerShell':
      return [powerShell(step, to)];
    case 'File':
      return file(step, to);
    case 'WindowsRestart':
      return [
        provisioner('windows-restart', {
          restart_command: step.restartCommand,
          restart_check_command: step.restartCheckCommand,
          restart_timeout: formatDuration(step.restartTimeoutInSeconds),
          ...tries(step),
        }),
      ];
    case 'WindowsUpdate':
      return [
        provisioner('windows-update', {
          search_criteria: step.searchCriteria,
          filters: step.filters.length === 0 ? undefined : step.filters,
          update_limit: step.updateLimit,
          ...tries(step),
        }),
      ];
  }
}

function shell(step: ShellCustomizer, to: StepsExport): Block[] {
  const { script, environment, executeCommand, validExitCodes, restart } = step;
  const fetched = script.from === 'uri' ? fetchAndRun(step, to) : {};
  const reboot = {
    execute_command: packerText(AS_ROOT),
    inline: ['reboot'],
    expect_disconnect: true,
    pause_after: '10s',
  };
  return [
    provisioner('shell', {
      execute_command: packerText(executeCommand ?? AS_ROOT),
      env: environment,
      valid_exit_codes: validExitCodes,
      ...(script.from === 'inline' ? linesOf(step, script.lines, 'sh', to) : {}),
      ...(script.from === 'file' ? { script: to.file(script.file.path) } : {}),
      ...fetched,
      ...tries(step),
    }),
    ...(restart === undefined ? [] : [provisioner('shell', reboot)]),
  ];
}

/** Packer computes `{{ }}` in lines, some of them twice, and never in a file. */
function linesOf(
  { key }: PlannedCustomizer,
  lines: string[],
  extension: 'sh' | 'ps1',
  to: StepsExport,
): Record<string, unknown> {
  if (!lines.some((line) => line.includes('{{'))) return { inline: lines };
  const first = extension === 'sh' ? '#!/bin/sh -e\n' : '';
  return { script: to.write(`${key}.${extension}`, `${first}${lines.join('\n')}\n`) };
}

/** Packer takes scripts from where it runs only. */
function fetchAndRun({ script, index }: ShellCustomizer, { lost }: StepsExport): Record<string, unknown> {
  if (script.from !== 'uri') return {};
  const { uri, sha256 } = script;
  lost(`properties.customize[${index}].scriptUri`, 'Packer knows no addresses: the machine fetches it by curl');
  const place = `/tmp/kiln-${index + 1}`;
  const check = sha256 === undefined ? [] : [`echo '${sha256}  ${place}' | sha256sum -c -`];
  return { inline: [`curl -fsSL -o ${place} ${quote(uri)}`, ...check, `chmod +x ${place}`, place] };
}

function powerShell(step: PowerShellCustomizer, to: StepsExport): Block {
  const { script, environment, runElevated, runAsSystem, validExitCodes, index } = step;
  const elevated = runAsSystem
    ? { elevated_user: 'SYSTEM', elevated_password: '' }
    : { elevated_user: new Raw('build.User'), elevated_password: new Raw('build.Password') };
  if (script.from === 'uri') {
    to.lost(`properties.customize[${index}].scriptUri`, 'Packer knows no addresses: the machine fetches it');
  }
  const place = `C:\\Windows\\Temp\\kiln-${index + 1}.ps1`;
  return provisioner('powershell', {
    ...(runElevated ? elevated : {}),
    env: environment,
    valid_exit_codes: validExitCodes.join() === '0' ? undefined : validExitCodes,
    ...(script.from === 'inline' ? linesOf(step, script.lines, 'ps1', to) : {}),
    ...(script.from === 'file' ? { script: to.file(script.file.path) } : {}),
    ...(script.from === 'uri'
      ? { inline: [...fetchWindows(script, place), `& '${place}'`, 'exit $LASTEXITCODE'] }
      : {}),
    ...tries(step),
  });
}

/** Packer uploads as the user that it connects as, who may not write everywhere. */
function file(step: FileCustomizer, to: StepsExport): Block[] {
  const { destination, index, sourceUri = '', sha256 } = step;
  const source = step.file === undefined ? undefined : to.file(step.file.path);
  if (source === undefined) {
    to.lost(`properties.customize[${index}].sourceUri`, 'Packer knows no addresses: the machine fetches it');
    const content = { uri: sourceUri, ...(sha256 === undefined ? {} : { sha256 }) };
    if (to.osType === 'Windows') {
      return [provisioner('powershell', { inline: fetchWindows(content, destination), ...tries(step) })];
    }
    const check = sha256 === undefined ? [] : [`echo '${sha256}  '${quote(destination)} | sha256sum -c -`];
    const inline = [`curl -fsSL -o ${quote(destination)} ${quote(sourceUri)}`, ...check];
    return [provisioner('shell', { execute_command: packerText(AS_ROOT), inline, ...tries(step) })];
  }
  if (step.unpack === true) return folder(step, source, to);
  if (to.osType === 'Windows') return [provisioner('file', { source, destination, ...tries(step) })];
  const between = `/tmp/kiln-${index + 1}-${basename(destination)}`;
  const inline = [`install -m 0644 ${quote(between)} ${quote(destination)}`, `rm -f ${quote(between)}`];
  return [
    provisioner('file', { source, destination: between, ...tries(step) }),
    provisioner('shell', { execute_command: packerText(AS_ROOT), inline }),
  ];
}

/** With a slash at its end Packer takes what is in the folder, and wants the other to be there. */
function folder(step: FileCustomizer, source: Raw, to: StepsExport): Block[] {
  const { destination, index } = step;
  const inside = new Raw(source.text.replace(/"$/, '/"'));
  if (to.osType === 'Windows') {
    const inline = [`New-Item -ItemType Directory -Force -Path '${destination.replaceAll("'", "''")}' | Out-Null`];
    const more = { source: inside, destination, ...tries(step) };
    return [provisioner('powershell', { inline }), provisioner('file', more)];
  }
  const between = `/tmp/kiln-${index + 1}`;
  const inline = [
    `mkdir -p ${quote(destination)}`,
    `cp -R --no-preserve=ownership ${between}/. ${quote(`${destination}/`)}`,
    `rm -rf ${between}`,
  ];
  return [
    provisioner('shell', { inline: [`mkdir -p ${between}`] }),
    provisioner('file', { source: inside, destination: between, ...tries(step) }),
    provisioner('shell', { execute_command: packerText(AS_ROOT), inline }),
  ];
}

function fetchWindows({ uri, sha256 }: { uri: string; sha256?: string }, place: string): string[] {
  const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const check = `if ((Get-FileHash -Algorithm SHA256 -LiteralPath ${literal(place)}).Hash -ne '${sha256 ?? ''}') { throw 'the checksum is another' }`;
  const get = `Invoke-WebRequest -UseBasicParsing -Uri ${literal(uri)} -OutFile ${literal(place)}`;
  return ["$ErrorActionPreference = 'Stop'", get, ...(sha256 === undefined ? [] : [check])];
}

function tries({
  pauseBeforeInSeconds: pause,
  retries,
  timeoutInSeconds: within,
}: PlannedCustomizer): Record<string, unknown> {
  return {
    pause_before: pause === undefined ? undefined : formatDuration(pause),
    max_retries: retries,
    timeout: within === undefined ? undefined : formatDuration(within),
  };
}

const provisioner = (kind: string, attributes: Record<string, unknown>): Block => ({
  type: 'provisioner',
  labels: [kind],
  attributes,
});

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
