/**
 * A gallery version and its regions. The version is put once with all its regions and each region is then watched by a
 * branch of its own; those that failed are tried again by re-putting the complete target set, which Azure requires
 * and which leaves finished regions as they are.
 */
import { ApplicationFailure, sleep } from '@temporalio/workflow';
import type { RunContext } from '../activities/contract.ts';
import type { SharedImageDistributor } from '../template/build-plan.ts';
import { asking, making } from './activity-proxies.ts';
import { failureType } from './build-failure.ts';
import type { OutputStatus } from './messages.ts';

const REGION_ATTEMPTS = 4;
/** Two builds that publish to one definition at once may both choose a number; the later one chooses again. */
const VERSION_ATTEMPTS = 10;

export async function publishToGallery(
  run: RunContext,
  distributor: SharedImageDistributor,
  machineId: string,
  sourceVersion: string | undefined,
  output: OutputStatus,
): Promise<void> {
  await publish(run, distributor, machineId, sourceVersion, output);
  const { artifactId, version } = output;
  if (artifactId === undefined || version === undefined) throw new TypeError('a published version has an id');

  const remaining = new Set(distributor.targetRegions);
  for (let attempt = 1; remaining.size > 0 && attempt <= REGION_ATTEMPTS; attempt++) {
    if (attempt > 1) {
      await sleep(`${2 ** attempt}s`, { summary: `Before region attempt ${attempt}` });
      const names = [...remaining].map(({ name }) => name);
      const retry = making(`Try again: ${names.join(', ')}`);
      await retry.retryRegions(run, distributor, version, machineId, names);
    }
    await Promise.all(
      [...remaining].map(async (region) => {
        const status = regionOf(output, region.name);
        status.state = 'Replicating';
        status.attempts = attempt;
        const watch = making(`Replicate ${version} to ${region.name}`);
        const progress = await watch.awaitRegion(run, artifactId, distributor.runOutputName, region);
        status.state = progress.state;
        if (progress.state === 'Succeeded') {
          status.progress = 100;
          delete status.message;
          remaining.delete(region);
        } else if (progress.message !== undefined) status.message = progress.message;
      }),
    );
  }
  output.state = overall(output, remaining.size);
  if (output.state === 'Failed') {
    const reasons = output.regions.map(({ name, message }) => `${name}: ${message ?? 'failed'}`).join('; ');
    throw ApplicationFailure.nonRetryable(`no region took the image version: ${reasons}`, 'RegionFailed');
  }
}

function overall(output: OutputStatus, failed: number): OutputStatus['state'] {
  if (failed === 0) return 'Succeeded';
  return failed < output.regions.length ? 'PartiallySucceeded' : 'Failed';
}

async function publish(
  run: RunContext,
  distributor: SharedImageDistributor,
  machineId: string,
  sourceVersion: string | undefined,
  output: OutputStatus,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const version = await versionOf(distributor, sourceVersion);
    output.version = version;
    output.artifactId = `${distributor.imageDefinitionId}/versions/${version}`;
    try {
      const begun = await making(`Publish version ${version}`).publishVersion(run, distributor, version, machineId);
      output.artifactId = begun.versionId;
      return;
    } catch (error) {
      const taken = failureType(error) === 'VersionTaken';
      // Another build's version: nothing of it is ours to report or to remove.
      if (taken) delete output.artifactId;
      if (!taken || distributor.version.scheme !== 'latest' || attempt === VERSION_ATTEMPTS) throw error;
    }
  }
}

async function versionOf(distributor: SharedImageDistributor, sourceVersion: string | undefined): Promise<string> {
  if (distributor.version.scheme === 'explicit') return distributor.version.version;
  return asking('Choose the next version number').chooseVersion(distributor, sourceVersion);
}

function regionOf(output: OutputStatus, name: string): OutputStatus['regions'][number] {
  const region = output.regions.find((candidate) => candidate.name === name);
  if (region === undefined) throw new RangeError(`no region ${name}`);
  return region;
}
