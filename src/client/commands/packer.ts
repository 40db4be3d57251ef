/** `kiln import packer` and `kiln export packer`. */
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { exportPacker } from '../../packer/export/export.ts';
import { importPacker } from '../../packer/import/import.ts';
import type { Imported } from '../../packer/import/import.ts';
import { PackerError } from '../../packer/place.ts';
import { EXIT } from '../exit-codes.ts';
import { loadPlans } from '../load-plan.ts';
import type { TemplateOptions } from '../load-plan.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';

/** A link inside of a folder leads to the copy. */
const COPIED = { recursive: true, verbatimSymlinks: true };

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
  refuseToOverwrite(out, options);
  for (const { name, template, files } of templates) {
    // Images of one Packer file are built apart; so are their files.
    const folder = templates.length === 1 ? out : join(out, name);
    mkdirSync(folder, { recursive: true });
    for (const file of files) {
      const target = join(folder, file.path);
      mkdirSync(dirname(target), { recursive: true });
      if ('from' in file) cpSync(file.from, target, COPIED);
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

export interface ExportOptions extends TemplateOptions {
  out?: string;
  force?: boolean;
}

export function exportTo(file: string, options: ExportOptions, settings: Settings): number {
  const plans = loadPlans(file, options, settings);
  const out = options.out ?? `packer-${basename(file).replace(/\.[^.]*$/, '')}`;
  refuseToOverwrite(out, options);
  mkdirSync(out, { recursive: true });
  for (const plan of plans) {
    const { name, text, files, made, lost } = exportPacker(plan, placeIn);
    for (const path of files) {
      const target = join(out, placeIn(path));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(resolve(dirname(file), path), target, COPIED);
    }
    for (const { path, content } of made) {
      mkdirSync(dirname(join(out, path)), { recursive: true });
      writeFileSync(join(out, path), content);
    }
    const place = join(out, `${name}.pkr.hcl`);
    writeFileSync(place, text);
    console.log(
      `${place} written${files.length + made.length === 0 ? '' : `, with ${files.length + made.length} files`}`,
    );
    if (lost.length > 0)
      console.log(`what Packer has no word for\n${lost.map(({ path, why }) => `  ${path}: ${why}`).join('\n')}`);
  }
  return EXIT.done;
}

/** A file may lie outside of the template's folder; in Packer's all are inside. */
const placeIn = (path: string): string => join('files', path.replaceAll(/^([A-Za-z]:)?[\\/]+|\.\.[\\/]/g, ''));

function refuseToOverwrite(out: string, { force = false }: { force?: boolean }): void {
  if (force || !existsSync(out) || readdirSync(out).length === 0) return;
  throw new UsageError(`${out} exists and is left as it is: --out names another folder, --force writes into it`);
}

async function imported(path: string, { var: vars = [], varFile: varFiles = [] }: ImportOptions): Promise<Imported> {
  try {
    return await importPacker(path, { vars, varFiles, env: process.env, now: new Date() });
  } catch (error) {
    if (error instanceof PackerError) throw new UsageError(error.message);
    throw error;
  }
}
