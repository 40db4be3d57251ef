/** From a file and the command's options to build plans; what is wrong with it is thrown as one usage error. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BuildPlan } from '../template/build-plan.ts';
import { formatProblems, planFile, readParametersFile } from '../template/index.ts';
import type { Submission } from '../workflows/template-messages.ts';
import { LocalFiles } from './local-files.ts';
import { UsageError } from './settings.ts';

export interface TemplateOptions {
  param?: string[];
  parameters?: string;
  identity?: string[];
  resourceGroup?: string;
  location?: string;
  subscription?: string;
  id?: string;
}

export const DEFAULT_GROUP = 'golden-images';

export function loadPlans(
  file: string,
  options: TemplateOptions,
  subscriptionId: string,
  files = new LocalFiles(file),
): BuildPlan[] {
  return loadTemplates(file, options, subscriptionId, files).map(({ plan }) => plan);
}

/** Each template of the file: what was written, and the plan that came of it. */
export function loadTemplates(
  file: string,
  options: TemplateOptions,
  subscriptionId: string,
  files = new LocalFiles(file),
): Submission[] {
  const given = parametersGiven(options.param ?? []);
  const parameters = { ...parametersFile(options.parameters, Object.keys(given)), ...given };
  const runId = options.id ?? newRunId(file);
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(runId)) {
    throw new UsageError(`--id: expected up to 40 lower-case letters, digits and dashes, got ${runId}`);
  }
  const result = planFile(read(file), {
    fileName: file,
    parameters,
    subscriptionId: options.subscription ?? subscriptionId,
    resourceGroup: options.resourceGroup ?? DEFAULT_GROUP,
    ...(options.location === undefined ? {} : { location: options.location }),
    identities: options.identity ?? [],
    readLocalFile: (path) => files.read(path),
    runId,
  });
  if (!result.ok) throw new UsageError(formatProblems(file, result.problems));
  return result.plans.flatMap((plan, index) => {
    const resource = result.resources[index];
    return resource === undefined ? [] : [{ plan, resource }];
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parametersFile(file: string | undefined, overridden: string[]): Record<string, unknown> {
  if (file === undefined) return {};
  const found = readParametersFile(read(file), overridden);
  if ('problems' in found) throw new UsageError(formatProblems(file, found.problems, 'cannot be used'));
  return found.values;
}

function parametersGiven(given: string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--param: expected name=value, got ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Readable, and unlike any other: the template's name, the time, and a little chance. */
function newRunId(file: string): string {
  const name = file
    .replace(/^.*\//, '')
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 18);
  const time = new Date().toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(2, 13);
  return `${name === '' ? 'build' : name}-${time}-${randomBytes(2).toString('hex')}`;
}
