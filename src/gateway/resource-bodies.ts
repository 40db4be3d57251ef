/** Run outputs, triggers and operations as Resource Manager shows them, and what the provider can do. */
import type { OutputStatus } from '../workflows/messages.ts';
import type { OperationView, TemplateView, TriggerView } from '../workflows/template-messages.ts';
import { shownId, TYPE } from './template-body.ts';

export interface Named {
  id: string;
  name: string;
  type: string;
  properties: object;
}

/** Outputs that the last run made, or is making. */
export function runOutputBodies(view: TemplateView): Named[] {
  return (view.runs[0]?.outputs ?? []).filter(isThere).map((output) => {
    const { runOutputName: name, artifactId, artifactUri, state } = output;
    return {
      properties: {
        ...(artifactId === undefined ? {} : { artifactId }),
        ...(artifactUri === undefined ? {} : { artifactUri }),
        provisioningState: state === 'Succeeded' ? 'Succeeded' : 'Failed',
      },
      id: `${shownId(view)}/runOutputs/${name}`,
      name,
      type: `${TYPE}/runOutputs`,
    };
  });
}

const isThere = ({ artifactId, artifactUri }: OutputStatus): boolean =>
  artifactId !== undefined || artifactUri !== undefined;

/** @param begun in the answer to who makes it, which says nothing of its health yet */
export function triggerBody(view: TemplateView, { name, kind, status }: TriggerView, begun = false): Named {
  return {
    properties: begun ? { kind, provisioningState: 'Creating' } : { kind, provisioningState: 'Succeeded', status },
    id: `${shownId(view)}/triggers/${name}`,
    name,
    type: `${TYPE}/triggers`,
  };
}

export function operationBody({ id, status, startTime, endTime, error }: OperationView): object {
  return {
    name: id.toUpperCase(),
    status,
    startTime,
    ...(endTime === undefined ? {} : { endTime }),
    ...(error === undefined ? {} : { error }),
  };
}

/** What the provider can do, as clients and role definitions name it. */
export function providerOperations(): object {
  const described = (path: string, operation: string, verb: string, isDataAction = false): object => ({
    name: `Microsoft.VirtualMachineImages/${path}/${verb}`,
    display: { provider: 'Microsoft Virtual Machine Images', resource: path, operation, description: operation },
    isDataAction,
  });
  return {
    value: [
      described('imageTemplates', 'Get an image template', 'read'),
      described('imageTemplates', 'Create or change an image template', 'write'),
      described('imageTemplates', 'Delete an image template', 'delete'),
      described('imageTemplates', 'Run an image template', 'run/action'),
      described('imageTemplates', 'Cancel the run of an image template', 'cancel/action'),
      described('imageTemplates/runOutputs', 'Get what a run made', 'read'),
      described('imageTemplates/triggers', 'Get a trigger', 'read'),
      described('imageTemplates/triggers', 'Create a trigger', 'write'),
      described('imageTemplates/triggers', 'Delete a trigger', 'delete'),
      described('locations/operations', 'Get an operation', 'read'),
    ],
  };
}
