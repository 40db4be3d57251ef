/** A build on the page of its job, in Markdown. Pure. */
import type { BuildStatus, OutputStatus, StepStatus } from '../../src/workflows/messages.ts';

const MARKS: Record<string, string> = {
  Succeeded: '✅',
  PartiallySucceeded: '⚠️',
  Failed: '❌',
  TimedOut: '❌',
  Canceled: '🚫',
};
const LAST_LINES = 30;

export function summaryOf(status: BuildStatus, link: string | undefined): string {
  const { state, templateName, runId, source, stages, outputs, steps, leftovers, logs } = status;
  const began = Date.parse(stages[0]?.startTime ?? '');
  const ended = Date.parse(stages.at(-1)?.endTime ?? '');
  const took = Number.isNaN(began) || Number.isNaN(ended) ? [] : [`took ${duration(ended - began)}`];
  const about = [`run ${code(runId)}`, ...(source === undefined ? [] : [`from ${code(source)}`]), ...took];
  return [
    `### ${MARKS[state] ?? ''} ${text(templateName)}: ${state}`,
    [...about, ...(link === undefined ? [] : [`[history](${link})`])].join(' · '),
    ...failureOf(status),
    ...table(['output', 'type', 'state', 'version', 'where'], outputs.map(outputRow)),
    ...table(
      ['#', 'step', 'state', 'exit code', 'took'],
      steps.filter(({ state: one }) => one !== 'Pending').map(stepRow),
    ),
    ...(leftovers.length === 0
      ? []
      : [`**Left behind**`, leftovers.map(({ id, reason }) => `- ${code(id)}: ${text(reason)}`).join('\n')]),
    ...(logs === undefined
      ? []
      : [
          `Logs: ${code(`kiln logs ${runId}`)}, kept in ${code(logs.resourceGroup)} until ${code(`kiln delete ${runId}`)}.`,
        ]),
    '',
  ].join('\n\n');
}

/** Of a build that the job no longer watches. */
export function leftSummary(runId: string, link: string | undefined): string {
  const where = link === undefined ? '' : ` · [history](${link})`;
  return `### ⏳ ${code(runId)} goes on without this job\n\n${code(`kiln show ${runId}`)}${where}\n`;
}

function failureOf({ failure, steps }: BuildStatus): string[] {
  if (failure === undefined) return [];
  const { type, stage, step, message, problems, azure } = failure;
  const where = `**${type}** while ${stage}${step === undefined ? '' : `, step ${code(step)}`}`;
  const failed = steps.find(({ state }) => state === 'Failed');
  const output = (failed?.errorTail || failed?.outputTail || '').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  const ids = Object.entries(azure ?? {}).map(([name, value]) => `${name} ${code(String(value))}`);
  return [
    where,
    ...(problems === undefined
      ? [quoted(message)]
      : [problems.map((problem) => `- ${code(problem.path)}: ${text(problem.message)}`).join('\n')]),
    ...(ids.length === 0 ? [] : [`Azure: ${ids.join(', ')}`]),
    ...(output === '' ? [] : ['Last output:', fenced(output)]),
  ];
}

function outputRow({
  runOutputName,
  type,
  state,
  version = '',
  artifactId,
  artifactUri,
  regions,
  message,
}: OutputStatus) {
  const places = regions.map(({ name, state: one }) => `${MARKS[one] ?? '…'} ${name}`);
  const where = [code(artifactId ?? artifactUri ?? ''), ...places, ...(message === undefined ? [] : [text(message)])];
  return [text(runOutputName), type, state, version, where.filter((part) => part !== '').join('<br>')];
}

function stepRow({ role, index, type, name, state, exitCode, startTime, endTime, note }: StepStatus): string[] {
  const took =
    startTime === undefined || endTime === undefined ? '' : duration(Date.parse(endTime) - Date.parse(startTime));
  const noted = note === undefined ? '' : `<br>${text(note)}`;
  return [
    `${role} ${index + 1}`,
    `${type} ${text(name)}${noted}`,
    `${MARKS[state] ?? ''} ${state}`,
    String(exitCode ?? ''),
    took,
  ];
}

function table(head: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll(/\r?\n/g, ' ')).join(' | ')} |`;
  return [[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')];
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Others' words: no markup, no cell of a table, no page of somebody else's. */
function text(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]#|!~]/g, String.raw`\$&`);
}

const code = (words: string): string =>
  words === ''
    ? ''
    : `<code>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '&#124;')}</code>`;

const quoted = (words: string): string =>
  words
    .split('\n')
    .map((line) => `> ${text(line)}`)
    .join('<br>\n');

/** A fence that is longer than any in it. */
function fenced(words: string): string {
  const longest = Math.max(2, ...[...words.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${words}\n${fence}`;
}
