/** The template room's door: text of a template file in, build plans or every problem out. Pure, and it never throws. */
import { randomUUID } from 'node:crypto';
import type { BuildPlan } from './build-plan.ts';
import { writtenOf } from './plan-resource.ts';
import type { WrittenTemplate } from './plan-resource.ts';
import { fillLocalFiles, NO_LOCAL_FILES } from './plan/local-files.ts';
import type { ReadLocalFile } from './plan/local-files.ts';
import { planTemplate } from './plan/plan-template.ts';
import { runIdsFor } from './plan/run-ids.ts';
import { formatPath } from '../arm-template/problems.ts';
import type { TemplateProblem } from '../arm-template/problems.ts';
import { readFile } from './read/read-file.ts';
import { asksVault } from '../arm-template/expressions/expression-error.ts';
import { isJson } from '../arm-template/expressions/values.ts';
import { readJson } from './read/read-json.ts';

export { API_VERSIONS, isApiVersion } from './api-versions/api-versions.ts';
export { imageTemplateJsonSchema, templateFileJsonSchema } from './json-schema.ts';
export { NEWEST_API_VERSION, planResource, RESOURCE_API_VERSIONS, tooLargeToKeep } from './plan-resource.ts';
export type { ResourceAddress, WrittenTemplate } from './plan-resource.ts';
export { shownIn } from './shown-in.ts';
export { localFilesOf } from './plan/local-files.ts';
export type { ReadLocalFile } from './plan/local-files.ts';
export { templateOf } from './template-of.ts';
export { formatProblems } from '../arm-template/problems.ts';
export type { TemplateProblem } from '../arm-template/problems.ts';

/** Temporal takes at most 2 MB as a workflow's input. */
const MAX_PLAN_BYTES = 1_500_000;

export interface PlanOptions {
  /** A bare body without a name is called after its file. */
  fileName: string;
  /** Values of parameters and placeholders, by name. */
  parameters: Record<string, unknown>;
  subscriptionId: string;
  resourceGroup: string;
  location?: string;
  /** Ids added to the template's own. */
  identities?: string[];
  /** Customizers that come before the template's own; problems count with them. */
  customizeFirst?: object[];
  /** For a template that names none. */
  buildTimeoutInMinutes?: number;
  /** Of the run; with several templates in the file, what their runs' ids start with. */
  runId: string;
  /** For `kiln.file`; absent: such a step is refused. */
  readLocalFile?: ReadLocalFile;
  /** For `utcNow()`; absent: the time it is. */
  now?: Date;
  /** For `newGuid()`; absent: by chance. */
  newGuid?: () => string;
}

export type PlanResult =
  { ok: true; plans: BuildPlan[]; resources: WrittenTemplate[] } | { ok: false; problems: TemplateProblem[] };

/** One plan, and the resource that was written, for each image template in the file. */
export function planFile(text: string, options: PlanOptions): PlanResult {
  const { templates, problems } = readFile(text, {
    subscriptionId: options.subscriptionId,
    resourceGroup: options.resourceGroup,
    location: options.location,
    given: options.parameters,
    identities: options.identities ?? [],
    customizeFirst: options.customizeFirst ?? [],
    buildTimeoutInMinutes: options.buildTimeoutInMinutes,
    defaultName: options.fileName.replace(/^.*\//, '').replace(/\.[^.]*$/, ''),
    now: options.now ?? new Date(),
    newGuid: options.newGuid ?? randomUUID,
  });
  if (problems.length > 0) return { ok: false, problems };
  const runIds = runIdsFor(
    options.runId,
    templates.map(({ template }) => template.name),
  );
  const found: TemplateProblem[] = [];
  const plans = templates.map((read, index) => {
    const plan = planTemplate(read, runIds[index] ?? options.runId);
    const prefix = read.path.length === 0 ? '' : `${formatPath(read.path)}.`;
    const missing = fillLocalFiles(plan, options.readLocalFile ?? NO_LOCAL_FILES);
    found.push(...[...missing, ...tooLarge(plan)].map((problem) => ({ ...problem, path: prefix + problem.path })));
    return plan;
  });
  return found.length > 0 ? { ok: false, problems: found } : { ok: true, plans, resources: templates.map(writtenOf) };
}

function tooLarge(plan: BuildPlan): TemplateProblem[] {
  if (Buffer.byteLength(JSON.stringify(plan)) <= MAX_PLAN_BYTES) return [];
  const message = 'the template is too large for one workflow input (1.5 MB): move long inline scripts to scriptUri';
  return [{ path: 'properties.customize', message }];
}

/**
 * Values from a parameters file: Resource Manager's own form (`parameters.<name>.value`) or a plain object.
 * @param overridden names that are given elsewhere, whose values here do not count
 */
export function readParametersFile(
  text: string,
  overridden: readonly string[] = [],
): { values: Record<string, unknown> } | { problems: TemplateProblem[] } {
  const read = readJson(text);
  if ('problems' in read) return read;
  if (!isJson(read.value)) return { problems: [{ path: '', message: 'expected an object of parameters' }] };
  const { parameters } = read.value;
  if (!isJson(parameters)) return { values: read.value };
  const others = new Set(overridden.map((name) => name.toLowerCase()));
  const counted = Object.entries(parameters).filter(([name]) => !others.has(name.toLowerCase()));
  const problems = counted.flatMap(([name, held]) => withoutValue(name, held));
  if (problems.length > 0) return { problems };
  return { values: Object.fromEntries(counted.map(([name, held]) => [name, isJson(held) ? held['value'] : held])) };
}

/** A value that is not in the file must not be taken for one that nobody gave: its parameter may have a default. */
function withoutValue(name: string, held: unknown): TemplateProblem[] {
  if (!isJson(held) || 'value' in held) return [];
  const [field] = ['reference', 'expression'].filter((known) => known in held);
  const path = ['parameters', name, ...(field === undefined ? [] : [field])];
  const instead = `give --param ${name}=…`;
  const message =
    field === 'reference'
      ? asksVault(instead)
      : field === 'expression'
        ? `an expression in a parameters file has its value during a deployment only: ${instead}`
        : `expected a value: ${instead}`;
  return [{ path: formatPath(path), message }];
}
