/** From a file and the command's options to build plans; what is wrong with it is thrown as one usage error. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BuildPlan } from '../template/build-plan.ts';
import { formatProblems, planFile, readParametersFile } from '../template/index.ts';
import type { PlanOptions } from '../template/index.ts';
import { templateDigests } from '../template/template-digest.ts';
import type { TemplateDigest } from '../template/template-digest.ts';
import type { Submission } from '../workflows/template-messages.ts';
import { LocalFiles } from './local-files.ts';
import { subscriptionOf, UsageError } from './settings.ts';
import type { Settings } from './settings.ts';

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

/** A build to be: its plan, and what tells whether another of the same id is of the same template. */
export interface PlannedBuild {
  plan: BuildPlan;
  digest: TemplateDigest;
}

export function loadPlans(file: string, options: TemplateOptions, settings: Settings): BuildPlan[] {
  return loadTemplates(file, options, settings).map(({ plan }) => plan);
}

/** Each template of the file: what was written, and the plan that came of it. */
export function loadTemplates(
  file: string,
  options: TemplateOptions,
  settings: Settings,
  files = new LocalFiles(file),
): Submission[] {
  return planned(file, read(file), planOptions(file, options, settings, files));
}

export function loadBuilds(
  file: string,
  options: TemplateOptions,
  settings: Settings,
  files: LocalFiles,
): PlannedBuild[] {
  return planBuilds(file, read(file), planOptions(file, options, settings, files));
}

export function planBuilds(file: string, text: string, options: PlanOptions): PlannedBuild[] {
  const submissions = planned(file, text, options);
  const digests = templateDigests(text, options);
  return submissions.flatMap(({ plan }, index) => {
    const digest = digests[index];
    return digest === undefined ? [] : [{ plan, digest }];
  });
}

/** @param file what the template is called in messages, and where it has no name of its own */
export function planOptions(
  file: string,
  options: TemplateOptions,
  settings: Settings,
  files: LocalFiles,
): PlanOptions {
  const given = parametersGiven(options.param ?? []);
  const parameters = { ...parametersFile(options.parameters, Object.keys(given)), ...given };
  const runId = options.id ?? newRunId(file);
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(runId)) {
    throw new UsageError(`--id: expected up to 40 lower-case letters, digits and dashes, got ${runId}`);
  }
  return {
    fileName: file,
    parameters,
    subscriptionId: options.subscription ?? subscriptionOf(settings),
    resourceGroup: options.resourceGroup ?? DEFAULT_GROUP,
    ...(options.location === undefined ? {} : { location: options.location }),
    identities: options.identity ?? [],
    readLocalFile: (path, folder) => files.read(path, folder),
    runId,
  };
}

function planned(file: string, text: string, options: PlanOptions): Submission[] {
  const result = planFile(text, options);
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
