/** Run Command as it was first: an action of a machine, that answers the last 4 KB of what the script wrote. */
import {
  ArmError,
  type AsyncForm,
  type Json,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { readTail } from './command-output.ts';
import { powerOf } from './instance-view.ts';
import { BUILT_IN, type BuiltIn } from './run-command-scripts.ts';
import {
  acceptAction,
  list,
  MACHINE_PATH,
  object,
  propertiesOf,
  refuseWhileBusy,
  text,
  TYPES,
  uniqueId,
} from './shared.ts';

const FORM: AsyncForm = { segment: 'operations', headers: 'both', notifiesSince: '2021-08-01' };
const KIND = `${TYPES.machine}/runCommand`;
const LIMIT_SECONDS = 90 * 60;
const LOOK_EVERY_MS = 100;
const DOCUMENTS = '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/runCommands';

export function runCommandActionRoutes(services: Services): Route[] {
  return [
    {
      method: 'POST',
      path: `${MACHINE_PATH}/runCommand`,
      async handle(request) {
        const machine = requireResource(services.store, request.id.replace(/\/runCommand$/i, ''));
        refuseWhileBusy(services, machine);
        const { commandId, script, parameters } = request.body ?? {};
        const built = BUILT_IN[text(commandId).toLowerCase()];
        if (built === undefined) throw notKnown(text(commandId));
        if ((await powerOf(services, machine)) !== 'running') {
          throw new ArmError(
            409,
            'OperationNotAllowed',
            `Cannot modify extensions in the VM when the VM is not running: '${text(machine.body['name'])}'.`,
          );
        }
        const lines = Array.isArray(script) ? script.map((line) => text(line)).join('\n') : '';
        return acceptAction(services, request, machine, KIND, FORM, {
          job: `action-${uniqueId()}`,
          script: lines === '' ? built.script : lines,
          parameters: list(parameters),
        });
      },
    },
    {
      method: 'GET',
      path: DOCUMENTS,
      handle: () => ({
        status: 200,
        body: { value: Object.values(BUILT_IN).map(summary) },
      }),
    },
    {
      method: 'GET',
      path: `${DOCUMENTS}/{command}`,
      handle({ params }) {
        const document = BUILT_IN[(params['command'] ?? '').toLowerCase()];
        if (document === undefined) throw notKnown(params['command'] ?? '');
        return { status: 200, body: { ...document, script: document.script.split(/(?<=\n)/) } as unknown as Json };
      },
    },
  ];
}

/** As a list has it: without the script. */
const summary = ({ $schema, id, osType, label, description }: BuiltIn): JsonObject => ({
  $schema,
  id,
  osType,
  label,
  description,
});

const notKnown = (id: string): ArmError =>
  new ArmError(404, 'NotFound', `The entity was not found: run command '${id}' is not known here.`);

export function registerRunCommandAction({ operations, store, machines }: Services): void {
  operations.register(KIND, async ({ resourceId, input }) => {
    const machine = store.get(resourceId);
    if (machine === undefined) return undefined;
    const key = text(machine.hidden['key']);
    const job = text(input['job']);
    await machines.run(key, {
      id: job,
      script: text(input['script']),
      parameters: list(input['parameters']).map(({ name, value }) => ({
        ...(typeof name === 'string' ? { name } : {}),
        value: text(value),
      })),
      timeoutInSeconds: LIMIT_SECONDS,
    });
    for (;;) {
      const status = await machines.status(key, job);
      if (!/^(Pending|Running)$/.test(status.state)) {
        const [stdout, stderr] = await readTail({ machines }, key, job, status);
        return { value: isLinux(machine) ? [both(stdout, stderr)] : [part('StdOut', stdout), part('StdErr', stderr)] };
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  });
}

const isLinux = (machine: StoredResource): boolean =>
  text(object(object(propertiesOf(machine)['storageProfile'])['osDisk'])['osType']) === 'Linux';

/** The agent for Linux tells both streams in one text. */
function both(stdout: string, stderr: string): JsonObject {
  return object({
    code: 'ProvisioningState/succeeded',
    level: 'Info',
    displayStatus: 'Provisioning succeeded',
    message: `Enable succeeded: \n[stdout]\n${stdout}\n[stderr]\n${stderr}`,
  });
}

/** Succeeded whatever the script's exit code was: that is how Azure has it. */
function part(stream: string, message: string): JsonObject {
  return object({
    code: `ComponentStatus/${stream}/succeeded`,
    level: 'Info',
    displayStatus: 'Provisioning succeeded',
    message,
  });
}
