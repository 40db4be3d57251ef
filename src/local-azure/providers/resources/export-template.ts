/** A group's resources as a template that would make them again: names as parameters, ids of each other as expressions. */
import { apiVersionsOf } from '../../api-versions/index.ts';
import { ArmError, type Json, type JsonObject, type Route, type Services, type StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { parseResourceId } from '../../resource-id.ts';
import { writtenBody } from '../../shapes/index.ts';

const PATH = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/exportTemplate';
const SCHEMA = 'https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#';
/** Of a declaration, in the order in which Azure writes them. */
const KEYS = ['location', 'tags', 'sku', 'kind', 'plan', 'identity', 'zones', 'properties'];
/** What lies in another provider's resource, and deployments, say nothing of what is there. */
const LEFT_OUT = /^(microsoft\.authorization|microsoft\.resources)\//i;

export function exportTemplateRoutes({ store }: Services): Route[] {
  return [
    {
      method: 'POST',
      path: PATH,
      handle({ id, body }) {
        const { resources: asked, options } = (body ?? {}) as { resources?: string[]; options?: string };
        if (!Array.isArray(asked) || asked.length === 0) {
          throw new ArmError(
            400,
            'ExportTemplateNullOrEmptyResources',
            "The request must name the resources to export, or '*' for all of the group.",
          );
        }
        if (store.get(id) === undefined) {
          const name = id.slice(id.lastIndexOf('/') + 1);
          throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
        }
        const held = store.list({ under: id }).filter(({ type, body: one }) => exportable(type, one));
        const wanted = asked.includes('*') ? held : asked.map((one) => find(held, one));
        return { status: 200, body: { template: templateOf(wanted, (options ?? '').split(/,\s*/)) } };
      },
    },
  ];
}

const exportable = (type: string, body: JsonObject): boolean =>
  !LEFT_OUT.test(type) && !type.startsWith('local/') && typeof body['id'] === 'string' && 'type' in body;

function find(held: StoredResource[], id: string): StoredResource {
  const found = held.find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (found !== undefined) return found;
  throw new ArmError(404, 'ExportTemplateResourceNotFound', `The resource '${id}' is not in the resource group.`);
}

function templateOf(resources: StoredResource[], options: string[]): JsonObject {
  const literal = options.includes('SkipAllParameterization') || options.includes('SkipResourceNameParameterization');
  const defaults = options.includes('IncludeParameterDefaultValue');
  const comments = options.includes('IncludeComments');
  const parameters: JsonObject = {};

  /** Expressions for the parts of a resource's name; what is in another resource has that one's name first. */
  const namesOf = (id: string): string[] => {
    const { type = '', fullName } = parseResourceId(id);
    const [name = '', ...below] = fullName.split('/');
    if (literal) return [name, ...below].map((part) => `'${part}'`);
    const top = type.split('/')[1] ?? '';
    const parameter = `${top}_${name}_name`.replaceAll(/[^A-Za-z0-9_]/g, '_');
    parameters[parameter] = { defaultValue: defaults ? name : null, type: 'String' };
    return [`parameters('${parameter}')`, ...below.map((part) => `'${part}'`)];
  };
  const idExpression = (id: string): string =>
    `[resourceId('${parseResourceId(id).type ?? ''}', ${namesOf(id).join(', ')})]`;

  const known = new Map(resources.map(({ id }) => [id.toLowerCase(), id]));
  const declared = resources.map(({ id, type, body }): JsonObject => {
    const names = namesOf(id);
    const dependsOn = new Set<string>();
    const replaced = (value: Json): Json => {
      if (typeof value === 'string') {
        const other = known.get(value.toLowerCase());
        if (other === undefined || other === id) return value.startsWith('[') ? `[${value}` : value;
        dependsOn.add(idExpression(other));
        return idExpression(other);
      }
      if (Array.isArray(value)) return value.map(replaced);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]));
    };
    const parent = known.get(id.slice(0, id.lastIndexOf('/', id.lastIndexOf('/') - 1)).toLowerCase());
    if (parent !== undefined) dependsOn.add(idExpression(parent));
    const written = writtenBody(type, body);
    const parts = KEYS.flatMap((key) => (written[key] === undefined ? [] : [[key, replaced(written[key])]]));
    const simple = names.length === 1 ? `[${names[0]}]` : `[concat(${names.join(", '/', ")})]`;
    return {
      ...(comments ? { comments: `Generalized from resource: '${id}'.` } : {}),
      type,
      apiVersion: apiVersionsOf(type).at(-1) ?? '',
      name: literal ? parseResourceId(id).fullName : simple,
      ...(dependsOn.size === 0 ? {} : { dependsOn: [...dependsOn] }),
      ...(Object.fromEntries(parts) as JsonObject),
    };
  });
  return {
    $schema: SCHEMA,
    contentVersion: '1.0.0.0',
    parameters,
    variables: {},
    resources: declared.toSorted((a, b) => textOf(a['type']).split('/').length - textOf(b['type']).split('/').length),
  };
}
