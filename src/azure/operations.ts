/**
 * Waiting for Azure's long-running operations inside an activity. The poller's state, which holds the operation's
 * address, is the activity's heartbeat: a worker that takes over resumes the wait instead of starting again.
 *
 * A cancelled activity waits for its operation to end before it reports the cancellation: an undo that ran beside a
 * create would find nothing, or a conflict.
 */
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { OperationState, PollerLike } from '@azure/core-lro';
import type { OperationHeartbeat } from '../activities/contract.ts';
import { orNotFound, toFailure } from './errors.ts';
import { nextPause, OPERATION_PACE } from './pacing.ts';
import type { Pace } from './pacing.ts';

type Poller<T> = PollerLike<OperationState<T>, T>;

/**
 * Begins an operation, or resumes the one of a former attempt, and waits for its end.
 * @param waitingFor shown in the heartbeat and in errors, as in `create disk os`
 * @param resume makes a poller from the state of a former attempt's: the client package's own `restorePoller`. Without
 * it, or once Azure has forgotten the operation, it is begun again, which is safe for what may be repeated.
 */
export async function finish<T>(
  waitingFor: string,
  begin: () => Poller<T>,
  resume?: (state: string) => Poller<T>,
): Promise<T> {
  const context = Context.current();
  const former = context.info.heartbeatDetails as OperationHeartbeat | undefined;
  const state = former?.waitingFor === waitingFor ? former.operationUrl : undefined;
  const end = async (poller: Poller<T>): Promise<T> => {
    await poller.submitted();
    const operationUrl = await poller.serialize();
    await poll(() => {
      context.heartbeat({ operationUrl, waitingFor } satisfies OperationHeartbeat);
      return poller.isDone ? Promise.resolve(true) : poller.poll().then(() => poller.isDone);
    });
    return poller.pollUntilDone();
  };
  try {
    const resumed =
      state === undefined || resume === undefined
        ? undefined
        : await orNotFound(end(resume(state)).then((value) => ({ value })));
    const { value } = resumed ?? { value: await end(begin()) };
    throwIfCanceled();
    return value;
  } catch (error) {
    throw toFailure(error, waitingFor);
  }
}

/** Waits for an operation in passing: no heartbeat of its own, no resuming. */
export async function settled<T>(poller: Poller<T>): Promise<T> {
  await poller.submitted();
  await poll(async () => poller.isDone || (await poller.poll().then(() => poller.isDone)));
  return poller.pollUntilDone();
}

/** Asks `done` again and again, quickly at first; not interrupted by cancellation. */
export async function poll(done: () => Promise<boolean>, pace = OPERATION_PACE): Promise<void> {
  const begun = Date.now();
  for (;;) {
    await allowance(pace);
    if (await done()) return;
    await pause(nextPause(pace, Date.now() - begun));
  }
}

/** Waits until the pace's budget has a read left, and takes it. */
export async function allowance({ budget }: Pace): Promise<void> {
  const wait = budget?.take() ?? 0;
  if (wait > 0) await pause(wait);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks `done` until it holds; a cancellation is reported at once. Each ask heartbeats what `beat` says. */
export async function watch(done: () => Promise<boolean>, beat: () => object, pace = OPERATION_PACE): Promise<void> {
  const context = Context.current();
  await poll(async () => {
    throwIfCanceled();
    const reached = await done();
    context.heartbeat(beat());
    return reached;
  }, pace);
}

export function throwIfCanceled(): void {
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('the activity was cancelled');
}

/**
 * Whether the build is cancelled. An activity is also stopped when its worker shuts down, or when Temporal no longer
 * counts on this attempt; then another attempt goes on, and nothing may be undone.
 */
export function isCancelRequested(): boolean {
  return Context.current().cancellationDetails?.cancelRequested === true;
}

/** Keeps an activity alive while it does something that has no steps of its own, such as a download. */
export async function beating<T>(waitingFor: string, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = (): void => context.heartbeat({ waitingFor } satisfies OperationHeartbeat);
  beat();
  const timer = setInterval(beat, 2000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
