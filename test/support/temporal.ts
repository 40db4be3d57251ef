/** Where the tests' Temporal server comes from: the same search that `kiln build` makes. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export async function temporalExecutable(): Promise<string> {
  const cached = join(homedir(), '.cache/kiln/bin/temporal');
  const path = process.env['TEMPORAL_CLI'] ?? cached;
  if (!existsSync(path)) throw new Error(`no Temporal server at ${path}`);
  return path;
}
