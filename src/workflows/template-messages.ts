/**
 * What passes between an image template that lives and everybody who uses it: updates, its one query, and what they
 * answer. Types and constants only. Times are ISO 8601; operation ids are GUIDs.
 */
import type { IdentityIds } from '../activities/contract.ts';
import type { BuildPlan } from '../template/build-plan.ts';
import type { WrittenTemplate } from '../template/plan-resource.ts';
import type { Leftover, OutputStatus, RunState } from './messages.ts';

/** Workflow id of a template: its resource id, in lower case, since Azure's ids are the same in any. */
export const templateWorkflowId = (templateId: string): string => templateId.toLowerCase();

/** Updates of workflow `imageTemplate`. Those that are refused are refused before they are in the history. */
export const TEMPLATE_UPDATES = {
  /** (request: PutRequest) => Accepted; by update-with-start, so that it makes the template where there is none. */
  put: 'put',
  /** (request: RunRequest) => RunAccepted */
  run: 'run',
  /** () => Accepted; answers when the cancellation is under way. Again: the same operation, as for `delete`. */
  cancel: 'cancel',
  /** () => Accepted; answers when the deletion is under way. */
  delete: 'delete',
  /** (request: TriggerRequest) => Accepted */
  putTrigger: 'putTrigger',
  /** (name: string) => Accepted */
  deleteTrigger: 'deleteTrigger',
} as const;

/** Query; answers a `TemplateView`, also of a template that was deleted. */
export const QUERY_TEMPLATE = 'template';
/** Query: `{ contexts, building }`, for whoever removes what a template left that was terminated. */
export const QUERY_STAGED = 'staged';
/** Signal: look now for a new version of the source, and not at the next turn. */
export const SIGNAL_CHECK_SOURCE = 'checkSource';

/** Signal (done: Distributed): what one of its runs had made was distributed again, or further. */
export const SIGNAL_DISTRIBUTED = 'distributed';

export interface Distributed {
  runId: string;
  /** All of the run's, and what was added. */
  outputs: OutputStatus[];
}

/** Memo of a template that has a trigger: its region. */
export const TRIGGER_MEMO = 'triggerIn';

/** How a refused update fails: `Conflict` with the service's words, `NotFound`, `ValidationFailed`. */
export type Refusal = 'Conflict' | 'NotFound' | 'ValidationFailed';

export interface Submission {
  plan: BuildPlan;
  resource: WrittenTemplate;
}

export interface PutRequest extends Submission {
  /** Refused where the template has been changed since this revision; 0: where there is one already. */
  ifRevision?: number;
  /** Nothing else has changed: a template that was good stays so, and the operation ends at once. */
  tagsOnly?: boolean;
}

/** Small, as it stays in the history: the template itself is what the query answers. */
export interface Accepted {
  operationId: string;
  revision: number;
  location: string;
}

export interface RunRequest {
  by: RunStarter;
  /** The same id again is answered with the same run. */
  requestId?: string;
  /** That it is the same request, so many seconds after its run began; absent: always. */
  repeatedWithin?: number;
  /** Nothing is run while source version, scripts, files and template are those of the last good run. */
  ifChanged?: boolean;
}

export type RunStarter = 'person' | 'autoRun' | 'schedule' | 'trigger';

export interface RunAccepted {
  operationId: string;
  /** Absent where nothing had changed. */
  runId?: string;
  skipped?: string;
}

export interface TriggerRequest {
  name: string;
}

export type ProvisioningState = 'Creating' | 'Updating' | 'Succeeded' | 'Failed' | 'Deleting' | 'Deleted';

export interface TemplateView {
  id: string;
  name: string;
  /** Counts what was put, from 1. */
  revision: number;
  plan: BuildPlan;
  resource: WrittenTemplate;
  provisioningState: ProvisioningState;
  provisioningError?: { provisioningErrorCode: string; message: string };
  /** As found when it was put, and by each run. */
  exactVersion?: string;
  /** As found when it was put: of what it downloads, by step key, and of its identities, by id. */
  digests?: Record<string, string>;
  identities?: Record<string, IdentityIds>;
  /** Resource id of the group in which its runs build. */
  stagingResourceGroup?: string;
  /** The last ones, newest first. */
  runs: TemplateRun[];
  triggers: TriggerView[];
  /** The last ones, newest first. */
  operations: OperationView[];
  /** Of the deletion. */
  leftovers: Leftover[];
}

export interface TemplateRun {
  runId: string;
  /** Of the template that it builds. */
  revision: number;
  by: RunStarter;
  state: RunState | 'Canceling';
  startTime: string;
  endTime?: string;
  message: string;
  outputs: OutputStatus[];
}

export interface TriggerView {
  name: string;
  kind: 'SourceImage';
  status: { code: 'Healthy' | 'Deactivated'; message: string; time: string };
}

export interface OperationView {
  id: string;
  status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  startTime: string;
  endTime?: string;
  error?: { code: string; message: string };
}
