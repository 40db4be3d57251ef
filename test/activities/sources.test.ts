import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BuildPlan, PlannedSource, SharedImageDistributor } from '../../src/template/build-plan.ts';
import { localPlan } from '../support/plans.ts';
import { call, GUEST, startBench, withMachine } from './support.ts';
import type { Bench } from './support.ts';

/** Of what the marketplace sells: each machine from it names the plan. */
const PLAN = { name: 'gold', product: 'linux', publisher: 'kiln' };

describe('the source of a plan', () => {
  let bench: Bench;
  let close: () => Promise<void>;
  let imageId: string;
  let definitionId: string;

  before(async () => {
    bench = await startBench({ after: (done: () => Promise<void>) => void (close = done) } as never, 'sources');
    const { activities, run, plan } = bench;
    const { machineId } = await withMachine(bench);
    await call(activities.captureMachine, run, GUEST);
    const [gallery, managed] = plan.distribute;
    assert.ok(gallery?.type === 'SharedImage' && managed?.type === 'ManagedImage');
    imageId = (await call(activities.createManagedImage, run, managed, machineId, 'V2')).artifactId;
    definitionId = gallery.imageDefinitionId;
    const publish = async (version: string, changes: Partial<SharedImageDistributor>): Promise<void> => {
      const target = { ...gallery, ...changes };
      const { versionId } = await call(activities.publishVersion, run, target, version, machineId);
      for (const region of target.targetRegions) await call(activities.awaitRegion, run, versionId, 'gallery', region);
    };
    await publish('1.9.0', {});
    await publish('1.10.0', {});
    await publish('2.0.0', { excludeFromLatest: true });
  });
  after(() => close());

  const check = (source: PlannedSource, location = 'westeurope', osDiskSizeGB = 0) => {
    const plan: BuildPlan = { ...localPlan({ runId: 'checked' }), source };
    plan.template = { ...plan.template, location };
    plan.machine = { ...plan.machine, osDiskSizeGB };
    return call(bench.activities.checkPlan, plan);
  };
  const refused = (source: PlannedSource, expected: RegExp, location?: string, osDiskSizeGB?: number) =>
    assert.rejects(check(source, location, osDiskSizeGB), (error: Error & { details?: unknown[] }) => {
      const [{ problems }] = error.details as [{ problems: Array<{ path: string; message: string }> }];
      const told = problems.map(({ path, message }) => `${path}: ${message}`);
      assert.ok(
        told.some((line) => expected.test(line)),
        told.join('\n'),
      );
      return true;
    });

  it('latest of a gallery is the highest version that is not excluded from it', async () => {
    const { source } = await check({ type: 'SharedImageVersion', imageVersionId: `${definitionId}/versions/latest` });
    assert.equal(source.exactVersion, '1.10.0');
    assert.match(source.id, /\/versions\/1\.10\.0$/);
  });

  it('a gallery version that is not replicated to the build’s region is refused', () =>
    refused(
      { type: 'SharedImageVersion', imageVersionId: `${definitionId}/versions/1.9.0` },
      /^properties\.source\.imageVersionId: version 1\.9\.0 is not replicated to eastus, only to westeurope, northeurope/,
      'eastus',
    ));

  it('a gallery version that does not exist is refused', () =>
    refused(
      { type: 'SharedImageVersion', imageVersionId: `${definitionId}/versions/7.0.0` },
      /^properties\.source\.imageVersionId: no version 7\.0\.0/,
    ));

  it('a managed image must be in the build’s region', async () => {
    const { source } = await check({ type: 'ManagedImage', imageId });
    assert.equal(source.id, imageId);
    await refused(
      { type: 'ManagedImage', imageId },
      /^properties\.source\.imageId: the image is in westeurope, and must be in the build's region eastus/,
      'eastus',
    );
  });

  it('a managed image must be of the build’s subscription', () =>
    refused(
      { type: 'ManagedImage', imageId: imageId.replace(/[^/]+(?=\/resourceGroups)/, 'another') },
      /^properties\.source\.imageId: expected an image of the build's own subscription /,
    ));

  it('a disk smaller than that of the source is refused', async () => {
    const gallery = { type: 'SharedImageVersion', imageVersionId: `${definitionId}/versions/1.9.0` } as const;
    for (const source of [gallery, { type: 'ManagedImage', imageId } as const]) {
      const { source: found } = await check(source);
      assert.ok((found.osDiskSizeGB ?? 0) > 2);
      const expected = `^properties\\.vmProfile\\.osDiskSizeGB: expected at least the ${found.osDiskSizeGB} GiB of the source .*, got 2$`;
      await refused(source, new RegExp(expected), 'westeurope', 2);
    }
  });

  for (const kind of ['directShared', 'community'] as const) {
    it(`an image of a ${kind} gallery is pinned, copied and, where it is not shared, refused`, async () => {
      const { compute } = bench.test.clients;
      const community = kind === 'community';
      const name = `others${kind}`;
      const gallery = await compute.galleries.createOrUpdate('golden-images', name, {
        location: 'westeurope',
        sharingProfile: community
          ? {
              permissions: 'Community',
              communityGalleryInfo: {
                publisherUri: 'https://example.com',
                publisherContact: 'images@example.com',
                eula: 'https://example.com/eula',
                publicNamePrefix: 'golden',
              },
            }
          : { permissions: 'Groups' },
      });
      const definition = await compute.galleryImages.createOrUpdate('golden-images', name, 'base', {
        location: 'westeurope',
        osType: 'Linux',
        osState: 'Generalized',
        hyperVGeneration: 'V2',
        identifier: { publisher: 'kiln', offer: 'test', sku: kind },
        purchasePlan: PLAN,
      });
      await compute.galleryImageVersions.createOrUpdate('golden-images', name, 'base', '3.1.0', {
        location: 'westeurope',
        storageProfile: { source: { id: imageId } },
        publishingProfile: { targetRegions: [{ name: 'westeurope' }] },
      });
      const own = await check({ type: 'SharedImageVersion', imageVersionId: `${definition.id}/versions/latest` });
      assert.deepEqual(own.source.plan, PLAN);
      const unique = gallery.identifier?.uniqueName ?? '';
      if (!community) {
        const hidden = `/sharedGalleries/${unique}/images/base/versions/latest`;
        const source = { type: 'SharedImageVersion' as const, imageVersionId: hidden, gallery: kind };
        await refused(source, /^properties\.source\.imageVersionId: no image base in a gallery .* that is shared/);
      }
      await compute.gallerySharingProfile.update(
        'golden-images',
        name,
        community
          ? { operationType: 'EnableCommunity' }
          : { operationType: 'Add', groups: [{ type: 'Subscriptions', ids: [bench.run.subscriptionId] }] },
      );
      const shared = await compute.galleries.get('golden-images', name);
      const [publicName = ''] = shared.sharingProfile?.communityGalleryInfo?.publicNames ?? [];
      const prefix = community ? `/communityGalleries/${publicName}` : `/sharedGalleries/${unique}`;
      const imageVersionId = `${prefix}/images/base/versions/latest`;
      const { source } = await check({ type: 'SharedImageVersion', imageVersionId, gallery: kind });
      assert.equal(source.id, `${prefix}/images/base/versions/3.1.0`);
      assert.equal(source.hyperVGeneration, definition.hyperVGeneration);
      const run = { ...bench.run, staging: { ...bench.run.staging, resourceGroup: 'golden-images' } };
      const { osDiskId } = await call(bench.activities.copySourceDisk, run, source, 0);
      assert.match(osDiskId ?? '', /disks\/build-os$/);
      await compute.disks.delete('golden-images', 'build-os');
    });
  }

  it('a marketplace version that does not exist is refused', () =>
    refused(
      { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: '9.0.0' },
      /^properties\.source: Debian:debian-12:12-gen2:9\.0\.0 is not in the marketplace of westeurope/,
    ));
});
