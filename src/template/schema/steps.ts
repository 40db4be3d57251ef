/** What runs inside a machine: customizers in the build machine, validators in one that was booted from the output. */
import { z } from 'zod';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import { atLeast } from '../api-versions/api-versions.ts';
import { parseDuration } from '../duration.ts';
import { fileKey, powerShellCheckKey, powerShellKey, shellCheckKey, shellKey, stepKey } from './kiln-key.ts';
import { flag, objects, rule, sha256, strictObject, text, texts, webAddress, whenObject, whole } from './values.ts';
import { oneOf, since, until } from './version-notes.ts';

const name = text.optional().describe('What the step is called in progress, logs and errors.');

/** The first version had its own spelling of types. */
function spelled<const T extends string>(version: ApiVersion, type: T): T {
  return (version === '2018-02-01-preview' ? type.charAt(0).toLowerCase() + type.slice(1) : type) as T;
}

function scriptFields(version: ApiVersion) {
  return {
    ...since(version, '2019-05-01-preview', {
      scriptUri: webAddress.optional().describe('Address of the script; either this or inline.'),
      sha256Checksum: sha256.optional().describe('Digest of what is at scriptUri, in hexadecimal digits.'),
    }),
    ...until(version, '2019-02-01-preview', { script: webAddress.optional() }, 'scriptUri'),
    ...since(version, '2019-02-01-preview', {
      inline: texts.optional().describe('Lines of the script; either this or scriptUri.'),
    }),
  };
}

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);

function own<K extends 'file' | 'folder'>({ kiln }: Record<string, unknown>, field: K): unknown {
  return typeof kiln === 'object' && kiln !== null ? (kiln as Partial<Record<K, unknown>>)[field] : undefined;
}

/** A script comes from an address or a file or stands in the template; exactly one. */
function hasOneScript(step: Record<string, unknown>): boolean {
  return [step['scriptUri'] ?? step['script'], step['inline'], own(step, 'file')].filter(isGiven).length === 1;
}

function oneScript(version: ApiVersion) {
  const address = atLeast(version, '2019-05-01-preview') ? 'scriptUri' : 'script';
  const fields = atLeast(version, '2019-02-01-preview') ? `exactly one of ${address} and inline` : address;
  return { when: whenObject, error: `expected ${fields}` };
}

const ELEVATED_ONLY = {
  when: whenObject,
  path: ['runAsSystem'],
  error: 'expected runElevated to be true: only an elevated script runs as SYSTEM',
};

export function shell(version: ApiVersion, own = shellKey) {
  const type = z.literal(spelled(version, 'Shell'));
  return strictObject({ type, name, ...scriptFields(version), ...own }).refine(hasOneScript, oneScript(version));
}

export function powerShell(version: ApiVersion, own = powerShellKey) {
  return strictObject({
    type: z.literal('PowerShell'),
    name,
    ...scriptFields(version),
    ...own,
    validExitCodes: objects(whole()).optional().describe('Exit codes that mean success; by default only 0.'),
    ...since(version, '2019-05-01-preview', {
      runElevated: flag.optional().describe('Run with administrator rights.'),
    }),
    ...since(version, '2020-02-14', {
      runAsSystem: flag.optional().describe('Run as SYSTEM; only together with runElevated.'),
    }),
  })
    .refine(hasOneScript, oneScript(version))
    .refine(({ runAsSystem, runElevated }) => runAsSystem !== true || runElevated === true, ELEVATED_ONLY);
}

export function file() {
  return strictObject({
    type: z.literal('File'),
    name,
    sourceUri: webAddress.optional().describe('Address of the file.'),
    sha256Checksum: sha256.optional(),
    destination: text
      .optional()
      .describe('Absolute path inside the machine; its folder must exist. Of kiln.folder, the folder itself.'),
    ...fileKey,
  }).check(
    rule((value) => {
      const local = (['file', 'folder'] as const).filter((field) => isGiven(own(value, field)));
      const many = (isGiven(value.sourceUri) ? local : local.slice(1)).map((field) => ({
        path: ['kiln', field],
        message: `expected ${isGiven(value.sourceUri) ? 'sourceUri' : 'kiln.file'} or this, not both`,
      }));
      const absent = (['sourceUri', 'destination'] as const)
        .filter((field) => !isGiven(value[field]) && !(field === 'sourceUri' && local.length > 0))
        .map((field) => ({ path: [field], message: 'is required for a File step' }));
      const folderDigest = local.includes('folder') && isGiven(value.sha256Checksum);
      const message = 'expected none: a folder has no digest that is known before it is packed';
      return [...absent, ...many, ...(folderDigest ? [{ path: ['sha256Checksum'], message }] : [])];
    }),
  );
}

export function windowsRestart() {
  return strictObject({
    type: z.literal('WindowsRestart'),
    name,
    restartCommand: text.optional(),
    restartCheckCommand: text.optional().describe('Run after the restart; the machine is back when it succeeds.'),
    restartTimeout: text
      .refine((given) => given === '' || parseDuration(given) !== undefined, 'expected a duration such as 5m or 2h')
      .optional()
      .describe('How long the machine may take, as in 5m (the default) or 2h.'),
    ...stepKey,
  });
}

export function windowsUpdate() {
  return strictObject({
    type: z.literal('WindowsUpdate'),
    name,
    searchCriteria: text.optional().describe("A search of Windows Update's own, as in IsInstalled=0."),
    filters: texts
      .optional()
      .describe('include: or exclude: and a PowerShell expression on $_; the first that is true counts.'),
    updateLimit: whole(0).optional().describe('Updates to install in one round; 0 means 1000.'),
    ...stepKey,
  });
}

type Customizer =
  | ReturnType<typeof shell>
  | ReturnType<typeof powerShell>
  | ReturnType<typeof file>
  | ReturnType<typeof windowsRestart>
  | ReturnType<typeof windowsUpdate>;

export function customizer(version: ApiVersion) {
  return oneOf<Customizer>(version, 'type', {
    [spelled(version, 'Shell')]: { schema: shell(version) },
    PowerShell: { schema: powerShell(version), since: '2019-02-01-preview' },
    WindowsRestart: { schema: windowsRestart(), since: '2019-02-01-preview' },
    File: { schema: file(), since: '2019-05-01-preview' },
    WindowsUpdate: { schema: windowsUpdate(), since: '2020-02-14' },
  });
}

type Validator = ReturnType<typeof shell> | ReturnType<typeof powerShell> | ReturnType<typeof file>;

export function validator(version: ApiVersion) {
  return oneOf<Validator>(version, 'type', {
    Shell: { schema: shell(version, shellCheckKey) },
    PowerShell: { schema: powerShell(version, powerShellCheckKey) },
    File: { schema: file(), since: '2022-07-01' },
  });
}
