/** What is run inside a Windows machine around a step: Windows PowerShell 5.1, as Run Command has it, by SYSTEM. */
import type { PowerShellCustomizer } from '../../template/build-plan.ts';
import type { StagedStep } from '../contract.ts';

/** Scripts, relative files and what is known of each step. Gone at capture. */
const WORK = 'C:\\Windows\\Temp\\kiln';

/** The account that Azure sets a Windows machine up with, and that steps run as which are not run as SYSTEM. */
export const BUILD_USER = 'kiln';

const BEGIN = `
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
$work = ${literal(WORK)}
New-Item -ItemType Directory -Force -Path $work | Out-Null
function Receive-Content($target, $expected) {
  $part = "$target.kiln-part"
  for ($try = 1; ; $try++) {
    try { Invoke-WebRequest -UseBasicParsing -Uri $KILN_SOURCE -OutFile $part; break }
    catch { if ($try -eq 5) { throw }; Start-Sleep -Seconds (2 * $try) }
  }
  $actual = (Get-FileHash -Algorithm SHA256 -LiteralPath $part).Hash.ToLowerInvariant()
  if ($actual -ne $expected) { throw "kiln: expected sha256 $expected, got $actual" }
  Move-Item -Force -LiteralPath $part -Destination $target
}
`;

/** What a step runs as; a secret is a named parameter of the script, which Azure answers back to nobody. */
export interface WindowsCommand {
  script: string;
  asBuildUser: boolean;
  /** The script wants the build user's password as KILN_PASSWORD. */
  needsPassword: boolean;
}

export function windowsStep(step: StagedStep): WindowsCommand {
  const plain = { asBuildUser: false, needsPassword: false };
  switch (step.type) {
    case 'PowerShell':
      return powerShellStep(step);
    case 'File':
      return { ...plain, script: step.unpack === true ? folderStep(step) : fileStep(step.sha256, step.destination) };
    case 'Shell':
      throw new TypeError('Shell is a step of Linux machines');
    case 'WindowsRestart':
    case 'WindowsUpdate':
      throw new TypeError(`${step.type} is more than one command`);
  }
}

/**
 * Three ways to run, as Image Builder has them: as the build user; elevated, by a scheduled task of the build user's
 * with the highest rights; as SYSTEM, which Run Command is already.
 */
function powerShellStep(
  step: Pick<PowerShellCustomizer, 'key' | 'runElevated' | 'runAsSystem' | 'environment'> & { sha256: string },
): WindowsCommand {
  const { key, sha256, runElevated, runAsSystem, environment } = step;
  const byTask = runElevated && !runAsSystem;
  const script = `param([string]$KILN_SOURCE, [string]$KILN_PASSWORD, [string]$KILN_ENVIRONMENT)
${BEGIN}
$note = Join-Path $work ${literal(key)}
Remove-Item -Force -ErrorAction SilentlyContinue "$note.*"
$script = "$note.ps1"
Receive-Content $script ${literal(sha256)}
Set-Content -LiteralPath "$note.begun" -Value (Get-Date -Format o)
Set-Location $work
$shell = (Get-Process -Id $PID).Path
${environment === undefined ? '$set = ""' : SET_ENVIRONMENT}
$arguments = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -Command \`"$set\`$ProgressPreference='SilentlyContinue'; & '$script'; exit \`$LASTEXITCODE\`""
${byTask ? BY_TASK : DIRECTLY}
Set-Content -LiteralPath "$note.exit" -Value $code
Remove-Item -Force -ErrorAction SilentlyContinue $script, "$note.set.ps1"
exit $code
`;
  return { script, asBuildUser: !runElevated, needsPassword: byTask };
}

/** A task does not inherit the environment of who registers it, so the script's is set by a script of its own. */
const SET_ENVIRONMENT = `$lines = ($KILN_ENVIRONMENT | ConvertFrom-Json).PSObject.Properties | ForEach-Object {
  "[Environment]::SetEnvironmentVariable('$($_.Name)', '$($_.Value -replace "'", "''")')"
}
[IO.File]::WriteAllLines("$note.set.ps1", [string[]]@($lines), (New-Object Text.UTF8Encoding $true))
$set = "& '$note.set.ps1'; "`;

const DIRECTLY = `$process = Start-Process -FilePath $shell -ArgumentList $arguments -NoNewWindow -PassThru -WorkingDirectory $work
$null = $process.Handle
$process.WaitForExit()
$code = $process.ExitCode`;

/**
 * A task has no console: its output goes through files, which are shown as they grow. Its result has no sign, and `exit`
 * takes no number of more than 31 bits: a failure such as 0x80070005 must stay one.
 */
const BY_TASK = `$task = "kiln-$([IO.Path]::GetFileName($note))"
$cmd = "/c \`"\`"$shell\`" $arguments >\`"$note.out\`" 2>\`"$note.err\`"\`""
$action = New-ScheduledTaskAction -Execute 'cmd.exe' -Argument $cmd -WorkingDirectory $work
$limits = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries
Register-ScheduledTask -Force -TaskName $task -Action $action -Settings $limits -User ${literal(BUILD_USER)} -Password $KILN_PASSWORD -RunLevel Highest | Out-Null
Start-ScheduledTask -TaskName $task
$shown = @{ out = 0; err = 0 }
function Show-New($name) {
  $file = "$note.$name"
  if (-not (Test-Path -LiteralPath $file)) { return }
  $stream = [IO.File]::Open($file, 'Open', 'Read', 'ReadWrite')
  try {
    $null = $stream.Seek($shown[$name], 'Begin')
    $text = (New-Object IO.StreamReader $stream).ReadToEnd()
    $shown[$name] = $stream.Length
  } finally { $stream.Dispose() }
  if ($text -eq '') { return }
  if ($name -eq 'err') { [Console]::Error.Write($text) } else { [Console]::Out.Write($text) }
}
do {
  Start-Sleep -Seconds 1
  Show-New 'out'; Show-New 'err'
  $info = Get-ScheduledTaskInfo -TaskName $task
} while ((Get-ScheduledTask -TaskName $task).State -in 'Running', 'Queued' -or $info.LastTaskResult -eq 0x41303)
Show-New 'out'; Show-New 'err'
$code = [BitConverter]::ToInt32([BitConverter]::GetBytes([uint32]$info.LastTaskResult), 0)
Unregister-ScheduledTask -TaskName $task -Confirm:$false`;

/** As {@link outcomeOf} of Linux. Event 1074 is written when something asks Windows to restart. */
export const windowsOutcomeOf = (key: string): string => `$note = ${literal(`${WORK}\\${key}`)}
if (Test-Path "$note.exit") { "exit $((Get-Content "$note.exit").Trim())" }
elseif (-not (Test-Path "$note.begun")) { 'not begun' }
else {
  $begun = [DateTime]::Parse((Get-Content "$note.begun"))
  $asked = Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = 1074; StartTime = $begun } -MaxEvents 1 -ErrorAction SilentlyContinue
  if ($asked) { 'restarted' } else { 'lost' }
}
exit 0
`;

/** The destination's folder must exist, as with Image Builder; a relative one is below the folder that scripts run in. */
function fileStep(sha256: string, destination: string): string {
  return `param([string]$KILN_SOURCE)
${BEGIN}
Set-Location $work
$target = [Environment]::ExpandEnvironmentVariables(${literal(destination)})
if (-not [IO.Path]::IsPathRooted($target)) { $target = Join-Path $work $target }
Receive-Content $target ${literal(sha256)}
$target
exit 0
`;
}

/** Windows has had a tar of its own since Server 2019, which is quicker than Expand-Archive and knows long paths. */
function folderStep({ key, sha256, destination }: { key: string; sha256: string; destination: string }): string {
  return `param([string]$KILN_SOURCE)
${BEGIN}
$tar = Join-Path $env:SystemRoot 'System32\\tar.exe'
if (-not (Test-Path -LiteralPath $tar)) { throw 'kiln: this Windows has no tar.exe, which came with Windows Server 2019' }
Set-Location $work
$target = [Environment]::ExpandEnvironmentVariables(${literal(destination)})
if (-not [IO.Path]::IsPathRooted($target)) { $target = Join-Path $work $target }
$archive = Join-Path $work ${literal(`${key}.tar.gz`)}
Receive-Content $archive ${literal(sha256)}
New-Item -ItemType Directory -Force -Path $target | Out-Null
& $tar -xzf $archive -C $target
if ($LASTEXITCODE -ne 0) { throw "kiln: tar ended with $LASTEXITCODE" }
Remove-Item -Force -LiteralPath $archive
$target
exit 0
`;
}

/** The pause lets the agent report that the command has ended. */
export const windowsRestart = (command: string): string => `${BEGIN}
$boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToUniversalTime().Ticks
Set-Content -LiteralPath (Join-Path $work 'before-restart') -Value $boot
Set-Content -LiteralPath (Join-Path $work 'restart.cmd') -Value @('timeout /t 5 /nobreak >nul 2>&1 || ping -n 6 127.0.0.1 >nul', ${literal(command)})
$action = New-ScheduledTaskAction -Execute 'cmd.exe' -Argument ('/c ' + (Join-Path $work 'restart.cmd'))
Register-ScheduledTask -Force -TaskName kiln-restart -Action $action -User SYSTEM -RunLevel Highest | Out-Null
Start-ScheduledTask -TaskName kiln-restart
'restarting'
exit 0
`;

/** Ends with 0 once the machine is back and the check command, where there is one, ends with 0; with 75 when not yet. */
export const windowsIsBack = (checkCommand: string | undefined): string => `$work = ${literal(WORK)}
$before = [long](Get-Content (Join-Path $work 'before-restart'))
for ($n = 0; (Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToUniversalTime().Ticks -le $before; $n++) {
  if ($n -gt 30) { exit 75 }
  Start-Sleep -Seconds 1
}
Unregister-ScheduledTask -TaskName kiln-restart -Confirm:$false -ErrorAction SilentlyContinue
${
  checkCommand === undefined
    ? ''
    : `cmd.exe /c ${literal(checkCommand)}
if ($LASTEXITCODE -ne 0) { "the check command ended with $LASTEXITCODE"; Start-Sleep -Seconds 5; exit 75 }
`
}'the machine has restarted'
exit 0
`;

/**
 * Sysprep, or the script that a customizer left in its place. Image Builder's own waits for ever for a state that an
 * undeployable machine never reaches; here that ends the step at once, with Sysprep's own log in its output.
 */
export const WINDOWS_DEPROVISION = `${BEGIN}
$key = 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State'
$panther = "$env:SystemRoot\\System32\\Sysprep\\Panther"
function Get-ImageState { (Get-ItemProperty $key -ErrorAction SilentlyContinue).ImageState }
function Stop-Failed($why) {
  "kiln: $why"
  foreach ($log in 'setuperr.log', 'setupact.log') {
    if (Test-Path "$panther\\$log") { "--- $log"; Get-Content "$panther\\$log" -Tail 60 }
  }
  exit 1
}
Set-Location $env:SystemRoot
Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $work
$services = 'RdAgent', 'WindowsAzureTelemetryService', 'WindowsAzureGuestAgent'
foreach ($service in $services) {
  for ($n = 0; ($found = Get-Service $service -ErrorAction SilentlyContinue) -and $found.Status -ne 'Running'; $n++) {
    if ($n -gt 60) { Stop-Failed "$service is not running" }
    Start-Sleep -Seconds 5
  }
}
$shell = (Get-Process -Id $PID).Path
if (Test-Path 'C:\\DeprovisioningScript.ps1') {
  $process = Start-Process -PassThru -NoNewWindow $shell '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\\DeprovisioningScript.ps1'
} else {
  Remove-Item -Force -ErrorAction SilentlyContinue "$env:SystemRoot\\System32\\Sysprep\\unattend.xml", "$env:SystemRoot\\Panther\\unattend.xml"
  $process = Start-Process -PassThru -NoNewWindow "$env:SystemRoot\\System32\\Sysprep\\Sysprep.exe" '/oobe /generalize /quiet /quit'
}
$null = $process.Handle
for ($idle = 0; ; ) {
  $state = Get-ImageState
  if ($state -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { $state; exit 0 }
  if ($state -eq 'IMAGE_STATE_UNDEPLOYABLE' -and $process.HasExited) { Stop-Failed "Sysprep left $state" }
  if ($process.HasExited) { $idle++ }
  if ($idle -gt 12) { Stop-Failed "deprovisioning ended with $($process.ExitCode) and left $state" }
  Start-Sleep -Seconds 5
}
`;

/** A text of PowerShell's that means itself. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
