/* oxlint-disable unicorn/no-thenable -- `then` is a word of JSON Schema's */
/** JSON Schema (draft 7, which editors know best) of template files, made from the schemas that read them. */
import { z } from 'zod';
import { API_VERSIONS, NEWEST_API_VERSION } from './api-versions/api-versions.ts';
import type { ApiVersion } from './api-versions/api-versions.ts';
import { identity, imageTemplate } from './schema/image-template.ts';
import { versionNotes } from './schema/version-notes.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

const IMAGE_TEMPLATE = 'Microsoft.VirtualMachineImages/imageTemplates';
/** Where a value goes, a deployment may have an expression and a file a placeholder. */
const EXPRESSION = { type: 'string', pattern: '^\\[[\\s\\S]*\\]$|<[A-Za-z][\\w-]*>' } as const;
/** A bare body may have the name that requests have for it. */
const VERSION_FIELDS = ['apiVersion', 'api-version'];
/** What stands in a file beside the template. */
const BESIDE: Record<string, JsonSchema> = {
  $schema: { type: 'string' },
  type: { type: 'string', enum: [IMAGE_TEMPLATE, 'Microsoft.VirtualMachineImages'] },
  dependsOn: { type: 'array' },
  comments: {},
  condition: {},
  copy: { type: 'object' },
  resources: {},
};

function fromZod(zod: z.ZodType): JsonSchema {
  const schema = z.toJSONSchema(zod, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema, path }) => {
      leaveOut(zodSchema, jsonSchema);
      acceptExpressions(jsonSchema);
      // A resource's own loop is another one, and its object is the whole of the schema.
      if (path.length > 0) acceptLoops(jsonSchema);
    },
  });
  const { $schema: _draft, ...body } = schema as JsonSchema;
  return body;
}

/** The image templates of one api-version. */
export function imageTemplateJsonSchema(version: ApiVersion = NEWEST_API_VERSION): JsonSchema {
  const body = fromZod(imageTemplate(version));
  const required = (body.required ?? []).filter((name) => name !== 'name' && name !== 'identity');
  return {
    ...body,
    // The command can give them: the name is the file's where there is none, the identity comes with --identity.
    required,
    properties: {
      // The oldest versions had none, and a build needs one all the same.
      identity: fromZod(identity()),
      ...body.properties,
      ...BESIDE,
      apiVersion: { type: 'string', const: version },
      'api-version': { type: 'string', const: version },
    },
  };
}

/** Any file that Kiln reads: an image template of any api-version, or a deployment with such among its resources. */
export function templateFileJsonSchema(): JsonSchema {
  const given = (field: string, version: ApiVersion): JsonSchema => ({
    properties: { [field]: { const: version } },
    required: [field],
  });
  const choose = (version: ApiVersion): JsonSchema => ({
    if: { anyOf: VERSION_FIELDS.map((field) => given(field, version)) },
    then: { $ref: `#/definitions/${version}` },
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Image template for Kiln',
    definitions: {
      ...Object.fromEntries(API_VERSIONS.map((version) => [version, imageTemplateJsonSchema(version)])),
      imageTemplate: {
        type: 'object',
        properties: { apiVersion: { type: 'string', anyOf: [{ enum: [...API_VERSIONS] }, EXPRESSION] } },
        allOf: API_VERSIONS.map(choose),
        if: { not: { anyOf: VERSION_FIELDS.map((field) => ({ required: [field] })) } },
        then: { $ref: `#/definitions/${NEWEST_API_VERSION}` },
      },
      resource: {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string' } },
        if: { properties: { type: { const: IMAGE_TEMPLATE } } },
        then: { $ref: '#/definitions/imageTemplate' },
      },
      deployment: {
        type: 'object',
        required: ['resources'],
        properties: {
          parameters: { type: 'object' },
          variables: { type: 'object' },
          resources: {
            anyOf: [
              { type: 'array', items: { $ref: '#/definitions/resource' } },
              { type: 'object', additionalProperties: { $ref: '#/definitions/resource' } },
            ],
          },
        },
      },
    },
    if: { required: ['resources'], not: { required: ['properties'] } },
    then: { $ref: '#/definitions/deployment' },
    else: { $ref: '#/definitions/imageTemplate' },
  };
}

/** Fields of other versions and retired variants are known only to be refused; an editor should not offer them. */
function leaveOut(schema: z.core.$ZodType, json: JsonSchema): void {
  if (schema instanceof z.ZodObject && json.properties !== undefined) {
    for (const [name, field] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
      const note = versionNotes.get(field);
      if (note !== undefined && note.readOnly !== true && note.own !== 'offered') delete json.properties[name];
    }
  }
  if (schema instanceof z.ZodDiscriminatedUnion && json.oneOf !== undefined) {
    json.oneOf = json.oneOf.filter((_, index) => {
      const option = schema.options[index] as z.ZodType | undefined;
      return option === undefined || versionNotes.get(option)?.retired === undefined;
    });
  }
}

/** A literal stays one: it is what tells the variants apart. */
function acceptExpressions(json: JsonSchema): void {
  if (json.const !== undefined || json.anyOf !== undefined || json.type === undefined || json.type === 'object') return;
  if (json.type === 'string' && json.pattern === undefined && json.enum === undefined) return;
  const { description, ...plain } = json;
  for (const key of Object.keys(json)) delete json[key];
  Object.assign(json, { ...(description === undefined ? {} : { description }), anyOf: [plain, EXPRESSION] });
}

/** Any object of a deployment may have fields that a `copy` loop makes: not told from those that are missing. */
function acceptLoops(json: JsonSchema): void {
  if (json.type !== 'object' || json.properties === undefined) return;
  const { required } = json;
  delete json.required;
  Object.assign(json, { patternProperties: { '^copy$': { type: 'array' } } });
  if (required !== undefined) Object.assign(json, { if: { required: ['copy'] }, else: { required } });
}
