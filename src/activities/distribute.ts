/** Managed images and VHDs, and the number of the next gallery version. */
import { restorePoller } from '@azure/arm-compute';
import type { ImageStorageProfile } from '@azure/arm-compute';
import { BlobClient } from '@azure/storage-blob';
import type { PageBlobClient } from '@azure/storage-blob';
import { Context } from '@temporalio/activity';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound, toFailure } from '../azure/errors.ts';
import { beating, finish, poll, throwIfCanceled } from '../azure/operations.ts';
import type { SharedImageDistributor, VhdDistributor } from '../template/build-plan.ts';
import { requireResourceId } from '../template/resource-id.ts';
import { openStagingBlobs } from './blobs.ts';
import type { CheckActivities, DistributeActivities, RunContext } from './contract.ts';
import { onceAllowed } from './once-allowed.ts';
import { blobIn, findAccount } from './storage-accounts.ts';
import { isOurs, outputTags } from './tags.ts';
import { nextVersion, versionFromSource } from './version-numbers.ts';

type OtherActivities = Pick<DistributeActivities, 'createManagedImage' | 'exportVhd'> &
  Pick<CheckActivities, 'chooseVersion'>;

export function createDistributeActivities(azure: Azure): OtherActivities {
  return {
    chooseVersion: (distributor, sourceVersion) => chooseVersion(azure, distributor, sourceVersion),

    async createManagedImage(run, distributor, sourceId, generation) {
      const { subscriptionId, resourceGroup, names } = requireResourceId(distributor.imageId);
      const name = names[0] ?? '';
      const { compute } = azure.clients(subscriptionId);
      const { images } = compute;
      const existing = await attempt(`look for image ${name}`, () => orNotFound(images.get(resourceGroup, name)));
      // Azure cannot change what an image was made from, so an earlier build's image makes room for this one.
      if (existing !== undefined && !isOurs(run, existing.tags)) {
        if (existing.tags?.['createdBy'] !== 'kiln') {
          throw failure('Refused', `image ${distributor.imageId} exists and was not made by Kiln: delete or rename it`);
        }
        await finish(`replace image ${name}`, () => images.delete(resourceGroup, name));
      }
      // What this run made once is not made again from something else.
      if (existing !== undefined && isOurs(run, existing.tags) && existing.provisioningState === 'Succeeded') {
        return { artifactId: existing.id ?? distributor.imageId };
      }
      const disk = /\/disks\//i.test(sourceId) ? await generalizedDisk(azure, sourceId) : undefined;
      const image = await finish(
        `create image ${name}`,
        () =>
          images.createOrUpdate(resourceGroup, name, {
            location: distributor.location,
            tags: outputTags(run, distributor.artifactTags),
            hyperVGeneration: generation,
            ...(disk === undefined ? { sourceVirtualMachine: { id: sourceId } } : { storageProfile: disk }),
          }),
        (state) => restorePoller(compute, state, images.createOrUpdate),
      );
      return { artifactId: image.id ?? distributor.imageId };
    },

    async exportVhd(run, distributor, diskName) {
      const { disks } = azure.clients(run.subscriptionId).compute;
      const { resourceGroup } = run.staging;
      const target = await vhdTarget(azure, run, distributor);
      const { accessSAS } = await finish(`open disk ${diskName} for reading`, () =>
        disks.grantAccess(resourceGroup, diskName, { access: 'Read', durationInSeconds: 86_400 }),
      );
      if (accessSAS === undefined) throw new TypeError('expected Azure to answer a signed address of the disk');
      try {
        await copyBlob(accessSAS, target, run);
      } finally {
        await finish(`close disk ${diskName}`, () => disks.revokeAccess(resourceGroup, diskName));
      }
      return { artifactUri: target.url.split('?')[0] ?? target.url };
    },
  };
}

/** A disk by itself does not say that the system on it is generalized, as every output's is. */
async function generalizedDisk(azure: Azure, diskId: string): Promise<ImageStorageProfile> {
  const { subscriptionId, resourceGroup, names } = requireResourceId(diskId);
  const { disks } = azure.clients(subscriptionId).compute;
  const disk = await attempt(`look at disk ${diskId}`, () => disks.get(resourceGroup, names[0] ?? ''));
  return {
    osDisk: { osType: disk.osType ?? 'Linux', osState: 'Generalized', managedDisk: { id: diskId } },
  };
}

async function chooseVersion(
  azure: Azure,
  distributor: SharedImageDistributor,
  sourceVersion: string | undefined,
): Promise<string> {
  if (distributor.version.scheme === 'explicit') return distributor.version.version;
  if (distributor.version.scheme === 'source') {
    const version = versionFromSource(sourceVersion);
    if (version !== undefined) return version;
    throw failure('Refused', `the source's version ${sourceVersion ?? '(it has none)'} gives no image version`);
  }
  const { subscriptionId, resourceGroup, names } = requireResourceId(distributor.imageDefinitionId);
  const [gallery = '', definition = ''] = names;
  const { galleryImageVersions } = azure.clients(subscriptionId).compute;
  const { major } = distributor.version;
  return attempt(`list the versions of ${definition}`, async () => {
    const versions: string[] = [];
    for await (const { name } of galleryImageVersions.listByGalleryImage(resourceGroup, gallery, definition)) {
      if (name !== undefined) versions.push(name);
    }
    return nextVersion(versions, major);
  });
}

/** The template's address, whose account is looked for in the subscription, or the staging account. */
async function vhdTarget(
  azure: Azure,
  run: RunContext,
  { uri, runOutputName }: VhdDistributor,
): Promise<PageBlobClient> {
  if (uri === undefined) {
    const { service } = await openStagingBlobs(azure, run);
    return service.getContainerClient('vhds').getPageBlobClient(`${runOutputName}.vhd`);
  }
  return attempt(`find the storage account of ${uri}`, async () => {
    const account = await findAccount(azure, run.subscriptionId, uri);
    if (account === undefined) {
      throw failure('NotFound', `no storage account of the subscription has the address ${uri}`);
    }
    const { container, name } = blobIn(account, uri);
    const client = azure.blobs(account.endpoint).getContainerClient(container);
    await beating('the container', () => onceAllowed(() => client.createIfNotExists()));
    return client.getPageBlobClient(name);
  });
}

/** Copied by the storage service itself; a copy that a former attempt began is waited for. */
async function copyBlob(from: string, target: PageBlobClient, run: RunContext): Promise<void> {
  const context = Context.current();
  const source = new BlobClient(from);
  try {
    const existing = await orNotFound(target.getProperties());
    if (existing !== undefined && existing.metadata?.['kilnrun'] !== run.runId) {
      throw failure('VersionTaken', `${target.url} exists and was not made by this build`);
    }
    if (existing?.copyStatus !== 'pending' && existing?.copyStatus !== 'success') {
      await target.beginCopyFromURL(from, { metadata: { kilnrun: run.runId } });
    }
    await poll(async () => {
      throwIfCanceled();
      const { copyStatus, copyProgress, copyStatusDescription } = await target.getProperties();
      context.heartbeat({ waitingFor: `VHD copy ${copyProgress ?? ''}` });
      if (copyStatus === 'failed' || copyStatus === 'aborted') {
        throw failure('Refused', `the copy to ${target.url} ${copyStatus}: ${copyStatusDescription ?? ''}`);
      }
      return copyStatus === 'success';
    });
    const [{ contentLength: expected }, { contentLength: got }] = await Promise.all([
      source.getProperties(),
      target.getProperties(),
    ]);
    if (expected !== got) throw failure('Unavailable', `the VHD has ${got} bytes where the disk has ${expected}`);
  } catch (error) {
    throw toFailure(error, `copy the disk to ${target.url}`);
  }
}
