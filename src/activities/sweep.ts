/**
 * Which builds ended without a clean-up of their own: `terminate` gives a workflow no chance to compensate. Temporal
 * itself is asked, so that only what this Temporal's builds made is ever swept, never another installation's.
 */
import { getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { BuildPlan } from '../template/build-plan.ts';
import type { AbandonedBuild, Execution, RunContext, SweepActivities } from './contract.ts';

/** gRPC's code, by which the server says that a workflow never ran. */
const FAILED_PRECONDITION = 9;

/** What a run says of itself; the part of the workflow's status that an undo needs. */
type Output = AbandonedBuild['outputs'][number];
type Told = { outputs: Output[]; logs?: unknown };

export function createSweepActivities(): SweepActivities {
  return {
    async findAbandonedBuilds({ workflowType, olderThanSeconds }) {
      const before = new Date(Date.now() - olderThanSeconds * 1000).toISOString();
      const query = `WorkflowType = '${workflowType}' AND ExecutionStatus IN ('Terminated', 'TimedOut') AND CloseTime <= '${before}'`;
      const found: Execution[] = [];
      for await (const { workflowId, runId } of getClient().workflow.list({ query })) {
        found.push({ workflowId, executionId: runId });
      }
      return found;
    },

    async recallBuild({ workflowId, executionId }, queries) {
      const client = getClient().workflow;
      const latest = await client.getHandle(workflowId).describe();
      // A later build under the same name has the same resource names, and removes them itself.
      if (latest.runId !== executionId) return undefined;
      const handle = client.getHandle(workflowId, executionId);
      const [{ events }, told] = await Promise.all([
        handle.fetchHistory(),
        orNotStarted(handle.query<Told>(queries.status)),
      ]);
      const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      if (input === undefined) throw new TypeError(`the build ${workflowId} has no plan in its history`);
      return {
        plan: defaultPayloadConverter.fromPayload<BuildPlan>(input),
        outputs: await Promise.all(
          (told?.outputs ?? []).map(async (output) => {
            const child = client.getHandle(`${workflowId}/${output.runOutputName}`);
            return (await orNotStarted(child.query<Output>(queries.output))) ?? output;
          }),
        ),
        hasLogs: told?.logs !== undefined,
      };
    },

    async recallTemplate({ workflowId, executionId }, { query, buildPrefix }) {
      const client = getClient().workflow;
      const handle = client.getHandle(workflowId, executionId);
      const staged = await orNotStarted(handle.query<{ contexts: RunContext[]; building?: string }>(query));
      if (staged?.building !== undefined) {
        const build = await orNotStarted(client.getHandle(`${buildPrefix}${staged.building}`).describe());
        if (build?.status.name === 'RUNNING') {
          throw ApplicationFailure.nonRetryable(`${staged.building} goes on`, 'StillRunning');
        }
      }
      return staged?.contexts ?? [];
    },
  };
}

/** A workflow that was ended before its first task has nothing to tell, and made nothing. */
async function orNotStarted<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (error instanceof Error && (error.cause as { code?: unknown } | undefined)?.code === FAILED_PRECONDITION)
      return undefined;
    throw error;
  }
}
