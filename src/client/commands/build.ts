/** `kiln build FILE` */
import { formatProblems } from '../../template/index.ts';
import { beginBuild } from '../begin-build.ts';
import { priceBook } from '../costs/of-runs.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { Interrupts } from '../interrupts.ts';
import { KilnClient } from '../kiln-client.ts';
import { loadBuilds } from '../load-plan.ts';
import type { PlannedBuild } from '../load-plan.ts';
import type { TemplateOptions } from '../load-plan.ts';
import { LocalFiles } from '../local-files.ts';
import { resultLines, resultOf } from '../result-lines.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { ensureStack } from '../stack.ts';
import { watchBuild } from '../watch-build.ts';

export interface BuildOptions extends TemplateOptions {
  json?: boolean;
  retry?: boolean;
}

export async function build(file: string, options: BuildOptions, settings: Settings): Promise<number> {
  // Bad input is said before anything is started.
  const { id, retry = false } = options;
  if (retry && id === undefined) throw new UsageError('--retry: give the --id of the build that may be there');
  const files = new LocalFiles(file);
  const book = priceBook(settings);
  const builds = loadBuilds(file, options, settings, files);
  const out = options.json === true ? process.stderr : process.stdout;
  const stack = await ensureStack(settings, (line) => void process.stderr.write(`${line}\n`));
  const client = await KilnClient.connect(stack);
  // One count for all of the file's builds: Ctrl-C is about the command.
  const interrupts = new Interrupts(['SIGINT']);
  try {
    let code: number = EXIT.done;
    for (const [index, build] of builds.entries()) {
      const again = (attempt: number): PlannedBuild =>
        loadBuilds(file, { ...options, id: `${id}-${attempt}` }, settings, files)[index] ?? build;
      const say = (line: string): void => void process.stderr.write(`${line}\n`);
      const runId = await beginBuild(client, build, again, { retry, say });
      const end = await watchBuild(client, runId, stack, out, { files, interrupts });
      if (end.ended === 'detached') {
        process.stderr.write(`the build goes on in the background: kiln show ${runId}, kiln logs ${runId} --follow\n`);
        return EXIT.canceled;
      }
      const { status } = end;
      if (status.failure?.problems !== undefined) {
        process.stderr.write(`${formatProblems(file, status.failure.problems)}\n`);
      }
      const result = await resultOf(client, stack, status, book);
      if (options.json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else if (status.failure?.problems === undefined) out.write(`${resultLines(result).join('\n')}\n`);
      code = Math.max(code, exitCodeOf(status));
      const left = builds.slice(index + 1).map(({ plan }) => plan.template.name);
      if (interrupts.count > 0 && left.length > 0) {
        process.stderr.write(`not begun: ${left.join(', ')}\n`);
        return EXIT.canceled;
      }
    }
    return code;
  } finally {
    interrupts.close();
    await client.close();
  }
}
