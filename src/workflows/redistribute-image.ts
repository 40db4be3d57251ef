/**
 * Distribution on its own: outputs of a run that failed are made after all, and regions and targets are added, from what
 * the run made and without building again. What is there is left as it is, so it may be asked for any number of times.
 */
import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setHandler,
} from '@temporalio/workflow';
import type { RunContext } from '../activities/contract.ts';
import type { BuildPlan, PlannedDistributor, SharedImageDistributor, TargetRegion } from '../template/build-plan.ts';
import { asking, making, removing } from './activity-proxies.ts';
import { describeFailure } from './build-failure.ts';
import { outputsAfter, pendingOutput } from './build-record.ts';
import type { OutputStatus, RedistributeReport } from './messages.ts';
import { QUERY_REDISTRIBUTE } from './messages.ts';
import { publishToGallery } from './publish-to-gallery.ts';
import { runContext } from './run-context.ts';
import { SIGNAL_DISTRIBUTED, templateWorkflowId } from './template-messages.ts';
import type { Distributed } from './template-messages.ts';

export interface Redistribution {
  plan: BuildPlan;
  /** Of the run, as it ended. */
  outputs: OutputStatus[];
  /** Added to every gallery output. */
  regions: TargetRegion[];
  /** Targets that the template does not have. */
  more: PlannedDistributor[];
}

export async function redistributeImage(work: Redistribution): Promise<RedistributeReport> {
  const distributors = [...work.plan.distribute, ...work.more];
  const report: RedistributeReport = { outputs: distributors.map(pendingOutput), leftovers: [] };
  setHandler(defineQuery<RedistributeReport>(QUERY_REDISTRIBUTE), () => report);
  const again = new Again(work, report);
  try {
    await again.distribute(distributors);
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await again.cleanUp();
      // Before there were templates that stay to be told of it.
      if (patched('tell-the-template')) await tellTemplate(work, report);
    });
  }
  const failed = report.outputs.filter(({ state }) => state !== 'Succeeded');
  if (failed.length === 0) return report;
  const told = failed.map(({ runOutputName, state, message = '' }) => `${runOutputName} ${state}: ${message}`);
  const details = [report];
  throw ApplicationFailure.create({ type: 'NotDistributed', message: told.join('; '), nonRetryable: true, details });
}

/** Where the run was a template's, its outputs are the template's. A run of `kiln build` has no template that lives. */
async function tellTemplate({ plan, outputs: former }: Redistribution, { outputs }: RedistributeReport): Promise<void> {
  const told: Distributed = { runId: plan.runId, outputs: outputsAfter(former, outputs) };
  try {
    await getExternalWorkflowHandle(templateWorkflowId(plan.template.id)).signal(SIGNAL_DISTRIBUTED, told);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

class Again {
  readonly #work: Redistribution;
  readonly #report: RedistributeReport;
  readonly #run: RunContext;
  #disk: Promise<{ diskId: string; diskName: string; generation: 'V1' | 'V2' }> | undefined;

  constructor(work: Redistribution, report: RedistributeReport) {
    this.#work = work;
    this.#report = report;
    this.#run = runContext(work.plan);
  }

  /** What is in galleries first: the others are made from it. */
  async distribute(distributors: PlannedDistributor[]): Promise<void> {
    const versions = await this.#versions(distributors);
    const managed = this.#work.outputs.find(({ type, state }) => type === 'ManagedImage' && state === 'Succeeded');
    const origin = [...versions.values()][0] ?? managed?.artifactId;
    await Promise.all(
      distributors.map(async (distributor, at) => {
        const output = this.#report.outputs[at];
        if (output !== undefined) await this.#one(distributor, output, versions.get(distributor), origin);
      }),
    );
  }

  /** The run's own version in each definition, where there is one. */
  async #versions(distributors: PlannedDistributor[]): Promise<Map<PlannedDistributor, string>> {
    const found = new Map<PlannedDistributor, string>();
    for (const distributor of distributors) {
      if (distributor.type !== 'SharedImage') continue;
      const look = asking(`Look for the run's version for ${distributor.runOutputName}`);
      const id = await look.findOwnVersion(this.#run, distributor.imageDefinitionId);
      if (id !== undefined) found.set(distributor, id);
    }
    return found;
  }

  async #one(
    distributor: PlannedDistributor,
    output: OutputStatus,
    version: string | undefined,
    origin: string | undefined,
  ): Promise<void> {
    output.state = 'Running';
    try {
      if (this.#isThere(distributor)) {
        Object.assign(output, this.#former(distributor));
        return;
      }
      if (origin === undefined) {
        throw ApplicationFailure.nonRetryable(
          'no image version or managed image of the run is left to make it from: build again',
          'NothingLeft',
        );
      }
      switch (distributor.type) {
        case 'SharedImage':
          await this.#gallery(distributor, output, version, origin);
          return;
        case 'ManagedImage': {
          const { diskId, generation } = await this.#diskOf(origin);
          output.artifactId = distributor.imageId;
          await making(`Managed image ${distributor.imageId.split('/').at(-1)}`).createManagedImage(
            this.#run,
            distributor,
            diskId,
            generation,
          );
          break;
        }
        case 'VHD': {
          const { diskName } = await this.#diskOf(origin);
          const { artifactUri } = await making('Export a VHD').exportVhd(this.#run, distributor, diskName);
          output.artifactUri = artifactUri;
        }
      }
      output.state = 'Succeeded';
    } catch (error) {
      output.state = 'Failed';
      output.message = describeFailure(error, 'Distributing', undefined).message;
    }
  }

  async #gallery(
    planned: SharedImageDistributor,
    output: OutputStatus,
    version: string | undefined,
    origin: string,
  ): Promise<void> {
    const regions = [...planned.targetRegions];
    for (const region of this.#work.regions) {
      if (!regions.some(({ name }) => name === region.name)) regions.push(region);
    }
    const distributor = { ...planned, targetRegions: regions };
    output.regions = pendingOutput(distributor).regions;
    if (version === undefined) return publishToGallery(this.#run, distributor, origin, undefined, output);
    output.artifactId = version;
    output.version = version.split('/').at(-1) ?? '';
    await making(`Regions of ${output.version}`).putRegions(this.#run, version, regions);
    await Promise.all(
      regions.map(async (region) => {
        const watch = making(`Replicate ${output.version} to ${region.name}`);
        const { state, message } = await watch.awaitRegion(this.#run, version, output.runOutputName, region);
        const status = output.regions.find(({ name }) => name === region.name);
        if (status === undefined) return;
        Object.assign(status, { state, attempts: 1, progress: state === 'Succeeded' ? 100 : status.progress });
        if (message !== undefined) status.message = message;
      }),
    );
    const failed = output.regions.filter(({ state }) => state === 'Failed');
    output.state = failed.length === 0 ? 'Succeeded' : failed.length < regions.length ? 'PartiallySucceeded' : 'Failed';
    if (failed.length > 0) output.message = failed.map(({ name, message = '' }) => `${name}: ${message}`).join('; ');
  }

  #former({ runOutputName }: PlannedDistributor): OutputStatus | undefined {
    return this.#work.outputs.find((output) => output.runOutputName === runOutputName);
  }

  /** Galleries are always asked: regions may be missing there. */
  #isThere(distributor: PlannedDistributor): boolean {
    return distributor.type !== 'SharedImage' && this.#former(distributor)?.state === 'Succeeded';
  }

  /** One for all that need it; only a gallery version can become a disk. */
  #diskOf(origin: string) {
    if (!/\/galleries\//i.test(origin)) {
      throw ApplicationFailure.nonRetryable(
        'a managed image cannot become a disk in Azure: it needs a gallery version of the run',
        'NothingLeft',
      );
    }
    this.#disk ??= making('Copy the image to a disk').copyVersionToDisk(this.#run, origin);
    return this.#disk;
  }

  async cleanUp(): Promise<void> {
    if (this.#disk === undefined) return;
    await this.#disk.catch(() => {});
    try {
      const { leftovers } = await removing('Remove the disk').removeCopiedDisk(this.#run);
      this.#report.leftovers = leftovers;
    } catch (error) {
      const { message } = describeFailure(error, 'CleaningUp', undefined);
      this.#report.leftovers = [{ id: this.#run.staging.resourceGroup, reason: message }];
    }
  }
}
