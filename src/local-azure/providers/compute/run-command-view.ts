/** A run command as it is shown: with `$expand=instanceView`, what its script is doing. */
import { azureTime } from '../../azure-time.ts';
import type { JsonObject, Services, StoredResource } from '../../core.ts';
import { jobId, readTail } from './command-output.ts';
import { parentOf } from './image-sources.ts';
import { object, propertiesOf, text } from './shared.ts';

/** Less what older versions of the API do not know. */
export function showCommand(command: StoredResource, apiVersion: string): JsonObject {
  const { treatFailureAsDeploymentFailure, ...properties } = propertiesOf(command);
  const known = treatFailureAsDeploymentFailure !== undefined && apiVersion >= '2022-11-01';
  return {
    ...command.body,
    properties: { ...properties, ...(known ? { treatFailureAsDeploymentFailure } : {}) },
  };
}

export async function showWithView(
  services: Services,
  command: StoredResource,
  apiVersion: string,
): Promise<JsonObject> {
  const shown = showCommand(command, apiVersion);
  return { ...shown, properties: { ...object(shown['properties']), instanceView: await view(services, command) } };
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
    ...(status.startTime === undefined ? {} : { startTime: azureTime(status.startTime) }),
    ...(over ? { endTime: azureTime(status.endTime ?? services.now()) } : {}),
  };
}
