/**
 * The gateway before a local Azure, in this process, with a Temporal and a worker of its own. What the worker does waits
 * at a gate, so that the work for a template is under way for as long as a recording says so.
 */
import { Context } from '@temporalio/activity';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { Hono } from 'hono';
import { pino } from 'pino';
import { createActivities } from '../../src/activities/index.ts';
import type { BuildActivities } from '../../src/activities/contract.ts';
import { createAzure } from '../../src/azure/environment.ts';
import { readSettings } from '../../src/client/settings.ts';
import { TemplateClient } from '../../src/client/template-client.ts';
import { createApp } from '../../src/gateway/app.ts';
import { createAuthenticator } from '../../src/gateway/authenticate.ts';
import { createTemplateRoutes } from '../../src/gateway/image-templates.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import { buildWorkflowId, QUERY_STATUS, SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../src/workflows/messages.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { templateWorkflowId } from '../../src/workflows/template-messages.ts';
import type { TestAzure } from '../local-azure/support.ts';
import { temporalExecutable } from '../support/temporal.ts';
import type { Answer } from './compare.ts';
import type { Json } from './recordings.ts';

const SETTLES_WITHIN_MS = 60_000;

export interface TestGateway {
  call(method: string, path: string, body?: Json): Promise<Answer>;
  /** What is under way in the template goes on and ends. @param templateId in any case */
  settle(templateId: string): Promise<void>;
  close(): Promise<void>;
}

/** @param whenOpen told when what waits may go on, and when not any more */
export async function startTestGateway(azure: TestAzure, whenOpen: (open: boolean) => void): Promise<TestGateway> {
  quiet();
  const [environment, codePath] = await Promise.all([
    TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: await temporalExecutable() },
        extraArgs: Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      },
    }),
    workflowBundle(readSettings({}).cacheDir),
  ]);
  const gate = new Gate();
  const { connection, clients } = azure;
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath },
    activities: behind(gate, createActivities(createAzure({ endpoint: connection.endpoint }, clients.credential))),
    maxHeartbeatThrottleInterval: '100ms',
  });
  const running = worker.run();
  const { client } = environment;
  const templates = new TemplateClient(client);
  const tokens = { authorityHost: connection.authorityHost, tenantId: connection.tenantId, audiences: [] };
  const app = createApp({
    upstream: { endpoint: connection.endpoint, keepHost: true },
    passesTokens: true,
    tokens,
    authenticate: createAuthenticator(tokens),
    roles: { readers: [], contributors: ['*'] },
    page: new Hono(),
    answer: createTemplateRoutes({
      templates,
      build: (runId) =>
        client.workflow
          .getHandle(buildWorkflowId(runId))
          .query<BuildStatus>(QUERY_STATUS)
          .catch(() => undefined),
    }),
    log: pino(pino.destination(2)),
  });
  return {
    async call(method, path, body) {
      const { token } = await clients.credential.getToken('https://management.azure.com/.default');
      const answer = await app.request(`${connection.endpoint}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: text === '' ? undefined : (JSON.parse(text) as Json),
      };
    },
    async settle(templateId) {
      whenOpen(true);
      const deadline = Date.now() + SETTLES_WITHIN_MS;
      for (;;) {
        const view = await templates.last(templateId);
        const open = (view?.operations ?? []).filter(({ status }) => status === 'InProgress');
        if (open.length === 0) break;
        if (Date.now() > deadline) throw new Error(`${templateId} goes on: ${JSON.stringify(view?.runs[0])}`);
        gate.admit([templateWorkflowId(templateId), ...(view?.runs ?? []).map(({ runId }) => buildWorkflowId(runId))]);
      }
      gate.admit([]);
      whenOpen(false);
    },
    async close() {
      gate.admit(['']);
      worker.shutdown();
      await running;
      await environment.teardown();
    },
  };
}

/** Lets through what is done for the workflows that are admitted. */
class Gate {
  #admitted: string[] = [];
  #waiting: Array<{ workflowId: string; pass: () => void }> = [];

  /** These and their children, and no others. */
  admit(workflowIds: string[]): void {
    this.#admitted = workflowIds;
    this.#waiting = this.#waiting.filter(({ workflowId, pass }) => {
      const passes = this.#passes(workflowId);
      if (passes) pass();
      return !passes;
    });
  }

  passed(workflowId: string): Promise<void> {
    if (this.#passes(workflowId)) return Promise.resolve();
    return new Promise((pass) => void this.#waiting.push({ workflowId, pass }));
  }

  #passes(workflowId: string): boolean {
    return this.#admitted.some((one) => one === '' || workflowId === one || workflowId.startsWith(`${one}/`));
  }
}

function behind(gate: Gate, activities: BuildActivities): BuildActivities {
  const waiting = Object.entries(activities).map(([name, work]) => [
    name,
    async (...args: unknown[]) => {
      await gate.passed(Context.current().info.workflowExecution?.workflowId ?? '');
      return (work as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(waiting) as unknown as BuildActivities;
}

let quieted = false;

/** Once a process: the SDK says more than a test wants to read. */
function quiet(): void {
  if (!quieted) {
    const logging = { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) };
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
  }
  quieted = true;
}
