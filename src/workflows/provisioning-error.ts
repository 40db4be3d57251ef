/** The service's codes for what is wrong with a submission. */
import type { BuildPlan } from '../template/build-plan.ts';
import type { BuildFailure } from './messages.ts';

const SOURCE_CODES = {
  PlatformImage: 'BadPIRSource',
  ManagedImage: 'BadManagedImageSource',
  SharedImageVersion: 'BadSharedImageVersionSource',
} as const satisfies Record<BuildPlan['source']['type'], string>;

const OF_PATH: Array<[start: string, code: (plan: BuildPlan, path: string) => string]> = [
  ['properties.source', ({ source }) => SOURCE_CODES[source.type]],
  ['properties.customize', () => 'NoCustomizerScript'],
  ['properties.optimize', () => 'NoCustomizerScript'],
  ['properties.validate', () => 'NoValidatorScript'],
  ['properties.distribute', ({ distribute }, path) => distributorCode(distribute, path)],
  ['properties.stagingResourceGroup', () => 'BadStagingResourceGroup'],
];

/** By the first problem that has a code of its own; `ServerError` where the template is not at fault. */
export function codeOfProblems(plan: BuildPlan, type: string, problems: NonNullable<BuildFailure['problems']>): string {
  if (type === 'SourceNotFound') return SOURCE_CODES[plan.source.type];
  if (type === 'DownloadFailed' || type === 'ChecksumMismatch') return 'NoCustomizerScript';
  for (const { path } of problems) {
    const found = OF_PATH.find(([start]) => path.startsWith(start));
    if (found !== undefined) return found[1](plan, path);
  }
  return type === 'InvalidPlan' || type === 'Refused' ? 'Other' : 'ServerError';
}

function distributorCode(distribute: BuildPlan['distribute'], path: string): string {
  const index = Number(/^properties\.distribute\[(\d+)\]/.exec(path)?.[1]);
  return distribute[index]?.type === 'SharedImage' ? 'BadSharedImageDistribute' : 'BadDistributeType';
}
