/** From the text of a file to the image templates in it: bare resource bodies or a deployment template's resources. */
import { formatPath } from './problems.ts';
import type { TemplateProblem } from './problems.ts';
import type { PlanWarning } from './build-plan.ts';
import { isObject, readJson } from './read-json.ts';
import { resolveValues } from './resolve-values.ts';
import type { Values } from './resolve-values.ts';
import { imageTemplate } from './schema.ts';
import type { ImageTemplate } from './schema.ts';

export const TYPE = 'Microsoft.VirtualMachineImages/imageTemplates';
const API_VERSIONS = [
  '2019-05-01-preview',
  '2020-02-14',
  '2021-10-01',
  '2022-02-14',
  '2022-07-01',
  '2023-07-01',
  '2024-02-01',
  '2025-10-01',
];

/** What the service fills in, or a deployment takes for itself: says nothing to a build. */
const IGNORED_AT_TOP = [
  'type',
  'apiVersion',
  'id',
  'dependsOn',
  'comments',
  'systemData',
  '$schema',
  'condition',
  'zones',
  'scope',
];
const READ_ONLY = ['provisioningState', 'provisioningError', 'lastRunStatus', 'exactStagingResourceGroup'];

export interface ReadTemplate {
  template: ImageTemplate;
  apiVersion: string;
  warnings: PlanWarning[];
}

type ReadOptions = Omit<Values, 'deployment'> & { defaultName: string; identities: string[] };

export function readTemplates(
  text: string,
  options: ReadOptions,
): { templates: ReadTemplate[]; problems: TemplateProblem[] } {
  const read = readJson(text);
  if ('problems' in read) return { templates: [], problems: read.problems };
  const { value } = read;
  if (!isObject(value)) return { templates: [], problems: [{ path: '', message: 'expected an object' }] };
  const { resources } = value;
  if (resources === undefined) return gather([readOne(value, value, [], options)], []);

  const all: unknown[] = Array.isArray(resources) ? resources : isObject(resources) ? Object.values(resources) : [];
  const others: PlanWarning[] = [];
  const found = all.flatMap((resource, index) => {
    const type = isObject(resource) ? String(resource['type']) : '';
    if (isImageTemplate(type)) return [readOne(resource, value, ['resources', index], options)];
    others.push({ path: `resources[${index}]`, message: `${type} is no image template and is left alone` });
    return [];
  });
  if (found.length === 0) {
    return { templates: [], problems: [{ path: 'resources', message: `expected a resource of type ${TYPE}` }] };
  }
  return gather(found, others);
}

const isImageTemplate = (type: string): boolean =>
  ['microsoft.virtualmachineimages/imagetemplates', 'microsoft.virtualmachineimages'].includes(type.toLowerCase());

type One = { template?: ReadTemplate; problems: TemplateProblem[] };

function gather(found: One[], warnings: PlanWarning[]): { templates: ReadTemplate[]; problems: TemplateProblem[] } {
  const templates = found.flatMap(({ template }) => template ?? []);
  templates[0]?.warnings.push(...warnings);
  return { templates, problems: found.flatMap(({ problems }) => problems) };
}

function readOne(resource: unknown, file: Record<string, unknown>, at: PropertyKey[], options: ReadOptions): One {
  const problems: TemplateProblem[] = [];
  const warnings: PlanWarning[] = [];
  const filled = resolveValues(
    resource,
    { parameters: file['parameters'], variables: file['variables'] },
    { ...options, deployment: file['resources'] !== undefined },
    problems,
  );
  if (!isObject(filled)) return { problems: [{ path: formatPath(at), message: 'expected an object' }] };
  const prefix = at.length === 0 ? '' : `${formatPath(at)}.`;
  // Values that are not there would only be reported again as malformed.
  if (problems.length > 0)
    return { problems: problems.map((problem) => ({ ...problem, path: problem.path && prefix + problem.path })) };

  const apiVersion = checkVersion(filled, problems, warnings);
  const body = settle(filled, options, warnings, problems);
  const parsed = imageTemplate.safeParse(body);
  if (!parsed.success) problems.push(...describeIssues(parsed.error.issues));
  else problems.push(...moreProblems(parsed.data));
  const told = problems.map(({ path, message }) => ({ path: path === '' ? formatPath(at) : prefix + path, message }));
  return parsed.success && told.length === 0
    ? { template: { template: parsed.data, apiVersion, warnings }, problems: [] }
    : { problems: told };
}

function checkVersion(body: Record<string, unknown>, problems: TemplateProblem[], warnings: PlanWarning[]): string {
  const { apiVersion, type } = body;
  if (typeof type === 'string' && !isImageTemplate(type))
    problems.push({ path: 'type', message: `expected ${TYPE}, got ${type}` });
  else if (typeof type === 'string' && type.toLowerCase() !== TYPE.toLowerCase()) {
    warnings.push({ path: 'type', message: `read as ${TYPE}` });
  }
  if (apiVersion === undefined) return API_VERSIONS.at(-1) ?? '';
  if (typeof apiVersion !== 'string' || !API_VERSIONS.includes(apiVersion)) {
    problems.push({
      path: 'apiVersion',
      message: `expected one of ${API_VERSIONS.join(', ')}, got ${JSON.stringify(apiVersion)}`,
    });
  }
  return typeof apiVersion === 'string' ? apiVersion : '';
}

/** Fills what comes from the command, and takes out what is accepted though it means nothing. */
function settle(
  filled: Record<string, unknown>,
  options: { defaultName: string; location: string | undefined; identities: string[] },
  warnings: PlanWarning[],
  problems: TemplateProblem[],
): Record<string, unknown> {
  const drop = (
    holder: Record<string, unknown>,
    keys: string[],
    path: string,
    silent = false,
  ): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(holder).filter(([key]) => {
        if (!keys.includes(key)) return true;
        if (!silent)
          warnings.push({ path: `${path}${key}`, message: 'is read-only or means nothing here, and is ignored' });
        return false;
      }),
    );
  const body = drop(filled, IGNORED_AT_TOP, '', true);
  body['name'] ??= options.defaultName;
  if (options.location !== undefined) body['location'] ??= options.location;

  const given = isObject(body['identity']) ? body['identity'] : undefined;
  if (options.identities.length > 0) {
    const named = isObject(given?.['userAssignedIdentities']) ? given['userAssignedIdentities'] : {};
    const added = Object.fromEntries(options.identities.map((id) => [id, {}]));
    body['identity'] = { type: 'UserAssigned', userAssignedIdentities: { ...named, ...added } };
  }
  const { properties } = body;
  if (!isObject(properties)) return body;
  const settled = drop(properties, READ_ONLY, 'properties.');
  const { source, distribute, validate, optimize } = settled;
  if (isObject(source)) {
    if (String(source['type']).toLowerCase() === 'iso') {
      problems.push({
        path: 'properties.source',
        message:
          'ISO sources were retired by Azure Image Builder (not processed since 2020-04-30): start from a PlatformImage, ManagedImage or SharedImageVersion',
      });
      settled['source'] = { type: 'PlatformImage', publisher: '-', offer: '-', sku: '-' };
    } else settled['source'] = drop(source, ['exactVersion'], 'properties.source.');
  }
  if (Array.isArray(distribute)) {
    settled['distribute'] = distribute.map((item: unknown, index) =>
      isObject(item) ? drop(item, ['tags'], `properties.distribute[${index}].`) : item,
    );
  }
  // Empty or disabled parts ask for nothing; anything else would be promised and not done.
  if (isObject(validate) && isEmptyList(validate['inVMValidations'])) delete settled['validate'];
  if (isObject(optimize) && !JSON.stringify(optimize).includes('Enabled')) delete settled['optimize'];
  for (const key of [
    'validate',
    'optimize',
    'stagingResourceGroup',
    'autoRun',
    'managedResourceTags',
    'additionalDataDisks',
  ]) {
    if (settled[key] === undefined) continue;
    problems.push({ path: `properties.${key}`, message: 'Kiln does not build this part of a template yet' });
    delete settled[key];
  }
  if (Array.isArray(settled['customize'])) {
    settled['customize'] = settled['customize'].filter((item: unknown, index) => {
      const type = isObject(item) ? String(item['type']) : '';
      if (!['PowerShell', 'WindowsRestart', 'WindowsUpdate'].includes(type)) return true;
      problems.push({
        path: `properties.customize[${index}].type`,
        message: `Kiln does not run ${type} customizers yet`,
      });
      return false;
    });
  }
  return { ...body, properties: settled };
}

const isEmptyList = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

interface Issue {
  code?: string;
  path: PropertyKey[];
  message: string;
  keys?: string[];
}

/** zod's issues, one line each; an unknown field is named by its own path. */
function describeIssues(issues: Issue[]): TemplateProblem[] {
  return issues.flatMap(({ code, path, message, keys }) =>
    code === 'unrecognized_keys' && keys !== undefined
      ? keys.map((key) => ({ path: formatPath([...path, key]), message: 'this field is not known' }))
      : [{ path: formatPath(path), message }],
  );
}

function moreProblems({ identity, properties }: ImageTemplate): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  if (Object.keys(identity?.userAssignedIdentities ?? {}).length === 0) {
    problems.push({
      path: 'identity',
      message:
        'expected a user-assigned identity, as Azure Image Builder requires since 2020: add one, or give --identity ID',
    });
  }
  const seen = new Map<string, number>();
  properties.distribute.forEach(({ runOutputName }, index) => {
    const first = seen.get(runOutputName.toLowerCase());
    if (first === undefined) return seen.set(runOutputName.toLowerCase(), index);
    problems.push({
      path: `properties.distribute[${index}].runOutputName`,
      message: `${runOutputName} is also the name of distribute[${first}]: each needs a name of its own`,
    });
  });
  return problems;
}
