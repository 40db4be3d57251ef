/** From the text of a file to the image templates in it: a bare resource body, or the resources of a deployment. */
import { Meter } from '../../arm-template/expressions/evaluate.ts';
import { TooMuchWork } from '../../arm-template/expressions/expression-error.ts';
import type { PlanWarning } from '../build-plan.ts';
import { finishProblem, formatPath } from '../../arm-template/problems.ts';
import type { TemplateProblem } from '../../arm-template/problems.ts';
import { findResources } from './find-resources.ts';
import type { Found } from './find-resources.ts';
import { IMAGE_TEMPLATE, isImageTemplate, readTemplate } from './read-template.ts';
import type { ReadTemplate } from './read-template.ts';
import { fieldOf, isJson } from '../../arm-template/expressions/values.ts';
import type { FromCommand } from './settle.ts';
import { readJson } from './read-json.ts';
import { Scope } from '../../arm-template/scope.ts';
import type { World } from '../../arm-template/world.ts';

export interface ReadOptions extends FromCommand {
  subscriptionId: string;
  resourceGroup: string;
  given: Record<string, unknown>;
  now: Date;
  newGuid(): string;
}

export interface ReadFile {
  templates: ReadTemplate[];
  problems: TemplateProblem[];
}

export function readFile(text: string, options: ReadOptions): ReadFile {
  const read = readJson(text);
  if ('problems' in read) return { templates: [], problems: read.problems };
  const { value } = read;
  const refused = isJson(value) ? noTemplate(value) : { path: '', message: 'expected an object' };
  if (refused !== undefined || !isJson(value))
    return { templates: [], problems: refused === undefined ? [] : [refused] };

  const world: World = {
    ...options,
    deploymentName: options.defaultName,
    asked: new Set(),
    missing: new Set(),
    secrets: new Set(),
    ownValues: new Set(),
    placeholders: true,
    problems: [],
    meter: new Meter(),
  };
  try {
    const templates = readTemplates(value, world, options);
    const problems = unique(world.problems).map((problem) => finishProblem(problem, world.secrets));
    return { templates: problems.length === 0 ? templates : [], problems };
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    return { templates: [], problems: [{ path: '', message: error.message }] };
  }
}

function readTemplates(file: Record<string, unknown>, world: World, options: ReadOptions): ReadTemplate[] {
  const warnings: PlanWarning[] = [];
  const found = isDeployment(file) ? findResources(file, world, warnings) : [bareBody(file, world)];
  const templates = found.flatMap((one) => readTemplate(one, options) ?? []);
  checkNames(templates, world);
  if (found.length === 0 && world.problems.length === 0) {
    const left = warnings.map(({ path, message }) => `${path} ${message}`).join('; ');
    const message = `expected a resource of type ${IMAGE_TEMPLATE}${left === '' ? '' : `: ${left}`}`;
    world.problems.push({ path: 'resources', message });
  }
  templates[0]?.warnings.push(...warnings, ...unasked(file, world), ...ownValues(world));
  return templates;
}

/** Other files that people have beside their templates. */
function noTemplate(file: Record<string, unknown>): TemplateProblem | undefined {
  const { $schema, properties, parameters, resources } = file;
  if (typeof $schema === 'string' && /deploymentParameters\.json/i.test($schema)) {
    return { path: '$schema', message: 'this is a file of parameters, and no template: give it with --parameters' };
  }
  if (typeof $schema === 'string' && /(uiForm|createUi)Definition|createFormUI/i.test($schema)) {
    return { path: '$schema', message: "this is a form of the portal's, and no template: give the template it is for" };
  }
  if (isJson(properties) && properties['kind'] !== undefined && properties['source'] === undefined) {
    return {
      path: 'properties.kind',
      message: 'this is a trigger, which belongs to an image template and builds nothing by itself: give the template',
    };
  }
  if (resources === undefined && properties === undefined && isJson(parameters)) {
    return { path: 'resources', message: 'expected resources: a file of parameters is given with --parameters' };
  }
  return undefined;
}

/** An image template may have children in `resources` too, but then it has `properties`. */
function isDeployment(file: Record<string, unknown>): boolean {
  return file['resources'] !== undefined && (file['properties'] === undefined || !isImageTemplate(file['type']));
}

function bareBody(body: Record<string, unknown>, world: World): Found {
  const nothing = { parameters: undefined, variables: undefined, functions: undefined, definitions: undefined };
  return {
    resource: body,
    path: [],
    scope: new Scope(world, nothing, { at: [], deployment: false }),
    loop: undefined,
    bare: true,
  };
}

function checkNames(templates: ReadTemplate[], { problems }: World): void {
  const seen = new Map<string, string>();
  for (const { template, path, resourceGroup, subscriptionId } of templates) {
    const key = `${subscriptionId}/${resourceGroup}/${template.name}`.toLowerCase();
    const first = seen.get(key);
    if (first !== undefined) {
      const message = `${template.name} is also the name of ${first}: each needs a name of its own`;
      problems.push({ path: formatPath([...path, 'name']), message, value: JSON.stringify(template.name) });
    }
    seen.set(key, first ?? formatPath(path));
  }
}

/** A value that nothing asks for is most often a name that was mistyped. */
function unasked({ parameters }: Record<string, unknown>, { given, asked }: World): PlanWarning[] {
  const declared = isJson(parameters) ? parameters : {};
  return Object.keys(given)
    .filter((name) => !asked.has(name.toLowerCase()) && fieldOf(declared, name) === undefined)
    .map((name) => ({ path: '', message: `nothing in the file asks for the parameter ${name}` }));
}

/** Names made so are found again by the next build, and not by what Azure deployed. */
function ownValues({ ownValues: called }: World): PlanWarning[] {
  return [...called].map((name) => ({
    path: '',
    message: `${name}() is the same for the same arguments here, and not promised to be the value that Azure gives`,
  }));
}

/** A loop tells the same of every round. */
function unique(problems: TemplateProblem[]): TemplateProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => {
    const key = `${path}\n${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
