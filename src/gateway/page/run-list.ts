/** Runs from Temporal's list, a page at a time: search attributes say all that a row shows, so no run is asked. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { buildWorkflowId, SEARCH_ATTRIBUTES, STAGES, WORKFLOWS } from '../../workflows/messages.ts';
import type { Stage } from '../../workflows/messages.ts';
import type { RowState, RunCounts, RunPage, RunRow } from './views.ts';
import { dateOf } from './times.ts';

type Info = temporal.api.workflow.v1.IWorkflowExecutionInfo;

export const STATE_FILTERS = ['running', 'succeeded', 'failed', 'canceled'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

export interface RunSearch {
  /** What a template's name or a run's id begins with; empty: all. */
  text: string;
  state?: StateFilter;
}

export const RUNS_A_PAGE = 25;
const MAX_TEXT = 100;

const CLAUSES: Record<StateFilter, string> = {
  running: `ExecutionStatus = 'Running'`,
  succeeded: `ExecutionStatus = 'Completed'`,
  failed: `ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')`,
  canceled: `ExecutionStatus = 'Canceled'`,
};

/** @param after where the former page ended */
export async function listRuns(client: Client, search: RunSearch, after?: string): Promise<RunPage> {
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    pageSize: RUNS_A_PAGE,
    query: queryOf(search),
    ...(after === undefined ? {} : { nextPageToken: Buffer.from(after, 'base64url') }),
  });
  return {
    runs: (executions ?? []).map(rowOf),
    ...(nextPageToken.length === 0 ? {} : { next: Buffer.from(nextPageToken).toString('base64url') }),
  };
}

export async function countRuns(client: Client, { text }: RunSearch): Promise<RunCounts> {
  const { groups } = await client.workflowService.countWorkflowExecutions({
    namespace: client.options.namespace,
    query: `${queryOf({ text })} GROUP BY ExecutionStatus`,
  });
  const counts: RunCounts = { running: 0, succeeded: 0, failed: 0, canceled: 0 };
  for (const { groupValues, count } of groups ?? []) {
    const [value] = groupValues ?? [];
    const status = value === undefined ? '' : String(defaultPayloadConverter.fromPayload(value));
    counts[FILTER_OF[status] ?? 'failed'] += Number(count);
  }
  return counts;
}

const FILTER_OF: Record<string, StateFilter> = { Running: 'running', Completed: 'succeeded', Canceled: 'canceled' };

function queryOf({ text, state }: RunSearch): string {
  const clauses = [`WorkflowType = '${WORKFLOWS.buildImage}'`];
  if (text !== '') {
    const start = text.slice(0, MAX_TEXT).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    clauses.push(
      `(${SEARCH_ATTRIBUTES.template} STARTS_WITH '${start}' OR WorkflowId STARTS_WITH '${buildWorkflowId(start)}')`,
    );
  }
  if (state !== undefined) clauses.push(CLAUSES[state]);
  return clauses.join(' AND ');
}

function rowOf({ execution, memo, searchAttributes, startTime, closeTime, status }: Info): RunRow {
  const name = memo?.fields?.['templateName'];
  const found = searchAttributes?.indexedFields?.[SEARCH_ATTRIBUTES.stage];
  const kilnStage = found === undefined ? '' : String(defaultPayloadConverter.fromPayload(found));
  const state = stateOf(Number(status), kilnStage);
  return {
    runId: (execution?.workflowId ?? '').slice(buildWorkflowId('').length),
    templateName: name === undefined ? '' : String(defaultPayloadConverter.fromPayload(name)),
    state,
    ...(state === 'Running' && isStage(kilnStage) ? { stage: kilnStage } : {}),
    startTime: dateOf(startTime),
    ...(closeTime === undefined || closeTime === null ? {} : { endTime: dateOf(closeTime) }),
  };
}

const isStage = (text: string): text is Stage => (STAGES as readonly string[]).includes(text);

/** Numbers are those of Temporal's WorkflowExecutionStatus; what it cannot tell apart, the run's own attribute does. */
function stateOf(status: number, kilnStage: string): RowState {
  switch (status) {
    case 1:
      return 'Running';
    case 2:
      return kilnStage === 'PartiallySucceeded' ? 'PartiallySucceeded' : 'Succeeded';
    case 4:
      return 'Canceled';
    case 5:
      return 'Terminated';
    case 7:
      return 'TimedOut';
    default:
      return kilnStage === 'TimedOut' ? 'TimedOut' : 'Failed';
  }
}
