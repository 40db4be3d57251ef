/** Locks: what one forbids is forbidden at its scope and below, to whoever has the right to do it besides. */
import {
  ArmError,
  type ArmRequest,
  type JsonObject,
  type ResourceStore,
  type Route,
  type Services,
} from '../../core.ts';
import { heldRoutes } from '../../held-routes.ts';
import { textOf } from '../../json.ts';
import { resourceNotFound } from '../../refusals.ts';
import { isWithin } from '../../resource-id.ts';
import { SCOPES, scopeOf } from './scopes.ts';

const LOCK_TYPE = 'Microsoft.Authorization/locks';
const LEVELS = ['CanNotDelete', 'ReadOnly'];
const NAME = /^[^<>%&:?/]{1,260}$/;

export function lockRoutes({ store }: Services): Route[] {
  const notFound = ({ params }: ArmRequest): ArmError =>
    new ArmError(404, 'LockNotFound', `The lock '${params['lock'] ?? ''}' could not be found.`);
  return SCOPES.flatMap((scope): Route[] => {
    const all = `${scope}/providers/${LOCK_TYPE}`;
    const one = `${all}/{lock}`;
    return [
      {
        method: 'PUT',
        path: one,
        handle(request) {
          const { id, path, params, body } = request;
          const name = params['lock'] ?? '';
          if (!NAME.test(name)) throw new ArmError(400, 'InvalidLockName', `The lock name '${name}' is not valid.`);
          requireHolder(store, scopeOf(id));
          const { level, notes, owners } = (body?.['properties'] ?? {}) as JsonObject;
          const known = LEVELS.find((word) => word.toLowerCase() === textOf(level).toLowerCase());
          if (known === undefined) {
            throw new ArmError(
              400,
              'InvalidRequestContent',
              `The request content was invalid: 'properties.level' must be one of '${LEVELS.join(', ')}', got '${textOf(level)}'.`,
            );
          }
          const existing = store.get(id);
          const made: JsonObject = {
            properties: {
              level: known,
              ...(notes === undefined ? {} : { notes }),
              ...(owners === undefined ? {} : { owners }),
            },
            // As the client wrote it.
            id: existing?.body['id'] ?? path,
            type: LOCK_TYPE,
            name: existing?.body['name'] ?? name,
          };
          store.put({ id, type: LOCK_TYPE, body: made, hidden: {} });
          return { status: existing === undefined ? 201 : 200, body: made };
        },
      },
      ...heldRoutes(store, one, notFound),
      {
        method: 'GET',
        path: all,
        handle({ id, query }) {
          const at = scopeOf(`${id}/`);
          const here = /atScope\(\)/i.test(query.get('$filter') ?? '');
          const value = store
            .list({ type: LOCK_TYPE })
            .filter((lock) => {
              const own = scopeOf(lock.id);
              return isWithin(at, own) || (!here && isWithin(own, at));
            })
            .map(({ body }) => body);
          return { status: 200, body: { value } };
        },
      },
    ];
  });
}

/** Throws ArmError 409 ScopeLocked where a lock at the path, above it or, for a deletion, below it forbids the method. */
export function refuseLocked(store: ResourceStore, method: string, path: string): void {
  const verb = method === 'DELETE' ? 'delete' : method === 'GET' || method === 'HEAD' ? undefined : 'write';
  // Whoever may write locks may take them away.
  if (verb === undefined || /\/providers\/microsoft\.authorization\/locks\/[^/]+$/i.test(path)) return;
  const holding = store.list({ type: LOCK_TYPE }).flatMap(({ id, body }) => {
    const { level } = body['properties'] as JsonObject;
    const scope = scopeOf(id);
    const touched = isWithin(path, scope) || (verb === 'delete' && isWithin(scope, path));
    return touched && (verb === 'delete' || level === 'ReadOnly') ? [scope] : [];
  });
  if (holding.length === 0) return;
  throw new ArmError(
    409,
    'ScopeLocked',
    `The scope '${path}' cannot perform ${verb} operation because following scope(s) are locked: '${[...new Set(holding)].join(',')}'. Please remove the lock and try again.`,
  );
}

/** Nothing is locked that is not there. */
function requireHolder(store: ResourceStore, scope: string): void {
  if (/\/providers\//i.test(scope) && store.get(scope) === undefined) throw resourceNotFound(scope);
}
