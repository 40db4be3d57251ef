/** Extensions of a machine. They are kept and shown, and install nothing: what a script needs, run commands do. */
import type { ArmRequest, ArmResponse, AsyncForm, JsonObject, Route, Services, StoredResource } from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import {
  acceptWrite,
  deleteRoute,
  invalid,
  MACHINE_PATH,
  object,
  propertiesOf,
  refuseWhileBusy,
  registerWrite,
  text,
  TYPES,
} from './shared.ts';

const WRITE: AsyncForm = { segment: 'operations', headers: 'azure-async' };
const PATCH: AsyncForm = { ...WRITE, notifiesSince: '2021-07-01' };
const DELETE: AsyncForm = { segment: 'operations', headers: 'both' };
const COLLECTION = `${MACHINE_PATH}/extensions`;
const PATH = `${COLLECTION}/{extension}`;

export function extensionRoutes(services: Services): Route[] {
  const { store } = services;
  return [
    { method: 'PUT', path: PATH, handle: (request) => writeExtension(services, request) },
    { method: 'PATCH', path: PATH, handle: (request) => writeExtension(services, request) },
    { method: 'GET', path: PATH, handle: ({ id }) => ({ status: 200, body: requireResource(store, id).body }) },
    {
      method: 'GET',
      path: COLLECTION,
      handle({ id }) {
        const machine = requireResource(store, id.replace(/\/extensions$/i, ''));
        return { status: 200, body: { value: extensionsOf(services, machine).map(({ body }) => body) } };
      },
    },
    deleteRoute(services, TYPES.extension, PATH, DELETE, () => {}),
  ];
}

export function extensionsOf({ store }: Services, machine: StoredResource): StoredResource[] {
  return store.list({ type: TYPES.extension, under: machine.id });
}

function writeExtension(services: Services, request: ArmRequest): ArmResponse {
  const { store } = services;
  const machine = requireResource(store, request.id.split('/').slice(0, -2).join('/'));
  refuseWhileBusy(services, machine);
  const existing = request.method === 'PATCH' ? requireResource(store, request.id) : store.get(request.id);
  if (existing !== undefined) refuseWhileBusy(services, existing);
  // Protected settings go to the machine and nowhere else.
  const { protectedSettings: _secret, ...sent } = object(request.body?.['properties']);
  const properties: JsonObject = { ...(existing === undefined ? {} : propertiesOf(existing)), ...sent };
  for (const key of ['publisher', 'type', 'typeHandlerVersion']) {
    if (properties[key] === undefined) throw invalid(key, `Required parameter '${key}' is missing (null).`);
  }
  return acceptWrite(services, request, {
    type: TYPES.extension,
    location: text(machine.body['location']),
    properties: {
      autoUpgradeMinorVersion: false,
      // As recorded: the agent for Linux tells settings where there are none.
      ...(machine.hidden['osType'] === 'Linux' ? { settings: {} } : {}),
      ...properties,
      provisioningState: existing === undefined ? 'Creating' : 'Updating',
    },
    form: request.method === 'PATCH' ? PATCH : WRITE,
    status: existing === undefined ? 201 : 200,
  });
}

export function registerExtensionOperations(services: Services): void {
  registerWrite(services, `${TYPES.extension}/write`, () => undefined);
  services.operations.register(`${TYPES.extension}/delete`, ({ resourceId }) => {
    services.store.delete(resourceId);
    return Promise.resolve();
  });
}
