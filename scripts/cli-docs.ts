/** `npm run cli-docs`: writes docs/cli.md from the commands. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { cliReference } from '../src/client/cli-reference.ts';
import { createProgram } from '../src/client/program.ts';

export const CLI_DOCS = fileURLToPath(new URL('../docs/cli.md', import.meta.url));

/** In the form that the format check asks for. */
export async function cliDocs(): Promise<string> {
  return format(cliReference(createProgram(() => {})), { ...(await resolveConfig(CLI_DOCS)), filepath: CLI_DOCS });
}

if (import.meta.main) writeFileSync(CLI_DOCS, await cliDocs());
