/** docs/cli.md: every command with its arguments, options and examples, as the program itself knows them. Pure. */
import type { Command } from 'commander';
import { examplesOf } from './examples.ts';

export function cliReference(program: Command): string {
  const help = program.createHelp();
  const sections = [...Map.groupBy(visible(program), (command) => command.helpGroup())];
  return [
    '# The kiln command',
    '',
    'Made by `npm run cli-docs` from the commands themselves.',
    '',
    `    ${help.commandUsage(program)}`,
    '',
    'Global options, before or after a command:',
    '',
    ...optionTable(program),
    '',
    'Exit codes: 0 done, 1 the build failed or is incomplete, 2 bad input, 3 cancelled or detached.',
    '',
    ...exampleLines(program),
    ...sections.flatMap(([title, commands]) => [
      `## ${title.replace(/:$/, '')}`,
      '',
      ...commands.flatMap((command) => entry(command)),
    ]),
  ].join('\n');
}

/** A command, or those that it stands for. */
function entry(command: Command): string[] {
  const below = visible(command);
  const words = `${parentsOf(command)}${command.name()}`;
  const lines = [`### ${words}`, '', sentence(command.description()), ''];
  if (below.length > 0) return [...lines, ...exampleLines(command), ...below.flatMap((one) => entry(one))];
  return [
    ...lines,
    `    ${command.createHelp().commandUsage(command)}`,
    '',
    ...argumentTable(command),
    ...optionTable(command),
    '',
    ...exampleLines(command),
  ];
}

const visible = (command: Command): Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');

function parentsOf(command: Command): string {
  const { parent } = command;
  return parent === null ? '' : `${parentsOf(parent)}${parent.name()} `;
}

const sentence = (text: string): string =>
  text === '' ? '' : `${text.slice(0, 1).toUpperCase()}${text.slice(1).replace(/[.]?$/, '.')}`;

function argumentTable(command: Command): string[] {
  const help = command.createHelp();
  const rows = command.registeredArguments
    .map((argument) => [help.argumentTerm(argument), help.argumentDescription(argument)])
    .filter(([, description]) => description !== '');
  return rows.length === 0 ? [] : [...table('argument', rows), ''];
}

function optionTable(command: Command): string[] {
  const help = command.createHelp();
  const rows = help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => [help.optionTerm(option), help.optionDescription(option)]);
  return rows.length === 0 ? [] : table('option', rows);
}

const table = (title: string, rows: string[][]): string[] => [
  `| ${title} | |`,
  '| --- | --- |',
  ...rows.map(([term = '', description = '']) => `| \`${cell(term)}\` | ${cell(description)} |`),
];

/** Where it is no code, angle brackets would be taken for HTML. */
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');

function exampleLines(command: Command): string[] {
  const examples = examplesOf(command);
  if (examples.length === 0) return [];
  return ['```sh', ...examples.flatMap(([line, what]) => [`# ${what}`, line]), '```', ''];
}
