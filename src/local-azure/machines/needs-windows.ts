/**
 * What in a PowerShell script only Windows has: PowerShell 7 on Linux has the language and its portable modules, but no
 * registry, drives, services or COM. A script is judged by its text, so it is judged before any of it has run.
 */

const NEEDS: Array<[what: string, sign: RegExp]> = [
  ['a drive', /(?<![A-Za-z])[A-Za-z]:(?:\\|\/(?!\/))/],
  ['the registry', /\bHK(?:LM|CU|CR|U):|\bHKEY_|\bRegistry::|\breg(?:\.exe)?\s+(?:add|delete|import|query)\b/i],
  ['COM', /-ComObject\b/i],
  ['WMI', /\b(?:Get|Set|Invoke|New|Remove|Register)-(?:Cim|Wmi)\w+|\bWin32_\w+|\bwmic\b/i],
  ['scheduled tasks', /-ScheduledTask\w*|\bschtasks\b/i],
  ['the event log', /-(?:WinEvent|EventLog)\b|\bwevtutil\b/i],
  [
    'services',
    /\b(?:Get|Set|New|Start|Stop|Restart|Suspend|Resume|Remove)-Service\b|\bsc\.exe\b|\bnet\s+(?:start|stop)\b/i,
  ],
  ['Windows features', /-Windows(?:Feature|OptionalFeature|Capability|Package|Driver)\b|-WindowsOnline\b|\bdism\b/i],
  ['app packages', /-App[xX]?(?:Provisioned)?Package\b|\b(?:choco|winget)\b/i],
  ['local accounts', /-Local(?:User|Group)\w*|\bnet\s+(?:user|localgroup)\b/i],
  [
    'Windows networking',
    /-Net(?:Firewall|Adapter|IP|Connection|TCP)\w*|-Dns(?:Client|Server)\w*|\bnetsh\b|-SmbShare\b/i,
  ],
  ['Windows disks', /\b\w+-(?:Partition|Volume|Disk|PhysicalDisk)\b|\bdiskpart\b|-BitLocker\w*/i],
  [
    'Windows security',
    /-(?:MpPreference|MpComputerStatus|ExecutionPolicy|Acl|AuthenticodeSignature)\b|\bsecedit\b|\bauditpol\b/i,
  ],
  ['its certificate store', /\bCert:|-PfxCertificate\b/i],
  [
    'its environment',
    /\$env:(?:SystemRoot|SystemDrive|windir|Program\w*|CommonProgram\w*|AllUsersProfile|\w*AppData|UserProfile|UserName|ComputerName|Public|ComSpec|Temp|Tmp)\b|\$\{env:Program/i,
  ],
  ['a restart', /\b(?:Restart|Stop)-Computer\b|\bshutdown\b/i],
  [
    'Windows programs',
    /\b[\w-]+\.(?:exe|msi|cmd|bat|dll|msu)\b|\b(?:msiexec|bcdedit|powercfg|cmd)\b\s*\/|\bsysprep\b/i,
  ],
];

/** The first few, for a person; empty where PowerShell 7 on Linux can be expected to run it. */
export function needsOfWindows(script: string): string[] {
  const code = script.replaceAll(/<#[\s\S]*?#>/g, '').replaceAll(/^\s*#.*$/gm, '');
  return NEEDS.filter(([, sign]) => sign.test(code)).map(([what]) => what);
}
