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
import { follow, jobId, readTail } from './command-output.ts';
import { parentOf } from './image-sources.ts';
import { powerOf } from './instance-view.ts';
import {
  acceptWrite,
  deleteRoute,
  list,
  object,
  propertiesOf,
  refuseWhileBusy,
  registerWrite,
  text,
  TYPES,
  uniqueId,
  update,
} from './shared.ts';
import { MACHINE_PATH } from './virtual-machines.ts';

const WRITE: AsyncForm = { segment: 'operations', headers: 'azure-async' };
const DELETE: AsyncForm = { segment: 'operations', headers: 'both' };
const COLLECTION = `${MACHINE_PATH}/runCommands`;
const PATH = `${COLLECTION}/{command}`;
const MOST_A_MACHINE = 25;
const DEFAULT_TIMEOUT_SECONDS = 90 * 60;

export function runCommandRoutes(services: Services): Route[] {
  const { store } = services;
  const expanded = ({ query }: ArmRequest): boolean => (query.get('$expand') ?? '').toLowerCase() === 'instanceview';
  return [
    { method: 'PUT', path: PATH, handle: (request) => writeCommand(services, request) },
    { method: 'PATCH', path: PATH, handle: (request) => writeCommand(services, request) },
    {
      method: 'GET',
      path: PATH,
      handle: async (request) => ({
        status: 200,
        body: await show(services, requireResource(store, request.id), expanded(request)),
      }),
    },
    {
      method: 'GET',
      path: COLLECTION,
      handle: async (request) => {
        const commands = store.list({ type: TYPES.runCommand, under: request.id.replace(/\/runCommands$/i, '') });
        return {
          status: 200,
          body: { value: await Promise.all(commands.map((command) => show(services, command, expanded(request)))) },
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
    },
  );
}

async function show(services: Services, command: StoredResource, expanded: boolean): Promise<JsonObject> {
  if (!expanded) return command.body;
  return { ...command.body, properties: { ...propertiesOf(command), instanceView: await view(services, command) } };
}

async function view(services: Services, command: StoredResource): Promise<JsonObject> {
  const { ended, refused } = command.hidden;
  if (typeof refused === 'object' && refused !== null) return { ...object(refused), output: '', error: '' };
  const machine = parentOf(services, command);
  const status = await services.machines.status(text(machine?.hidden['key']), jobId(command));
  // The end is told only once all of the output is in the blobs.
  const over = ended === true;
  const state = over ? status.state : status.state === 'Unknown' || status.state === 'Pending' ? 'Pending' : 'Running';
  const [output, error] = await readTail(services, text(machine?.hidden['key']), jobId(command), status);
  return {
    executionState: state,
    executionMessage: over
      ? `Execution ${state === 'Succeeded' ? 'completed' : state.toLowerCase()}`
      : 'Execution in progress',
    output,
    error,
    ...(over ? { exitCode: status.exitCode ?? -1 } : {}),
    ...(status.startTime === undefined ? {} : { startTime: status.startTime }),
    ...(over ? { endTime: status.endTime ?? services.now().toISOString() } : {}),
  };
}

export function registerRunCommandOperations(services: Services): void {
  registerWrite(services, `${TYPES.runCommand}/write`, async (command) => {
    const machine = parentOf(services, command);
    if (machine === undefined) return;
    const properties = propertiesOf(command);
    const strict = properties['treatFailureAsDeploymentFailure'] === true;
    const script = await scriptOf(properties);
    if (typeof script !== 'string') {
      const time = services.now().toISOString();
      update(services, command.id, { hidden: { refused: { ...script, startTime: time, endTime: time } } });
      if (strict) throw deploymentFailure(command);
      return;
    }
    const parameters = [...list(properties['parameters']), ...list(command.hidden['secrets'])].map(
      ({ name, value }) => ({
        ...(typeof name === 'string' && name !== '' ? { name } : {}),
        value: text(value),
      }),
    );
    await services.machines.run(text(machine.hidden['key']), {
      id: jobId(command),
      script,
      parameters,
      timeoutInSeconds: Number(properties['timeoutInSeconds']) || DEFAULT_TIMEOUT_SECONDS,
      ...(typeof properties['runAsUser'] === 'string' ? { user: properties['runAsUser'] } : {}),
    });
    const ended = follow(services, command.id);
    if (properties['asyncExecution'] === true) return;
    await ended;
    if (strict && (await failedCommand(services, command.id))) throw deploymentFailure(command);
  });
  services.operations.register(`${TYPES.runCommand}/delete`, async ({ resourceId }) => {
    const command = services.store.get(resourceId);
    const machine = command === undefined ? undefined : parentOf(services, command);
    if (command !== undefined && machine !== undefined) {
      await services.machines.cancel(text(machine.hidden['key']), jobId(command));
    }
    services.store.delete(resourceId);
  });
}

async function failedCommand(services: Services, id: string): Promise<boolean> {
  const command = services.store.get(id);
  const machine = command === undefined ? undefined : parentOf(services, command);
  if (command === undefined || machine === undefined) return true;
  const { state } = await services.machines.status(text(machine.hidden['key']), jobId(command));
  return state !== 'Succeeded';
}

const deploymentFailure = (command: StoredResource): ArmError =>
  new ArmError(409, 'VMExtensionProvisioningError', `The run command '${text(command.body['name'])}' failed.`);

/** Azure's own scripts, by the id under which it lists them. */
const BUILT_IN: Record<string, string> = {
  runshellscript: '#!/bin/sh\necho This is a sample script with parameters $1 $2\n',
};

function refuseUnknownCommand({ source }: JsonObject): void {
  const { script, scriptUri, commandId } = object(source);
  if (text(script) !== '' || text(scriptUri) !== '' || text(commandId) === '') return;
  if (BUILT_IN[text(commandId).toLowerCase()] === undefined) {
    throw new ArmError(
      404,
      'NotFound',
      `The entity was not found: run command '${text(commandId)}' is not known here.`,
    );
  }
}

/** The script, or the view of a command that could not be started. */
async function scriptOf(properties: JsonObject): Promise<string | JsonObject> {
  const { script, scriptUri, commandId } = object(properties['source']);
  if (text(script) !== '') return text(script);
  if (text(scriptUri) !== '') {
    try {
      const response = await fetch(text(scriptUri));
      if (response.ok) return await response.text();
      return notDownloaded(`the server answered ${response.status}`);
    } catch (error) {
      const { message, cause } = error as Error;
      return notDownloaded(cause instanceof Error ? `${message}: ${cause.message}` : message);
    }
  }
  // As recorded: Azure goes on saying Running for a command that it could not even start.
  return (
    BUILT_IN[text(commandId).toLowerCase()] ?? {
      executionState: 'Running',
      exitCode: 0,
      executionMessage:
        "Execution failed: failed to get configuration: invalid configuration: Either 'source.script' or 'source.scriptUri' has to be specified",
    }
  );
}

const notDownloaded = (why: string): JsonObject => ({
  executionState: 'Failed',
  exitCode: -1,
  executionMessage: `Execution failed: failed to download the script at source.scriptUri: ${why}`,
});

/** Takes up what a former process was streaming. */
export function resumeCommands(services: Services): void {
  for (const command of services.store.list({ type: TYPES.runCommand })) {
    const { ended, refused } = command.hidden;
    const begun = propertiesOf(command)['provisioningState'] === 'Succeeded' && (refused ?? null) === null;
    // What has not begun yet is begun by its operation, which is taken up as well.
    if (ended !== true && begun) {
      void follow(services, command.id);
    }
  }
}
