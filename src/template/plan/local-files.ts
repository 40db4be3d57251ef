/** Files that a template names by path, found by whoever can read them, and put into its plan. */
import type { TemplateProblem } from '../../arm-template/problems.ts';
import type { BuildPlan, LocalFile, PlannedCustomizer } from '../build-plan.ts';

/**
 * @param path as the template has it. A text says what is wrong with it.
 * @param folder it is a folder, to be packed as tar.gz: the same bytes for the same folder
 */
export type ReadLocalFile = (path: string, folder: boolean) => LocalFile | string;

export const NO_LOCAL_FILES: ReadLocalFile = () =>
  'a file beside the template can be read by the kiln command only: expected an address that the worker can reach';

interface Held {
  step: PlannedCustomizer;
  file: LocalFile;
  /** Of the step, as in `properties.customize[2]`. */
  path: string;
}

/** In a plan's steps; the same objects, so that they can be filled. */
export function localFilesOf({ customize, validate }: Pick<BuildPlan, 'customize' | 'validate'>): Held[] {
  const lists = { customize, 'validate.inVMValidations': validate?.validators ?? [] };
  return Object.entries(lists).flatMap(([list, steps]) =>
    steps.flatMap((step) => {
      const file = localFileOf(step);
      return file === undefined ? [] : [{ step, file, path: `properties.${list}[${step.index}]` }];
    }),
  );
}

export function localFileOf(step: PlannedCustomizer): LocalFile | undefined {
  if (step.type === 'File') return step.file;
  return 'script' in step && step.script.from === 'file' ? step.script.file : undefined;
}

/** Fills digests, sizes and contents in; answers what is wrong with the files. */
export function fillLocalFiles(plan: BuildPlan, read: ReadLocalFile): TemplateProblem[] {
  return localFilesOf(plan).flatMap(({ step, file, path }) => {
    const folder = step.type === 'File' && step.unpack === true;
    const found = read(file.path, folder);
    if (typeof found === 'string') return [{ path: `${path}.kiln.${folder ? 'folder' : 'file'}`, message: found }];
    const expected = (step.type === 'File' ? step.sha256 : file.sha256) ?? '';
    Object.assign(file, found, { path: file.path });
    if (expected === '' || expected === found.sha256) return [];
    const message = `expected ${expected}, but ${file.path} has ${found.sha256}`;
    return [{ path: `${path}.sha256Checksum`, message }];
  });
}
