/** `kiln build FILE` */
import { formatProblems } from '../../template/index.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { KilnClient } from '../kiln-client.ts';
import { loadPlans } from '../load-plan.ts';
import type { TemplateOptions } from '../load-plan.ts';
import { LocalFiles } from '../local-files.ts';
import { summaryLines } from '../render.ts';
import { subscriptionOf } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { ensureStack } from '../stack.ts';
import type { Stack } from '../stack.ts';
import { watchBuild } from '../watch-build.ts';

export interface BuildOptions extends TemplateOptions {
  json?: boolean;
}

export async function build(file: string, options: BuildOptions, settings: Settings): Promise<number> {
  // Bad input is said before anything is started.
  const files = new LocalFiles(file);
  const plans = loadPlans(file, options, subscriptionOf(settings), files);
  const out = options.json === true ? process.stderr : process.stdout;
  const stack = await ensureStack(settings, (line) => void process.stderr.write(`${line}\n`));
  const client = await KilnClient.connect(stack);
  try {
    let code: number = EXIT.done;
    for (const plan of plans) {
      const { attached } = await client.start(plan);
      if (attached) process.stderr.write(`attached to the build that is running as ${plan.runId}\n`);
      const end = await watchBuild(client, plan.runId, stack, out, files);
      if (end.ended === 'detached') {
        process.stderr.write(
          `the build goes on in the background: kiln show ${plan.runId}, kiln logs ${plan.runId} --follow\n`,
        );
        return EXIT.canceled;
      }
      const { status } = end;
      if (status.failure?.problems !== undefined) {
        process.stderr.write(`${formatProblems(file, status.failure.problems)}\n`);
      } else if (options.json !== true) {
        out.write(`${summaryLines(status, await linkTo(client, stack, plan.runId)).join('\n')}\n`);
      }
      if (options.json === true) {
        const link = await linkTo(client, stack, plan.runId);
        process.stdout.write(`${JSON.stringify({ ...status, ...(link === undefined ? {} : { link }) }, null, 2)}\n`);
      }
      code = Math.max(code, exitCodeOf(status));
    }
    return code;
  } finally {
    await client.close();
  }
}

export async function linkTo(client: KilnClient, stack: Stack, runId: string): Promise<string | undefined> {
  if (stack.webUi === undefined) return undefined;
  const { workflowId, runId: run } = await client.execution(runId);
  return `${stack.webUi}/namespaces/${stack.namespace}/workflows/${encodeURIComponent(workflowId)}/${run}/history`;
}
