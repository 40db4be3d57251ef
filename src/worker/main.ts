/**
 * `node src/worker/main.ts`: runs until SIGTERM or SIGINT.
 *
 * Temporal: the SDK's environment configuration (`TEMPORAL_*`, `temporal.toml`). Azure: see azure/environment.ts.
 * `KILN_CACHE_DIR` holds the workflow bundle. `KILN_READY_FILE`, if set, receives the process id once tasks are polled.
 */
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { createAzure, environmentFromProcess } from '../azure/environment.ts';
import { createWorker } from './create-worker.ts';

const log = pino({ name: 'worker' }, pino.destination(2));
Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    log[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message);
  }),
});

const { connectionOptions, namespace } = loadClientConnectConfig();
const { env } = process;
const cacheDir = env['KILN_CACHE_DIR'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kiln');

const { worker, connection } = await createWorker({
  connectionOptions: connectionOptions ?? {},
  namespace: namespace ?? 'default',
  cacheDir,
  azure: createAzure(environmentFromProcess(env)),
});
log.info({ namespace: namespace ?? 'default', address: connectionOptions?.address }, 'worker ready');
const readyFile = env['KILN_READY_FILE'];
if (readyFile !== undefined) writeFileSync(readyFile, `${process.pid}\n`);

try {
  await worker.run();
} finally {
  await connection.close();
}
