/**
 * The kinds of activity a build has, each with the timeouts and retries that fit it. A proxy is made per call because
 * its summary, shown in the Web UI, says what this very call does.
 *
 * WAIT_CANCELLATION_COMPLETED is set on whatever creates something: with the SDK's true default, TRY_CANCEL, the undo
 * was seen to run before the cancelled create had ended. Cancellation reaches an activity by its heartbeat.
 */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import type { BuildActivities } from '../activities/contract.ts';

type Proxy = ActivityInterfaceFor<BuildActivities>;

/** A worker that died is noticed after this long without a heartbeat. */
const HEARTBEAT_TIMEOUT = '15s';

const proxyWith =
  (options: ActivityOptions) =>
  (summary: string): Proxy =>
    proxyActivities<BuildActivities>({ ...options, summary });

/** Reads Azure, or the addresses that a template names. */
export const asking = proxyWith({
  startToCloseTimeout: '30m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 10 },
});

/** Looks whether there is anything to do, for somebody who waits; who gets no answer goes on without. */
export const looking = proxyWith({
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '15m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 5 },
});

/** What a submission needs, checked and made: it ends well or badly within the hour, and can be put again. */
const SUBMITTING = {
  startToCloseTimeout: '30m',
  scheduleToCloseTimeout: '1h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 10 },
} as const;
export const submitting = proxyWith(SUBMITTING);
export const makingForSubmission = proxyWith({
  ...SUBMITTING,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Makes room for a run, which does not wait longer than this for it. Given up at once when the run is cancelled. */
export const clearing = proxyWith({
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '10m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** Makes something that an undo removes. Bounded by the build's timeout, not by a number of attempts. */
export const making = proxyWith({
  startToCloseTimeout: '6h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

/** Runs inside the machine; as long as the build may take (960 minutes at most). */
export const stepping = proxyWith({
  startToCloseTimeout: '16h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** Undoes. Tried for a day; what is left then is named in the result. */
export const removing = proxyWith({
  startToCloseTimeout: '2h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', maximumInterval: '5m' },
});

/** Asks templates to run, and waits as long as a run may take with its clean-up. */
export const patching = proxyWith({
  startToCloseTimeout: '48h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});
