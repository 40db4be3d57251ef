/**
 * The connection to Temporal, with an end to every call. Without one a call waits for ever when the server's port is held
 * by something that takes connections and says nothing, and with it whoever called.
 */
import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';

const CALL_MS = 20_000;
/** For what the server itself holds back until there is news; it answers within a minute all the same. */
const LONG_CALL_MS = 90_000;
const LONG_CALLS =
  /\/(GetWorkflowExecutionHistory|PollWorkflowExecutionUpdate|UpdateWorkflowExecution|ExecuteMultiOperation)$/;

/** Connects within the SDK's own 10 seconds. Calls fail with DEADLINE_EXCEEDED, which is not retried. */
export function connectToTemporal(options: ConnectionOptions): Promise<Connection> {
  return Connection.connect(withDeadlines(options));
}

/** @param callMs of a call that is answered at once, for tests */
export function withDeadlines(options: ConnectionOptions, callMs = CALL_MS): ConnectionOptions {
  return { ...options, interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), deadline(callMs)] };
}

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

function deadline(callMs: number): Interceptor {
  return (call, next) => {
    const ms = LONG_CALLS.test(call.method_definition.path) ? LONG_CALL_MS : callMs;
    // gRPC takes what `next` returns, though its types ask for the class.
    return next({ ...call, deadline: call.deadline ?? Date.now() + ms }) as ReturnType<Interceptor>;
  };
}
