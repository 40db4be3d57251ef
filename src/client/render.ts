/** A run's status as text: lines that go to a person's terminal or to a log. Pure. */
import { styleText } from 'node:util';
import type { BuildStatus, OutputStatus, Stage, StageStatus, StepStatus } from '../workflows/messages.ts';
import type { Live } from './kiln-client.ts';

const LABELS: Record<string, string> = {
  Checking: 'check the plan',
  Provisioning: 'provision the staging group',
  CopyingSource: 'copy the source image',
  CreatingMachine: 'create the build machine',
  Customizing: 'customize',
  Optimizing: 'optimize',
  Capturing: 'capture',
  Validating: 'validate',
  Distributing: 'distribute',
  CleaningUp: 'clean up',
};

const seconds = ({ startTime, endTime }: { startTime?: string; endTime?: string }, now: number): string => {
  if (startTime === undefined) return '';
  const ms = (endTime === undefined ? now : Date.parse(endTime)) - Date.parse(startTime);
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
};

/** The picture of a running build, drawn again and again. */
export function liveLines(status: BuildStatus, live: Live, width: number, now: number): string[] {
  const lines = [styleText('bold', `${status.templateName}  ${status.runId}`)];
  for (const stage of status.stages) {
    const done = stage.endTime !== undefined;
    const mark = done ? styleText('green', '✔') : styleText('yellow', '●');
    lines.push(`${mark} ${LABELS[stage.stage] ?? stage.stage}  ${styleText('dim', seconds(stage, now))}`);
    lines.push(...stepLines(stepsOf(status, stage.stage), live, now));
    if (stage.stage === 'Distributing')
      lines.push(...status.outputs.map((output) => `    ${progressLine(output, live)}`));
  }
  return lines.map((line) => clip(line, width));
}

const ROLES: Partial<Record<Stage, StepStatus['role']>> = {
  Customizing: 'customizer',
  Optimizing: 'optimizer',
  Validating: 'validator',
};

function stepsOf({ steps }: BuildStatus, stage: Stage): StepStatus[] {
  return steps.filter(({ role }) => role === ROLES[stage]);
}

function stepLines(steps: StepStatus[], live: Live, now: number): string[] {
  return steps
    .filter(({ state }) => state !== 'Pending')
    .flatMap((step) => {
      const mark = step.state === 'Running' ? '●' : step.state === 'Succeeded' ? '✔' : '✖';
      const line = `    ${mark} ${step.index + 1}/${steps.length} ${step.type} ${step.name}  ${seconds(step, now)}`;
      return step.state === 'Running' && live.lastLine !== undefined
        ? [line, `        ${styleText('dim', live.lastLine)}`]
        : [line];
    });
}

function progressLine(output: OutputStatus, live: Live): string {
  const percents = live.regions[output.runOutputName] ?? {};
  const regions = output.regions.map(
    ({ name, state }) => `${name} ${state === 'Succeeded' ? 100 : (percents[name] ?? 0)} %`,
  );
  return [`${output.runOutputName} (${output.type})`, output.state.toLowerCase(), ...regions].join('  ');
}

/** Escape sequences take no room; a line that wraps would break the redraw. */
function clip(line: string, width: number): string {
  // eslint-disable-next-line no-control-regex
  const visible = line.replaceAll(/\u001b\[[0-9;]*m/g, '');
  return visible.length <= width ? line : `${visible.slice(0, width - 1)}…`;
}

/** What changed between two looks, a line each: for logs and pipes. */
export function changeLines(
  before: BuildStatus | undefined,
  after: BuildStatus,
  seen: Set<string>,
  live: Live,
): string[] {
  const lines: string[] = [];
  const say = (line: string): void => {
    if (!seen.has(line)) lines.push(line);
    seen.add(line);
  };
  const sayStep = (step: StepStatus): void => {
    const count = after.steps.filter(({ role }) => role === step.role).length;
    const name = `${step.role} ${step.index + 1}/${count} ${step.type} ${step.name}`;
    if (step.state !== 'Pending') say(`${name}: started`);
    if (step.endTime !== undefined) {
      const note = step.note === undefined ? '' : `; ${step.note}`;
      say(`${name}: ${step.state.toLowerCase()}, exit code ${step.exitCode ?? '-'}${note}`);
    }
  };
  const sayOutputs = (): void => {
    for (const [output, regions] of Object.entries(live.regions)) {
      for (const [region, percent] of Object.entries(regions)) say(`output ${output}: ${region} ${percent} %`);
    }
    for (const output of after.outputs) {
      if (output.state !== 'Pending') say(`output ${output.runOutputName}: ${output.state.toLowerCase()}`);
    }
  };
  // In the order in which it happened, so that a log reads as the build went.
  for (const { stage } of after.stages) {
    say(`stage: ${LABELS[stage] ?? stage}`);
    stepsOf(after, stage).forEach(sayStep);
    if (stage === 'Distributing') sayOutputs();
  }
  if (live.lastLine !== undefined && before !== undefined) say(`  | ${live.lastLine}`);
  return lines;
}

/** What a finished run says for itself. */
export function summaryLines(status: BuildStatus, link: string | undefined): string[] {
  const good = status.state === 'Succeeded';
  const lines = ['', styleText(good ? 'green' : 'red', `${status.state}: ${status.templateName}  ${status.runId}`)];
  if (status.source !== undefined) lines.push(`source    ${status.source}`);
  for (const output of status.outputs) lines.push(...outputLines(output));
  lines.push(...stageTimes(status.stages));
  if (status.failure !== undefined) lines.push(...failureLines(status));
  for (const { id, reason } of status.leftovers) lines.push(styleText('red', `left behind: ${id}: ${reason}`));
  for (const warning of status.warnings) lines.push(styleText('yellow', `warning: ${warning}`));
  if (status.logs !== undefined)
    lines.push(
      `logs      kiln logs ${status.runId}   (kept in ${status.logs.resourceGroup} until kiln delete ${status.runId})`,
    );
  if (link !== undefined) lines.push(`history   ${link}`);
  return lines;
}

export function outputLines(output: OutputStatus): string[] {
  const lines = [
    `output    ${output.runOutputName}: ${output.type} ${output.state}${output.version === undefined ? '' : ` ${output.version}`}`,
  ];
  const where = output.artifactId ?? output.artifactUri;
  if (where !== undefined) lines.push(`          ${where}`);
  for (const { name, state, message, attempts } of output.regions) {
    const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
    lines.push(`          ${name}: ${state}${tries}${message === undefined ? '' : `: ${message}`}`);
  }
  if (output.message !== undefined) lines.push(`          ${output.message}`);
  return lines;
}

function stageTimes(stages: StageStatus[]): string[] {
  const times = stages.map((stage) => `${LABELS[stage.stage] ?? stage.stage} ${seconds(stage, Date.now())}`);
  return [`time      ${times.join(', ')}`];
}

function failureLines({ failure, steps }: BuildStatus): string[] {
  if (failure === undefined) return [];
  const where = failure.step === undefined ? failure.stage : `${failure.stage}, step ${failure.step}`;
  const lines = [
    styleText('red', `failure   ${failure.type} in ${where}`),
    `          ${failure.message.replaceAll('\n', '\n          ')}`,
  ];
  const step = steps.find(({ state }) => state === 'Failed');
  const output = (step?.errorTail || step?.outputTail || '').trimEnd().split('\n').slice(-10);
  if (output.join('') !== '') lines.push('last output', ...output.map((line) => `  | ${line}`));
  return lines;
}
