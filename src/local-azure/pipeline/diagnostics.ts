/** What needs no token: the cloud's own description, and what only a local Azure can tell. */
import { Hono } from 'hono';
import type { createCallCounter } from '../call-counter.ts';
import { cloudMetadata } from '../cloud-metadata.ts';
import { LOCAL_TENANT, type Services } from '../core.ts';
import type { OperationEngine } from '../operations.ts';
import type { Environment } from './environment.ts';

export function diagnostics(
  { store, machines, blobs, operations }: Services & { operations: OperationEngine },
  calls: ReturnType<typeof createCallCounter>,
): Hono<Environment> {
  const app = new Hono<Environment>();
  app.get('/health', (c) => c.json({ status: 'ok', machine: machines.description }));
  app.get('/local-azure/calls', (c) => c.json(calls.summary()));
  app.get('/local-azure/inventory', (c) => c.json(store.list({}).map(({ id, type }) => ({ id, type }))));
  app.get('/local-azure/operations', (c) =>
    c.json(
      operations
        .finished()
        .map(({ kind, resourceId, status, startTime, endTime }) => ({ kind, resourceId, status, startTime, endTime })),
    ),
  );
  app.get('/metadata/endpoints', (c) =>
    c.json(cloudMetadata(c.get('apiVersion'), c.get('origin'), blobs.endpoint, LOCAL_TENANT)),
  );
  return app;
}
