/**
 * The shapes that the pipeline, the providers and the store agree on. The pipeline is
 * context → authenticate → validate → throttle → route → handle → serialize → error, see pipeline/index.ts.
 */
import type { Machines } from './machines/machine.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A resource as kept: its whole Resource Manager body (id, name, type, location, tags, properties, …) plus what only we know. */
export interface StoredResource {
  /** In the casing of the first write; looked up without regard to case. */
  id: string;
  /** `Microsoft.Compute/virtualMachines`; child types have their parents in it, as in `Microsoft.Compute/galleries/images/versions`. */
  type: string;
  body: JsonObject;
  /** Never serialized: content references, power state, keys. */
  hidden: JsonObject;
}

export interface ResourceStore {
  get(id: string): StoredResource | undefined;
  put(resource: StoredResource): void;
  delete(id: string): void;
  /** Whether there was one under this id since the server began: for a while a provider answers for it itself. */
  wasDeleted(id: string): boolean;
  /** In order of creation. `under` is an id prefix (a group, a subscription or a parent resource). */
  list(filter: { type?: string; under?: string }): StoredResource[];
  transaction<T>(work: () => T): T;
}

/** A long-running operation; survives a restart of the server, when its runner is called again. */
export interface Operation {
  /** A GUID. */
  id: string;
  /** Key of the runner, as in `Microsoft.Compute/disks/write`. */
  kind: string;
  subscriptionId: string;
  location: string;
  resourceId: string;
  input: JsonObject;
  status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  startTime: string;
  endTime?: string;
  /** Result body for `properties.output` or for the Location url. */
  output?: Json;
  error?: { code: string; message: string; target?: string };
}

/** Does the slow part. Called again after a restart, so idempotent. Throws ArmError to end the operation `Failed`. */
export type OperationRunner = (operation: Operation) => Promise<Json | void>;

export interface Operations {
  register(kind: string, runner: OperationRunner): void;
  /** Stores the operation and runs it once its time (by the profile's entry for `kind`) has passed. */
  begin(spec: Pick<Operation, 'kind' | 'subscriptionId' | 'location' | 'resourceId' | 'input'>): Operation;
  get(id: string): Operation | undefined;
  /** Operations in progress on a resource; the base of conflict answers. */
  pending(resourceId: string): Operation[];
  cancel(id: string): void;
  /** Ends an operation's waiting time; resolves once its work is done. */
  expedite(id: string): Promise<void>;
}

/** How an accepted operation is answered; forms differ by provider, see the recordings. */
export interface AsyncForm {
  /** Path segment: `operations`, `DiskOperations`, `capsOperations`, `asyncoperations`, `operationresults`. */
  segment: string;
  /** Which headers are sent. */
  headers: 'azure-async' | 'location' | 'both';
  /** Seconds; absent where Azure sends none. The profile scales it. */
  retryAfter?: number;
  /** Api-versions before this one are not told that Resource Manager would be notified of the end. */
  notifiesSince?: string;
}

export interface ArmRequest {
  method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE' | 'HEAD';
  /** Path parameters in the casing of the request. */
  params: Record<string, string>;
  /** The resource's id as it was asked for (path without the query and a trailing action). */
  id: string;
  /** As the client wrote it. */
  path: string;
  query: URLSearchParams;
  body: JsonObject | undefined;
  apiVersion: string;
  subscriptionId: string;
  principal: { objectId: string; appId: string };
  /** `https://host:port` as the client reached it. */
  origin: string;
}

export interface ArmResponse {
  status: number;
  body?: Json;
  headers?: Record<string, string>;
  /** Adds the async headers for this operation. */
  operation?: { operation: Operation; form: AsyncForm };
}

export interface Route {
  method: ArmRequest['method'];
  /** `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/disks/{name}`; matched without regard to case. */
  path: string;
  handle(request: ArmRequest): Promise<ArmResponse> | ArmResponse;
}

export interface Provider {
  namespace: string;
  /** For `GET /subscriptions/{s}/providers/{namespace}`. */
  resourceTypes: Array<{ resourceType: string; apiVersions: string[] }>;
  routes: Route[];
  /** Removes one resource at once, as part of a group's deletion: dependencies are already gone. */
  discard?(resource: StoredResource): Promise<void>;
  /** Called once after start, to take up what a former process left. */
  resume?(): Promise<void>;
}

/** Blobs of the emulated accounts (Azurite underneath). */
export interface BlobService {
  /** `https://127.0.0.1:10000` */
  readonly endpoint: string;
  /** Headers of requests that come from within, which may use keys where an account forbids that. */
  readonly inside: Record<string, string>;
  /** Makes the account known to the data plane at once. Keys are base64. */
  addAccount(name: string, keys: [string, string]): Promise<void>;
  removeAccount(name: string): Promise<void>;
  /** Fills a page blob that exists from inside: a disk's worth of data takes seconds where through https it takes many. */
  writePages(blob: BlobAddress, pages: AsyncIterable<Pages>): Promise<void>;
}

export interface BlobAddress {
  account: string;
  container: string;
  name: string;
}

/** Offset and length are multiples of 512. */
export interface Pages {
  offset: number;
  bytes: Buffer;
}

export interface Services {
  store: ResourceStore;
  operations: Operations;
  machines: Machines;
  blobs: BlobService;
  profile: TimeProfile;
  now(): Date;
  log: Logger;
  /** Folder for what does not fit in the store. */
  stateDir: string;
  /** vCPUs that a region may have in use, and so may each family of sizes in it. */
  coreLimit: number;
}

export interface Logger {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

export interface TimeProfile {
  name: 'instant' | 'quick' | 'recorded';
  /** Milliseconds that an operation of this kind takes. */
  duration(kind: string): number;
  /** Seconds to answer as Retry-After for Azure's own `seconds`; undefined where none is to be sent. */
  retryAfter(seconds: number | undefined): number | undefined;
  /** How many seconds of Azure pass in one of ours; allowances refill at this pace. */
  readonly pace: number;
}

export type CreateProvider = (services: Services) => Provider;

export interface ArmErrorDetail {
  code: string;
  message: string;
  target?: string;
}

/** An answer as Azure words it; thrown by handlers, turned into `{error: {code, message, target?, details?}}` by the pipeline. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly target: string | undefined;
  readonly details: ArmErrorDetail[] | undefined;
  constructor(status: number, code: string, message: string, target?: string, details?: ArmErrorDetail[]) {
    super(message);
    this.name = 'ArmError';
    this.status = status;
    this.code = code;
    this.target = target;
    this.details = details;
  }
}

export interface LocalAzureOptions {
  /** Everything that lasts lies here: azure.db, ca/, blobs/, machines/, contents/, connection.json. */
  stateDir: string;
  /** Base root file systems and other downloads. */
  cacheDir: string;
  /** 0 picks a free port. */
  port: number;
  blobPort: number;
  profile: TimeProfile['name'];
  /** Scales the `recorded` profile; 1 is Azure's own time. */
  timeFactor?: number;
  /** Instead of the profile's own times; for tests that decide when an operation ends. */
  timeProfile?: TimeProfile;
  /** Whether Azure's request limits are enforced; told in the headers either way. Off for `instant` unless told, else on. */
  limits?: 'on' | 'off';
  machine: 'auto' | 'sandbox' | 'simulated';
  log: Logger;
  /** vCPUs a region and a family; a thousand unless told, so that a hundred builds at once fit one region. */
  coreLimit?: number;
  /** Whether what was just written is not found by its next read, as happens in Azure; for tests. */
  staleReads?: boolean;
  /** Told of each request and its answer. */
  observe?: (exchange: Exchange) => void;
}

/** A request as it came and the answer as it went; without the request's headers, which hold its token. */
export interface Exchange {
  method: string;
  url: string;
  requestBody?: Json;
  status: number;
  /** Of the answer, by lower-cased name. */
  headers: Record<string, string>;
  body?: Json;
}

/** Written to `<stateDir>/connection.json` once the server listens; all a client needs. */
export interface LocalAzureConnection {
  pid: number;
  /** Resource Manager, `https://127.0.0.1:port`. */
  endpoint: string;
  /** For AZURE_AUTHORITY_HOST. */
  authorityHost: string;
  blobEndpoint: string;
  tenantId: string;
  subscriptionId: string;
  clientId: string;
  clientSecret: string;
  /** PEM of the local CA. */
  caFile: string;
  /** The machines' description, as said to people. */
  machine: string;
  profile: string;
}

export interface LocalAzure {
  connection: LocalAzureConnection;
  services: Services;
  close(): Promise<void>;
}

/** Fixed, so that examples and placeholders can name it. */
export const LOCAL_SUBSCRIPTION = '10ca1a2e-0000-4000-8000-000000000001';
export const LOCAL_TENANT = '10ca1a2e-0000-4000-8000-0000000000ff';
