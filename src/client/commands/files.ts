/** `kiln schema` and `kiln init`: what helps to write a template. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { applyEdits, modify } from 'jsonc-parser';
import { imageTemplateJsonSchema, isApiVersion, API_VERSIONS, templateFileJsonSchema } from '../../template/index.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../settings.ts';

interface Starter {
  example: string;
  sources: Record<'gallery' | 'image', object>;
}

const idOf = (type: string, ...names: string[]): string =>
  `[resourceId(parameters('imagesGroup'), '${type}', ${names.map((name) => `'${name}'`).join(', ')})]`;

function starter(example: string, definition: string, image: string): Starter {
  const imageVersionId = idOf('Microsoft.Compute/galleries/images/versions', 'golden', definition, 'latest');
  return {
    example,
    sources: {
      gallery: { type: 'SharedImageVersion', imageVersionId },
      image: { type: 'ManagedImage', imageId: idOf('Microsoft.Compute/images', image) },
    },
  };
}

const LINUX = starter('golden-linux.json', 'debian-12', 'golden-linux');
const WINDOWS = starter('golden-windows.json', 'windows-2022', 'golden-windows');

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

/** What a starter's image can come from; the marketplace is what the examples have. */
export const STARTER_SOURCES = ['marketplace', 'gallery', 'image'] as const;

export interface InitOptions {
  windows?: boolean;
  from?: string;
}

/** A starter template that the local Azure builds as it is; from a gallery or an image, once that is built there. */
export function init(file: string, { windows = false, from = 'marketplace' }: InitOptions): number {
  const system = windows ? WINDOWS : LINUX;
  const kind = STARTER_SOURCES.find((known) => known === from);
  if (kind === undefined) {
    throw new UsageError(`--from: expected one of ${STARTER_SOURCES.join(', ')}, got ${from}`);
  }
  const example = readFileSync(fileURLToPath(new URL(`../../../examples/${system.example}`, import.meta.url)), 'utf8');
  try {
    writeFileSync(file, kind === 'marketplace' ? example : withSource(example, system.sources[kind]), { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${file} exists and is left as it is`);
    throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  console.log(`${file} written: kiln plan ${file} shows what it would create, kiln build ${file} builds it`);
  return EXIT.done;
}

/** The comments stay. */
function withSource(example: string, source: object): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  return applyEdits(example, modify(example, ['resources', 0, 'properties', 'source'], source, { formattingOptions }));
}
