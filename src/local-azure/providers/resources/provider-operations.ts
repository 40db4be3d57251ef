/** `GET /providers/{namespace}/operations`: what a provider can be asked for, as role definitions name it. */
import type { JsonObject, Provider } from '../../core.ts';
import { actionOf } from '../../pipeline/authorize.ts';

const ENGLISH: Record<string, string> = {
  read: 'Gets',
  write: 'Creates or updates',
  delete: 'Deletes',
  action: 'Does',
};

export function operationsOf({ namespace, routes }: Provider): JsonObject[] {
  const names = routes.flatMap(({ method, path }) => {
    const action = actionOf(method, path);
    return action?.startsWith(`${namespace}/`) === true && !action.includes('{') ? [action] : [];
  });
  return [...new Set(names)].toSorted().map((name): JsonObject => {
    const parts = name.split('/').slice(1);
    const resource = parts.slice(0, -1).join('/');
    const said = `${ENGLISH[parts.at(-1) ?? ''] ?? ''} ${resource}`;
    return {
      name,
      isDataAction: false,
      display: { provider: namespace.replace('.', ' '), resource, operation: said, description: said },
    };
  });
}
