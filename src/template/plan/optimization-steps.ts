/** The steps that optimize an image, last before it is captured. Pure: the workflow makes them from its plan. */
import type { PlannedCustomizer, PlannedOptimization } from '../build-plan.ts';

export const WORKLOAD_KEY = 'optimize-workload';

/**
 * Image Builder's boot optimization records what a start of the image reads and lays the image out by it, inside Azure's
 * storage, where nobody else can. What can be done inside the image is: work that would be left to the first start is
 * done now, and blocks that hold nothing are given back, so that a disk made from the image has less to fetch.
 */
const LINUX_BOOT = [
  'if command -v ldconfig >/dev/null 2>&1; then ldconfig; fi',
  'if command -v systemctl >/dev/null 2>&1; then systemctl daemon-reload >/dev/null 2>&1 || true; fi',
  'if command -v mandb >/dev/null 2>&1; then mandb --quiet || true; fi',
  'if command -v updatedb >/dev/null 2>&1; then updatedb || true; fi',
  'if command -v fstrim >/dev/null 2>&1; then fstrim --all --verbose || true; fi',
];

const WINDOWS_BOOT = [
  'Get-ChildItem "$env:SystemRoot\\Microsoft.NET\\Framework*\\v4*\\ngen.exe" -ErrorAction SilentlyContinue | ForEach-Object { & $_.FullName executeQueuedItems /nologo /silent }',
  'if (Get-Command dism.exe -ErrorAction SilentlyContinue) { dism.exe /Online /Cleanup-Image /StartComponentCleanup /Quiet }',
  'if (Get-Command Optimize-Volume -ErrorAction SilentlyContinue) { Optimize-Volume -DriveLetter C -ReTrim -ErrorAction SilentlyContinue }',
  'exit 0',
];

export function optimizationSteps(
  optimize: PlannedOptimization | undefined,
  osType: 'Linux' | 'Windows',
): PlannedCustomizer[] {
  const { vmBoot = false, workload: { scriptUri, sha256 } = {} } = optimize ?? {};
  const digest = sha256 === undefined ? {} : { sha256 };
  const scripts = [
    ...(scriptUri === undefined
      ? []
      : [{ name: 'workload', key: WORKLOAD_KEY, script: { from: 'uri' as const, uri: scriptUri, ...digest } }]),
    ...(vmBoot
      ? [
          {
            name: 'vmBoot',
            key: 'optimize-boot',
            script: { from: 'inline' as const, lines: osType === 'Windows' ? WINDOWS_BOOT : LINUX_BOOT },
          },
        ]
      : []),
  ];
  return scripts.map((step, index) =>
    osType === 'Windows'
      ? { type: 'PowerShell', index, ...step, runElevated: true, runAsSystem: true, validExitCodes: [0] }
      : { type: 'Shell', index, ...step },
  );
}
