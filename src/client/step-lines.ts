/** The steps of a plan as a table: what each runs, and how. Pure. */
import { formatDuration } from '../template/duration.ts';
import type { LocalFile, PlannedCustomizer, PowerShellCustomizer, ShellCustomizer } from '../template/build-plan.ts';
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
      if (step.script.from === 'file') return step.script.file.path;
      return step.script.lines.find((line) => /^(?!\s*#)\s*\S/.test(line)) ?? step.script.lines[0] ?? '';
    case 'File':
      return `${step.destination} from ${step.unpack === true ? 'folder ' : ''}${step.file?.path ?? step.sourceUri ?? ''}`;
    case 'WindowsRestart':
      return step.restartCommand;
    case 'WindowsUpdate':
      return step.searchCriteria;
  }
}

function notesOf(step: PlannedCustomizer): string[] {
  const { pauseBeforeInSeconds: pause, retries, timeoutInSeconds: within } = step;
  return [
    ...ownNotes(step),
    ...(pause === undefined ? [] : [`after ${formatDuration(pause)}`]),
    ...(within === undefined ? [] : [`within ${formatDuration(within)}`]),
    ...(retries === undefined ? [] : [retries === 1 ? '1 retry' : `${retries} retries`]),
  ];
}

function ownNotes(step: PlannedCustomizer): string[] {
  switch (step.type) {
    case 'Shell': {
      const back =
        step.restart === undefined ? [] : [`restart, back in ${formatDuration(step.restart.timeoutInSeconds)}`];
      return [...scriptNotes(step), ...exitNotes(step.validExitCodes), ...commandNotes(step), ...back];
    }
    case 'PowerShell':
      return [
        ...scriptNotes(step),
        ...(step.runAsSystem ? ['as SYSTEM'] : step.runElevated ? ['elevated'] : []),
        ...exitNotes(step.validExitCodes),
      ];
    case 'File':
      return [...fileNotes(step.file), ...(step.sha256 === undefined ? [] : ['checksum'])];
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

function scriptNotes({ script, environment = {} }: ShellCustomizer | PowerShellCustomizer): string[] {
  const names = Object.keys(environment);
  // A value may be a secret.
  const set = names.length === 0 ? [] : [`with ${names.join(', ')}`];
  switch (script.from) {
    case 'uri':
      return [...(script.sha256 === undefined ? [] : ['checksum']), ...set];
    case 'file':
      return [...fileNotes(script.file), ...set];
    case 'inline':
      return [...(script.lines.length === 1 ? [] : [`${script.lines.length} lines`]), ...set];
  }
}

const fileNotes = (file: LocalFile | undefined): string[] =>
  file === undefined ? [] : [`file of ${file.bytes.toLocaleString('en')} bytes`];

const exitNotes = (codes: number[] = [0]): string[] => (codes.join() === '0' ? [] : [`exit codes ${codes.join(', ')}`]);

const commandNotes = ({ executeCommand }: ShellCustomizer): string[] =>
  executeCommand === undefined ? [] : [`by ${shorten(executeCommand, MAX_COMMAND)}`];
