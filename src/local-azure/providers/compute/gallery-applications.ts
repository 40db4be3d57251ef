/** Gallery applications: what a gallery tells of a program besides its images. All synchronous, as Azure's are. */
import { type ArmRequest, type ArmResponse, type JsonObject, type Route, type Services } from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { requireName } from './names.ts';
import { GROUP_PATH, invalid, object, propertiesOf, text, TYPES } from './shared.ts';

const ALL = `${GROUP_PATH}/providers/${TYPES.gallery}/{gallery}/applications`;
const ONE = `${ALL}/{application}`;
const SYSTEMS = ['Windows', 'Linux'];

export function galleryApplicationRoutes({ store }: Services): Route[] {
  function write(request: ArmRequest): ArmResponse {
    const { id, params, body = {}, method } = request;
    const gallery = requireResource(store, id.split('/').slice(0, -2).join('/'));
    const existing = method === 'PATCH' ? requireResource(store, id) : store.get(id);
    const name = params['application'] ?? '';
    requireName(TYPES.application, name);
    const properties = { ...(existing === undefined ? {} : propertiesOf(existing)), ...object(body['properties']) };
    if (!SYSTEMS.includes(text(properties['supportedOSType']))) {
      throw invalid(
        'supportedOSType',
        "The value of parameter 'supportedOSType' is invalid: Windows or Linux is expected.",
      );
    }
    const tags = body['tags'] ?? (method === 'PATCH' ? existing?.body['tags'] : undefined);
    const made: JsonObject = {
      name: existing?.body['name'] ?? name,
      id: existing?.id ?? id,
      type: TYPES.application,
      location: requireRegion(
        body['location'] ?? existing?.body['location'] ?? gallery.body['location'],
        TYPES.application,
      ),
      ...(tags === undefined ? {} : { tags }),
      properties,
    };
    store.put({ id: existing?.id ?? id, type: TYPES.application, body: made, hidden: {} });
    return { status: existing === undefined ? 201 : 200, body: made };
  }
  return [
    { method: 'PUT', path: ONE, handle: write },
    { method: 'PATCH', path: ONE, handle: write },
    { method: 'GET', path: ONE, handle: ({ id }) => ({ status: 200, body: requireResource(store, id).body }) },
    {
      method: 'GET',
      path: ALL,
      handle: ({ id }) => ({
        status: 200,
        body: {
          value: store
            .list({ type: TYPES.application, under: id.slice(0, -'/applications'.length) })
            .map(({ body }) => body),
        },
      }),
    },
    {
      method: 'DELETE',
      path: ONE,
      handle({ id }) {
        const status = store.get(id) === undefined ? 204 : 200;
        store.delete(id);
        return { status };
      },
    },
  ];
}
