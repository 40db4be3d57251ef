/** GET and DELETE of what is only kept: both at once, without an operation. */
import type { ArmError, ArmRequest, ResourceStore, Route } from './core.ts';

/** @param notFound what GET says where there is none */
export function heldRoutes(store: ResourceStore, path: string, notFound: (request: ArmRequest) => ArmError): Route[] {
  return [
    {
      method: 'GET',
      path,
      handle(request) {
        const held = store.get(request.id);
        if (held === undefined) throw notFound(request);
        return { status: 200, body: held.body };
      },
    },
    {
      method: 'DELETE',
      path,
      handle({ id }) {
        const existed = store.get(id) !== undefined;
        store.delete(id);
        return { status: existed ? 200 : 204 };
      },
    },
  ];
}
