/** A job of Azure Pipelines: logging commands, and a file for its summary tab. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { harmless } from '../pipeline/job-page.ts';
import type { JobPage } from '../pipeline/job-page.ts';

export class AzurePipelinesPage implements JobPage {
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  line(text: string): void {
    process.stdout.write(`${harmless(text)}\n`);
  }

  error(title: string, message: string): void {
    command('task.logissue', { type: 'error' }, harmless(`${title}: ${message}`));
  }

  warning(title: string, message: string): void {
    command('task.logissue', { type: 'warning' }, harmless(`${title}: ${message}`));
  }

  /** As `$(name)` in the job, and as an output of the step for other jobs. */
  output(name: string, value: string): void {
    command('task.setvariable', { variable: name }, value);
    command('task.setvariable', { variable: name, isoutput: 'true' }, value);
  }

  /** As an environment variable of the steps that follow. */
  remember(name: string, value: string): void {
    command('task.setvariable', { variable: rememberedAs(name) }, value);
  }

  /** The agent takes the file when it has read the line. */
  summary(markdown: string): void {
    const folder = this.#env['AGENT_TEMPDIRECTORY'] ?? mkdtempSync(join(tmpdir(), 'kiln-'));
    const file = join(folder, `kiln-${randomUUID()}.md`);
    writeFileSync(file, markdown);
    command('task.uploadsummary', {}, file);
  }
}

/** The agent makes upper case of it, and `_` of what is no letter or digit. */
export const rememberedAs = (name: string): string => `KILN_STATE_${name.toUpperCase().replaceAll('-', '_')}`;

const escaped = (text: string): string =>
  text.replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

function command(name: string, properties: Record<string, string>, message: string): void {
  const said = Object.entries(properties).map(
    ([key, value]) => `${key}=${escaped(value).replaceAll(';', '%3B').replaceAll(']', '%5D')}`,
  );
  process.stdout.write(`##vso[${name}${said.length === 0 ? '' : ` ${said.join(';')}`}]${escaped(message)}\n`);
}
