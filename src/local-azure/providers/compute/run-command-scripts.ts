/** Running what a run command says: its script found, started in the machine, and followed to its end. */
import { azureTime } from '../../azure-time.ts';
import { ArmError, type JsonObject, type Services, type StoredResource } from '../../core.ts';
import { follow, jobId } from './command-output.ts';
import { parentOf } from './image-sources.ts';
import { list, object, propertiesOf, registerWrite, text, TYPES, update } from './shared.ts';

const DEFAULT_TIMEOUT_SECONDS = 90 * 60;

export function registerRunCommandOperations(services: Services): void {
  registerWrite(services, `${TYPES.runCommand}/write`, async (command) => {
    const machine = parentOf(services, command);
    if (machine === undefined) return;
    const properties = propertiesOf(command);
    const strict = properties['treatFailureAsDeploymentFailure'] === true;
    const script = await scriptOf(properties);
    if (typeof script !== 'string') {
      const time = azureTime(services.now());
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
export const BUILT_IN: Record<string, BuiltIn> = {
  runshellscript: {
    $schema: 'http://schema.management.azure.com/schemas/2016-11-17/runcommands.json',
    id: 'RunShellScript',
    osType: 'Linux',
    label: 'Executes a Linux shell script',
    description: 'Custom multiline shell script should be defined in script property.',
    script: '#!/bin/sh\necho This is a sample script with parameters $1 $2\n',
    parameters: [],
  },
  runpowershellscript: {
    $schema: 'http://schema.management.azure.com/schemas/2016-11-17/runcommands.json',
    id: 'RunPowerShellScript',
    osType: 'Windows',
    label: 'Executes a PowerShell script',
    description: 'Custom multiline PowerShell script should be defined in script property.',
    script:
      'param(\n  [string]$arg1,\n  [string]$arg2\n)\nWrite-Host This is a sample script with parameters $arg1 $arg2\n',
    parameters: [
      { name: 'arg1', type: 'string', required: false },
      { name: 'arg2', type: 'string', required: false },
    ],
  },
};

export interface BuiltIn {
  $schema: string;
  id: string;
  osType: string;
  label: string;
  description: string;
  script: string;
  parameters: Array<{ name: string; type: string; required: boolean }>;
}

export function refuseUnknownCommand({ source }: JsonObject): void {
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
    BUILT_IN[text(commandId).toLowerCase()]?.script ?? {
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
