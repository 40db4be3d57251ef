/** What people do on the page: the same as by the command. */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { TemplateRefusal } from '../../client/template-client.ts';
import type { TemplateClient } from '../../client/template-client.ts';
import type { KilnClient } from '../../client/kiln-client.ts';
import { planUnder } from '../../template/plan/plan-under.ts';
import type { TemplateDigest } from '../../template/template-digest.ts';
import { buildWorkflowId } from '../../workflows/messages.ts';
import { ArmError } from '../arm-error.ts';

const MAX_RUN_ID = 40;

export interface ActionParts {
  client: Client;
  builds: KilnClient;
  templates: TemplateClient;
}

/** @param requestId the same again is answered with the same run */
export async function runTemplate({ templates }: ActionParts, id: string, requestId: string): Promise<string> {
  try {
    const { runId } = await templates.run(id, { by: 'person', requestId });
    if (runId === undefined) throw new TypeError('a run without conditions is never skipped');
    return runId;
  } catch (error) {
    throw error instanceof TemplateRefusal ? refusalOf(error) : error;
  }
}

/**
 * A run of the same: of the template as it is now where one that lives had started it, else of the run's own plan, under
 * an id of its own.
 */
export async function runAgain(parts: ActionParts, runId: string, requestId: string): Promise<string> {
  const { builds, client } = parts;
  const { raw, memo } = await client.workflow.getHandle(buildWorkflowId(runId)).describe();
  const parent = raw.workflowExecutionInfo?.parentExecution?.workflowId;
  if (parent) return runTemplate(parts, parent, requestId);
  const again = idAgain(runId, requestId);
  // Of the same template: a pipeline that asks for this id finds it as it would have found the first one.
  const digest = (memo?.['digest'] ?? { template: '', files: '' }) as TemplateDigest;
  await builds.start(planUnder(await builds.planOf(runId), again), digest);
  return again;
}

/** The same run with another end. */
function idAgain(runId: string, requestId: string): string {
  const hash = createHash('sha256').update(`${runId}/${requestId}`).digest('hex').slice(0, 6);
  const start = runId.replace(/-again-[0-9a-f]{6}$/, '');
  const end = `-again-${hash}`;
  return `${start.slice(0, MAX_RUN_ID - end.length).replace(/-+$/, '')}${end}`;
}

function refusalOf({ code, message }: TemplateRefusal): ArmError {
  if (code === 'Conflict') return new ArmError(409, code, message);
  return new ArmError(code === 'NotFound' ? 404 : 400, code, message);
}
