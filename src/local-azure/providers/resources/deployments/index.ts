/** `Microsoft.Resources/deployments` of a resource group: template deployments in incremental mode, and their operations. */
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type AsyncForm,
  type Json,
  type JsonObject,
  type Operation,
  type Route,
  type StoredResource,
} from '../../../core.ts';
import type { InsideCalls } from '../../../inside-calls.ts';
import { textOf } from '../../../json.ts';
import { groupIdOf } from '../../../resource-id.ts';
import type { ResourcesServices } from '../services.ts';
import { DEPLOYMENT, deploymentBody, stepBody } from './bodies.ts';
import { DeploymentRun, keptOf, type Kept } from './run.ts';
import { objectOf, prepare, type Prepared, type Site } from './template.ts';

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}';
const ALL = `${GROUP}/providers/${DEPLOYMENT}`;
const ONE = `${ALL}/{deployment}`;
/** Where clients of old api-versions, and some new ones, look for the operations. */
const OLD = `${GROUP}/deployments/{deployment}`;

const WRITE = `${DEPLOYMENT}/write`;
const DELETE = `${DEPLOYMENT}/delete`;
const NAME = /^[\w\-.()]{1,64}$/;
const DELETED: AsyncForm = { segment: 'operationresults', headers: 'location', retryAfter: 15 };

export function deploymentRoutes(services: ResourcesServices, calls: InsideCalls): Route[] {
  const { store, operations } = services;

  operations.register(WRITE, async ({ resourceId }) => {
    const deployment = store.get(resourceId);
    if (deployment !== undefined) await new DeploymentRun(services, calls, deployment).run();
  });
  operations.register(DELETE, ({ resourceId }) => {
    store.delete(resourceId);
    return Promise.resolve();
  });

  const idOf = ({ subscriptionId, params }: ArmRequest): string =>
    `/subscriptions/${subscriptionId}/resourceGroups/${params['resourceGroup']}/providers/${DEPLOYMENT}/${params['deployment']}`;

  const require = (request: ArmRequest): StoredResource => {
    const deployment = store.get(idOf(request));
    if (deployment !== undefined) return deployment;
    throw new ArmError(404, 'DeploymentNotFound', `Deployment '${request.params['deployment']}' could not be found.`);
  };

  const stepsOf = (request: ArmRequest): JsonObject[] => {
    const deployment = require(request);
    return keptOf(deployment).steps.map((step) => stepBody(deployment, step));
  };

  const refuseActive = (deployment: StoredResource): void => {
    const active = operations.pending(deployment.id).find(({ kind }) => kind === WRITE);
    if (active === undefined) return;
    throw new ArmError(
      409,
      'DeploymentActive',
      `Unable to edit or replace deployment '${textOf(deployment.body['name'])}': previous deployment from '${active.startTime}' is still active. Please see https://aka.ms/arm-deploy for usage details.`,
    );
  };

  return [
    {
      method: 'PUT',
      path: ONE,
      handle(request) {
        const existing = store.get(idOf(request));
        if (existing !== undefined) refuseActive(existing);
        const { site, prepared, values } = read(request);
        const operation = operations.begin({
          kind: WRITE,
          subscriptionId: request.subscriptionId,
          location: site.location,
          resourceId: site.id,
          input: {},
        });
        const body = deploymentBody(site, prepared, 'Accepted');
        const kept: Kept = {
          site: { ...site, began: site.began.toISOString() },
          template: prepared.template,
          values,
          caller: request.principal,
          operationId: operation.id,
          steps: [],
        };
        store.put({ id: site.id, type: DEPLOYMENT, body, hidden: { ...kept } as unknown as JsonObject });
        const address = `${request.origin}${site.id}/operationStatuses/${operation.id}?api-version=${request.apiVersion}`;
        return { status: existing === undefined ? 201 : 200, body, headers: { 'Azure-AsyncOperation': address } };
      },
    },
    {
      method: 'POST',
      path: `${ONE}/validate`,
      handle(request) {
        const { site, prepared } = read(request);
        const body = deploymentBody(site, prepared, 'Succeeded');
        const validatedResources = prepared.resources.filter(({ existing }) => !existing).map(({ id }) => ({ id }));
        return {
          status: 200,
          body: { ...body, properties: { ...(body['properties'] as JsonObject), validatedResources } },
        };
      },
    },
    { method: 'GET', path: ONE, handle: (request) => ({ status: 200, body: require(request).body }) },
    {
      method: 'HEAD',
      path: ONE,
      handle: (request) => ({ status: store.get(idOf(request)) === undefined ? 404 : 204 }),
    },
    {
      method: 'GET',
      path: ALL,
      handle: ({ id }) => ({
        status: 200,
        body: {
          value: store.list({ type: DEPLOYMENT, under: groupIdOf(id) ?? id }).map(({ body }) => body),
        },
      }),
    },
    {
      method: 'DELETE',
      path: ONE,
      handle(request): ArmResponse {
        const deployment = store.get(idOf(request));
        if (deployment === undefined) return { status: 204 };
        refuseActive(deployment);
        const operation = operations.begin({
          kind: DELETE,
          subscriptionId: request.subscriptionId,
          location: keptOf(deployment).site.location,
          resourceId: deployment.id,
          input: {},
        });
        return { status: 202, operation: { operation, form: DELETED } };
      },
    },
    {
      method: 'POST',
      path: `${ONE}/cancel`,
      handle(request) {
        const deployment = require(request);
        const active = operations.pending(deployment.id).find(({ kind }) => kind === WRITE);
        if (active === undefined) {
          throw new ArmError(
            409,
            'DeploymentCannotBeCancelled',
            `The deployment '${textOf(deployment.body['name'])}' cannot be cancelled because its provisioning state is '${textOf(objectOf(deployment.body['properties'])['provisioningState'])}'.`,
          );
        }
        operations.cancel(active.id);
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: `${ONE}/exportTemplate`,
      handle: (request) => ({ status: 200, body: { template: keptOf(require(request)).template } }),
    },
    {
      method: 'GET',
      path: `${ONE}/operationStatuses/{operation}`,
      handle(request) {
        const operation = operations.get(request.params['operation'] ?? '');
        if (operation === undefined) {
          throw new ArmError(404, 'NotFound', `The operation '${request.params['operation']}' was not found.`);
        }
        return { status: 200, body: statusOf(operation, store.get(idOf(request))) };
      },
    },
    ...[ONE, OLD].flatMap((path): Route[] => [
      {
        method: 'GET',
        path: `${path}/operations`,
        handle: (request) => ({ status: 200, body: { value: stepsOf(request) } }),
      },
      {
        method: 'GET',
        path: `${path}/operations/{operation}`,
        handle(request) {
          const step = stepsOf(request).find((one) => one['operationId'] === request.params['operation']);
          if (step !== undefined) return { status: 200, body: step };
          throw new ArmError(
            404,
            'DeploymentOperationNotFound',
            `Deployment operation '${request.params['operation']}' could not be found.`,
          );
        },
      },
    ]),
  ];

  function read(request: ArmRequest): { site: Site; prepared: Prepared; values: Record<string, Json> } {
    const name = request.params['deployment'] ?? '';
    if (!NAME.test(name)) {
      throw new ArmError(
        400,
        'InvalidDeploymentName',
        `The provided deployment name '${name}' is not valid: expected 1 to 64 letters, digits, '-', '_', '.', '(' or ')'.`,
      );
    }
    const id = idOf(request);
    const site: Site = {
      id,
      name,
      subscriptionId: request.subscriptionId,
      resourceGroup: request.params['resourceGroup'] ?? '',
      location: textOf(store.get(groupIdOf(id) ?? '')?.body['location']),
      began: services.now(),
    };
    const properties = objectOf(request.body?.['properties']);
    refuseUnplayed(properties);
    const values = valuesOf(objectOf(properties['parameters']));
    return { site, prepared: prepare(site, objectOf(properties['template']), values), values };
  }
}

/** What Azure takes and the local one does not, said instead of done otherwise. */
function refuseUnplayed(properties: JsonObject): void {
  const refuse = (message: string): never => {
    throw new ArmError(400, 'InvalidDeployment', message);
  };
  if (properties['template'] === undefined) {
    refuse(
      properties['templateLink'] === undefined
        ? 'The deployment has no template: expected properties.template.'
        : 'The local Azure fetches no linked templates: send properties.template.',
    );
  }
  if (properties['parametersLink'] !== undefined) {
    refuse('The local Azure fetches no linked parameters: send properties.parameters.');
  }
  if (!/^incremental$/i.test(textOf(properties['mode'] ?? 'Incremental'))) {
    refuse(`The local Azure deploys in mode Incremental only, got '${textOf(properties['mode'])}'.`);
  }
}

function valuesOf(parameters: JsonObject): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, held]): Array<[string, Json]> => {
      const { value, reference } = objectOf(held);
      if (reference !== undefined) {
        throw new ArmError(
          400,
          'InvalidDeployment',
          `The local Azure has no key vault to read the parameter '${name}' from.`,
        );
      }
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function statusOf({ status }: Operation, deployment: StoredResource | undefined): JsonObject {
  const error = objectOf(deployment?.body['properties'])['error'];
  return {
    status: status === 'InProgress' ? 'Running' : status,
    ...(status === 'Failed' && error !== undefined ? { error } : {}),
  };
}
