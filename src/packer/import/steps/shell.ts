/** `shell` and `powershell`: lines, one script or several, each script a step. */
import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Fields } from '../../fields.ts';
import type { Collected } from '../collected.ts';
import { addStep, environmentOf, packersOwn, tries } from './common.ts';
import { withoutDeprovisioning } from './deprovision.ts';

/** How a script comes to the machine and goes from it. */
const TRANSPORT = [
  'remote_path',
  'remote_file',
  'remote_folder',
  'skip_clean',
  'start_retry_timeout',
  'binary',
  'env_var_format',
];
/** What `{{.Vars}}` would set is in the environment already, so nothing is to be read from a file. */
const VARS_FILE = /(?:source|\.)\s+["']?\{\{\s*\.EnvVarFile\s*\}\}["']?\s*(?:&&|;)\s*/g;

interface Script {
  name: string;
  /** Of an Azure step. */
  azure: Record<string, unknown>;
  /** Under the key kiln. */
  kiln: Record<string, unknown>;
  text: string;
}

export function shell(fields: Fields, to: Collected): void {
  if (to.build.osType === 'Windows')
    return fields.note('refused', '', 'a Shell step is for Linux, and this is Windows');
  fields.noteGiven('needless', TRANSPORT, 'a script is fetched by the machine itself');
  fields.noteGiven('needless', ['expect_disconnect'], 'a machine that a script restarts is always waited for');
  fields.noteGiven('needless', ['use_env_var_file'], 'the environment is set for the script as it starts');
  const command = executeCommand(fields);
  if (command === undefined || !/\bsudo\b/.test(command)) {
    fields.note('changed', '', 'runs as root, where Packer runs it as the user that it connects as');
  }
  const codes = fields.numbers('valid_exit_codes');
  const shebang = fields.text('inline_shebang');
  each(
    fields,
    to,
    'sh',
    shebang === undefined ? undefined : `#!${shebang}\n`,
    ({ azure, kiln, name }, tried, environment) =>
      addStep(
        to,
        { type: 'Shell', name, ...azure },
        { ...kiln, environment, executeCommand: command, validExitCodes: codes, ...tried },
      ),
  );
}

export function powershell(fields: Fields, to: Collected): void {
  if (to.build.osType === 'Linux') {
    return fields.note('refused', '', 'a PowerShell step is for Windows, and this is Linux');
  }
  fields.noteGiven(
    'needless',
    [...TRANSPORT, 'elevated_env_var_format', 'execution_policy', 'use_env_var_file'],
    'a script is fetched by the machine itself and always allowed',
  );
  fields.noteGiven('lost', ['execute_command', 'elevated_execute_command'], 'a script is started in one way only');
  fields.noteGiven('lost', ['use_pwsh'], 'it is run by Windows PowerShell 5.1');
  fields.noteGiven('lost', ['debug_mode'], 'scripts are not traced');
  fields.noteGiven('needless', ['elevated_password'], 'the account is made for the build');
  const user = fields.text('elevated_user') ?? '';
  const system = /^(NT AUTHORITY\\)?SYSTEM$/i.test(user);
  if (user !== '' && !system) {
    fields.note('changed', 'elevated_user', 'runs with administrator rights as an account that is made for the build');
  }
  const codes = fields.numbers('valid_exit_codes');
  each(fields, to, 'ps1', undefined, ({ azure, kiln, name }, tried, environment) =>
    addStep(
      to,
      {
        type: 'PowerShell',
        name,
        ...azure,
        ...(user === '' ? {} : { runElevated: true }),
        ...(system ? { runAsSystem: true } : {}),
        ...(codes.length === 0 ? {} : { validExitCodes: codes }),
      },
      { ...kiln, environment, ...tried },
    ),
  );
}

function executeCommand(fields: Fields): string | undefined {
  const given = fields.text('execute_command');
  if (given === undefined || given.trim() === '') return undefined;
  const command = given.replaceAll(VARS_FILE, '');
  const left = command.replaceAll(/\{\{\s*\.(Path|Vars)\s*\}\}/g, '');
  if (left.includes('{{') || !/\{\{\s*\.Path\s*\}\}/.test(command)) {
    fields.note('lost', 'execute_command', `${given} says what a step does not know; the script is started by itself`);
    return undefined;
  }
  return command;
}

function each(
  fields: Fields,
  to: Collected,
  extension: string,
  shebang: string | undefined,
  add: (script: Script, tried: Record<string, unknown>, environment: Record<string, string>) => void,
): void {
  const { first, each: others } = tries(fields, to);
  const environment = environmentOf(fields);
  const scripts = scriptsOf(fields, to, extension, shebang);
  scripts.forEach((script, index) =>
    add(script, index === 0 ? first : others, { ...packersOwn(script.text, to.build), ...environment }),
  );
}

function scriptsOf(fields: Fields, to: Collected, extension: string, shebang: string | undefined): Script[] {
  const paths = [...fields.texts('scripts'), ...fields.texts('script')];
  const inline = fields.texts('inline');
  if (!['inline', 'script', 'scripts'].some((name) => fields.has(name))) {
    fields.problem('inline', 'expected inline, script or scripts');
  }
  const count = to.steps.length + 1;
  const lines = (): Script[] => {
    const left = withoutDeprovisioning(fields, to, inline);
    if (left.length === 0) return [];
    const text = left.join('\n');
    const name = `${fields.kind}-${count}`;
    if (shebang === undefined) return [{ name, azure: { inline: left }, kiln: {}, text }];
    return [{ name, azure: {}, kiln: { file: to.write(`${name}.${extension}`, `${shebang}${text}\n`) }, text }];
  };
  return [
    ...(inline.length === 0 ? [] : lines()),
    ...paths.flatMap((path): Script[] => {
      const from = to.find(fields, fields.has('scripts') ? 'scripts' : 'script', path);
      if (from === undefined) return [];
      const text = readFileSync(from, 'utf8');
      if (withoutDeprovisioning(fields, to, [text]).length === 0) return [];
      const name = basename(path, extname(path));
      return [{ name, azure: {}, kiln: { file: to.copy(from) }, text }];
    }),
  ];
}
