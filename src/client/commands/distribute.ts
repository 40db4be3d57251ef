/** `kiln distribute RUN`: what failed of its outputs, more regions and more targets, without building again. */
import { readFileSync } from 'node:fs';
import type { BuildPlan, PlannedDistributor, TargetRegion } from '../../template/build-plan.ts';
import { formatProblems, planFile, templateOf } from '../../template/index.ts';
import { normalizeRegion } from '../../template/resource-id.ts';
import type { RedistributeReport } from '../../workflows/messages.ts';
import { EXIT } from '../exit-codes.ts';
import { failureOf } from '../kiln-client.ts';
import { outputLines } from '../render.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { withClient } from './runs.ts';

export interface DistributeOptions {
  region?: string[];
  to?: string;
  json?: boolean;
}

export function distribute(runId: string, options: DistributeOptions, settings: Settings): Promise<number> {
  const regions = (options.region ?? []).map(regionOf);
  return withClient(settings, async (client) => {
    if (await client.isRunning(runId)) throw new UsageError(`${runId} is still running: it distributes by itself`);
    const plan = await client.planOf(runId);
    const more = options.to === undefined ? [] : moreOf(options.to, plan);
    const { report, code } = await client.redistribute(plan, regions, more).then(
      (done) => ({ report: done, code: EXIT.done }),
      (error: unknown) => {
        const detail = failureOf(error)?.details?.[0] as RedistributeReport | undefined;
        if (detail?.outputs === undefined) throw error;
        return { report: detail, code: EXIT.failed };
      },
    );
    if (options.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else console.log(report.outputs.flatMap(outputLines).join('\n'));
    for (const { id, reason } of report.leftovers) process.stderr.write(`left: ${id}: ${reason}\n`);
    return code;
  });
}

/** `westus2`, or with a number of replicas `westus2=3`. */
function regionOf(text: string): TargetRegion {
  const [name = '', count = '1'] = text.split('=');
  const replicaCount = Number(count);
  if (!/^[A-Za-z0-9 ]+$/.test(name) || !Number.isInteger(replicaCount) || replicaCount < 1) {
    throw new UsageError(`--region: expected a region, or region=replicas, got ${text}`);
  }
  return { name: normalizeRegion(name), replicaCount, storageAccountType: 'Standard_LRS' };
}

/** Distributors as a template has them, read by the same rules; one that the run has already is told by its name. */
function moreOf(file: string, plan: BuildPlan): PlannedDistributor[] {
  const template = templateOf(plan);
  const { distribute: there } = template['properties'] as { distribute: unknown[] };
  let added: unknown;
  try {
    added = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(added))
    throw new UsageError(`${file}: expected an array of distributors, as in properties.distribute`);
  const { subscriptionId, resourceGroup } = plan.template;
  const properties = { ...(template['properties'] as object), distribute: [...there, ...added] };
  const planned = planFile(JSON.stringify({ ...template, properties }), {
    fileName: file,
    parameters: {},
    subscriptionId,
    resourceGroup,
    runId: plan.runId,
  });
  if (!planned.ok) throw new UsageError(formatProblems(file, planned.problems));
  return planned.plans[0]?.distribute.slice(there.length) ?? [];
}
