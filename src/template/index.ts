/** The template room's door: text of a template file in, build plans or every problem out. Pure. */
import type { BuildPlan } from './build-plan.ts';
import { planTemplate } from './plan-template.ts';
import type { TemplateProblem } from './problems.ts';
import { isObject, readJson } from './read-json.ts';
import { readTemplates } from './read-template.ts';

export { formatProblems } from './problems.ts';
export type { TemplateProblem } from './problems.ts';

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
  runId: string;
}

export type PlanResult = { ok: true; plans: BuildPlan[] } | { ok: false; problems: TemplateProblem[] };

/** One plan for each image template in the file. */
export function planFile(text: string, options: PlanOptions): PlanResult {
  const { subscriptionId, resourceGroup, runId } = options;
  const { templates, problems } = readTemplates(text, {
    subscriptionId,
    resourceGroup,
    location: options.location,
    given: options.parameters,
    identities: options.identities ?? [],
    defaultName: options.fileName.replace(/^.*\//, '').replace(/\.[^.]*$/, ''),
  });
  if (problems.length > 0) return { ok: false, problems };
  const plans = templates.map((template) => planTemplate(template, { subscriptionId, resourceGroup, runId }));
  const large = plans.find((plan) => Buffer.byteLength(JSON.stringify(plan)) > MAX_PLAN_BYTES);
  if (large !== undefined) {
    const message = 'the template is too large for one workflow input (1.5 MB): move long inline scripts to scriptUri';
    return { ok: false, problems: [{ path: 'properties.customize', message }] };
  }
  return { ok: true, plans };
}

/** Values from a parameters file: Resource Manager's own form (`parameters.<name>.value`) or a plain object. */
export function readParametersFile(
  text: string,
): { values: Record<string, unknown> } | { problems: TemplateProblem[] } {
  const read = readJson(text);
  if ('problems' in read) return read;
  if (!isObject(read.value)) return { problems: [{ path: '', message: 'expected an object of parameters' }] };
  const { parameters } = read.value;
  if (!isObject(parameters)) return { values: read.value };
  return {
    values: Object.fromEntries(
      Object.entries(parameters).map(([name, held]) => [name, isObject(held) ? held['value'] : held]),
    ),
  };
}
