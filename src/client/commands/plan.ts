/** `kiln validate FILE` and `kiln plan FILE` */
import { styleText } from 'node:util';
import { formatProblems } from '../../template/index.ts';
import type { PlanReport } from '../../workflows/messages.ts';
import { EXIT } from '../exit-codes.ts';
import { failureOf, KilnClient } from '../kiln-client.ts';
import { loadPlans } from '../load-plan.ts';
import type { TemplateOptions } from '../load-plan.ts';
import { subscriptionOf } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { ensureStack } from '../stack.ts';

export function validate(file: string, options: TemplateOptions & { json?: boolean }, settings: Settings): number {
  const plans = loadPlans(file, options, subscriptionOf(settings));
  if (options.json === true) process.stdout.write(`${JSON.stringify(plans, null, 2)}\n`);
  else {
    for (const { template, customize, distribute, warnings } of plans) {
      console.log(`${template.name}: valid, ${customize.length} customizers, ${distribute.length} distributors`);
      for (const { path, message } of warnings) console.log(`  warning: ${path}: ${message}`);
    }
  }
  return EXIT.done;
}

export async function plan(
  file: string,
  options: TemplateOptions & { json?: boolean },
  settings: Settings,
): Promise<number> {
  const plans = loadPlans(file, options, subscriptionOf(settings));
  const stack = await ensureStack(settings, (line) => void process.stderr.write(`${line}\n`));
  const client = await KilnClient.connect(stack);
  try {
    for (const wanted of plans) {
      const report = await client.plan(wanted);
      if (options.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      else console.log(reportLines(report).join('\n'));
    }
    return EXIT.done;
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === undefined) throw error;
    process.stderr.write(`${formatProblems(file, problems)}\n`);
    return EXIT.badInput;
  } finally {
    await client.close();
  }
}

function problemsOf(error: unknown): Array<{ path: string; message: string }> | undefined {
  const failure = failureOf(error);
  if (failure?.type !== 'InvalidPlan') return undefined;
  const [detail] = failure.details ?? [];
  return (detail as { problems?: Array<{ path: string; message: string }> } | undefined)?.problems;
}

function reportLines({ plan: planned, source, vmSize, resources }: PlanReport): string[] {
  const { template, customize, buildTimeoutInMinutes } = planned;
  return [
    styleText('bold', `${template.name} in ${template.location}; nothing is created by this command`),
    `source    ${source.description} (${source.osType}, generation ${source.hyperVGeneration})`,
    `machine   ${vmSize}, at most ${buildTimeoutInMinutes} minutes`,
    'steps',
    ...customize.map(({ index, type, name }) => `  ${index + 1}. ${type} ${name}`),
    'would create',
    ...resources.map(({ id, note }) => `  ${id}${note === undefined ? '' : `  (${note})`}`),
    ...planned.warnings.map(({ path, message }) => styleText('yellow', `warning: ${path}: ${message}`)),
  ];
}
