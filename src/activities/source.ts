/** Copying the source: what the steps need becomes blobs beside the machine, and the pinned image becomes its OS disk. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { restorePoller } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure } from '../azure/errors.ts';
import { beating, finish } from '../azure/operations.ts';
import { openStagingBlobs } from './blobs.ts';
import type { AccountBlobs } from './blobs.ts';
import type { RunStep, SourceActivities, StagedStep } from './contract.ts';
import { hashing, inlineScript, openDownload, sourceUri } from './downloads.ts';
import { galleryReference } from './gallery-reference.ts';
import { isMadeFromImage } from './machine.ts';
import { osDiskOf } from './machine-names.ts';

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
      if (isMadeFromImage(source)) return {};
      const { compute } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      const osDisk = osDiskOf('build');
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
                : { galleryImageReference: galleryReference(source) }),
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

async function stage(blobs: AccountBlobs, step: RunStep, pinned: string | undefined): Promise<StagedStep> {
  switch (step.type) {
    case 'Shell':
    case 'PowerShell': {
      const { script, ...rest } = step;
      const content = script.from === 'inline' ? inlineScript(step.type, script.lines) : undefined;
      const sha256 = await stageContent(blobs, step, content, pinned);
      return { ...rest, blob: step.key, sha256 } as StagedStep;
    }
    case 'File': {
      const { sourceUri: _staged, ...rest } = step;
      return { ...rest, blob: step.key, sha256: await stageContent(blobs, step, undefined, pinned) };
    }
    case 'WindowsRestart':
    case 'WindowsUpdate':
      return step;
  }
}

/** Answers the digest of what was staged. */
async function stageContent(
  blobs: AccountBlobs,
  step: RunStep,
  content: string | undefined,
  pinned: string | undefined,
): Promise<string> {
  const { key, name } = step;
  const blob = blobs.service.getContainerClient('files').getBlockBlobClient(key);
  if (content !== undefined) {
    await attempt(`stage ${name}`, () => blob.upload(content, Buffer.byteLength(content)));
    return createHash('sha256').update(content).digest('hex');
  }
  const uri = sourceUri(step) ?? '';
  const { through, digest } = hashing();
  const download = await openDownload(uri);
  await attempt(`stage ${name}`, () =>
    Promise.all([pipeline(download, through), blob.uploadStream(through, UPLOAD_BLOCK, 2)]),
  );
  const sha256 = digest();
  if (pinned !== undefined && sha256 !== pinned) {
    throw failure(
      'ChecksumMismatch',
      `${uri}: the content changed since it was checked: ${pinned} then, ${sha256} now`,
    );
  }
  return sha256;
}
