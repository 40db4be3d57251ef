/** How deployments and their operations are answered. */
import { createHash, randomUUID } from 'node:crypto';
import type { Json, JsonObject, StoredResource } from '../../../core.ts';
import { guidFrom } from '../../../guid.ts';
import { normalizeRegion } from '../../../regions.ts';
import { parseResourceId } from '../../../resource-id.ts';
import type { PlannedResource, Prepared, SettledParameter, Site } from './template.ts';

export const DEPLOYMENT = 'Microsoft.Resources/deployments';

/** @param links what was fetched from elsewhere, as it is told */
export function deploymentBody(site: Site, prepared: Prepared, state: string, links: JsonObject = {}): JsonObject {
  const { templateLink, parametersLink } = links;
  return {
    id: site.id,
    name: site.name,
    type: DEPLOYMENT,
    properties: {
      ...(templateLink === undefined ? {} : { templateLink }),
      templateHash: hashOf(prepared.template),
      ...(parametersLink === undefined ? {} : { parametersLink }),
      parameters: shownParameters(prepared.parameters),
      mode: 'Incremental',
      provisioningState: state,
      timestamp: site.began.toISOString(),
      duration: durationSince(site.began, site.began),
      correlationId: randomUUID(),
      providers: providersOf(prepared.resources, site),
      dependencies: dependenciesOf(prepared.resources),
    },
  };
}

/** A secret's place is shown, without the secret. */
function shownParameters(parameters: SettledParameter[]): JsonObject {
  return Object.fromEntries(
    parameters.map(({ name, type, secure, value }) => [name, secure ? { type } : { type, value }]),
  );
}

/** Resource Manager's are twenty digits too. */
function hashOf(template: JsonObject): string {
  const bytes = createHash('sha256').update(JSON.stringify(template)).digest();
  return bytes.readBigUInt64BE().toString();
}

function providersOf(resources: PlannedResource[], site: Site): Json {
  const namespaces = new Map<string, Map<string, Set<string>>>();
  for (const { type, location } of resources) {
    const [namespace = '', ...types] = type.split('/');
    const kinds = namespaces.get(namespace) ?? new Map<string, Set<string>>();
    const where = kinds.get(types.join('/')) ?? new Set<string>();
    where.add(normalizeRegion(location ?? site.location));
    namespaces.set(namespace, kinds.set(types.join('/'), where));
  }
  return [...namespaces].map(([namespace, kinds]) => ({
    namespace,
    resourceTypes: [...kinds].map(([resourceType, where]) => ({ resourceType, locations: [...where] })),
  }));
}

function dependenciesOf(resources: PlannedResource[]): Json {
  const basic = ({ id, type, name }: PlannedResource): JsonObject => ({ id, resourceType: type, resourceName: name });
  return resources.flatMap((resource) => {
    const on = resource.dependsOn.flatMap((id) => resources.filter((one) => one.id === id)).map(basic);
    return on.length === 0 ? [] : [{ dependsOn: on, ...basic(resource) }];
  });
}

/** What a deployment did to one resource, or, without one, that it made its outputs. */
export interface Step {
  operationId: string;
  /** Of the request to the provider. */
  requestId: string;
  resource: string | undefined;
  state: 'Running' | 'Succeeded' | 'Failed' | 'Canceled';
  began: string;
  ended: string;
  /** As HTTP names it: `Created`. */
  statusCode: string;
  statusMessage?: Json;
}

export function stepBody(deployment: StoredResource, step: Step): JsonObject {
  const { operationId, requestId, resource, state, began, ended, statusCode, statusMessage } = step;
  const parsed = resource === undefined ? undefined : parseResourceId(resource);
  return {
    id: `${deployment.id}/operations/${operationId}`,
    operationId,
    properties: {
      provisioningOperation: resource === undefined ? 'EvaluateDeploymentOutput' : 'Create',
      provisioningState: state,
      timestamp: ended,
      duration: durationSince(new Date(began), new Date(ended)),
      trackingId: guidFrom(`${deployment.id} ${operationId}`),
      ...(resource === undefined ? {} : { serviceRequestId: requestId }),
      statusCode,
      ...(statusMessage === undefined ? {} : { statusMessage }),
      ...(parsed === undefined
        ? {}
        : { targetResource: { id: resource ?? '', resourceType: parsed.type ?? '', resourceName: parsed.fullName } }),
    },
  };
}

/**
 * Deployments are counted down from the end of time: Azure tells the operation of one, and that it made its outputs, by
 * twenty digits, of which a later one's are smaller.
 */
export function numberOf(began: Date): string {
  const ticks = BigInt(began.getTime()) * 10_000n + 621_355_968_000_000_000n;
  return String(2n ** 63n - 1n - ticks).padStart(20, '0');
}

/** As ISO 8601 writes a duration: `PT37.3004S`. */
export function durationSince(began: Date, ended: Date): string {
  return `PT${(ended.getTime() - began.getTime()) / 1000}S`;
}
