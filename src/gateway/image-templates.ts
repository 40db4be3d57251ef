/** What the routes do: each turns a request into one call of the template's workflow, and its answer into Azure's form. */
import { NEWEST_API_VERSION, planResource, RESOURCE_API_VERSIONS } from '../template/index.ts';
import { parseIdOfType } from '../template/resource-id.ts';
import { isUnanswered, NoSuchPage, TemplateRefusal } from '../client/template-client.ts';
import type { TemplateClient } from '../client/template-client.ts';
import type { BuildStatus } from '../workflows/messages.ts';
import type { Accepted, TemplateView } from '../workflows/template-messages.ts';
import type { Target, TemplateAddress } from './address.ts';
import { ArmError } from './arm-error.ts';
import { checkTrigger } from './check-trigger.ts';
import { mergePatch } from './merge-patch.ts';
import { operationAddress, operationUrl } from './operation-address.ts';
import { operationBody, providerOperations, runOutputBodies, triggerBody } from './resource-bodies.ts';
import { asWritten } from './sent-back.ts';
import { templateBody } from './template-body.ts';

export interface ArmRequest {
  method: string;
  target: Target;
  apiVersion: string;
  query: URLSearchParams;
  body: Record<string, unknown> | undefined;
  origin: string;
  path: string;
  /** Of a request that is repeated for want of an answer, the same. */
  clientRequestId?: string | undefined;
}

export interface ArmAnswer {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

export interface TemplatesOptions {
  templates: TemplateClient;
  /** Of a run that is under way; undefined before it answers. */
  build: (runId: string) => Promise<BuildStatus | undefined>;
}

const TRIGGERS_SINCE = '2022-07-01';
const TYPES: Record<Target['kind'], string> = {
  operations: 'operations',
  operation: 'locations/operations',
  templates: 'imageTemplates',
  template: 'imageTemplates',
  runOutputs: 'imageTemplates/runOutputs',
  triggers: 'imageTemplates/triggers',
};
const PATCH_TRIES = 3;
/** Seconds; some send the same id with all that they ever ask. */
const REPEATED_WITHIN_S = 120;
/** Seconds after which a client asks again; without it some wait half a minute. */
const RETRY_AFTER = { submit: 1, run: 5 };

export function createTemplateRoutes({
  templates,
  build,
}: TemplatesOptions): (request: ArmRequest) => Promise<ArmAnswer> {
  return async (request) => {
    const { target, method, apiVersion } = request;
    const supported: readonly string[] = RESOURCE_API_VERSIONS;
    if (!supported.includes(apiVersion)) throw unknownVersion(request);
    try {
      switch (target.kind) {
        case 'operations':
          must(method, 'GET');
          return { status: 200, body: providerOperations() };
        case 'operation':
          return await operation(request, target.operationId);
        case 'templates':
          return await list(request, target.within);
        case 'template':
          return await template(request, target);
        case 'runOutputs':
          return await runOutputs(request, target);
        case 'triggers':
          if (apiVersion < TRIGGERS_SINCE) throw unknownVersion(request, TRIGGERS_SINCE);
          return await triggers(request, target);
      }
    } catch (error) {
      if (error instanceof TemplateRefusal) throw refusalOf(error, target);
      if (error instanceof NoSuchPage) throw new ArmError(400, 'InvalidSkipToken', error.message);
      if (isUnanswered(error)) {
        throw new ArmError(503, 'ServiceUnavailable', 'Temporal or its worker does not answer; ask again.');
      }
      throw error;
    }
  };

  async function template(request: ArmRequest, target: Extract<Target, { kind: 'template' }>): Promise<ArmAnswer> {
    const { method, body } = request;
    const { template: address, action } = target;
    if (action !== undefined) {
      must(method, 'POST');
      return action === 'run' ? run(request, address) : cancel(address);
    }
    switch (method) {
      case 'GET':
        return { status: 200, body: await shown(await templates.get(address.id), request.apiVersion) };
      case 'PUT':
        return put(request, address, needed(body));
      case 'PATCH':
        return patch(request, address, needed(body));
      case 'DELETE':
        return remove(request, address);
      default:
        throw notAllowed(method);
    }
  }

  async function put(
    request: ArmRequest,
    address: TemplateAddress,
    body: object,
    former?: TemplateView,
    tagsOnly = false,
  ): Promise<ArmAnswer> {
    // What is kept is in the newest spelling, and a client of an old api-version changes its part of it.
    const apiVersion = former === undefined ? request.apiVersion : NEWEST_API_VERSION;
    const last = former ?? (await templates.last(address.id));
    const known = last?.provisioningState === 'Deleted' ? undefined : last;
    const written = asWritten(body as Record<string, unknown>, known, request.apiVersion);
    const planned = planResource(written, { ...address, apiVersion }, former?.plan);
    if (!planned.ok) throw ArmError.ofProblems(planned.problems);
    const { plan, resource } = planned;
    const accepted = await templates.put({
      plan,
      resource,
      ...(former === undefined ? {} : { ifRevision: former.revision }),
      ...(tagsOnly ? { tagsOnly } : {}),
    });
    const view = await templates.get(address.id);
    const ended = tagsOnly && view.provisioningState === 'Succeeded';
    return {
      status: accepted.revision === 1 ? 201 : 200,
      body: await shown(view, request.apiVersion),
      ...(ended ? {} : { headers: following(request, address, accepted, { seconds: RETRY_AFTER.submit }) }),
    };
  }

  /** A change of what was read; read again where another change came between. */
  async function patch(
    request: ArmRequest,
    address: TemplateAddress,
    body: Record<string, unknown>,
  ): Promise<ArmAnswer> {
    for (let tries = 1; ; tries++) {
      const view = await templates.get(address.id);
      try {
        const tagsOnly = Object.keys(body).every((field) => field === 'tags');
        return await put(request, address, mergePatch(view, body), view, tagsOnly);
      } catch (error) {
        const changed = error instanceof TemplateRefusal && /has been changed/.test(error.message);
        if (!changed || tries === PATCH_TRIES) throw error;
      }
    }
  }

  async function remove(request: ArmRequest, address: TemplateAddress): Promise<ArmAnswer> {
    try {
      const accepted = await templates.delete(address.id);
      const headers = following(request, address, accepted, { seconds: RETRY_AFTER.submit, deletes: true });
      return { status: 202, headers: withLocation(headers) };
    } catch (error) {
      if (error instanceof TemplateRefusal && error.code === 'NotFound') return { status: 204 };
      throw error;
    }
  }

  async function run(request: ArmRequest, address: TemplateAddress): Promise<ArmAnswer> {
    const { operationId } = await templates.run(address.id, { by: 'person', ...repetition(request) });
    const { location } = (await templates.get(address.id)).plan.template;
    const headers = following(request, address, { operationId, location }, { seconds: RETRY_AFTER.run });
    return { status: 202, headers: withLocation(headers) };
  }

  /** The service answers at once; `lastRunStatus` tells when the run has ended. */
  async function cancel(address: TemplateAddress): Promise<ArmAnswer> {
    await templates.cancel(address.id);
    return { status: 204 };
  }

  async function list({ method, query, path, origin, apiVersion }: ArmRequest, within: string): Promise<ArmAnswer> {
    must(method, 'GET');
    const page = await templates.list(within, query.get('$skiptoken') ?? undefined);
    const next = new URLSearchParams({ 'api-version': apiVersion, $skiptoken: page.next ?? '' });
    return {
      status: 200,
      body: {
        value: await Promise.all(page.templates.map((view) => shown(view, apiVersion))),
        ...(page.next === undefined ? {} : { nextLink: `${origin}${path}?${next.toString()}` }),
      },
    };
  }

  async function runOutputs(
    { method }: ArmRequest,
    target: Extract<Target, { kind: 'runOutputs' | 'triggers' }>,
  ): Promise<ArmAnswer> {
    must(method, 'GET');
    const all = runOutputBodies(await templates.get(target.template.id));
    return { status: 200, body: chosen(all, target) };
  }

  async function triggers(
    request: ArmRequest,
    target: Extract<Target, { kind: 'runOutputs' | 'triggers' }>,
  ): Promise<ArmAnswer> {
    const { method, body } = request;
    const { template: address, name } = target;
    const { id } = address;
    if (name === undefined || method === 'GET') {
      must(method, 'GET');
      const view = await templates.get(id);
      const all = view.triggers.map((trigger) => triggerBody(view, trigger));
      return { status: 200, body: chosen(all, target) };
    }
    switch (method) {
      case 'PUT': {
        checkTrigger(name, needed(body), await templates.get(id));
        const accepted = await templates.putTrigger(id, name);
        const view = await templates.get(id);
        const made = view.triggers.find((trigger) => trigger.name === name);
        if (made === undefined) throw new TypeError(`the trigger ${name} was not made`);
        const headers = following(request, address, accepted, { seconds: RETRY_AFTER.submit });
        return { status: 201, body: triggerBody(view, made, true), headers };
      }
      case 'DELETE':
        try {
          const accepted = await templates.deleteTrigger(id, name);
          const headers = following(request, address, accepted, { seconds: RETRY_AFTER.submit });
          return { status: 202, headers: withLocation(headers) };
        } catch (error) {
          if (error instanceof TemplateRefusal && error.code === 'NotFound') return { status: 204 };
          throw error;
        }
      default:
        throw notAllowed(method);
    }
  }

  async function operation({ method, query }: ArmRequest, operationId: string): Promise<ArmAnswer> {
    must(method, 'GET');
    const address = operationAddress(operationId, query);
    const known = parseIdOfType(address.templateId, 'Microsoft.VirtualMachineImages/imageTemplates') !== undefined;
    if (!known) throw new ArmError(404, 'NotFound', `The operation ${operationId} was not found.`);
    const view = await templates.last(address.templateId);
    const found = view?.operations.find(({ id }) => id.toLowerCase() === operationId.toLowerCase());
    if (found !== undefined) return { status: 200, body: operationBody(found) };
    if (address.deletes) return { status: 200, body: { name: operationId.toUpperCase(), status: 'Succeeded' } };
    throw new ArmError(404, 'NotFound', `The operation ${operationId} was not found.`);
  }

  async function shown(view: TemplateView, apiVersion: string): Promise<object> {
    const [run] = view.runs;
    return templateBody(view, run?.state === 'Running' ? await build(run.runId) : undefined, apiVersion);
  }
}

function following(
  { origin, apiVersion }: ArmRequest,
  address: TemplateAddress,
  { operationId, location }: Pick<Accepted, 'operationId' | 'location'>,
  { seconds, deletes = false }: { seconds: number; deletes?: boolean },
): Record<string, string> {
  const url = operationUrl(origin, address, location, apiVersion, operationId, deletes);
  return { 'Azure-AsyncOperation': url, 'Retry-After': String(seconds) };
}

const withLocation = (headers: Record<string, string>): Record<string, string> => ({
  ...headers,
  Location: headers['Azure-AsyncOperation'] ?? '',
});

function chosen(
  all: Array<{ name: string }>,
  { name, kind, template }: { name?: string; kind: string; template: TemplateAddress },
): object {
  if (name === undefined) return { value: all };
  const found = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new ArmError(
    404,
    'NotFound',
    `The ${kind.replace(/s$/, '')} '${name}' of the template '${template.name}' was not found.`,
  );
}

function needed(body: Record<string, unknown> | undefined): Record<string, unknown> {
  if (body !== undefined) return body;
  throw new ArmError(400, 'InvalidRequestContent', 'The request content was invalid: a JSON object was expected.');
}

/** Before anything is done. */
function must(method: string, allowed: string): void {
  if (method !== allowed) throw notAllowed(method);
}

/** A client sends a request again whose answer was lost, and is answered with the run that it began. */
function repetition({ clientRequestId }: ArmRequest): { requestId?: string; repeatedWithin?: number } {
  if (clientRequestId === undefined) return {};
  return { requestId: `request/${clientRequestId.slice(0, 100)}`, repeatedWithin: REPEATED_WITHIN_S };
}

const noTemplate = ({ name, resourceGroup }: TemplateAddress): ArmError =>
  new ArmError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.VirtualMachineImages/imageTemplates/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );

const notAllowed = (method: string): ArmError =>
  new ArmError(405, 'MethodNotAllowed', `The HTTP method '${method}' is not supported here.`);

/** As Resource Manager refuses it, where a location says which provider would answer and where none does. */
function unknownVersion({ apiVersion, target, body }: ArmRequest, since = ''): ArmError {
  if (apiVersion === '') {
    return new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  const versions = RESOURCE_API_VERSIONS.filter((version) => version >= since);
  const type = TYPES[target.kind];
  const location = body?.['location'];
  if (typeof location !== 'string') {
    return new ArmError(
      400,
      'InvalidResourceType',
      `The resource type '${type}' could not be found in the namespace 'Microsoft.VirtualMachineImages' for api version '${apiVersion}'. ` +
        `The supported api-versions are '${versions.join(',')}'.`,
    );
  }
  // The gateway is in no region, and builds in all.
  return new ArmError(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${location}' and API version '${apiVersion}' for type '${type}'. ` +
      `The supported api-versions are '${versions.join(', ')}'. The supported locations are ''.`,
  );
}

function refusalOf({ code, message }: TemplateRefusal, target: Target): ArmError {
  switch (code) {
    case 'Conflict':
      return new ArmError(409, 'Conflict', message);
    case 'NotFound':
      return 'template' in target && !/trigger/i.test(message)
        ? noTemplate(target.template)
        : new ArmError(404, 'ResourceNotFound', message);
    case 'ValidationFailed':
      return new ArmError(400, 'ValidationFailed', `Validation failed: ${message}`);
  }
}
