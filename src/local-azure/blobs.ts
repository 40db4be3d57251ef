/**
 * The blob data plane: Azurite, in this process, behind our certificate. Accounts are looked up in our own table
 * instead of Azurite's environment variable, so that a new account works at once and its key is in no environment.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type BlobConfigurationClass from 'azurite/dist/src/blob/BlobConfiguration.js';
import type { default as BlobServerClass, LokiStore } from 'azurite/dist/src/blob/BlobServer.js';
import type * as UtilsModule from 'azurite/dist/src/blob/utils/utils.js';
import type * as TelemetryModule from 'azurite/dist/src/common/Telemetry.js';
import type { BlobService } from './core.ts';
import type { Certificates } from './tls.ts';

const HOST = '127.0.0.1';
const KEEP_ALIVE_SECONDS = 5;

export interface BlobServiceServer extends BlobService {
  close(): Promise<void>;
}

interface Account {
  name: string;
  key1: Buffer;
  key2?: Buffer;
}

/** A request as it comes in, before Azurite looks at it. */
export interface BlobCall {
  method: string;
  /** Path and query. */
  url: string;
  /** Header of that name: a token, a signature by an account key, or neither. */
  authorization: string | undefined;
  copySource: string | undefined;
  /** `x-ms-version`. */
  version: string | undefined;
  /** Of the blob endpoint. */
  origin: string;
  /** The whole body; whoever reads it has to answer the request. */
  body: () => Promise<string>;
}

export interface BlobRefusal {
  status: number;
  code: string;
  message: string;
  /** More elements of the body, by name. */
  details?: Record<string, string>;
  headers?: Record<string, string>;
}

/** What is answered in Azurite's place. */
export interface BlobAnswer {
  xml: string;
}

/** Undefined hands the request on to Azurite. */
export type BlobGuard = (request: BlobCall) => Promise<BlobRefusal | BlobAnswer | undefined>;

/** Azurite's own derivation, by which it knows a signature made with the key again; base64. */
export function delegationKey(
  objectId: string,
  tenantId: string,
  start: string,
  expiry: string,
  version: string,
): string {
  const require = createRequire(import.meta.url);
  const { getUserDelegationKeyValue } = require('azurite/dist/src/blob/utils/utils.js') as typeof UtilsModule;
  return getUserDelegationKeyValue(objectId, tenantId, start, expiry, version);
}

/** `port` 0 picks a free one. Throws EADDRINUSE where it is taken. */
export async function startBlobService(options: {
  stateDir: string;
  port: number;
  certificates: Certificates;
  guard: BlobGuard;
}): Promise<BlobServiceServer> {
  const dir = join(options.stateDir, 'blobs');
  await mkdir(dir, { recursive: true });
  // CommonJS with a `default` property; loaded when needed, for it takes over a second.
  const require = createRequire(import.meta.url);
  const { default: BlobServer } = require('azurite/dist/src/blob/BlobServer.js') as { default: typeof BlobServerClass };
  const { default: BlobConfiguration } = require('azurite/dist/src/blob/BlobConfiguration.js') as {
    default: typeof BlobConfigurationClass;
  };
  const { AzuriteTelemetryClient } = require('azurite/dist/src/common/Telemetry.js') as typeof TelemetryModule;
  AzuriteTelemetryClient.init(dir, false, undefined);
  const server = new BlobServer(
    new BlobConfiguration(
      HOST,
      options.port,
      KEEP_ALIVE_SECONDS,
      join(dir, 'metadata.json'),
      join(dir, 'extents.json'),
      [{ locationId: 'Default', locationPath: join(dir, 'extents'), maxConcurrency: 20 }],
      false,
      undefined,
      false,
      undefined,
      false,
      // The SDK's newest service versions run ahead of those that Azurite lists.
      true,
      options.certificates.certFile,
      options.certificates.keyFile,
      '',
      'basic',
      true,
      false,
    ),
  );
  const accounts = new Map<string, Account>();
  server.accountDataStore.getAccount = (name) => accounts.get(name);
  server.httpServer.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answerAfterSaving(response, [server.extentMetadataStore, server.metadataStore]);
    }
  });
  await server.start();
  const { port } = server.httpServer.address() as AddressInfo;
  const endpoint = `https://${HOST}:${port}`;
  const inside = { 'local-azure-inside': randomUUID() };
  guardRequests(server.httpServer, options.guard, endpoint, inside);

  return {
    endpoint,
    inside,
    addAccount(name, [key1, key2]) {
      accounts.set(name, { name, key1: Buffer.from(key1, 'base64'), key2: Buffer.from(key2, 'base64') });
      return Promise.resolve();
    },
    removeAccount(name) {
      accounts.delete(name);
      return Promise.resolve();
    },
    async writePages({ account, container, name }, pages) {
      const { metadataStore, extentMetadataStore, extentStore } = server;
      const context = { contextId: name, startTime: new Date() };
      const blob = await metadataStore.downloadBlob(context, account, container, name);
      for await (const { offset, bytes } of pages) {
        const persistency = await extentStore.appendExtent(bytes, context.contextId);
        await metadataStore.uploadPages(context, blob, offset, offset + bytes.length - 1, persistency);
      }
      await Promise.all([extentMetadataStore, metadataStore].map(saved));
    },
    async close() {
      const closed = new Promise((resolve) => server.httpServer.once('close', resolve));
      await server.close();
      server.httpServer.closeAllConnections();
      await closed;
    },
  };
}

/** Hands on what the guard has nothing against: Azurite looks into keys and signatures itself. */
function guardRequests(server: Server, guard: BlobGuard, origin: string, inside: Record<string, string>): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const proceed = (): void => {
      for (const listener of listeners) listener(request, response);
    };
    const { method = 'GET', url = '/', headers } = request;
    if (Object.entries(inside).every(([name, value]) => headers[name] === value)) return proceed();
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    const call: BlobCall = {
      method,
      url,
      origin,
      authorization: header('authorization'),
      copySource: header('x-ms-copy-source'),
      version: header('x-ms-version'),
      body: () => text(request),
    };
    guard(call).then(
      (outcome) => {
        if (outcome === undefined) proceed();
        else if ('xml' in outcome) answer(response, outcome);
        else refuse(response, outcome);
      },
      () =>
        refuse(response, { status: 500, code: 'InternalError', message: 'The server encountered an internal error.' }),
    );
  });
}

function answer(response: ServerResponse, { xml }: BlobAnswer): void {
  response.writeHead(200, { 'content-type': 'application/xml', 'x-ms-request-id': randomUUID() });
  response.end(`<?xml version="1.0" encoding="utf-8"?>${xml}`);
}

function refuse(response: ServerResponse, { status, code, message, details = {}, headers }: BlobRefusal): void {
  const requestId = randomUUID();
  const told = `${message}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`;
  const more = Object.entries(details).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
  response.writeHead(status, {
    'content-type': 'application/xml',
    'x-ms-error-code': code,
    'x-ms-request-id': requestId,
    ...headers,
  });
  response.end(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${told}</Message>${more.join('')}</Error>`,
  );
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Azurite writes its metadata every five seconds; what was acknowledged in between would be lost with the process. So
 * the answer to a write ends only when the metadata is on disk. Writes that come together share one save.
 */
function answerAfterSaving(response: ServerResponse, stores: LokiStore[]): void {
  const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
  response.end = ((...given: unknown[]) => {
    void Promise.all(stores.map(saved)).then(
      () => end(...given),
      // No answer is better than a false one: the client tries again.
      () => response.destroy(),
    );
    return response;
  }) as typeof response.end;
}

function saved({ db }: LokiStore): Promise<void> {
  if (!db.autosaveDirty() && !db.throttledSavePending) {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    db.saveDatabase((error) => (error ? reject(error) : resolve()));
  });
}
