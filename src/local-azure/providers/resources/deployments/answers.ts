/** How a deployment's template, state and the state of its operation are told. */
import { ArmError, type Json, type JsonObject, type Operation, type StoredResource } from '../../../core.ts';
import { objectOf, textOf } from '../../../json.ts';
import { parameterType } from './template.ts';

/** Types of parameters and outputs are told as Resource Manager writes them. */
export function exported(template: JsonObject): JsonObject {
  const capital = (declared: Json): JsonObject => {
    const { type, ...rest } = objectOf(declared);
    return { ...rest, ...(type === undefined ? {} : { type: parameterType(textOf(type)) }) };
  };
  const told = (key: 'parameters' | 'outputs'): JsonObject =>
    template[key] === undefined
      ? {}
      : {
          [key]: Object.fromEntries(
            Object.entries(objectOf(template[key])).map(([name, declared]) => [name, capital(declared)]),
          ),
        };
  return { ...template, ...told('parameters'), ...told('outputs') };
}

/** `provisioningState eq 'Failed'`, the one filter that deployments take. */
export function stateFilter(filter: string | null): (body: JsonObject) => boolean {
  if (filter === null) return () => true;
  const state = /^\s*provisioningState\s+eq\s+'([^']*)'\s*$/i.exec(filter)?.[1]?.toLowerCase();
  if (state === undefined) {
    throw new ArmError(
      400,
      'InvalidFilterInQueryString',
      `Invalid $filter '${filter}' specified in the query string: expected provisioningState eq '…'.`,
    );
  }
  return ({ properties }) => textOf(objectOf(properties)['provisioningState']).toLowerCase() === state;
}

export function statusOf({ status }: Operation, deployment: StoredResource | undefined): JsonObject {
  const error = objectOf(deployment?.body['properties'])['error'];
  return {
    status: status === 'InProgress' ? 'Running' : status,
    ...(status === 'Failed' && error !== undefined ? { error } : {}),
  };
}
