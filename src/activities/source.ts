/** Copying the source: what the steps need becomes blobs beside the machine, and the pinned image becomes its OS disk. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { restorePoller } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure } from '../azure/errors.ts';
import { beating, finish } from '../azure/operations.ts';
import type { PlannedCustomizer } from '../template/build-plan.ts';
import { openStagingBlobs } from './blobs.ts';
import type { AccountBlobs } from './blobs.ts';
import type { SourceActivities, StagedStep } from './contract.ts';
import { hashing, inlineScript, openDownload, sourceUri } from './downloads.ts';

const UPLOAD_BLOCK = 4 * 1024 * 1024;

export function createSourceActivities(azure: Azure): SourceActivities {
  return {
    async stageArtifacts(run, steps, digests) {
      return beating('stage scripts and files', async () => {
        const blobs = await openStagingBlobs(azure, run);
        const staged: StagedStep[] = [];
        for (const step of steps) staged.push(await stage(blobs, step, digests[step.key]));
        return staged;
      });
    },

    async copySourceDisk(run, source, osDiskSizeGB) {
      if (source.type === 'ManagedImage') return {};
      const { compute } = azure.clients(run.subscriptionId);
      const { resourceGroup, osDisk } = run.staging;
      const disk = await finish(
        `copy ${source.description} to disk ${osDisk}`,
        () =>
          compute.disks.createOrUpdate(resourceGroup, osDisk, {
            location: run.location,
            tags: run.tags,
            sku: { name: 'Premium_LRS' },
            osType: source.osType,
            hyperVGeneration: source.hyperVGeneration,
            creationData: {
              createOption: 'FromImage',
              ...(source.type === 'PlatformImage'
                ? { imageReference: { id: source.id } }
                : { galleryImageReference: { id: source.id } }),
            },
            ...(source.plan === undefined ? {} : { purchasePlan: source.plan }),
            ...(osDiskSizeGB === 0 ? {} : { diskSizeGB: osDiskSizeGB }),
          }),
        (state) => restorePoller(compute, state, compute.disks.createOrUpdate),
      );
      return disk.id === undefined ? {} : { osDiskId: disk.id };
    },
  };
}

async function stage(blobs: AccountBlobs, step: PlannedCustomizer, pinned: string | undefined): Promise<StagedStep> {
  const { index, key, name, type } = step;
  const blob = blobs.service.getContainerClient('files').getBlockBlobClient(key);
  const uri = sourceUri(step);
  let sha256: string;
  if (uri === undefined) {
    const script = inlineScript(step.type === 'Shell' && step.script.from === 'inline' ? step.script.lines : []);
    sha256 = createHash('sha256').update(script).digest('hex');
    await attempt(`stage ${name}`, () => blob.upload(script, Buffer.byteLength(script)));
  } else {
    const { through, digest } = hashing();
    const download = await openDownload(uri);
    await attempt(`stage ${name}`, () =>
      Promise.all([pipeline(download, through), blob.uploadStream(through, UPLOAD_BLOCK, 2)]),
    );
    sha256 = digest();
    if (pinned !== undefined && sha256 !== pinned) {
      throw failure(
        'ChecksumMismatch',
        `${uri}: the content changed since it was checked: ${pinned} then, ${sha256} now`,
      );
    }
  }
  return {
    index,
    key,
    name,
    type,
    blob: key,
    sha256,
    ...(step.type === 'File' ? { destination: step.destination } : {}),
  };
}
