/** After the job was cancelled, in the minutes that its runner leaves for that: the clean-up of its build, to the end. */
import { KilnClient } from '../../src/client/kiln-client.ts';
import { pause } from '../../src/client/services.ts';
import { readSettings } from '../../src/client/settings.ts';
import { ensureStack } from '../../src/client/stack.ts';
import { linkTo } from '../../src/client/web-ui-link.ts';
import type { JobPage } from './job-page.ts';
import { report } from './run-build.ts';
import { leftSummary } from './summary.ts';

/** Runners give 5 minutes. */
const WITHIN_MS = 4 * 60_000;
const LOOK_EVERY_MS = 1000;

/** @param remembered what {@link JobPage.remember} was told */
export async function afterCancel(remembered: (name: string) => string, page: JobPage): Promise<void> {
  const runId = remembered('run-id');
  if (runId === '' || remembered('ended') === 'true' || remembered('on-cancel') !== 'cancel') return;
  const stack = await ensureStack(readSettings({ clientOnly: true }), (text) => page.line(text));
  const client = await KilnClient.connect(stack);
  try {
    // A job that was ended without notice has not passed it on.
    if (await client.isRunning(runId)) await client.cancel(runId);
    page.line(`waiting for the clean-up of ${runId}`);
    const deadline = Date.now() + WITHIN_MS;
    while (await client.isRunning(runId)) {
      if (Date.now() > deadline) {
        page.line(`the clean-up of ${runId} goes on without this job`);
        page.summary(leftSummary(runId, await linkTo(client, stack, runId)));
        return;
      }
      await pause(LOOK_EVERY_MS);
    }
    report(await client.status(runId), await linkTo(client, stack, runId), page);
  } finally {
    await client.close();
  }
}
