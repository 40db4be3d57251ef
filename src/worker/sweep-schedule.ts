/** The schedule that undoes builds which were terminated; made once a namespace, a person may pause or change it. */
import { ScheduleAlreadyRunning, ScheduleClient, ScheduleOverlapPolicy } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { WORKFLOWS } from '../workflows/messages.ts';
import type { SweepRequest } from '../workflows/messages.ts';

const SCHEDULE_ID = 'kiln-sweep';

export async function ensureSweepSchedule(
  connection: NativeConnection,
  namespace: string,
  taskQueue: string,
): Promise<void> {
  const request: SweepRequest = { olderThanSeconds: 120 };
  try {
    await new ScheduleClient({ connection, namespace }).create({
      scheduleId: SCHEDULE_ID,
      spec: { intervals: [{ every: '15m' }] },
      // A Temporal that was off for a night has nothing to catch up with.
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOWS.sweepBuilds,
        workflowId: SCHEDULE_ID,
        taskQueue,
        args: [request],
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
