/** The commands that take over from Packer, and give back. */
import type { Command } from 'commander';
import { takesTemplate } from './acting.ts';
import type { Act } from './acting.ts';
import { exportTo, importFrom } from './commands/packer.ts';
import type { ExportOptions, ImportOptions } from './commands/packer.ts';
import { withExamples } from './examples.ts';
import { many } from './option-values.ts';

export function addPackerCommands(program: Command, act: Act): void {
  const taken = program.command('import').description("templates from other tools' files");
  withExamples(taken.command('packer <path>'), [
    ['kiln import packer ubuntu.pkr.hcl', 'kiln-ubuntu/: a template, its files, report.txt'],
    ['kiln import packer . --var-file prod.pkrvars.hcl --out images', 'all *.pkr.hcl of the folder as one'],
  ])
    .description("image templates from Packer's HCL or JSON, with a report of what has no counterpart")
    .option('--var <name=value>', 'a variable of the Packer file (again for more; -var too)', many)
    .option('--var-file <file>', 'a file of variables (again for more; -var-file too)', many)
    .option('--out <folder>', 'where the template and its files are written')
    .option('--force', 'write into a folder that has something in it')
    .action(act((_settings, path: string, options: ImportOptions) => importFrom(path, options)));

  const given = program.command('export').description("other tools' files from templates");
  withExamples(takesTemplate(given.command('packer')), [
    ['kiln export packer template.json', 'packer-template/: a Packer file, and the files that it names'],
  ])
    .description("Packer's HCL from an image template, with what Packer has no word for")
    .option('--out <folder>', 'where the Packer file and its files are written')
    .option('--force', 'write into a folder that has something in it')
    .action(act((settings, file: string, options: ExportOptions) => exportTo(file, options, settings)));
}

/** Packer's own options have one dash, which would be read as letters of their own. */
export function packerSpelling(argv: string[]): string[] {
  const [node = '', script = '', ...args] = argv;
  if (args[0] !== 'import' || args[1] !== 'packer') return argv;
  return [node, script, ...args.map((arg) => arg.replace(/^-(var|var-file)(?==|$)/, '--$1'))];
}
