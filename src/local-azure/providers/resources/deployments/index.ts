/** `Microsoft.Resources/deployments` of a resource group: template deployments in incremental mode, and their operations. */
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type AsyncForm,
  type JsonObject,
  type Route,
  type StoredResource,
} from '../../../core.ts';
import type { InsideCalls } from '../../../inside-calls.ts';
import { objectOf, textOf } from '../../../json.ts';
import { groupIdOf } from '../../../resource-id.ts';
import { pageOf } from '../pages.ts';
import type { ResourcesServices } from '../services.ts';
import { exported, stateFilter, statusOf } from './answers.ts';
import { idOf, readDeployment } from './asked.ts';
import { DEPLOYMENT, deploymentBody, numberOf, stepBody } from './bodies.ts';
import { DeploymentRun, keptOf, type Kept } from './run.ts';
import { changesOf } from './what-if.ts';

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}';
const ALL = `${GROUP}/providers/${DEPLOYMENT}`;
const ONE = `${ALL}/{deployment}`;
/** Where clients of old api-versions, and some new ones, look for the operations. */
const OLD = `${GROUP}/deployments/{deployment}`;

const WRITE = `${DEPLOYMENT}/write`;
const DELETE = `${DEPLOYMENT}/delete`;
const WHAT_IF = `${DEPLOYMENT}/whatIf/action`;
/** Of a deletion and of what would change. */
const DELETED: AsyncForm = { segment: 'operationresults', headers: 'location', retryAfter: 15 };

export function deploymentRoutes(services: ResourcesServices, calls: InsideCalls): Route[] {
  const { store, operations } = services;

  operations.register(WRITE, async ({ resourceId }) => {
    const deployment = store.get(resourceId);
    if (deployment !== undefined) await new DeploymentRun(services, calls, deployment).run();
  });
  operations.register(WHAT_IF, ({ input }) =>
    Promise.resolve({
      status: 'Succeeded',
      properties: { changes: input['changes'] ?? [] },
    }),
  );
  operations.register(DELETE, ({ resourceId }) => {
    store.delete(resourceId);
    return Promise.resolve();
  });

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
      async handle(request) {
        const { site, prepared, values, links } = await readDeployment(services, request);
        const existing = store.get(idOf(request));
        if (existing !== undefined) refuseActive(existing);
        const operation = operations.begin({
          kind: WRITE,
          subscriptionId: request.subscriptionId,
          location: site.location,
          resourceId: site.id,
          input: {},
        });
        const body = deploymentBody(site, prepared, 'Accepted', links);
        const kept: Kept = {
          site: { ...site, began: site.began.toISOString() },
          template: prepared.template,
          values,
          caller: request.principal,
          operationId: operation.id,
          steps: [],
        };
        store.put({ id: site.id, type: DEPLOYMENT, body, hidden: { ...kept } as unknown as JsonObject });
        const address = `${request.origin}${request.path}/operationStatuses/${numberOf(site.began)}?api-version=${request.apiVersion}`;
        return { status: existing === undefined ? 201 : 200, body, headers: { 'Azure-AsyncOperation': address } };
      },
    },
    {
      method: 'POST',
      path: `${ONE}/validate`,
      async handle(request) {
        const { site, prepared, links } = await readDeployment(services, request);
        const body = deploymentBody(site, prepared, 'Succeeded', links);
        const validatedResources = prepared.resources.filter(({ existing }) => !existing).map(({ id }) => ({ id }));
        return {
          status: 200,
          body: { ...body, properties: { ...(body['properties'] as JsonObject), validatedResources } },
        };
      },
    },
    {
      method: 'POST',
      path: `${ONE}/whatIf`,
      async handle(request) {
        const { site, prepared, values } = await readDeployment(services, request);
        const { resultFormat } = objectOf(objectOf(objectOf(request.body)['properties'])['whatIfSettings']);
        const idsOnly = /^ResourceIdOnly$/i.test(textOf(resultFormat));
        const caller = request.principal;
        const changes = await changesOf(services, calls, { site, prepared, values, caller, idsOnly });
        const operation = operations.begin({
          kind: WHAT_IF,
          subscriptionId: request.subscriptionId,
          location: site.location,
          resourceId: site.id,
          input: { changes },
        });
        return { status: 202, operation: { operation, form: DELETED } };
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
      handle(request) {
        const wanted = stateFilter(request.query.get('$filter'));
        const value = store
          .list({ type: DEPLOYMENT, under: groupIdOf(request.id) ?? request.id })
          .map(({ body }) => body)
          .filter(wanted);
        return { status: 200, body: pageOf(request, request.id, value) };
      },
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
            `The deployment '${textOf(deployment.body['name'])}' cannot be cancelled because it has provisioning state '${textOf(objectOf(deployment.body['properties'])['provisioningState'])}' or it has already expired.`,
          );
        }
        operations.cancel(active.id);
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: `${ONE}/exportTemplate`,
      handle: (request) => ({ status: 200, body: { template: exported(keptOf(require(request)).template) } }),
    },
    {
      method: 'GET',
      path: `${ONE}/operationStatuses/{operation}`,
      handle(request) {
        const deployment = store.get(idOf(request));
        const kept = deployment === undefined ? undefined : keptOf(deployment);
        const current = kept !== undefined && numberOf(new Date(kept.site.began)) === request.params['operation'];
        const operation = current ? operations.get(kept.operationId) : undefined;
        if (operation === undefined) {
          throw new ArmError(
            404,
            'DeploymentOperationStatusNotFound',
            `The status of the operation '${request.params['operation']}' was not found.`,
          );
        }
        return { status: 200, body: statusOf(operation, deployment) };
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
}
