/** `kiln import packer` and `kiln export packer`. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { importPacker } from '../../packer/import/import.ts';
import type { Imported } from '../../packer/import/import.ts';
import { PackerError } from '../../packer/place.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../settings.ts';

export interface ImportOptions {
  out?: string;
  var?: string[];
  varFile?: string[];
  force?: boolean;
}

/** Exit code 1 where something that Packer would have run is not in the template. */
export async function importFrom(path: string, options: ImportOptions): Promise<number> {
  const { templates, report } = await imported(path, options);
  const stem = basename(resolve(path)).replace(/(\.pkr)?\.(hcl|json)$/, '');
  const out = options.out ?? `kiln-${stem}`;
  if (existsSync(out) && readdirSync(out).length > 0 && options.force !== true) {
    throw new UsageError(`${out} exists and is left as it is: --out names another folder, --force writes into it`);
  }
  for (const { name, template, files } of templates) {
    // Images of one Packer file are built apart; so are their files.
    const folder = templates.length === 1 ? out : join(out, name);
    mkdirSync(folder, { recursive: true });
    for (const file of files) {
      const target = join(folder, file.path);
      mkdirSync(dirname(target), { recursive: true });
      if ('from' in file) copyFileSync(file.from, target);
      else writeFileSync(target, file.content);
    }
    const place = join(folder, `${name}.json`);
    writeFileSync(place, `${JSON.stringify(template, null, 2)}\n`);
    console.log(`${place} written, with ${files.length} files: kiln plan ${place} shows what it would create`);
  }
  const text = report.text();
  writeFileSync(join(out, 'report.txt'), `${text}\n`);
  if (text !== '') console.log(`\n${text}`);
  return report.lines.some(({ fate }) => fate === 'refused') ? EXIT.failed : EXIT.done;
}

async function imported(path: string, { var: vars = [], varFile: varFiles = [] }: ImportOptions): Promise<Imported> {
  try {
    return await importPacker(path, { vars, varFiles, env: process.env, now: new Date() });
  } catch (error) {
    if (error instanceof PackerError) throw new UsageError(error.message);
    throw error;
  }
}
