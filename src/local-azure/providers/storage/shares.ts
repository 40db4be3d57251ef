/** File shares, queues and tables as Resource Manager has them. Nothing can be put into them: only blobs are served here. */
import { ArmError, type ArmRequest, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { refuseBadName } from '../../refusals.ts';
import { ACCOUNT, ONE_ACCOUNT } from './accounts.ts';
import { etag, requireParent } from './children.ts';

interface Kind {
  /** Below the account. */
  path: string;
  name: RegExp;
  rule: string;
  missing: [code: string, message: string];
  /** Statuses of a write that makes one and of a deletion. */
  made: number;
  deleted: number;
  /** What is kept of a new one, from what was sent. */
  make(sent: JsonObject, name: string, time: string): JsonObject;
  /** What a read says, and what is said by a write. */
  read(kept: JsonObject, apiVersion: string): JsonObject;
  written(kept: JsonObject, sent: JsonObject | undefined): JsonObject | undefined;
  marked?: true;
}

const NAMES = '3 to 63 lower-case letters, digits and single hyphens';

const KINDS: Kind[] = [
  {
    path: 'fileServices/default/shares',
    name: /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
    rule: `a share's name has ${NAMES}`,
    missing: ['ShareNotFound', 'The specified share does not exist.'],
    made: 201,
    deleted: 200,
    make: (sent, _name, time) => ({
      leaseStatus: 'unlocked',
      leaseState: 'available',
      signedIdentifiers: [],
      accessTier: 'TransactionOptimized',
      accessTierChangeTime: time,
      lastModifiedTime: time,
      shareQuota: 5120,
      ...sent,
    }),
    read({ leaseStatus, leaseState, signedIdentifiers, accessTier, accessTierChangeTime, ...first }, apiVersion) {
      const later = { leaseStatus, leaseState, signedIdentifiers, accessTier, accessTierChangeTime } as JsonObject;
      return apiVersion < '2020-08-01' ? first : { ...later, ...first };
    },
    written: (_kept, sent) => sent,
    marked: true,
  },
  {
    path: 'queueServices/default/queues',
    name: /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
    rule: `a queue's name has ${NAMES}`,
    missing: ['QueueNotFound', 'The specified queue does not exist.'],
    made: 200,
    deleted: 204,
    make: (sent) => ({ metadata: {}, ...sent }),
    read: (kept) => ({ ...kept, approximateMessageCount: 0 }),
    written: (kept) => kept,
  },
  {
    path: 'tableServices/default/tables',
    name: /^[A-Za-z][A-Za-z0-9]{2,62}$/,
    rule: "a table's name has 3 to 63 letters and digits and starts with a letter",
    missing: ['TableNotFound', 'The specified table does not exist.'],
    made: 200,
    deleted: 204,
    make: (sent, name) => ({ ...sent, tableName: name }),
    read: (kept) => ({ signedIdentifiers: [], ...kept }),
    written: (kept) => kept,
  },
];

export function shareRoutes(services: Services): Route[] {
  const { store } = services;
  return KINDS.flatMap((kind): Route[] => {
    const all = `${ONE_ACCOUNT}/${kind.path}`;
    const one = `${all}/{child}`;
    const type = `${ACCOUNT}/${kind.path.replace('/default', '')}`;
    const shown = (id: string, name: string, properties: JsonObject | undefined, mark?: string): JsonObject => ({
      id,
      name,
      type,
      ...(mark === undefined ? {} : { etag: mark }),
      ...(properties === undefined ? {} : { properties }),
    });
    const sentTo = ({ body }: ArmRequest) => body?.['properties'] as JsonObject | undefined;
    const find = (request: ArmRequest) => {
      requireParent(store, request);
      const found = store.get(request.id);
      if (found === undefined) throw new ArmError(404, ...kind.missing);
      return found;
    };
    const write = (request: ArmRequest, status: number, former: JsonObject | undefined) => {
      const name = request.params['child'] ?? '';
      const time = services.now().toISOString();
      const sent = sentTo(request);
      const kept = former === undefined ? kind.make(sent ?? {}, name, time) : { ...former, ...sent };
      store.put({ id: request.id, type, body: { name, properties: kept }, hidden: { etag: etag() } });
      return { status, body: shown(request.id, name, kind.written(kept, sent)) };
    };
    const propertiesOf = (body: JsonObject): JsonObject => body['properties'] as JsonObject;
    const read = (id: string, body: JsonObject, hidden: JsonObject, apiVersion: string): JsonObject => {
      const mark = kind.marked === undefined ? undefined : textOf(hidden['etag']);
      return shown(id, textOf(body['name']), kind.read(propertiesOf(body), apiVersion), mark);
    };
    return [
      {
        method: 'PUT',
        path: one,
        handle(request) {
          requireParent(store, request);
          refuseBadName(request.params['child'] ?? '', kind.name, kind.rule);
          const former = store.get(request.id);
          return write(request, former === undefined ? kind.made : 200, former && propertiesOf(former.body));
        },
      },
      {
        method: 'PATCH',
        path: one,
        handle: (request) => write(request, 200, propertiesOf(find(request).body)),
      },
      {
        method: 'GET',
        path: one,
        handle(request) {
          const { body, hidden } = find(request);
          return { status: 200, body: read(request.id, body, hidden, request.apiVersion) };
        },
      },
      {
        method: 'DELETE',
        path: one,
        handle(request) {
          requireParent(store, request);
          const existed = store.get(request.id) !== undefined;
          store.delete(request.id);
          return { status: existed ? kind.deleted : 204 };
        },
      },
      {
        method: 'GET',
        path: all,
        handle(request) {
          const account = requireParent(store, request);
          const held = store.list({ type, under: account.id });
          return {
            status: 200,
            body: { value: held.map(({ id, body, hidden }) => read(id, body, hidden, request.apiVersion)) },
          };
        },
      },
    ];
  });
}
