/** The `kiln` command. */
import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { failureOf } from './kiln-client.ts';
import { packerSpelling } from './packer-commands.ts';
import { createProgram } from './program.ts';
import { UsageError } from './settings.ts';

let code: number = EXIT.done;
// `kiln logs ID | head`: whoever reads has had enough, which is no failure of ours.
process.stdout.on('error', () => process.exit(code));

try {
  await createProgram((ended) => (code = ended)).parseAsync(packerSpelling(process.argv));
} catch (error) {
  if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  else if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    code = EXIT.badInput;
  } else if (failureOf(error) !== undefined) {
    process.stderr.write(`${failureOf(error)?.message}\n`);
    code = EXIT.failed;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    code = EXIT.failed;
  }
}
// The SDK keeps timers of its own; the command is over once a pipe has taken all that was said.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
);
process.exit(code);
