/** Where the tests' Temporal server comes from: the same search that `kiln build` makes. */
import { readSettings } from '../../src/client/settings.ts';
import { findTemporal } from '../../src/client/temporal-server.ts';

export function temporalExecutable(): Promise<string> {
  return findTemporal(readSettings({}).cacheDir, (line) => void process.stderr.write(`${line}\n`));
}
