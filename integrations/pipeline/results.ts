/** What a build came to, as the steps after it and the page of the job want it. Pure. */
import type { BuildStatus, OutputStatus } from '../../src/workflows/messages.ts';

/** Of the first output that was made, and of all. */
export interface Results {
  /** Id of the first image, or the address of a VHD where there is no image. */
  imageUri: string;
  imageIds: string[];
  /** By run output name. */
  imageVersions: Record<string, string>;
  vhdUri: string;
  runOutputName: string;
  outputs: Array<Pick<OutputStatus, 'runOutputName' | 'type' | 'state' | 'artifactId' | 'artifactUri' | 'version'>>;
}

export function resultsOf(statuses: BuildStatus[]): Results {
  const all = statuses.flatMap(({ outputs }) => outputs);
  const made = all.filter(({ state }) => state === 'Succeeded' || state === 'PartiallySucceeded');
  const imageIds = made.flatMap(({ artifactId }) => artifactId ?? []);
  const vhdUri = made.find(({ artifactUri }) => artifactUri !== undefined)?.artifactUri ?? '';
  return {
    imageUri: imageIds[0] ?? vhdUri,
    imageIds,
    imageVersions: Object.fromEntries(
      made.flatMap(({ runOutputName, version }) => (version === undefined ? [] : [[runOutputName, version]])),
    ),
    vhdUri,
    runOutputName: (made[0] ?? all[0])?.runOutputName ?? '',
    outputs: all.map(({ runOutputName, type, state, artifactId, artifactUri, version }) => ({
      runOutputName,
      type,
      state,
      ...(artifactId === undefined ? {} : { artifactId }),
      ...(artifactUri === undefined ? {} : { artifactUri }),
      ...(version === undefined ? {} : { version }),
    })),
  };
}

export interface Finding {
  level: 'error' | 'warning';
  title: string;
  message: string;
}

/** What a person should see beside the log. */
export function findingsOf(status: BuildStatus): Finding[] {
  const { failure, leftovers, warnings, outputs, steps } = status;
  const errors: Finding[] = [];
  if (failure?.problems !== undefined) {
    errors.push(...failure.problems.map(({ path, message }) => error(path, message)));
  } else if (failure !== undefined) {
    const step = steps.find(({ state }) => state === 'Failed');
    const title =
      step === undefined
        ? `${failure.type} while ${failure.stage}`
        : `${step.role} ${step.index + 1} (${step.type} ${step.name}) failed${step.exitCode === undefined ? '' : ` with exit code ${step.exitCode}`}`;
    errors.push(error(title, failure.message));
  }
  const regions = outputs.flatMap(({ runOutputName, regions: all }) =>
    all
      .filter(({ state }) => state === 'Failed')
      .map(({ name, message = 'failed' }) => error(`${runOutputName}: ${name}`, message)),
  );
  const failed = outputs
    .filter(({ state, message }) => state === 'Failed' && message !== undefined && failure === undefined)
    .map(({ runOutputName, message = '' }) => error(runOutputName, message));
  return [
    ...errors,
    ...regions,
    ...failed,
    ...leftovers.map(({ id, reason }) => ({ level: 'warning' as const, title: `left behind: ${id}`, message: reason })),
    ...warnings.map((message) => ({ level: 'warning' as const, title: 'Kiln', message })),
  ];
}

const error = (title: string, message: string): Finding => ({ level: 'error', title, message });

/** As told, with customizers counted as they stand in the template's file: without those that come from inputs. */
export function ownPaths(status: BuildStatus, first: number): BuildStatus {
  const { failure } = status;
  if (first === 0 || failure?.problems === undefined) return status;
  const problems = failure.problems.map((problem) => ({ ...problem, path: renumbered(problem.path, first) }));
  return { ...status, failure: { ...failure, problems } };
}

export function renumbered(text: string, first: number): string {
  return text.replaceAll(/properties\.customize\[(\d+)\]/g, (_whole, at: string) =>
    Number(at) < first ? `customizer ${Number(at) + 1} of the inputs` : `properties.customize[${Number(at) - first}]`,
  );
}
