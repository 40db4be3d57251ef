/** Builds, as a program sees them: over a Temporal client, with no credential of Azure's. */
import {
  Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Connection, ConnectionOptions, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { BuildPlan, PlannedDistributor, TargetRegion } from '../template/build-plan.ts';
import type { TemplateDigest } from '../template/template-digest.ts';
import { buildOptions } from '../workflows/build-options.ts';
import {
  buildWorkflowId,
  distributeWorkflowId,
  QUERY_OUTPUT,
  QUERY_STATUS,
  SEARCH_ATTRIBUTES,
  SIGNAL_FILES_SENT,
  TASK_QUEUE,
  WORKFLOWS,
} from '../workflows/messages.ts';
import type {
  AwaitedFiles,
  BuildStatus,
  Leftover,
  LogLinks,
  OutputStatus,
  PlanReport,
  RedistributeReport,
  RegionHeartbeat,
  StepHeartbeat,
  SweepReport,
  UploadRequest,
} from '../workflows/messages.ts';

import { PatchClient } from './patch-client.ts';
import { TemplateClient } from './template-client.ts';
import { connectToTemporal } from './temporal-connection.ts';

/** What is going on inside right now, from heartbeats: nothing of it is in the history. */
export interface Live {
  /** Last line of the running step. */
  lastLine?: string;
  /** Percent by run output name and region. */
  regions: Record<string, Record<string, number>>;
}

export interface BuildSummary {
  runId: string;
  templateName: string;
  state: string;
  startTime: Date;
  closeTime?: Date;
}

/** The run that has an id already. */
export interface Found {
  /** Temporal's own: `RUNNING`, `COMPLETED`, `FAILED`, … */
  state: string;
  /** It was asked to cancel. */
  canceling: boolean;
  /** Of its template; absent where it was not started as a build of its own. */
  digest?: TemplateDigest;
}

export interface ListOptions {
  limit?: number;
  /** A template's name. */
  template?: string;
  /** Started then or later. */
  since?: Date;
  state?: 'Completed';
}

const PAGE_SIZE = 100;

export interface TemporalAddress {
  connectionOptions: ConnectionOptions;
  namespace: string;
}

async function connect(options: TemporalAddress): Promise<{ client: Client; connection: Connection }> {
  const connection = await connectToTemporal(options.connectionOptions);
  return { client: new Client({ connection, namespace: options.namespace }), connection };
}

export class KilnClient {
  #client: Client;
  #connection: Connection;
  #address: string | undefined;

  private constructor(client: Client, connection: Connection, address: string | undefined) {
    this.#client = client;
    this.#connection = connection;
    this.#address = address;
  }

  static async connect(options: TemporalAddress): Promise<KilnClient> {
    const { client, connection } = await connect(options);
    return new KilnClient(client, connection, options.connectionOptions.address);
  }

  /** Over a connection that is there already, and is another's to close. */
  static over(client: Client, connection: Connection): KilnClient {
    return new KilnClient(client, connection, undefined);
  }

  /** Goes on with a Temporal that came back elsewhere; nothing happens while it is where it was. */
  async follow(options: TemporalAddress): Promise<void> {
    const { address } = options.connectionOptions;
    if (address === this.#address) return;
    const former = this.#connection;
    ({ client: this.#client, connection: this.#connection } = await connect(options));
    this.#address = address;
    await former.close();
  }

  get templates(): TemplateClient {
    return new TemplateClient(this.#client);
  }

  get patching(): PatchClient {
    return new PatchClient(this.#client);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /**
   * Starts the build; answers the one that has its id already, running or ended, as long as Temporal remembers it.
   * @param digest of the template, by which {@link Found} tells whether it is of the same one
   */
  async start(plan: BuildPlan, digest: TemplateDigest): Promise<Found | undefined> {
    const { memo, ...options } = buildOptions(plan);
    try {
      await this.#client.workflow.start(WORKFLOWS.buildImage, {
        ...options,
        memo: { ...memo, digest },
        taskQueue: TASK_QUEUE,
        args: [plan],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { status, memo: kept, raw } = await this.#handle(plan.runId).describe();
      const known = kept?.['digest'];
      return {
        state: status.name,
        canceling: raw.workflowExtendedInfo?.cancelRequested === true,
        ...(known === undefined ? {} : { digest: known as TemplateDigest }),
      };
    }
  }

  /** The status, of a running or a finished build. Needs a worker, which answers the query. */
  async status(runId: string): Promise<BuildStatus> {
    const { status: closed, memo } = await this.#handle(runId).describe();
    const status = await this.#handle(runId)
      .query<BuildStatus>(QUERY_STATUS)
      .catch((error: unknown) => {
        // Ended before a worker had taken it up: there is nobody who could answer.
        if (closed.name === 'TERMINATED' || closed.name === 'TIMED_OUT') return emptyStatus(runId, nameIn(memo));
        throw error;
      });
    // The workflow itself never learns that it was ended from outside.
    if (closed.name !== 'TERMINATED' && closed.name !== 'TIMED_OUT') return status;
    const message = `the run was ${closed.name === 'TERMINATED' ? 'terminated' : 'timed out'} in Temporal without its clean-up: kiln sweep does it`;
    return { ...status, state: 'Failed', failure: { type: 'Terminated', message, stage: status.stage } };
  }

  /** Temporal's own view: false once the workflow has closed, whatever the result. */
  async isRunning(runId: string): Promise<boolean> {
    const { status } = await this.#handle(runId).describe();
    return status.name === 'RUNNING';
  }

  async exists(runId: string): Promise<boolean> {
    try {
      await this.#handle(runId).describe();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** Workflow and run, for a link to the Web UI. */
  async execution(runId: string): Promise<{ workflowId: string; runId: string }> {
    const { workflowId, runId: run } = await this.#handle(runId).describe();
    return { workflowId, runId: run };
  }

  async live(status: BuildStatus): Promise<Live> {
    const live: Live = { regions: {} };
    if (status.steps.some(({ state }) => state === 'Running')) {
      const beats = await this.#heartbeats(this.#handle(status.runId));
      const step = beats.find((beat): beat is StepHeartbeat => 'stepKey' in beat);
      if (step?.lastLine !== undefined) live.lastLine = step.lastLine;
    }
    if (status.stage === 'Distributing') {
      await Promise.all(
        status.outputs
          .filter(({ state, type }) => state === 'Running' && type === 'SharedImage')
          .map(async ({ runOutputName }) => {
            const child = this.#client.workflow.getHandle(distributeWorkflowId(status.runId, runOutputName));
            const [beats, output] = await Promise.all([
              this.#heartbeats(child),
              child.query<OutputStatus>(QUERY_OUTPUT),
            ]).catch((): [object[], undefined] => [[], undefined]);
            const done = (output?.regions ?? [])
              .filter(({ state }) => state === 'Succeeded')
              .map(({ name }) => [name, 100]);
            const moving = beats
              .filter((beat): beat is RegionHeartbeat => 'region' in beat)
              .map(({ region, progress }) => [region, progress]);
            live.regions[runOutputName] = Object.fromEntries([...moving, ...done]) as Record<string, number>;
          }),
      );
    }
    return live;
  }

  async cancel(runId: string): Promise<void> {
    await this.#handle(runId).cancel();
  }

  /** Newest first. */
  async list({ limit = 100, template, since, state }: ListOptions = {}): Promise<BuildSummary[]> {
    const builds: BuildSummary[] = [];
    const conditions = [
      `WorkflowType = '${WORKFLOWS.buildImage}'`,
      ...(template === undefined ? [] : [`${SEARCH_ATTRIBUTES.template} = '${template.replaceAll("'", "''")}'`]),
      ...(since === undefined ? [] : [`StartTime >= '${since.toISOString()}'`]),
      ...(state === undefined ? [] : [`ExecutionStatus = '${state}'`]),
    ];
    const pageSize = Math.min(limit, PAGE_SIZE);
    for await (const found of this.#client.workflow.list({ query: conditions.join(' AND '), pageSize })) {
      builds.push({
        runId: found.workflowId.slice(buildWorkflowId('').length),
        templateName: nameIn(found.memo),
        state: found.status.name,
        startTime: found.startTime,
        ...(found.closeTime === undefined ? {} : { closeTime: found.closeTime }),
      });
      if (builds.length === limit) break;
    }
    return builds;
  }

  /** A run's status as it ended, without a worker where Temporal itself has kept it. */
  async result(runId: string): Promise<BuildStatus> {
    const { status } = await this.#handle(runId).describe();
    // A cancelled run has no result, one that goes on none yet.
    if (status.name !== 'COMPLETED' && status.name !== 'FAILED') return this.status(runId);
    try {
      return (await this.#handle(runId).result()) as BuildStatus;
    } catch (error) {
      return (failureOf(error)?.details?.[0] as BuildStatus | undefined) ?? this.status(runId);
    }
  }

  /** What a build would make. Rejects with InvalidPlan's problems as a build would. */
  plan(plan: BuildPlan): Promise<PlanReport> {
    return this.#errand<PlanReport>(WORKFLOWS.planImage, `kiln-plan/${plan.runId}`, plan);
  }

  /** Signed addresses of log blobs, valid for an hour. */
  logLinks(status: BuildStatus, blobs: string[]): Promise<LogLinks> {
    if (status.logs === undefined) return Promise.resolve({});
    const [, , subscriptionId = ''] = status.templateId.split('/');
    const request = { ...status.logs, subscriptionId, blobs };
    return this.#errand<LogLinks>(WORKFLOWS.issueLogLinks, `kiln-logs/${status.runId}/${Date.now()}`, request);
  }

  /** Signed addresses for what a run awaits, by digest; empty for what is there already. */
  uploadLinks(runId: string, subscriptionId: string, awaited: AwaitedFiles): Promise<Record<string, string>> {
    const { files, ...where } = awaited;
    const request: UploadRequest = { ...where, subscriptionId, digests: files.map(({ sha256 }) => sha256) };
    return this.#errand(WORKFLOWS.issueUploadLinks, `kiln-upload/${runId}/${Date.now()}`, request);
  }

  async filesSent(runId: string): Promise<void> {
    await this.#handle(runId).signal(SIGNAL_FILES_SENT);
  }

  /** The plan that a run was started with. */
  async planOf(runId: string): Promise<BuildPlan> {
    const { history } = await this.#client.workflowService.getWorkflowExecutionHistory({
      namespace: this.#client.options.namespace,
      execution: { workflowId: buildWorkflowId(runId) },
      maximumPageSize: 1,
    });
    const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (payload === undefined) throw new Error(`the run ${runId} has no plan in its history`);
    return defaultPayloadConverter.fromPayload<BuildPlan>(payload);
  }

  /** Removes a finished build's staging group with its logs. */
  async delete(runId: string): Promise<{ removed: string[]; leftovers: Leftover[] }> {
    return this.#errand(WORKFLOWS.deleteBuild, `kiln-delete/${runId}`, { plan: await this.planOf(runId) });
  }

  /** Distributes again what a run made; rejects with the report as detail where not all of it succeeded. */
  async redistribute(
    plan: BuildPlan,
    regions: TargetRegion[],
    more: PlannedDistributor[],
  ): Promise<RedistributeReport> {
    const { outputs } = await this.status(plan.runId);
    const workflowId = `kiln-distribute/${plan.runId}`;
    for (;;) {
      try {
        const work = { plan, outputs, regions, more };
        return await this.#errand(WORKFLOWS.redistributeImage, workflowId, work, 'FAIL');
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        // It may do other work than this: its end is waited for, however it ends.
        const other = this.#client.workflow.getHandle(workflowId).result();
        await other.catch(() => {});
      }
    }
  }

  /** Undoes builds that were terminated at least so long ago; those undone before are left out. */
  sweep(olderThanSeconds: number): Promise<SweepReport[]> {
    return this.#errand<SweepReport[]>(WORKFLOWS.sweepBuilds, 'kiln-sweep', { olderThanSeconds });
  }

  async #errand<T>(
    workflow: string,
    workflowId: string,
    argument: unknown,
    workflowIdConflictPolicy: 'FAIL' | 'USE_EXISTING' = 'USE_EXISTING',
  ): Promise<T> {
    const handle = await this.#client.workflow.start(workflow, {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [argument],
      workflowIdConflictPolicy,
    });
    return handle.result() as Promise<T>;
  }

  #handle(runId: string): WorkflowHandle {
    return this.#client.workflow.getHandle(buildWorkflowId(runId));
  }

  async #heartbeats(handle: WorkflowHandle): Promise<object[]> {
    const { raw } = await handle.describe();
    return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) =>
      (heartbeatDetails?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<object>(payload)),
    );
  }
}

function emptyStatus(runId: string, templateName: string): BuildStatus {
  const nothing = { stages: [], steps: [], outputs: [], leftovers: [], warnings: [] };
  return { runId, templateName, templateId: '', state: 'Failed', stage: 'Checking', ...nothing };
}

function nameIn(memo: Record<string, unknown> | undefined): string {
  const name = memo?.['templateName'];
  return typeof name === 'string' ? name : '';
}

/** What a workflow failed of: Kiln's own failure inside of all that Temporal wraps it in. */
export function failureOf(error: unknown): ApplicationFailure | undefined {
  let current: unknown = error instanceof WorkflowFailedError ? error.cause : undefined;
  while (current instanceof Error && !(current instanceof ApplicationFailure)) current = current.cause;
  return current instanceof ApplicationFailure ? current : undefined;
}

export { WorkflowNotFoundError };
