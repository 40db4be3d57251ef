import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createActivities } from '../../src/activities/index.ts';
import type { BuildActivities, RunContext } from '../../src/activities/contract.ts';
import { createAzure } from '../../src/azure/environment.ts';
import type { BuildPlan, SharedImageDistributor } from '../../src/template/build-plan.ts';
import { runContext } from '../../src/workflows/run-context.ts';
import { collect, startTestAzure } from '../local-azure/support.ts';
import type { TestAzure } from '../local-azure/support.ts';
import { runSteps } from '../../src/workflows/run-steps.ts';
import { localPlan } from '../support/plans.ts';
import { call, GUEST } from './support.ts';

describe('the activities of a build, against the local Azure', () => {
  let azure: TestAzure;
  let activities: BuildActivities;
  let plan: BuildPlan;
  let run: RunContext;

  before(async () => {
    azure = await startTestAzure(undefined);
    activities = createActivities(createAzure({ endpoint: azure.connection.endpoint }, azure.clients.credential));
    plan = localPlan({ runId: 'activities' });
    plan.machine.dataDisks = [{ sizeGB: 4 }];
    plan.tags['team'] = 'images';
    run = runContext(plan);
  });
  after(() => azure.close());

  it('takes an image from the marketplace to two regions, and may repeat every call', async () => {
    const twice = async <A extends unknown[], R>(work: (...args: A) => Promise<R>, ...args: A): Promise<R> => {
      await call(work, ...args);
      return call(work, ...args);
    };
    const inventory = await azure.call('GET', '/local-azure/inventory');
    const { source, vmSize, digests } = await call(activities.checkPlan, plan);
    assert.match(source.description, /^Debian:debian-12:12-gen2:0\.\d+\.\d+$/);

    await twice(activities.createStagingGroup, run);
    await twice(activities.createStagingStorage, run);
    const { networkInterfaceId } = await twice(activities.createStagingNetwork, run, undefined);
    const steps = await twice(activities.stageArtifacts, run, runSteps(plan, source.osType), digests);
    const { osDiskId } = await twice(activities.copySourceDisk, run, source, 30);
    assert.ok(osDiskId);
    const { machineId } = await twice(activities.createMachine, run, plan.machine, vmSize, source, {
      networkInterfaceId,
      osDiskId,
    });
    const made = await collect(azure.clients.resources.resources.listByResourceGroup(run.staging.resourceGroup));
    assert.ok(made.some(({ name }) => name === 'build-data-0'));
    const untagged = made.filter(({ tags }) => tags?.['kiln-run'] !== run.runId || tags['team'] !== 'images');
    assert.deepEqual(untagged, []);
    for (const step of steps) {
      const result = await twice(activities.runStep, run, GUEST, step);
      assert.equal(result.exitCode, 0);
    }
    await twice(activities.captureMachine, run, GUEST);

    const [gallery, managed, vhd] = plan.distribute;
    assert.ok(gallery?.type === 'SharedImage' && managed?.type === 'ManagedImage' && vhd?.type === 'VHD');
    const version = await call(activities.chooseVersion, gallery);
    const { versionId } = await twice(activities.publishVersion, run, gallery, version, machineId);
    for (const region of gallery.targetRegions) {
      const progress = await call(activities.awaitRegion, run, versionId, 'gallery', region);
      assert.deepEqual(progress, { state: 'Succeeded' });
    }
    assert.equal(await call(activities.chooseVersion, gallery), '1.0.1');
    const { artifactId } = await twice(activities.createManagedImage, run, managed, machineId, 'V2');
    const { artifactUri } = await twice(activities.exportVhd, run, vhd, plan.staging.osDisk);
    assert.match(artifactUri, /^https:.*\/vhds\/vhd\.vhd$/);

    for (const output of [
      { type: 'SharedImage', artifactId: versionId },
      { type: 'ManagedImage', artifactId },
      { type: 'VHD', artifactUri },
    ]) {
      const { leftovers } = await twice(activities.removeOutput, run, output);
      assert.deepEqual(leftovers, []);
    }
    await twice(activities.removeMachine, run, { name: plan.machine.name, dataDisks: 1 });
    await twice(activities.removeNetwork, run, true);
    await twice(activities.removeStagingGroup, run);
    assert.deepEqual(await azure.call('GET', '/local-azure/inventory').then(({ body }) => body), inventory.body);
  });

  it('names every problem of a plan at once and creates nothing', async () => {
    const broken = localPlan({ runId: 'broken' });
    const gallery = broken.distribute[0] as SharedImageDistributor;
    gallery.imageDefinitionId = gallery.imageDefinitionId.replace('/golden/', '/absent/');
    gallery.targetRegions.push({ name: 'atlantis', replicaCount: 1, storageAccountType: 'Standard_LRS' });
    broken.machine.vmSize = 'Standard_Z9';
    broken.template.identities = [broken.template.identities[0]?.replace('image-builder', 'nobody') ?? ''];
    await assert.rejects(call(activities.checkPlan, broken), (error: Error & { details?: unknown[] }) => {
      const [{ problems }] = error.details as [{ problems: Array<{ path: string }> }];
      assert.deepEqual(
        problems.map(({ path }) => path),
        [
          'identity.userAssignedIdentities',
          'properties.distribute[0].galleryImageId',
          'properties.distribute[0].targetRegions[2].name',
          'properties.vmProfile.vmSize',
        ],
      );
      return true;
    });
  });

  it('makes a staging group that a template names and that is not there, and removes it when nothing is in it', async () => {
    const { resourceGroups } = azure.clients.resources;
    const own = localPlan({ runId: 'own-group' });
    own.stagingResourceGroup = `/subscriptions/${own.template.subscriptionId}/resourceGroups/named`;
    own.staging.resourceGroup = 'named';
    own.tags = { ...own.tags, imageTemplateName: own.template.name, imageTemplateResourceGroupName: 'golden-images' };
    const first = runContext(own);
    const second = runContext({ ...own, runId: 'own-group-2', tags: { ...own.tags, 'kiln-run': 'own-group-2' } });
    await call(activities.removeStagingGroup, first);
    await call(activities.checkPlan, own);
    for (const each of [first, second]) {
      await call(activities.createStagingGroup, each);
      await call(activities.createStagingStorage, {
        ...each,
        staging: { ...each.staging, storageAccount: each.runId.replaceAll('-', '') },
      });
    }
    const { tags = {} } = await resourceGroups.get('named');
    assert.deepEqual(
      ['createdBy', 'usedBy', 'imageTemplateName', 'kiln-run'].map((name) => tags[name]),
      ['kiln', undefined, own.template.name, undefined],
    );
    await call(activities.removeStagingGroup, first);
    assert.equal((await resourceGroups.get('named')).tags?.['createdBy'], 'kiln');
    await call(activities.removeStagingGroup, second);
    assert.equal((await azure.call('HEAD', `${own.stagingResourceGroup}?api-version=2021-04-01`)).status, 404);
  });

  it('deletes nothing that does not carry the tag of its run', async () => {
    await azure.clients.resources.resourceGroups.createOrUpdate(run.staging.resourceGroup, { location: 'westeurope' });
    const { removed, leftovers } = await call(activities.removeStagingGroup, run);
    assert.deepEqual(removed, []);
    assert.match(leftovers[0]?.reason ?? '', /does not carry the tag/);
    const groups = await collect(azure.clients.resources.resourceGroups.list());
    assert.ok(groups.some(({ name }) => name === run.staging.resourceGroup));
  });
});
