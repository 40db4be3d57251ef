/** A job of GitHub Actions: workflow commands in the log, and the files that the runner names. */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { harmless } from '../pipeline/job-page.ts';
import type { JobPage } from '../pipeline/job-page.ts';

export class GitHubPage implements JobPage {
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  line(text: string): void {
    process.stdout.write(`${harmless(text)}\n`);
  }

  error(title: string, message: string): void {
    process.stdout.write(command('error', title, message));
  }

  warning(title: string, message: string): void {
    process.stdout.write(command('warning', title, message));
  }

  output(name: string, value: string): void {
    this.#append('GITHUB_OUTPUT', entry(name, value));
  }

  remember(name: string, value: string): void {
    this.#append('GITHUB_STATE', entry(name, value));
  }

  summary(markdown: string): void {
    this.#append('GITHUB_STEP_SUMMARY', `${markdown}\n`);
  }

  #append(name: string, text: string): void {
    const file = this.#env[name] ?? '';
    if (file !== '') appendFileSync(file, text);
  }
}

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

function command(level: 'error' | 'warning', title: string, message: string): string {
  const property = escaped(harmless(title)).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${level} title=${property}::${escaped(harmless(message))}\n`;
}

/** The delimiter is by chance, so that no value can end it. */
function entry(name: string, value: string): string {
  const delimiter = `ghadelimiter_${randomUUID()}`;
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}
