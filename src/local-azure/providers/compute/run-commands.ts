/** Managed run commands (v2): scripts really run by the machine, with a live instance view and output in append blobs. */
import {
  ArmError,
  type ArmRequest,
  type AsyncForm,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { powerOf } from './instance-view.ts';
import { refuseUnknownCommand } from './run-command-scripts.ts';
import { showCommand, showWithView } from './run-command-view.ts';
import {
  acceptWrite,
  deleteRoute,
  MACHINE_PATH,
  object,
  propertiesOf,
  refuseWhileBusy,
  text,
  TYPES,
  uniqueId,
} from './shared.ts';

const WRITE: AsyncForm = { segment: 'operations', headers: 'azure-async' };
const DELETE: AsyncForm = { segment: 'operations', headers: 'both' };
const COLLECTION = `${MACHINE_PATH}/runCommands`;
const PATH = `${COLLECTION}/{command}`;
const MOST_A_MACHINE = 25;

export function runCommandRoutes(services: Services): Route[] {
  const { store } = services;
  const show = async ({ query, apiVersion }: ArmRequest, command: StoredResource): Promise<JsonObject> =>
    (query.get('$expand') ?? '').toLowerCase() === 'instanceview'
      ? showWithView(services, command, apiVersion)
      : showCommand(command, apiVersion);
  return [
    { method: 'PUT', path: PATH, handle: (request) => writeCommand(services, request) },
    { method: 'PATCH', path: PATH, handle: (request) => writeCommand(services, request) },
    {
      method: 'GET',
      path: PATH,
      handle: async (request) => ({
        status: 200,
        body: await show(request, requireResource(store, request.id)),
      }),
    },
    {
      method: 'GET',
      path: COLLECTION,
      handle: async (request) => {
        const commands = store.list({ type: TYPES.runCommand, under: request.id.replace(/\/runCommands$/i, '') });
        return {
          status: 200,
          body: {
            value: await Promise.all(commands.map((command) => show(request, command))),
          },
        };
      },
    },
    deleteRoute(services, TYPES.runCommand, PATH, DELETE, () => {}),
  ];
}

async function writeCommand(services: Services, request: ArmRequest) {
  const machine = requireResource(services.store, request.id.split('/').slice(0, -2).join('/'));
  const existing =
    request.method === 'PATCH' ? requireResource(services.store, request.id) : services.store.get(request.id);
  refuseWhileBusy(services, machine);
  const name = text(machine.body['name']);
  if ((await powerOf(services, machine)) !== 'running') {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `Cannot modify extensions in the VM when the VM is not running: '${name}'.`,
    );
  }
  if (existing !== undefined) refuseWhileBusy(services, existing);
  const commands = services.store.list({ type: TYPES.runCommand, under: machine.id });
  if (existing === undefined && commands.length >= MOST_A_MACHINE) {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `The maximum number of ${MOST_A_MACHINE} run commands of VM '${name}' has been reached.`,
    );
  }
  const { protectedParameters, runAsPassword: _password, ...shown } = object(request.body?.['properties']);
  const patched = request.method === 'PATCH' && existing !== undefined ? existing : undefined;
  const sent: JsonObject = { ...(patched === undefined ? {} : propertiesOf(patched)), ...shown };
  refuseUnknownCommand(sent);
  return acceptWrite(
    services,
    { ...request, body: { ...patched?.body, ...request.body } },
    {
      type: TYPES.runCommand,
      location: text(machine.body['location']),
      properties: {
        asyncExecution: false,
        treatFailureAsDeploymentFailure: false,
        timeoutInSeconds: 0,
        ...sent,
        provisioningState: existing === undefined ? 'Creating' : 'Updating',
      },
      // A command that is put again runs again: each put has a number of its own.
      hidden: {
        stamp: uniqueId(),
        ended: null,
        refused: null,
        ...(patched === undefined ? { secrets: [] } : {}),
        ...(protectedParameters === undefined ? {} : { secrets: protectedParameters }),
      },
      form: WRITE,
      status: existing === undefined ? 201 : 200,
      answer: (command) => showCommand(command, request.apiVersion),
    },
  );
}
