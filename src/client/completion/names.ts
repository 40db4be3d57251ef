/** Names for completion, from a Temporal that answers at once: nothing is started for them, and no trouble is told. */
import { Client, Connection } from '@temporalio/client';
import { SCHEDULE_PREFIX } from '../patch-client.ts';
import { buildWorkflowId, WORKFLOWS } from '../../workflows/messages.ts';
import type { Settings } from '../settings.ts';
import { knownTemporal } from '../stack.ts';
import type { NameKind } from './command-tree.ts';

const LIMIT = 200;
const PATIENCE_MS = 1_500;

export async function knownNames(kind: NameKind, settings: Settings): Promise<string[]> {
  const temporal = knownTemporal(settings);
  if (temporal === undefined) return [];
  const { connectionOptions, namespace } = temporal;
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: PATIENCE_MS });
  try {
    const client = new Client({ connection, namespace });
    const names = new Set<string>();
    await connection.withDeadline(Date.now() + PATIENCE_MS, async () => {
      for await (const name of listed(kind, client)) if (names.add(name).size === LIMIT) break;
    });
    return [...names];
  } finally {
    await connection.close();
  }
}

async function* listed(kind: NameKind, { workflow, schedule }: Client): AsyncGenerator<string> {
  switch (kind) {
    case 'runs':
      for await (const { workflowId } of workflow.list({ query: `WorkflowType = '${WORKFLOWS.buildImage}'` })) {
        yield workflowId.slice(buildWorkflowId('').length);
      }
      break;
    case 'templates':
      for await (const { memo } of workflow.list({
        query: `WorkflowType = '${WORKFLOWS.imageTemplate}' AND ExecutionStatus = 'Running'`,
      })) {
        const name = memo?.['templateName'];
        if (typeof name === 'string') yield name;
      }
      break;
    case 'schedules':
      for await (const { scheduleId } of schedule.list()) {
        if (scheduleId.startsWith(SCHEDULE_PREFIX)) yield scheduleId.slice(SCHEDULE_PREFIX.length);
      }
  }
}
