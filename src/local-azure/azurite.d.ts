/** Azurite ships no types; these are the parts that blobs.ts uses. */
declare module 'azurite/dist/src/blob/BlobConfiguration.js' {
  export default class BlobConfiguration {
    constructor(
      host: string,
      port: number,
      keepAliveTimeout: number,
      metadataDbPath: string,
      extentDbPath: string,
      persistencePathArray: Array<{ locationId: string; locationPath: string; maxConcurrency: number }>,
      enableAccessLog: boolean,
      accessLogWriteStream: undefined,
      enableDebugLog: boolean,
      debugLogFilePath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
      cert: string,
      key: string,
      pwd: string,
      oauth: 'basic',
      disableProductStyleUrl: boolean,
      isMemoryPersistence: boolean,
    );
  }
}

declare module 'azurite/dist/src/blob/BlobServer.js' {
  import type BlobConfiguration from 'azurite/dist/src/blob/BlobConfiguration.js';
  import type { Server } from 'node:https';

  interface Account {
    name: string;
    key1: Buffer;
    key2?: Buffer;
  }
  export interface LokiStore {
    db: {
      /** Serialized at once; calls during a save share the next one. */
      saveDatabase(done: (error?: Error) => void): void;
      autosaveDirty(): boolean;
      throttledSavePending: boolean;
    };
  }
  interface Context {
    contextId: string;
    startTime: Date;
  }
  /** Where bytes are, as the metadata refers to them. */
  type Persistency = { count: number };
  interface Blob {
    name: string;
  }
  interface MetadataStore extends LokiStore {
    downloadBlob(context: Context, account: string, container: string, name: string): Promise<Blob>;
    /** Both ends are inclusive. */
    uploadPages(context: Context, blob: Blob, start: number, end: number, persistency: Persistency): Promise<unknown>;
  }
  export default class BlobServer {
    constructor(configuration: BlobConfiguration);
    readonly httpServer: Server;
    readonly accountDataStore: { getAccount(name: string): Account | undefined };
    readonly metadataStore: MetadataStore;
    readonly extentMetadataStore: LokiStore;
    readonly extentStore: { appendExtent(bytes: Buffer, contextId: string): Promise<Persistency> };
    start(): Promise<void>;
    close(): Promise<void>;
  }
}

declare module 'azurite/dist/src/blob/utils/utils.js' {
  export function getUserDelegationKeyValue(
    objectId: string,
    tenantId: string,
    start: string,
    expiry: string,
    version: string,
  ): string;
}

declare module 'azurite/dist/src/common/Telemetry.js' {
  export const AzuriteTelemetryClient: {
    init(location: string, enableTelemetry: boolean, environment: undefined): void;
  };
}
