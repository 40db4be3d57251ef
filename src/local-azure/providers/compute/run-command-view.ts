/** A run command as it is shown: with `$expand=instanceView`, what its script is doing. */
import type { JsonObject, Services, StoredResource } from '../../core.ts';
import { jobId, readTail } from './command-output.ts';
import { parentOf } from './image-sources.ts';
import { object, propertiesOf, text } from './shared.ts';

export async function showCommand(services: Services, command: StoredResource, expanded: boolean): Promise<JsonObject> {
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
