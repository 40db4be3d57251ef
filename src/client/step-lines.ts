/** The steps of a plan as a table: what each runs, and how. Pure. */
import { formatDuration } from '../template/duration.ts';
import type { PlannedCustomizer, PlannedScript } from '../template/build-plan.ts';
import { hideSecrets } from '../arm-template/problems.ts';
import { columns, shorten } from './columns.ts';

const MAX_COMMAND = 60;

export function stepTable(steps: PlannedCustomizer[], width: number): string[] {
  if (steps.length === 0) return [];
  const rows = steps.map((step) => [
    String(step.index + 1),
    step.type,
    step.name,
    hideSecrets(whatRuns(step)),
    notesOf(step).join('; '),
  ]);
  return columns([['#', 'type', 'name', 'runs', 'how'], ...rows], { width, cut: [2, 3] });
}

/** The first line that says something, or where it comes from. */
function whatRuns(step: PlannedCustomizer): string {
  switch (step.type) {
    case 'Shell':
    case 'PowerShell':
      if (step.script.from === 'uri') return step.script.uri;
      return step.script.lines.find((line) => /^(?!\s*#)\s*\S/.test(line)) ?? step.script.lines[0] ?? '';
    case 'File':
      return `${step.destination} from ${step.sourceUri}`;
    case 'WindowsRestart':
      return step.restartCommand;
    case 'WindowsUpdate':
      return step.searchCriteria;
  }
}

function notesOf(step: PlannedCustomizer): string[] {
  switch (step.type) {
    case 'Shell': {
      const back =
        step.restart === undefined ? [] : [`restart, back in ${formatDuration(step.restart.timeoutInSeconds)}`];
      return [...scriptNotes(step.script), ...back];
    }
    case 'PowerShell':
      return [
        ...scriptNotes(step.script),
        ...(step.runAsSystem ? ['as SYSTEM'] : step.runElevated ? ['elevated'] : []),
        ...(step.validExitCodes.join() === '0' ? [] : [`exit codes ${step.validExitCodes.join(', ')}`]),
      ];
    case 'File':
      return step.sha256 === undefined ? [] : ['checksum'];
    case 'WindowsRestart': {
      const checked =
        step.restartCheckCommand === undefined ? [] : [`checked by ${shorten(step.restartCheckCommand, MAX_COMMAND)}`];
      return [`back in ${formatDuration(step.restartTimeoutInSeconds)}`, ...checked];
    }
    case 'WindowsUpdate':
      return [
        `at most ${step.updateLimit} a round`,
        ...(step.filters.length === 0
          ? []
          : [step.filters.length === 1 ? '1 filter' : `${step.filters.length} filters`]),
      ];
  }
}

function scriptNotes(script: PlannedScript): string[] {
  if (script.from === 'uri') return script.sha256 === undefined ? [] : ['checksum'];
  return script.lines.length === 1 ? [] : [`${script.lines.length} lines`];
}
