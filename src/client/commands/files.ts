/** `kiln schema` and `kiln init`: what helps to write a template. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { imageTemplateJsonSchema, isApiVersion, API_VERSIONS, templateFileJsonSchema } from '../../template/index.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../settings.ts';

const STARTER = fileURLToPath(new URL('../../../examples/golden-linux.json', import.meta.url));

/** JSON Schema of any file that Kiln reads, or of the bodies of one api-version. */
export function schema(options: { apiVersion?: string }): number {
  const { apiVersion } = options;
  if (apiVersion !== undefined && !isApiVersion(apiVersion)) {
    throw new UsageError(`--api-version: expected one of ${API_VERSIONS.join(', ')}, got ${apiVersion}`);
  }
  const made = apiVersion === undefined ? templateFileJsonSchema() : imageTemplateJsonSchema(apiVersion);
  process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  return EXIT.done;
}

/** A starter template that builds on the local Azure as it is. */
export function init(file: string): number {
  try {
    writeFileSync(file, readFileSync(STARTER), { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${file} exists and is left as it is`);
    throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  console.log(`${file} written: kiln plan ${file} shows what it would create, kiln build ${file} builds it`);
  return EXIT.done;
}
