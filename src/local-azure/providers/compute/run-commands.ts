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
import { follow, readTail } from './command-output.ts';
import { parentOf } from './image-sources.ts';
import { powerOf } from './instance-view.ts';
import {
  acceptWrite,
  deleteRoute,
  list,
  object,
  propertiesOf,
  refuseWhileBusy,
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
  const name = text(machine.body['name']);
  if ((await powerOf(services, machine)) !== 'running') {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `Cannot modify extensions in the VM when the VM is not running: '${name}'.`,
    );
  }
  const existing = services.store.get(request.id);
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
  const sent = request.method === 'PATCH' ? { ...propertiesOf(existing ?? machine), ...shown } : shown;
  return acceptWrite(services, request, {
    type: TYPES.runCommand,
    location: text(machine.body['location']),
    properties: {
      asyncExecution: false,
      treatFailureAsDeploymentFailure: false,
      timeoutInSeconds: DEFAULT_TIMEOUT_SECONDS,
      ...sent,
      provisioningState: 'Creating',
    },
    // A command that is put again runs again: each put has a number of its own.
    hidden: {
      stamp: uniqueId(),
      ended: null,
      ...(protectedParameters === undefined ? {} : { secrets: protectedParameters }),
    },
    form: WRITE,
    status: existing === undefined ? 201 : 200,
  });
}

async function show(services: Services, command: StoredResource, expanded: boolean): Promise<JsonObject> {
  if (!expanded) return command.body;
  return { ...command.body, properties: { ...propertiesOf(command), instanceView: await view(services, command) } };
}

async function view(services: Services, command: StoredResource): Promise<JsonObject> {
  const { ended, refusal } = command.hidden;
  if (refusal !== undefined) {
    // As recorded: Azure goes on saying Running for a command that it could not even start.
    return {
      executionState: 'Running',
      executionMessage: text(refusal),
      exitCode: 0,
      output: '',
      error: '',
      endTime: services.now().toISOString(),
    };
  }
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

export function jobId(command: StoredResource): string {
  return `${text(command.body['name'])}-${text(command.hidden['stamp']).slice(0, 8)}`;
}

export function registerRunCommandOperations(services: Services): void {
  services.operations.register(`${TYPES.runCommand}/write`, async ({ resourceId }) => {
    const command = services.store.get(resourceId);
    const machine = command === undefined ? undefined : parentOf(services, command);
    if (command === undefined || machine === undefined) return;
    const properties = propertiesOf(command);
    const script = await scriptOf(properties);
    if (script === undefined) {
      update(services, resourceId, {
        properties: { provisioningState: 'Succeeded' },
        hidden: { refusal: "Execution failed: Either 'source.script' or 'source.scriptUri' has to be specified." },
      });
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
      timeoutInSeconds: Number(properties['timeoutInSeconds']),
    });
    const ended = follow(services, resourceId);
    if (properties['asyncExecution'] !== true) await ended;
    const failed =
      properties['treatFailureAsDeploymentFailure'] === true && (await failedCommand(services, resourceId));
    update(services, resourceId, { properties: { provisioningState: failed ? 'Failed' : 'Succeeded' } });
    if (failed)
      throw new ArmError(
        409,
        'VMExtensionProvisioningError',
        `The run command '${text(command.body['name'])}' failed.`,
      );
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

async function scriptOf(properties: JsonObject): Promise<string | undefined> {
  const { script, scriptUri, commandId } = object(properties['source']);
  if (typeof script === 'string' && script !== '') return script;
  if (typeof commandId === 'string' && commandId !== '') {
    throw new ArmError(404, 'NotFound', `The entity was not found: run command '${commandId}' is not known here.`);
  }
  if (typeof scriptUri !== 'string' || scriptUri === '') return undefined;
  const response = await fetch(scriptUri);
  if (!response.ok) {
    throw new ArmError(
      409,
      'VMExtensionProvisioningError',
      `The script at source.scriptUri could not be downloaded: ${response.status}.`,
    );
  }
  return response.text();
}

/** Takes up what a former process was streaming. */
export function resumeCommands(services: Services): void {
  for (const command of services.store.list({ type: TYPES.runCommand })) {
    if (command.hidden['ended'] !== true && command.hidden['refusal'] === undefined) {
      void follow(services, command.id);
    }
  }
}
