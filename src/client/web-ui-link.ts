/** Where a person sees a run's history: Temporal's Web UI, as far as it is known where that is. */
import type { KilnClient } from './kiln-client.ts';
import type { Stack } from './stack.ts';

export async function linkTo(client: KilnClient, stack: Stack, runId: string): Promise<string | undefined> {
  const webUi = webUiOf(stack);
  if (webUi === undefined) return undefined;
  const { workflowId, runId: run } = await client.execution(runId);
  return `${webUi}/namespaces/${stack.namespace}/workflows/${encodeURIComponent(workflowId)}/${run}/history`;
}

/** A Temporal of others does not say where its Web UI is; of Temporal Cloud it is known. */
function webUiOf({ webUi, connectionOptions }: Stack, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { KILN_WEB_UI: named = '' } = env;
  if (webUi !== undefined || named !== '') return webUi ?? named.replace(/\/$/, '');
  return /\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(connectionOptions.address ?? '')
    ? 'https://cloud.temporal.io'
    : undefined;
}
