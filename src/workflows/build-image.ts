/**
 * One run of an image template, from source image to outputs in every region. Each stage registers its undo before it
 * starts; however the run ends, what it made for itself is removed, and an output that is not kept with it.
 */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  defineQuery,
  executeChild,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { CheckedPlan, Guest, RunContext, StagedStep } from '../activities/contract.ts';
import type { BuildPlan, PlannedDistributor } from '../template/build-plan.ts';
import { asking, making, removing } from './activity-proxies.ts';
import { asksToKeep } from './abort-on-error.ts';
import { describeFailure, failureType } from './build-failure.ts';
import { BuildRecord } from './build-record.ts';
import type { distributeImage } from './distribute-image.ts';
import { LocalFiles } from './local-files.ts';
import { distributeWorkflowId, QUERY_STATUS } from './messages.ts';
import type { BuildFailure, BuildStatus, OutputStatus } from './messages.ts';
import { runContext } from './run-context.ts';
import { runSteps } from './run-steps.ts';
import { StepRunner } from './step-runner.ts';
import { UndoStack } from './undo-stack.ts';
import { createValidationMachine, removeValidationMachine } from './validate-image.ts';

export async function buildImage(plan: BuildPlan): Promise<BuildStatus> {
  const record = new BuildRecord(plan);
  setHandler(defineQuery<BuildStatus>(QUERY_STATUS), () => record.status);
  const build = new Build(plan, record);
  try {
    await CancellationScope.withTimeout(`${plan.buildTimeoutInMinutes}m`, () => build.run());
  } catch (error) {
    return build.giveUp(error);
  }
  return build.finish();
}

class Build {
  readonly #plan: BuildPlan;
  readonly #record: BuildRecord;
  readonly #run: RunContext;
  readonly #undo = new UndoStack();
  readonly #steps: StepRunner;
  readonly #files: LocalFiles;
  /** Of an image that is distributed all the same (`continueDistributeOnFailure`). */
  #invalid: BuildFailure | undefined;

  constructor(plan: BuildPlan, record: BuildRecord) {
    this.#plan = plan;
    this.#record = record;
    this.#run = runContext(plan);
    this.#steps = new StepRunner(this.#run, record);
    this.#files = new LocalFiles(plan);
  }

  async run(): Promise<void> {
    const checked = await this.#check();
    const { networkInterfaceId } = await this.#provision();
    const { steps, osDiskId } = await this.#copySource(checked);
    const machineId = await this.#createMachine(checked, {
      networkInterfaceId,
      ...(osDiskId === undefined ? {} : { osDiskId }),
    });
    const machine = { name: this.#plan.machine.name, osType: checked.source.osType };
    if (this.#plan.validate?.sourceValidationOnly === true) return this.#steps.runStage('Validating', machine, steps);
    await this.#steps.runStage('Customizing', machine, steps);
    await this.#steps.runStage('Optimizing', machine, steps);
    await this.#capture(machine);
    await this.#validate(checked, machineId, steps);
    await this.#distribute(checked, machineId);
  }

  async #check(): Promise<CheckedPlan> {
    this.#record.enter('Checking');
    const checked = await asking('Check the plan against Azure').checkPlan(this.#plan);
    this.#record.pinned(checked, runSteps(this.#plan, checked.source.osType), 'Provisioning');
    return checked;
  }

  async #provision(): Promise<{ networkInterfaceId: string }> {
    const run = this.#run;
    const { resourceGroup, storageAccount } = run.staging;
    const { subnetId } = this.#plan.machine;
    this.#undo.register({
      what: `resource group ${resourceGroup}`,
      kind: 'scaffold',
      // Once there is a machine there are logs, and the group stays with them until the build is deleted.
      run: async () =>
        this.#record.status.logs === undefined
          ? removing(`Remove ${resourceGroup}`).removeStagingGroup(run)
          : { removed: [], leftovers: [] },
    });
    await making(`Resource group ${resourceGroup}`).createStagingGroup(run);
    this.#undo.register({
      what: `network in ${resourceGroup}`,
      kind: 'scaffold',
      run: () => removing('Remove the network').removeNetwork(run, subnetId === undefined),
    });
    const [network] = await Promise.all([
      making('Network without a way in').createStagingNetwork(run, subnetId),
      making(`Storage account ${storageAccount}`).createStagingStorage(run),
    ]);
    return network;
  }

  async #copySource(checked: CheckedPlan): Promise<{ steps: StagedStep[]; osDiskId?: string }> {
    this.#record.enter('CopyingSource');
    const run = this.#run;
    const { machine } = this.#plan;
    const dataDisks = machine.dataDisks?.length ?? 0;
    const wanted = runSteps(this.#plan, checked.source.osType);
    // The machine needs no undo of its own: what removes the disk removes the machine that holds it first.
    this.#undo.register({
      what: `virtual machine ${machine.name} and its disks`,
      kind: 'scaffold',
      run: () =>
        removing('Remove the build machine and its disks').removeMachine(run, { name: machine.name, dataDisks }),
    });
    const stage = () => making('Stage scripts and files').stageArtifacts(run, wanted, checked.digests);
    const [steps, disk] = await Promise.all([
      this.#files.wanted ? this.#files.arrive(this.#record, run.staging).then(stage) : stage(),
      making(`Copy ${checked.source.description}`).copySourceDisk(run, checked.source, machine.osDiskSizeGB),
    ]);
    return { steps, ...disk };
  }

  async #createMachine(
    checked: CheckedPlan,
    parts: { networkInterfaceId: string; osDiskId?: string },
  ): Promise<string> {
    this.#record.enter('CreatingMachine');
    const run = this.#run;
    const { machine } = this.#plan;
    const create = making(`Build machine ${checked.vmSize}`);
    const { machineId } = await create.createMachine(run, machine, checked.vmSize, checked.source, parts);
    const { resourceGroup, storageAccount } = run.staging;
    this.#record.hasLogs({ resourceGroup, storageAccount, container: 'logs' });
    return machineId;
  }

  async #capture(machine: Guest): Promise<void> {
    this.#record.enter('Capturing');
    await making('Deprovision, deallocate, generalize').captureMachine(this.#run, machine);
  }

  async #validate(checked: CheckedPlan, machineId: string, steps: StagedStep[]): Promise<void> {
    const { validate, machine } = this.#plan;
    if (validate === undefined) return;
    this.#record.enter('Validating');
    this.#undo.register({
      what: 'validation machine with its disks, network interface and image',
      kind: 'scaffold',
      run: () => removeValidationMachine(this.#run, machine),
    });
    const validator = await createValidationMachine(this.#run, this.#plan, checked, machineId);
    try {
      await this.#steps.runStage('Validating', validator, steps);
    } catch (error) {
      if (!validate.continueDistributeOnFailure || failureType(error) !== 'ValidatorFailed') throw error;
      this.#invalid = describeFailure(error, 'Validating', this.#steps.takeCurrent());
    }
  }

  async #distribute(checked: CheckedPlan, machineId: string): Promise<void> {
    this.#record.enter('Distributing');
    await Promise.all(this.#plan.distribute.map((target) => this.#distributeTo(target, checked, machineId)));
    const { outputs } = this.#record.status;
    if (outputs.every(({ state }) => state === 'Failed')) {
      const reasons = outputs.map(({ runOutputName, message }) => `${runOutputName}: ${message ?? 'failed'}`);
      throw ApplicationFailure.nonRetryable(`no output could be distributed: ${reasons.join('; ')}`, 'NoOutput');
    }
  }

  async #distributeTo(distributor: PlannedDistributor, checked: CheckedPlan, machineId: string): Promise<void> {
    const { runOutputName } = distributor;
    this.#record.output({ ...this.#output(runOutputName), state: 'Running' });
    this.#undo.register({
      what: `output ${runOutputName}`,
      kind: 'output',
      run: () => removing(`Remove output ${runOutputName}`).removeOutput(this.#run, this.#output(runOutputName)),
    });
    const { hyperVGeneration, exactVersion } = checked.source;
    const output = await executeChild<typeof distributeImage>('distributeImage', {
      workflowId: distributeWorkflowId(this.#plan.runId, runOutputName),
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: `Distribute ${runOutputName} (${distributor.type})`,
      args: [
        {
          run: this.#run,
          distributor,
          machineId,
          source: { hyperVGeneration, ...(exactVersion === undefined ? {} : { exactVersion }) },
        },
      ],
    });
    this.#record.output(output);
  }

  async finish(): Promise<BuildStatus> {
    const { status } = this.#record;
    await this.#cleanUp(true, this.#invalid);
    if (this.#invalid !== undefined) return this.#fail('Failed', this.#invalid);
    const complete = status.outputs.every(({ state }) => state === 'Succeeded');
    this.#record.ended(complete ? 'Succeeded' : 'PartiallySucceeded');
    return status;
  }

  /** Compensates, then ends as Temporal names it: cancelled, or failed with the whole status as the failure's detail. */
  async giveUp(error: unknown): Promise<never> {
    const { stage } = this.#record.status;
    const step = this.#steps.takeCurrent();
    const where = { stage, ...(step === undefined ? {} : { step }) };
    // The timeout cancels its own scope only, a person's cancel the whole run.
    const canceledByPerson = CancellationScope.current().consideredCancelled;
    if (canceledByPerson) {
      this.#record.dropOutputs('Canceled');
      await this.#cleanUp(false, undefined);
      this.#record.ended('Canceled', { type: 'Canceled', message: `canceled while ${stage}`, ...where });
      // What was under way may have ended otherwise meanwhile: with its worker, which can no longer say that it stopped.
      throw isCancellation(error) ? error : new CancelledFailure(`canceled while ${stage}`);
    }
    const timedOut = isCancellation(error);
    const failure = timedOut
      ? {
          type: 'BuildTimedOut',
          message: `the build took longer than buildTimeoutInMinutes (${this.#plan.buildTimeoutInMinutes})`,
          ...where,
        }
      : describeFailure(error, stage, step);
    this.#record.dropOutputs('Failed');
    await this.#cleanUp(false, failure);
    return this.#fail(timedOut ? 'TimedOut' : 'Failed', failure);
  }

  #fail(state: 'Failed' | 'TimedOut', failure: BuildFailure): never {
    this.#record.ended(state, failure);
    const { type, message } = failure;
    throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [this.#record.status] });
  }

  async #cleanUp(keepOutputs: boolean, failure: BuildFailure | undefined): Promise<void> {
    this.#record.enter('CleaningUp');
    this.#record.status.leftovers = await this.#undo.unwind(keepOutputs, asksToKeep(this.#plan, failure));
  }

  #output(runOutputName: string): OutputStatus {
    const output = this.#record.status.outputs.find((candidate) => candidate.runOutputName === runOutputName);
    if (output === undefined) throw new RangeError(`no output ${runOutputName}`);
    return output;
  }
}
