/**
 * What passes between a run and everybody who looks at it: its status, its result, and the names of queries and
 * search attributes. Types and constants only, so that the client can import it without the workflow.
 */
export type {
  OperationHeartbeat,
  PlanReport,
  RegionHeartbeat,
  StepHeartbeat,
  UploadRequest,
} from '../activities/contract.ts';

export const TASK_QUEUE = 'kiln';

/** Workflow id of a run: `kiln-build/<run id>`. */
export const buildWorkflowId = (runId: string): string => `kiln-build/${runId}`;

/**
 * The stages of a build, in order; the words are Azure Image Builder's where it has one. Those that a template has no
 * use for are left out.
 */
export const STAGES = [
  'Checking',
  'Provisioning',
  'CopyingSource',
  'CreatingMachine',
  'Customizing',
  'Optimizing',
  'Capturing',
  'Validating',
  'Distributing',
  'CleaningUp',
] as const;
export type Stage = (typeof STAGES)[number];

export type RunState = 'Running' | 'Succeeded' | 'PartiallySucceeded' | 'Failed' | 'Canceled' | 'TimedOut';

/** The answer of query `buildStatus`, and, once the run has ended, its result. Times are ISO 8601. */
export interface BuildStatus {
  runId: string;
  templateName: string;
  templateId: string;
  state: RunState;
  stage: Stage;
  stages: StageStatus[];
  /** As pinned by pre-flight; absent before. */
  source?: string;
  exactVersion?: string;
  /** Of the build machine, as pinned by pre-flight. */
  machine?: { vmSize: string; osType: 'Linux' | 'Windows'; osDiskSizeGB?: number };
  /** sha256 of what was downloaded for it, by step key. */
  digests?: Record<string, string>;
  steps: StepStatus[];
  outputs: OutputStatus[];
  /** Why the run did not succeed. */
  failure?: BuildFailure;
  /** Resources that clean-up could not remove, with the reason; empty when nothing was left. */
  leftovers: Leftover[];
  /** Where logs and staged files stay until the build is deleted. */
  logs?: { resourceGroup: string; storageAccount: string; container: string };
  warnings: string[];
  /** Files that the run waits for, which only a client has; absent once they are there. */
  awaits?: AwaitedFiles;
}

export interface AwaitedFiles {
  resourceGroup: string;
  storageAccount: string;
  files: Array<{ path: string; sha256: string; bytes: number }>;
}

export interface StageStatus {
  stage: Stage;
  startTime: string;
  endTime?: string;
}

export interface StepStatus {
  role: 'customizer' | 'optimizer' | 'validator';
  /** Counts from 0 within its role. */
  index: number;
  /** First part of the names of its log blobs, `<key>/stdout.log` and `<key>/stderr.log`. */
  key: string;
  name: string;
  type: string;
  state: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Canceled';
  startTime?: string;
  endTime?: string;
  /** How often it was tried again; each try has logs of its own, `<key>-retry-<n>/…`. */
  retries?: number;
  exitCode?: number;
  /** Last 2 KB of stdout and of stderr. */
  outputTail?: string;
  errorTail?: string;
  /** Blob names in the log container. */
  stdoutBlob?: string;
  stderrBlob?: string;
  /** What else a person should know, as that the machine restarted. */
  note?: string;
}

export interface OutputStatus {
  runOutputName: string;
  type: 'SharedImage' | 'ManagedImage' | 'VHD';
  state: 'Pending' | 'Running' | 'Succeeded' | 'PartiallySucceeded' | 'Failed' | 'Canceled';
  /** Resource id of the image or image version. */
  artifactId?: string;
  /** Blob address of a VHD, without a signature. */
  artifactUri?: string;
  version?: string;
  regions: RegionStatus[];
  message?: string;
}

export interface RegionStatus {
  name: string;
  state: 'Pending' | 'Replicating' | 'Succeeded' | 'Failed';
  /** 0 to 100. */
  progress: number;
  attempts: number;
  message?: string;
}

export interface BuildFailure {
  /** A `type` of the table in azure/errors.ts, as in `CustomizerFailed`. */
  type: string;
  message: string;
  stage: Stage;
  step?: string;
  exitCode?: number;
  /** JSON-path problems of a plan that Azure cannot take (type `InvalidPlan`). */
  problems?: Array<{ path: string; message: string }>;
  /** Azure's own code, target and correlation id, where it gave them. */
  azure?: { code?: string; target?: string; correlationId?: string; statusCode?: number };
}

export interface Leftover {
  id: string;
  reason: string;
}

export const QUERY_STATUS = 'buildStatus';

/** To a run that awaits files: they are in its staging account. */
export const SIGNAL_FILES_SENT = 'filesSent';

/** Typed search attributes; all Keyword. Registered by the embedded server and by `kiln worker` at start. */
export const SEARCH_ATTRIBUTES = {
  template: 'KilnTemplate',
  stage: 'KilnStage',
  source: 'KilnSourceImage',
  target: 'KilnTargetDefinition',
} as const;

/** Workflow types, by name, so that the client need not import workflow code. */
export const WORKFLOWS = {
  /** (plan: BuildPlan) => BuildStatus; fails with `BuildFailure` as details, is cancelled as Temporal's Canceled. */
  buildImage: 'buildImage',
  /** (plan: BuildPlan) => PlanReport; asks Azure, creates nothing. */
  planImage: 'planImage',
  /** (request: LogRequest) => LogLinks; signed read addresses of a run's logs. */
  issueLogLinks: 'issueLogLinks',
  /** (request: UploadRequest) => signed write addresses by digest, for files that only the client has. */
  issueUploadLinks: 'issueUploadLinks',
  /** (request: { plan: BuildPlan }) => { removed: string[]; leftovers: Leftover[] }; `kiln delete`: logs and staging group go. */
  deleteBuild: 'deleteBuild',
  /** (start: { id }) => TemplateView once it is deleted; see template-messages.ts. */
  imageTemplate: 'imageTemplate',
  /** (request: PatchRequest) => PatchReport; see patch-messages.ts. */
  patchImages: 'patchImages',
  /** (request: RetentionRequest) => RetentionReport; see patch-messages.ts. */
  retainVersions: 'retainVersions',
  /** (work: { plan, outputs, regions, more }) => RedistributeReport; fails with it as detail. */
  redistributeImage: 'redistributeImage',
  /** (request: SweepRequest) => SweepReport[]; undoes builds that were terminated. Scheduled by the worker. */
  sweepBuilds: 'sweepBuilds',
} as const;

export interface SweepRequest {
  /** Activities of a terminated build may still be ending, so it is left alone for a while. */
  olderThanSeconds: number;
}

export interface SweepReport {
  workflowId: string;
  removed: string[];
  leftovers: Leftover[];
}

export interface LogRequest {
  resourceGroup: string;
  storageAccount: string;
  subscriptionId: string;
  container: string;
  /** Blob names asked for; links are valid for an hour. */
  blobs: string[];
}

export type LogLinks = Record<string, string>;

/** Child workflow of one distributor; the client describes it to see how far each region is. */
export const distributeWorkflowId = (runId: string, runOutputName: string): string =>
  `${buildWorkflowId(runId)}/${runOutputName}`;

/** Query of the child workflow `distributeImage`; answers an `OutputStatus`. */
export const QUERY_OUTPUT = 'outputStatus';

/** Query of workflow `redistributeImage`; answers a `RedistributeReport`. */
export const QUERY_REDISTRIBUTE = 'redistribution';

export interface RedistributeReport {
  outputs: OutputStatus[];
  leftovers: Leftover[];
}
