/** One round of Windows Update inside the machine: search, filter, download, install. */
import type { WindowsUpdateCustomizer } from '../../template/build-plan.ts';
import { literal } from './windows.ts';

/** How a round ends: nothing is left to install, or there is, after a restart or without one. */
export const UPDATE_EXIT = { done: 0, restart: 101, again: 102 } as const;

/** Begins the one line by which a round says what it did. */
export const REPORT = 'KILN-UPDATES ';

/** Short, as only the end of a command's output is kept. */
export interface UpdateRound {
  /** How many were chosen in this round. */
  chosen: number;
  installed: number;
  /** Titles of the first few that failed, with their error codes. */
  failed: string[];
}

/**
 * Filters have rgl/packer-plugin-windows-update's meaning, which the service has: `include:` or `exclude:` and an
 * expression on `$_`; the first that is true counts; without filters everything found is installed.
 */
export function updateRound({ searchCriteria, filters, updateLimit }: WindowsUpdateCustomizer): string {
  return `$ErrorActionPreference = 'Stop'
$filters = @(${filters.map(literal).join(', ')})
$session = New-Object -ComObject Microsoft.Update.Session
$found = $session.CreateUpdateSearcher().Search(${literal(searchCriteria)}).Updates
function Test-Chosen($update) {
  if ($filters.Count -eq 0) { return $true }
  foreach ($filter in $filters) {
    $kind, $expression = $filter -split ':', 2
    if ($update | Where-Object ([scriptblock]::Create($expression))) { return $kind.Trim() -eq 'include' }
  }
  return $false
}
$chosen = New-Object -ComObject Microsoft.Update.UpdateColl
$more = $false
foreach ($update in $found) {
  if ($update.InstallationBehavior.CanRequestUserInput -or -not (Test-Chosen $update)) { continue }
  if ($chosen.Count -ge ${updateLimit}) { $more = $true; break }
  if (-not $update.EulaAccepted) { $update.AcceptEula() }
  [void]$chosen.Add($update)
  "chosen: $($update.Title)"
}
$pending = (New-Object -ComObject Microsoft.Update.SystemInfo).RebootRequired
$report = @{ chosen = $chosen.Count; installed = 0; failed = @() }
$failures = 0
if ($chosen.Count -gt 0) {
  $downloader = $session.CreateUpdateDownloader()
  $downloader.Updates = $chosen
  "downloading $($chosen.Count) updates"
  [void]$downloader.Download()
  $installer = $session.CreateUpdateInstaller()
  $installer.Updates = $chosen
  'installing'
  $result = $installer.Install()
  for ($n = 0; $n -lt $chosen.Count; $n++) {
    $one = $result.GetUpdateResult($n)
    if ($one.ResultCode -in 2, 3) { $report.installed++; continue }
    $failures++
    $title = $chosen.Item($n).Title
    "failed: $title"
    if ($failures -le 5) { $report.failed += "$($title.Substring(0, [Math]::Min(120, $title.Length))) (0x$('{0:x8}' -f $one.HResult))" }
  }
  $pending = $pending -or $result.RebootRequired
}
${literal(REPORT)} + ($report | ConvertTo-Json -Compress)
if ($pending) { exit ${UPDATE_EXIT.restart} }
if ($more -or $failures -gt 0) { exit ${UPDATE_EXIT.again} }
exit ${UPDATE_EXIT.done}
`;
}

/** What a round printed; undefined where it printed no report. */
export function readRound(output: string): UpdateRound | undefined {
  const line = output.split('\n').findLast((text) => text.startsWith(REPORT));
  if (line === undefined) return undefined;
  try {
    const { chosen, installed, failed } = JSON.parse(line.slice(REPORT.length)) as Partial<UpdateRound>;
    return { chosen: chosen ?? 0, installed: installed ?? 0, failed: failed ?? [] };
  } catch {
    return undefined;
  }
}
