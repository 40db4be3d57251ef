import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsOfWindows } from '../../../src/local-azure/machines/needs-windows.ts';

const PORTABLE = [
  'Write-Output "hello"; exit 3010',
  'Invoke-WebRequest https://example.org/tool.zip -OutFile tool.zip',
  'Get-ChildItem | Where-Object Length -gt 10 | ConvertTo-Json',
  '# New-Item C:\\buildArtifacts, which only a comment speaks of\n$x = 1..10 | ForEach-Object { $_ * 2 }',
  '<# Get-Service\n in a block #> Get-Date',
  '$map = @{ a:1 }; "http://host:8080/x"; git clone git@host:/path',
  'New-Item -ItemType Directory -Path ./work -Force | Out-Null; Set-Location ./work',
  'Get-Process -Id $PID; $env:PATH; $env:HOME',
];

const NEEDS: Array<[script: string, need: string]> = [
  ['New-Item -Path "C:\\\\temp" -ItemType Directory', 'a drive'],
  ['mkdir d:/data', 'a drive'],
  ["Set-ItemProperty -Path 'HKLM:\\SOFTWARE\\x' -Name a -Value 1", 'the registry'],
  ['reg add HKLM /v x', 'the registry'],
  ['$session = New-Object -ComObject Microsoft.Update.Session', 'COM'],
  ['(Get-CimInstance Win32_OperatingSystem).LastBootUpTime', 'WMI'],
  ['Register-ScheduledTask -TaskName x', 'scheduled tasks'],
  ['Get-WinEvent -LogName System', 'the event log'],
  ['Get-Service RdAgent', 'services'],
  ['Install-WindowsFeature -Name Web-Server', 'Windows features'],
  ['Get-AppxPackage -AllUsers | Remove-AppxPackage', 'app packages'],
  ['choco install git -y', 'app packages'],
  ['net user kiln /add', 'local accounts'],
  ['New-NetFirewallRule -DisplayName x', 'Windows networking'],
  ['Get-Partition | Resize-Partition', 'Windows disks'],
  ['Set-ExecutionPolicy Unrestricted', 'Windows security'],
  ['Set-MpPreference -ScanAvgCPULoadFactor 5', 'Windows security'],
  ['Import-Certificate -CertStoreLocation Cert:\\LocalMachine\\Root', 'its certificate store'],
  ['Join-Path $env:ProgramFiles tool', 'its environment'],
  ['Restart-Computer -Force', 'a restart'],
  ['Start-Process msiexec.exe -ArgumentList "/i x.msi" -Wait', 'Windows programs'],
  ['cmd /c ver', 'Windows programs'],
];

test('portable scripts need nothing of Windows', () => {
  for (const script of PORTABLE) assert.deepEqual(needsOfWindows(script), [], script);
});

test('what only Windows has is named', () => {
  for (const [script, need] of NEEDS) assert.ok(needsOfWindows(script).includes(need), script);
});
