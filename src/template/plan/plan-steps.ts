/** Steps with their defaults filled and keys that are safe in names. */
import type {
  FileCustomizer,
  LocalFile,
  PlannedCustomizer,
  PlannedScript,
  PlannedValidator,
  ShellCustomizer,
} from '../build-plan.ts';
import { parseDuration } from '../duration.ts';
import type { ImageTemplateProperties } from '../schema/image-template.ts';

type Customizer = NonNullable<ImageTemplateProperties['customize']>[number];
type Validator = NonNullable<NonNullable<ImageTemplateProperties['validate']>['inVMValidations']>[number];

/** Azure Image Builder's own. */
export const DEFAULT_RESTART_COMMAND = 'shutdown /r /f /t 0 /c "packer restart"';
const DEFAULT_RESTART_SECONDS = 300;
/** Of `kiln.restart`, which Azure does not have. */
const DEFAULT_LINUX_RESTART_SECONDS = 600;
/**
 * The specification says that the default is to search all; the service's documentation and its updater say the
 * recommended ones, which is what it does.
 */
export const DEFAULT_SEARCH_CRITERIA = 'BrowseOnly=0 and IsInstalled=0';
const DEFAULT_UPDATE_LIMIT = 1000;
const MAX_SLUG = 40;

export function planCustomizer(step: Customizer, index: number): PlannedCustomizer {
  switch (step.type) {
    case 'Shell':
    case 'PowerShell':
    case 'File':
      return planScriptStep(step, index, 'step');
    case 'WindowsRestart': {
      const { restartCommand = '', restartCheckCommand = '', restartTimeout = '' } = step;
      return {
        type: 'WindowsRestart',
        ...named(step, index, 'step'),
        restartCommand: restartCommand === '' ? DEFAULT_RESTART_COMMAND : restartCommand,
        ...(restartCheckCommand === '' ? {} : { restartCheckCommand }),
        restartTimeoutInSeconds: parseDuration(restartTimeout) ?? DEFAULT_RESTART_SECONDS,
        ...planTries(step.kiln),
      };
    }
    case 'WindowsUpdate': {
      const { searchCriteria = '', filters = [], updateLimit = 0 } = step;
      return {
        type: 'WindowsUpdate',
        ...named(step, index, 'step'),
        searchCriteria: searchCriteria === '' ? DEFAULT_SEARCH_CRITERIA : searchCriteria,
        filters,
        updateLimit: updateLimit === 0 ? DEFAULT_UPDATE_LIMIT : updateLimit,
        ...planTries(step.kiln),
      };
    }
  }
}

export function planValidator(step: Validator, index: number): PlannedValidator {
  return planScriptStep(step, index, 'check');
}

function planScriptStep(step: Validator, index: number, kind: 'step' | 'check'): PlannedValidator {
  const base = { ...named(step, index, kind), ...planTries(step.kiln) };
  switch (step.type) {
    case 'Shell': {
      const { restart, validExitCodes = [], executeCommand = '' } = step.kiln ?? {};
      return {
        type: 'Shell',
        ...base,
        script: planScript(step),
        ...planEnvironment(step.kiln),
        ...planRestart(restart),
        ...(validExitCodes.length === 0 ? {} : { validExitCodes }),
        ...(executeCommand === '' ? {} : { executeCommand }),
      };
    }
    case 'PowerShell': {
      const { runElevated = false, runAsSystem = false, validExitCodes = [] } = step;
      return {
        type: 'PowerShell',
        ...base,
        script: planScript(step),
        ...planEnvironment(step.kiln),
        runElevated,
        runAsSystem,
        validExitCodes: validExitCodes.length === 0 ? [0] : validExitCodes,
      };
    }
    case 'File': {
      const { sourceUri = '', destination = '', sha256Checksum, kiln } = step;
      return { type: 'File', ...base, ...whereFrom(sourceUri, kiln), destination, ...sha256Of(sha256Checksum) };
    }
  }
}

function planTries({
  pauseBefore = '',
  retries = 0,
  timeout = '',
}: {
  pauseBefore?: string | undefined;
  retries?: number | undefined;
  timeout?: string | undefined;
} = {}): Pick<PlannedCustomizer, 'pauseBeforeInSeconds' | 'retries' | 'timeoutInSeconds'> {
  const pause = parseDuration(pauseBefore) ?? 0;
  const within = parseDuration(timeout) ?? 0;
  return {
    ...(pause === 0 ? {} : { pauseBeforeInSeconds: pause }),
    ...(retries === 0 ? {} : { retries }),
    ...(within === 0 ? {} : { timeoutInSeconds: within }),
  };
}

function planEnvironment({ environment = {} }: { environment?: Record<string, string> | undefined } = {}): {
  environment?: Record<string, string>;
} {
  return Object.keys(environment).length === 0 ? {} : { environment };
}

function planRestart(restart: boolean | { timeout?: string | undefined } = false): Pick<ShellCustomizer, 'restart'> {
  if (restart === false) return {};
  const { timeout = '' } = restart === true ? {} : restart;
  return { restart: { timeoutInSeconds: parseDuration(timeout) ?? DEFAULT_LINUX_RESTART_SECONDS } };
}

function planScript(step: {
  scriptUri?: string | undefined;
  inline?: string[] | undefined;
  sha256Checksum?: string | undefined;
  kiln?: { file?: string | undefined } | undefined;
}): PlannedScript {
  const { scriptUri = '', inline = [], sha256Checksum, kiln } = step;
  if (isGiven(kiln?.file)) return { from: 'file', file: localFile(kiln.file, sha256Checksum) };
  if (scriptUri === '') return { from: 'inline', lines: inline };
  return { from: 'uri', uri: scriptUri, ...sha256Of(sha256Checksum) };
}

function whereFrom(
  sourceUri: string,
  { file, folder }: { file?: string | undefined; folder?: string | undefined } = {},
): Pick<FileCustomizer, 'sourceUri' | 'file' | 'unpack'> {
  if (isGiven(folder)) return { file: localFile(folder), unpack: true };
  return isGiven(file) ? { file: localFile(file) } : { sourceUri };
}

const isGiven = (path: string | undefined): path is string => path !== undefined && path !== '';

/** What is in it is found by {@link file://./local-files.ts}; until then its digest is the one that is expected. */
const localFile = (path: string, sha256Checksum = ''): LocalFile => ({
  path,
  sha256: sha256Checksum.toLowerCase(),
  bytes: 0,
});

/** An empty text is no checksum, as the service has it. */
export function sha256Of(checksum: string | undefined): { sha256?: string } {
  return checksum === undefined || checksum === '' ? {} : { sha256: checksum.toLowerCase() };
}

function named(
  step: { type: string; name?: string | undefined },
  index: number,
  kind: 'step' | 'check',
): { index: number; name: string; key: string } {
  const name = step.name === undefined || step.name === '' ? `${step.type}-${index + 1}` : step.name;
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, MAX_SLUG);
  return { index, name, key: `${kind}-${String(index + 1).padStart(2, '0')}${slug === '' ? '' : `-${slug}`}` };
}
