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
import type BlobConfigurationClass from 'azurite/dist/src/blob/BlobConfiguration.js';
import type { default as BlobServerClass, LokiStore } from 'azurite/dist/src/blob/BlobServer.js';
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

/** A request that is authorized by a token; Azurite looks at what the token says, and not whether it is true. */
export interface TokenRequest {
  method: string;
  /** Path and query. */
  url: string;
  token: string;
  copySource: string | undefined;
  /** Of the blob endpoint. */
  origin: string;
}

export interface BlobRefusal {
  status: number;
  code: string;
  message: string;
  detail?: string;
  headers?: Record<string, string>;
}

export type BlobGuard = (request: TokenRequest) => Promise<BlobRefusal | undefined>;

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
  guardTokens(server.httpServer, options.guard, endpoint);

  return {
    endpoint,
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

/** Hands on what a token allows, and all that is authorized otherwise: Azurite looks into keys and signatures itself. */
function guardTokens(server: Server, guard: BlobGuard, origin: string): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const proceed = (): void => {
      for (const listener of listeners) listener(request, response);
    };
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return proceed();
    const { method = 'GET', url = '/' } = request;
    const source = request.headers['x-ms-copy-source'];
    guard({ method, url, token, origin, copySource: typeof source === 'string' ? source : undefined }).then(
      (refusal) => (refusal === undefined ? proceed() : refuse(response, refusal)),
      () =>
        refuse(response, { status: 500, code: 'InternalError', message: 'The server encountered an internal error.' }),
    );
  });
}

function refuse(response: ServerResponse, { status, code, message, detail, headers }: BlobRefusal): void {
  const requestId = randomUUID();
  const told = `${message}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`;
  const reason =
    detail === undefined ? '' : `<AuthenticationErrorDetail>${escaped(detail)}</AuthenticationErrorDetail>`;
  response.writeHead(status, {
    'content-type': 'application/xml',
    'x-ms-error-code': code,
    'x-ms-request-id': requestId,
    ...headers,
  });
  response.end(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${told}</Message>${reason}</Error>`,
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
