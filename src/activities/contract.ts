/**
 * What the workflows ask of the activities. Each stage implements its part as `createXActivities(azure)`;
 * src/activities/index.ts puts them together. Arguments are kept small on purpose: they are written to history.
 */
import type {
  BuildPlan,
  ManagedImageDistributor,
  FileCustomizer,
  PlannedCustomizer,
  PlannedMachine,
  PowerShellCustomizer,
  ResolvedSource,
  SharedImageDistributor,
  ShellCustomizer,
  StagingNames,
  TargetRegion,
  VhdDistributor,
  WindowsRestartCustomizer,
  WindowsUpdateCustomizer,
} from '../template/build-plan.ts';

import type { Link } from '../template/chains.ts';
import type { NeededPermissions } from '../template/permissions.ts';

/** What every activity of a run needs to know; a few hundred bytes. */
export interface RunContext {
  runId: string;
  templateId: string;
  subscriptionId: string;
  location: string;
  staging: StagingNames;
  /** Written on everything made; holds the ownership tag. */
  tags: Record<string, string>;
  /** The staging group is the template's own (`stagingResourceGroup`): its contents go, it stays. */
  ownGroup?: true;
  /** Where not one run is meant but all of a template's: what their ids begin with. */
  runsNamed?: string;
}

/** A machine of the build, by name, and what it runs. */
export interface Guest {
  name: string;
  osType: 'Linux' | 'Windows';
}

/** What a step is for; a failure is named by it. */
export type StepRole = 'customizer' | 'optimizer' | 'validator';

/** A step of any role, as planned. */
export type RunStep = PlannedCustomizer & { role: StepRole };

export interface CheckedPlan {
  source: ResolvedSource;
  vmSize: string;
  /** sha256 (lower-case hex) of each downloaded script and file, by step key; pins the content that is staged later. */
  digests: Record<string, string>;
  /** Of the template itself, by id as the plan has it. */
  identities?: Record<string, IdentityIds>;
}

/** What Azure gave a user-assigned identity. */
export interface IdentityIds {
  principalId: string;
  clientId: string;
}

/** One step, ready to run: in place of its script or address, a blob in container `files` of the staging account. */
export type StagedStep = { role: StepRole } & (
  | Staged<ShellCustomizer>
  | Staged<PowerShellCustomizer>
  | Staged<FileCustomizer>
  | WindowsRestartCustomizer
  | WindowsUpdateCustomizer
);

type Staged<T> = Omit<T, 'script' | 'sourceUri' | 'file'> & { blob: string; sha256: string };

export interface StepResult {
  exitCode: number;
  startTime: string;
  endTime: string;
  /** Last 2 KB of each. */
  outputTail: string;
  errorTail: string;
  /** Blob names in container `logs`. */
  stdoutBlob: string;
  stderrBlob: string;
  /** What else a person should know: that the machine restarted, how many updates were installed. */
  note?: string;
}

export interface RegionProgress {
  state: 'Succeeded' | 'Failed';
  message?: string;
}

export interface Removal {
  removed: string[];
  /** Resources that are there but are not ours, or cannot be removed, with the reason. */
  leftovers: Array<{ id: string; reason: string }>;
}

export interface CheckActivities {
  /**
   * Asks Azure about everything the plan names; throws `InvalidPlan` with all problems at once. Creates nothing.
   * @param options `forBuild` false: nothing is built now, so what is in the way of outputs is no problem
   */
  checkPlan(plan: BuildPlan, options?: { forBuild: boolean }): Promise<CheckedPlan>;
  /** Exact version behind the source as it is now; undefined where there is none. */
  findSourceVersion(plan: BuildPlan): Promise<string | undefined>;
  /** The version number a `latest` scheme gives now; used by `kiln plan` and before publishing. */
  chooseVersion(distributor: SharedImageDistributor, sourceVersion?: string): Promise<string>;
  /** Everything that `kiln plan` shows; the same checks as `checkPlan`, and creates nothing either. */
  reportPlan(plan: BuildPlan): Promise<PlanReport>;
}

export interface StagingActivities {
  createStagingGroup(run: RunContext): Promise<void>;
  /** Storage account with containers `files`, `logs` and `vhds`. */
  createStagingStorage(run: RunContext): Promise<void>;
  /** Network, subnet, security group (nothing in), public IP (egress) and NIC; only a NIC when `subnetId` is given. */
  createStagingNetwork(run: RunContext, subnetId?: string): Promise<{ networkInterfaceId: string }>;
  /** NIC, and public IP for egress, of one more machine in the same network. */
  createMachineNetwork(
    run: RunContext,
    machineName: string,
    subnetId?: string,
  ): Promise<{ networkInterfaceId: string }>;
}

export interface SourceActivities {
  /** Downloads each script and file, checks its digest, stages it as a blob. Idempotent: blobs are named by step key. */
  stageArtifacts(run: RunContext, steps: RunStep[], digests: Record<string, string>): Promise<StagedStep[]>;
  /**
   * The OS disk from the pinned image. None where the machine is made from the image itself: a managed image cannot be
   * the source of a disk, and a generalized Windows has to be set up by Azure.
   */
  copySourceDisk(run: RunContext, source: ResolvedSource, osDiskSizeGB: number): Promise<{ osDiskId?: string }>;
}

export interface MachineActivities {
  /** Creates the machine and waits until its guest agent is ready. */
  createMachine(
    run: RunContext,
    machine: PlannedMachine,
    vmSize: string,
    source: ResolvedSource,
    parts: { osDiskId?: string; networkInterfaceId: string },
  ): Promise<{ machineId: string }>;
}

export interface StepActivities {
  /**
   * Runs one step through managed Run Command, named by step, and waits for its end; found again, not started again,
   * by a retry. Heartbeats `StepHeartbeat`. Throws `CustomizerFailed`, `ValidatorFailed` or `OptimizerFailed` (details:
   * StepResult) where the exit code is not one that the step allows.
   */
  runStep(run: RunContext, guest: Guest, step: StagedStep): Promise<StepResult>;
}

export interface CaptureActivities {
  /** Deprovisions (Windows: Sysprep), deallocates and generalizes the machine. */
  captureMachine(run: RunContext, guest: Guest): Promise<void>;
  /** A managed image of the captured machine in the staging group, for the machine that validates it. */
  createOutputImage(
    run: RunContext,
    machineId: string,
    name: string,
    generation: 'V1' | 'V2',
  ): Promise<{ imageId: string }>;
}

export interface DistributeActivities {
  /**
   * `sourceId` is what outputs are made from: the captured machine, or of a run that has ended an image version, a
   * managed image (for versions), a disk (for managed images). PUTs the version with all its regions; returns once Azure has accepted it. Throws `VersionTaken` if another owns it.
   */
  publishVersion(
    run: RunContext,
    distributor: SharedImageDistributor,
    version: string,
    sourceId: string,
  ): Promise<{ versionId: string }>;
  /** Waits until the region is replicated or has failed; heartbeats `RegionHeartbeat`. A failed region is a value, not a throw. */
  awaitRegion(run: RunContext, versionId: string, runOutputName: string, region: TargetRegion): Promise<RegionProgress>;
  /** Re-puts the complete target set so that the named regions are tried again; finished regions are not touched. */
  retryRegions(
    run: RunContext,
    distributor: SharedImageDistributor,
    version: string,
    machineId: string,
    regions: string[],
  ): Promise<void>;
  createManagedImage(
    run: RunContext,
    distributor: ManagedImageDistributor,
    sourceId: string,
    generation: 'V1' | 'V2',
  ): Promise<{ artifactId: string }>;
  /** Grants read access to a disk of the staging group, copies it server-side to the target blob, revokes access. Heartbeats the progress. */
  exportVhd(run: RunContext, distributor: VhdDistributor, diskName: string): Promise<{ artifactUri: string }>;
}

/** Each is an undo: idempotent, safe when nothing was made, checks the ownership tag before each delete. */
export interface CleanupActivities {
  /** The machine, then its disks, whether `copySourceDisk` made them or the machine's creation. */
  removeMachine(run: RunContext, machine: { name: string; dataDisks: number }): Promise<Removal>;
  /** What a machine validates, then the NIC and public IP of that machine. */
  removeOutputImage(run: RunContext, name: string): Promise<Removal>;
  removeMachineNetwork(run: RunContext, machineName: string, ownNetwork: boolean): Promise<Removal>;
  /** NIC, public IP, network, security group, in the order their dependencies allow. */
  removeNetwork(run: RunContext, ownNetwork: boolean): Promise<Removal>;
  /**
   * The staging group with all that is left in it: used by `kiln delete`, and when a run ends before it has logs. Of a
   * group of the template's own, this run's resources and Kiln's tags.
   */
  removeStagingGroup(run: RunContext): Promise<Removal>;
  /** A run output: image, image version or VHD blob that this run made. */
  removeOutput(run: RunContext, output: { type: string; artifactId?: string; artifactUri?: string }): Promise<Removal>;
}

export interface LogActivities {
  issueLogLinks(request: {
    resourceGroup: string;
    storageAccount: string;
    subscriptionId: string;
    container: string;
    blobs: string[];
  }): Promise<Record<string, string>>;
}

export interface UploadRequest {
  subscriptionId: string;
  resourceGroup: string;
  storageAccount: string;
  /** Lower-case hexadecimal digits. */
  digests: string[];
}

export interface UploadActivities {
  /** Signed addresses, by digest, that a file of the client's may be written to; empty for those that are there. */
  issueUploadLinks(request: UploadRequest): Promise<Record<string, string>>;
}

/** One execution of a workflow; the id alone names all of them. */
export interface Execution {
  workflowId: string;
  executionId: string;
}

export interface AbandonedBuild {
  plan: BuildPlan;
  outputs: Array<{ runOutputName: string; type: string; artifactId?: string; artifactUri?: string }>;
  /** Whether it came as far as having logs, which stay until the build is deleted. */
  hasLogs: boolean;
}

/** How the build's workflow is asked; the workflows, which know, say so. */
export interface RecallQueries {
  status: string;
  /** Of the child `<workflowId>/<runOutputName>`, which knows its output while it is still being made. */
  output: string;
}

export interface SweepActivities {
  /** Executions that were terminated, or timed out by Temporal, at least so long ago. */
  findAbandonedBuilds(request: { workflowType: string; olderThanSeconds: number }): Promise<Execution[]>;
  /** What it was making; undefined once a later build has taken its name and with it its resources. */
  recallBuild(execution: Execution, queries: RecallQueries): Promise<AbandonedBuild | undefined>;
  /** What a template had staged. @throws StillRunning while a run of its goes on, which builds there */
  recallTemplate(execution: Execution, asking: { query: string; buildPrefix: string }): Promise<RunContext[]>;
}

export interface GalleryVersion {
  id: string;
  name: string;
  /** ISO 8601; empty where Azure gives none. */
  published: string;
  /** Usable, and offered as latest. */
  good: boolean;
  /** Neither being made nor being deleted. */
  settled: boolean;
  byKiln: boolean;
}

export interface RetentionActivities {
  /** What running workflows of this type have in this search attribute. */
  findSourcesInUse(request: { workflowType: string; attribute: string }): Promise<string[]>;
  listVersions(imageDefinitionId: string): Promise<GalleryVersion[]>;
  /** Gone already is done. @throws Refused where it does not carry Kiln's tags */
  removeVersion(versionId: string): Promise<void>;
}

export interface RedistributeActivities {
  /** Id of the version in the definition that this run published, if it did. */
  findOwnVersion(run: RunContext, imageDefinitionId: string): Promise<string | undefined>;
  /** Adds regions to a version of the run, and tries failed ones again; those that are good are left as they are. */
  putRegions(run: RunContext, versionId: string, regions: TargetRegion[]): Promise<{ tried: string[] }>;
  /** A disk in the staging group, which is made again where it has gone with the logs. */
  copyVersionToDisk(
    run: RunContext,
    versionId: string,
  ): Promise<{ diskId: string; diskName: string; generation: 'V1' | 'V2' }>;
  /** That disk, and the group where nothing else is in it. */
  removeCopiedDisk(run: RunContext): Promise<Removal>;
}

/** A template that lives: how it is linked to others, and its tags. */
export interface KnownTemplate extends Link {
  tags: Record<string, string>;
  /** Of a source in a gallery; ends in the exact version, or in `latest`. */
  sourceVersionId?: string;
  /** Exact version of the source that its last good run was built on. */
  usedVersion?: string;
  /** A run of it is under way. */
  running: boolean;
}

export interface TemplateRunResult {
  state: 'Succeeded' | 'PartiallySucceeded' | 'Failed' | 'Skipped';
  runId?: string;
  reason?: string;
}

/** How the workflows of templates are asked; the workflows, which know, say so. */
export interface TemplateActivities {
  /** @param request `within` is a subscription's or a resource group's id; `workflowIds` are looked at besides */
  findTemplates(request: {
    workflowType: string;
    query: string;
    within: string;
    workflowIds?: string[];
  }): Promise<KnownTemplate[]>;
  /** Starts a run, or finds the one of a former attempt by its request id, and waits for its end. Cancelled, it cancels it. */
  runTemplate(request: {
    workflowId: string;
    update: string;
    cancel: string;
    query: string;
    buildPrefix: string;
    run: { requestId: string; ifChanged?: boolean };
  }): Promise<TemplateRunResult>;
  /**
   * Called where a scheduled workflow is about to fail: pauses its schedule when it is the last of so many in a row. What
   * pauses has `pausedSchedule` in its memo, and failures are counted from there.
   */
  pauseIfFailing(schedule: { id: string; pauseAfter: number }): Promise<{ failures: number; paused: boolean }>;
}

export type BuildActivities = CheckActivities &
  StagingActivities &
  SourceActivities &
  MachineActivities &
  StepActivities &
  CaptureActivities &
  DistributeActivities &
  CleanupActivities &
  LogActivities &
  UploadActivities &
  SweepActivities &
  RedistributeActivities &
  RetentionActivities &
  TemplateActivities;

export interface PlanReport {
  plan: BuildPlan;
  source: {
    description: string;
    exactVersion?: string;
    osType: string;
    hyperVGeneration: string;
    osDiskSizeGB?: number;
  };
  vmSize: string;
  /** What would be created, in order. */
  resources: Array<{ type: string; id: string; note?: string }>;
  /** Exact version number that a `latest` scheme would give now, by run output name. */
  versions: Record<string, string>;
  /** What the build's identity must be allowed to do, a scope at a time. Absent: not known. */
  permissions?: NeededPermissions[];
}

/** Heartbeat details of a running customizer, read by the client from the pending activity. */
export interface StepHeartbeat {
  stepKey: string;
  lastLine?: string;
}

/** Heartbeat details of a region being replicated. */
export interface RegionHeartbeat {
  runOutputName: string;
  region: string;
  progress: number;
}

/** Any other heartbeat says what is waited for; `operationUrl` lets a new worker resume the wait. */
export interface OperationHeartbeat {
  operationUrl?: string;
  waitingFor: string;
}
