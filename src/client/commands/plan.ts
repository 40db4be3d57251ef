/** `kiln validate FILE` and `kiln plan FILE` */
import { formatProblems } from '../../template/index.ts';
import { costOfPlan, priceBook } from '../costs/of-runs.ts';
import { EXIT } from '../exit-codes.ts';
import { failureOf, KilnClient } from '../kiln-client.ts';
import { loadPlans } from '../load-plan.ts';
import type { TemplateOptions } from '../load-plan.ts';
import { planLines } from '../plan-lines.ts';
import type { Settings } from '../settings.ts';
import { ensureStack } from '../stack.ts';

const MAX_WIDTH = 100;
const MIN_WIDTH = 60;

export function validate(file: string, options: TemplateOptions & { json?: boolean }, settings: Settings): number {
  const plans = loadPlans(file, options, settings);
  if (options.json === true) process.stdout.write(`${JSON.stringify(plans, null, 2)}\n`);
  else {
    const said = plans.map((one) => [...planLines(one, look()), '', `${one.template.name} is valid`].join('\n'));
    console.log(said.join('\n\n'));
  }
  return EXIT.done;
}

export async function plan(
  file: string,
  options: TemplateOptions & { json?: boolean },
  settings: Settings,
): Promise<number> {
  const plans = loadPlans(file, options, settings);
  const book = priceBook(settings);
  const stack = await ensureStack(settings, (line) => void process.stderr.write(`${line}\n`));
  const client = await KilnClient.connect(stack);
  try {
    for (const [at, wanted] of plans.entries()) {
      const report = await client.plan(wanted);
      const costs = await costOfPlan(client, report, book);
      if (options.json === true) process.stdout.write(`${JSON.stringify({ ...report, costs }, null, 2)}\n`);
      else console.log([...(at === 0 ? [] : ['']), ...planLines(report.plan, { ...look(), report, costs })].join('\n'));
    }
    if (options.json !== true) console.log('\nnothing was created');
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

/** As wide as the terminal, up to what is pleasant to read; plain where it is none. */
function look(): { width: number; color: boolean } {
  const { stdout } = process;
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, stdout.isTTY ? stdout.columns : MAX_WIDTH));
  return { width, color: stdout.isTTY && stdout.hasColors() };
}

function problemsOf(error: unknown): Array<{ path: string; message: string }> | undefined {
  const failure = failureOf(error);
  if (failure?.type !== 'InvalidPlan') return undefined;
  const [detail] = failure.details ?? [];
  return (detail as { problems?: Array<{ path: string; message: string }> } | undefined)?.problems;
}
