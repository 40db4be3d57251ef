/**
 * What a patching asks of templates. They are workflows, and workflows cannot ask each other: an activity does, as any
 * client would.
 */
import { Context, getClient } from '@temporalio/activity';
import {
  QueryNotRegisteredError,
  ScheduleNotFoundError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { BuildPlan } from '../template/build-plan.ts';
import { linkOf } from '../template/chains.ts';
import { beating } from '../azure/operations.ts';
import type { KnownTemplate, TemplateActivities, TemplateRunResult } from './contract.ts';

const LOOK_EVERY_MS = 1000;
/** Of a scheduled workflow that paused its schedule. */
const PAUSED_MEMO = 'pausedSchedule';

interface Accepted {
  runId?: string;
  skipped?: string;
}

/** The part of what a template answers that is needed here. */
interface Told {
  id: string;
  plan: BuildPlan;
  provisioningState: string;
  provisioningError?: { message: string };
  exactVersion?: string;
  runs: Array<{ runId: string; state: string; endTime?: string; message: string }>;
}

export function createTemplateActivities(): TemplateActivities {
  return {
    async findTemplates({ workflowType, query, within, workflowIds = [] }) {
      const { workflow } = getClient();
      const prefix = `${within.toLowerCase()}/`.replaceAll("'", "''");
      const listed = workflow.list({
        query: `WorkflowType = '${workflowType}' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${prefix}'`,
      });
      return beating('templates', async () => {
        const found: KnownTemplate[] = [];
        // Temporal's list knows of the newest ones a moment later, and those that are named are known without it.
        const ids = new Set(workflowIds);
        for await (const { workflowId } of listed) ids.add(workflowId);
        for (const workflowId of ids) {
          const told = await workflow
            .getHandle(workflowId)
            .query<Told>(query)
            .catch((error: unknown) => {
              // One that was deleted since, or never submitted, is none. Of any other nothing is known, and what it uses
              // might be removed.
              if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError) return undefined;
              throw error;
            });
          if (told === undefined || told.provisioningState.startsWith('Delet')) continue;
          const { source } = told.plan;
          found.push({
            ...linkOf(told.plan),
            tags: told.plan.template.tags,
            running: told.runs[0] !== undefined && told.runs[0].endTime === undefined,
            ...(told.exactVersion === undefined ? {} : { usedVersion: told.exactVersion }),
            ...(source.type === 'SharedImageVersion' ? { sourceVersionId: source.imageVersionId } : {}),
          });
        }
        return found.toSorted((left, right) => left.id.localeCompare(right.id));
      });
    },

    async runTemplate({ workflowId, update, cancel, query, buildPrefix, run }) {
      const { workflow } = getClient();
      const template = workflow.getHandle(workflowId);
      const view = (): Promise<Told> => template.query<Told>(query);
      const ask = (): Promise<Accepted> =>
        beating('the template', () =>
          // By the same id, a former attempt's answer is waited for: it may still be looking what has changed.
          template.executeUpdate<Accepted, [object]>(update, { args: [run], updateId: run.requestId }),
        );
      const { runId, skipped } = await untilTaken(ask, view, buildPrefix);
      if (runId === undefined) return { state: 'Skipped', ...(skipped === undefined ? {} : { reason: skipped }) };
      try {
        await untilClosed(`${buildPrefix}${runId}`, runId);
        return await outcome(view, runId);
      } catch (error) {
        if (!Context.current().cancellationSignal.aborted) throw error;
        // Whoever stops a patching stops what it began; a run that has ended meanwhile refuses.
        await template.executeUpdate(cancel, { args: [undefined] }).catch(() => {});
        throw error;
      }
    },

    async pauseIfFailing({ id, pauseAfter }) {
      const client = getClient();
      const { workflowId, runId } = Context.current().info.workflowExecution ?? { workflowId: '', runId: '' };
      const query = `TemporalScheduledById = '${id.replaceAll("'", "''")}' AND ExecutionStatus != 'Running'`;
      let failures = 1;
      for await (const run of client.workflow.list({ query })) {
        if (run.workflowId === workflowId && run.runId === runId) continue;
        if (run.status.name !== 'FAILED') break;
        // One that paused it was counted then; whoever had it go on begins anew.
        const { memo } = await client.workflow.getHandle(run.workflowId, run.runId).describe();
        if (memo?.[PAUSED_MEMO] === true) break;
        failures++;
        if (failures >= pauseAfter) break;
      }
      if (failures < pauseAfter) return { failures, paused: false };
      try {
        await client.schedule
          .getHandle(id)
          .pause(`paused by Kiln: ${failures} failures in a row, the last one ${workflowId}`);
        return { failures, paused: true };
      } catch (error) {
        // Deleted since it started this.
        if (error instanceof ScheduleNotFoundError) return { failures, paused: false };
        throw error;
      }
    },
  };

  /**
   * What is under way is waited for, be it a run of a person's or a change: neither is a failure, and a run that began
   * before this was asked may not have seen what is new.
   */
  async function untilTaken(
    ask: () => Promise<Accepted>,
    view: () => Promise<Told>,
    buildPrefix: string,
  ): Promise<Accepted> {
    const context = Context.current();
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof WorkflowUpdateFailedError)) throw error;
        const { runs, provisioningState, provisioningError } = await view();
        const [last] = runs;
        if (last !== undefined && last.endTime === undefined) {
          await untilClosed(`${buildPrefix}${last.runId}`, last.runId);
        } else if (provisioningState !== 'Creating' && provisioningState !== 'Updating') {
          const told = error.cause instanceof Error ? error.cause.message : error.message;
          throw ApplicationFailure.nonRetryable(provisioningError?.message ?? told, 'Conflict');
        }
        context.heartbeat({ waitingFor: last?.runId ?? 'the template' });
        await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS)), context.cancelled]);
      }
    }
  }

  /** However it closes; the template says how. */
  async function untilClosed(buildId: string, runId: string): Promise<void> {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat({ waitingFor: runId }), LOOK_EVERY_MS);
    try {
      const closed = getClient()
        .workflow.result(buildId)
        .catch(() => undefined);
      await Promise.race([closed, context.cancelled]);
    } finally {
      clearInterval(beat);
    }
  }

  async function outcome(view: () => Promise<Told>, runId: string): Promise<TemplateRunResult> {
    for (;;) {
      const run = (await view()).runs.find((one) => one.runId === runId);
      // Deleted and made again, or run ten times since.
      if (run === undefined) return { state: 'Failed', runId, reason: 'the template does not know the run any more' };
      if (run.endTime !== undefined) {
        const { state, message } = run;
        const known = state === 'Succeeded' || state === 'PartiallySucceeded' ? state : 'Failed';
        const reason = message === '' && known === 'Failed' ? `the run was ${state}` : message;
        return { state: known, runId, ...(reason === '' ? {} : { reason }) };
      }
      const context = Context.current();
      context.heartbeat({ waitingFor: runId });
      await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS)), context.cancelled]);
    }
  }
}
