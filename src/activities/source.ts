/** Copying the source: what the steps need becomes blobs beside the machine, and the pinned image becomes its OS disk. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import { restorePoller } from '@azure/arm-compute';
import type { ContainerClient } from '@azure/storage-blob';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure } from '../azure/errors.ts';
import { beating, finish } from '../azure/operations.ts';
import type { LocalFile } from '../template/build-plan.ts';
import { localFileOf } from '../template/plan/local-files.ts';
import { openStagingBlobs } from './blobs.ts';
import type { AccountBlobs } from './blobs.ts';
import type { RunStep, SourceActivities, StagedStep } from './contract.ts';
import { hashing, inlineScript, openDownload, sentBlob, sourceUri } from './downloads.ts';
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
      return { ...rest, ...(await stageContent(blobs, step, content, pinned)) } as StagedStep;
    }
    case 'File': {
      const { sourceUri: _staged, file: _sent, ...rest } = step;
      return { ...rest, ...(await stageContent(blobs, step, undefined, pinned)) };
    }
    case 'WindowsRestart':
    case 'WindowsUpdate':
      return step;
  }
}

interface StagedContent {
  blob: string;
  sha256: string;
}

async function stageContent(
  blobs: AccountBlobs,
  step: RunStep,
  inline: string | undefined,
  pinned: string | undefined,
): Promise<StagedContent> {
  const { key, name } = step;
  const container = blobs.service.getContainerClient('files');
  const file = localFileOf(step);
  if (file !== undefined && file.content === undefined) return received(container, file);
  const blob = container.getBlockBlobClient(key);
  const content = file?.content === undefined ? inline : gunzipSync(Buffer.from(file.content, 'base64'));
  if (content !== undefined) {
    await attempt(`stage ${name}`, () => blob.upload(content, Buffer.byteLength(content)));
    return { blob: key, sha256: createHash('sha256').update(content).digest('hex') };
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
  return { blob: key, sha256 };
}

/** The machine checks the digest of what it fetches; here only that all of it came. */
async function received(container: ContainerClient, { path, sha256, bytes }: LocalFile): Promise<StagedContent> {
  const blob = container.getBlobClient(sentBlob(sha256));
  const sent = await attempt(`look for ${path}`, async () =>
    (await blob.exists()) ? (await blob.getProperties()).contentLength : undefined,
  );
  if (sent !== bytes) {
    const what = sent === undefined ? 'was not sent' : `was sent with ${sent} bytes of ${bytes}`;
    throw failure('FilesMissing', `${path} ${what}`);
  }
  return { blob: sentBlob(sha256), sha256 };
}
