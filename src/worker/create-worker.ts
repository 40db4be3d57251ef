/** The composition root: a Temporal worker whose activities reach Azure. Knows nothing of the local Azure. */
import { NativeConnection, Worker } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { Azure } from '../azure/environment.ts';
import { TASK_QUEUE } from '../workflows/messages.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { ensureSweepSchedule } from './sweep-schedule.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface WorkerSettings {
  connectionOptions: NativeConnectionOptions;
  namespace: string;
  /** Holds the workflow bundle between starts. */
  cacheDir: string;
  azure: Azure;
  taskQueue?: string;
}

/** Connected and registered, not yet running. Close the connection after `run` has returned. */
export async function createWorker(
  settings: WorkerSettings,
): Promise<{ worker: Worker; connection: NativeConnection }> {
  const [connection, codePath] = await Promise.all([
    NativeConnection.connect(settings.connectionOptions),
    workflowBundle(settings.cacheDir),
  ]);
  await registerSearchAttributes(connection, settings.namespace);
  const taskQueue = settings.taskQueue ?? TASK_QUEUE;
  await ensureSweepSchedule(connection, settings.namespace, taskQueue);
  const worker = await Worker.create({
    connection,
    namespace: settings.namespace,
    taskQueue,
    workflowBundle: { codePath },
    activities: createActivities(settings.azure),
    // Most activities wait for Azure, so many fit one worker; their calls are paced by Azure's own limits.
    maxConcurrentActivityTaskExecutions: 400,
    // Cancellation and progress travel by heartbeat; the SDK would hold them back for 80 % of the timeout.
    maxHeartbeatThrottleInterval: '1s',
    // Server 1.29 waits this long for a worker that was killed before it gives the workflow to another.
    stickyQueueScheduleToStartTimeout: '5s',
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
  });
  return { worker, connection };
}
