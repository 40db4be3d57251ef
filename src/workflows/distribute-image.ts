/**
 * One distributor's work, as a child workflow: it has its own retries and its own line in the Web UI, and ends with an
 * output status rather than a throw, so that one target's failure never stops another. A cancelled distribution
 * removes what it had begun.
 */
import { CancellationScope, isCancellation, setCurrentDetails, setHandler, defineQuery } from '@temporalio/workflow';
import type { RunContext } from '../activities/contract.ts';
import type { PlannedDistributor, ResolvedSource } from '../template/build-plan.ts';
import { removing, making } from './activity-proxies.ts';
import { describeFailure } from './build-failure.ts';
import { pendingOutput } from './build-record.ts';
import { publishToGallery } from './publish-to-gallery.ts';
import { QUERY_OUTPUT } from './messages.ts';
import type { OutputStatus } from './messages.ts';

export interface Distribution {
  run: RunContext;
  distributor: PlannedDistributor;
  source: Pick<ResolvedSource, 'hyperVGeneration' | 'exactVersion'>;
  machineId: string;
}

export async function distributeImage(work: Distribution): Promise<OutputStatus> {
  const output: OutputStatus = { ...pendingOutput(work.distributor), state: 'Running' };
  setHandler(defineQuery<OutputStatus>(QUERY_OUTPUT), () => output);
  try {
    await distribute(work, output);
  } catch (error) {
    const canceled = isCancellation(error);
    await CancellationScope.nonCancellable(() => removeOutput(work.run, output));
    if (canceled) throw error;
    output.state = 'Failed';
    output.message = describeFailure(error, 'Distributing', undefined).message;
  }
  setCurrentDetails(`${output.state} ${output.artifactId ?? output.artifactUri ?? ''}`);
  return output;
}

async function distribute(work: Distribution, output: OutputStatus): Promise<void> {
  const { run, distributor, machineId, source } = work;
  switch (distributor.type) {
    case 'SharedImage':
      return publishToGallery(run, distributor, machineId, source.exactVersion, output);
    case 'ManagedImage': {
      output.artifactId = distributor.imageId;
      const create = making(`Managed image ${distributor.imageId.split('/').at(-1)}`);
      await create.createManagedImage(run, distributor, machineId, source.hyperVGeneration);
      output.state = 'Succeeded';
      return;
    }
    case 'VHD': {
      const { artifactUri } = await making('Export the OS disk as a VHD').exportVhd(
        run,
        distributor,
        run.staging.osDisk,
      );
      output.artifactUri = artifactUri;
      output.state = 'Succeeded';
    }
  }
}

/** Nothing is known of an output that never began; a VHD's staging copy goes by its own name inside the activity. */
async function removeOutput(run: RunContext, output: OutputStatus): Promise<void> {
  if (output.artifactId === undefined && output.artifactUri === undefined) return;
  const { leftovers } = await removing(`Remove output ${output.runOutputName}`).removeOutput(run, output);
  if (leftovers.length > 0) {
    output.message = leftovers.map(({ id, reason }) => `left behind ${id}: ${reason}`).join('; ');
  }
}
