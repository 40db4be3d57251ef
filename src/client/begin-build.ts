/** A build that is asked for twice under one id is one build: it is started, or found. */
import type { BuildPlan } from '../template/build-plan.ts';
import type { Found, KilnClient } from './kiln-client.ts';
import type { PlannedBuild } from './load-plan.ts';
import { pause } from './services.ts';
import { UsageError } from './settings.ts';

const LOOK_EVERY_MS = 250;

export interface BeginOptions {
  /** What failed or was cancelled is built again, under the next id of `<id>-2`, `<id>-3`, …. */
  retry: boolean;
  /** Files that are made anew for each try of one pipeline may differ: the run that is there keeps its own. */
  otherFiles?: boolean;
  say: (line: string) => void;
}

/**
 * @param planned the build under each id that it may get
 * @returns the id under which it runs, or ran
 * @throws UsageError where the id is that of a build of another template
 */
export async function beginBuild(
  client: KilnClient,
  first: PlannedBuild,
  planned: (attempt: number) => PlannedBuild,
  { retry, otherFiles = false, say }: BeginOptions,
): Promise<string> {
  for (let attempt = 1, build = first; ; build = planned(++attempt)) {
    const { runId } = build.plan;
    let found = await client.start(build.plan, build.digest);
    if (found === undefined) return runId;
    if (found.digest?.template !== build.digest.template) throw new UsageError(await takenBy(client, build.plan));
    if (found.digest.files !== build.digest.files) {
      if (!otherFiles) throw new UsageError(await takenBy(client, build.plan));
      say(`${runId} has other files than those that are here now, and keeps them`);
    }
    if (retry && found.state === 'RUNNING' && found.canceling) {
      say(`${runId} is being cancelled; waiting for its clean-up`);
      while (await client.isRunning(runId)) await pause(LOOK_EVERY_MS);
      // It has ended well where the cancellation came too late.
      found = await client.start(build.plan, build.digest);
      if (found === undefined) return runId;
    }
    if (!retry || (found.state === 'RUNNING' ? !found.canceling : found.state === 'COMPLETED')) {
      say(saidOf(runId, found));
      return runId;
    }
    say(
      `${runId} was built before and ${ENDED[found.state] ?? 'was cancelled'}: building again as ${planned(attempt + 1).plan.runId}`,
    );
  }
}

const ENDED: Record<string, string> = { FAILED: 'has failed', TERMINATED: 'was terminated', TIMED_OUT: 'timed out' };

function saidOf(runId: string, { state }: Found): string {
  return state === 'RUNNING'
    ? `attached to the build that is running as ${runId}`
    : `${runId} was built before: this is its result`;
}

async function takenBy(client: KilnClient, plan: BuildPlan): Promise<string> {
  const other = await client.planOf(plan.runId).catch(() => undefined);
  const fields = ['source', 'customize', 'validate', 'optimize', 'distribute', 'machine', 'tags'] as const;
  const differing = fields.filter((field) => other !== undefined && bare(plan, field) !== bare(other, field));
  const how =
    differing.length === 0 ? '' : `: ${differing.join(', ')} ${differing.length === 1 ? 'differs' : 'differ'}`;
  return `--id: ${plan.runId} is a build of another template${how}; give this one an id of its own`;
}

const bare = (plan: BuildPlan, field: keyof BuildPlan): string => JSON.stringify(plan[field] ?? null);
