/** The whole stack in a folder of its own, as a person has it: the command, its services, their processes. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import type { LocalAzureConnection } from '../../src/local-azure/core.ts';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { KilnClient } from '../../src/client/kiln-client.ts';
import { watchTraffic, type Watch } from '../models/watch.ts';
import { pause, readStack } from '../../src/client/services.ts';
import { readSettings } from '../../src/client/settings.ts';
import { buildWorkflowId } from '../../src/workflows/messages.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';

const KILN = fileURLToPath(new URL('../../bin/kiln.js', import.meta.url));
export const EXAMPLE = fileURLToPath(new URL('../../examples/golden-linux.json', import.meta.url));

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export class TestStack {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'kiln-e2e-'));
  readonly #machine: string;
  readonly #extra: NodeJS.ProcessEnv;
  #client: KilnClient | undefined;

  get #traffic(): string {
    return join(this.stateDir, 'traffic.jsonl');
  }

  constructor(machine: 'simulated' | 'sandbox' | 'auto', extra: NodeJS.ProcessEnv = {}) {
    this.#machine = machine;
    this.#extra = extra;
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      KILN_STATE_DIR: this.stateDir,
      KILN_CACHE_DIR: readSettings({}).cacheDir,
      KILN_MACHINE: this.#machine,
      NO_COLOR: '1',
      LOCAL_AZURE_TRAFFIC: this.#traffic,
      ...this.#extra,
    };
  }

  /** Runs the command to its end; never throws for an exit code. */
  async kiln(...args: string[]): Promise<Outcome> {
    try {
      const options = { env: this.#environment(), maxBuffer: 32 * 1024 * 1024 };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [KILN, ...args], options);
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  }

  /** Starts the command and leaves it running. */
  start(...args: string[]): { ended: Promise<Outcome>; said(): string; signal(name: NodeJS.Signals): void } {
    const child = spawn(process.execPath, [KILN, ...args], { env: this.#environment() });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return {
      ended: new Promise((resolve) => child.on('exit', (code) => resolve({ code: code ?? -1, stdout, stderr }))),
      said: () => stdout,
      signal: (name) => void child.kill(name),
    };
  }

  /** SIGKILL, as a crash would. */
  kill(service: 'worker' | 'temporal' | 'azure' | 'gateway'): void {
    const pid = readStack(this.stateDir)[service]?.pid;
    if (pid === undefined) throw new Error(`${service} is not running`);
    process.kill(pid, 'SIGKILL');
  }

  connection(): LocalAzureConnection {
    return JSON.parse(readFileSync(join(this.stateDir, 'azure/connection.json'), 'utf8')) as LocalAzureConnection;
  }

  /** Writes a template file; text is written as it is. */
  write(name: string, content: unknown): string {
    const file = join(this.stateDir, `${name}.json`);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  /** Starts everything, and trusts the local Azure's certificate in this process. */
  async up(): Promise<void> {
    const { code, stderr } = await this.kiln('list');
    if (code !== 0) throw new Error(stderr);
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(this.connection().caFile, 'utf8')]);
  }

  /** With the gateway: `kiln dev`, which starts again what dies. End it by SIGTERM. */
  async upWithGateway(): Promise<{ dev: ReturnType<TestStack['start']>; endpoint: string }> {
    const dev = this.start('dev');
    await this.up();
    while (!dev.said().includes('ready:')) await pause(50);
    return { dev, endpoint: readStack(this.stateDir)['gateway']?.address['endpoint'] ?? '' };
  }

  /** Resource ids of all that is there besides staging groups that hold only logs. */
  async inventory(): Promise<string[]> {
    const response = await fetch(`${this.connection().endpoint}/local-azure/inventory`);
    const body = JSON.stringify(await response.json());
    return [...body.matchAll(/"id":"([^"]+)"/g)]
      .map(([, id = '']) => id)
      .filter((id) => !/resourceGroups\/IT_[^/]+(\/providers\/Microsoft\.Storage\/.*)?$/.test(id))
      .toSorted();
  }

  /** Calls that the local Azure took so far, and those that it refused for being too many. */
  async calls(): Promise<{ total: number; throttled: number }> {
    const response = await fetch(`${this.connection().endpoint}/local-azure/calls`);
    return (await response.json()) as { total: number; throttled: number };
  }

  /** A client in this process; the stack must be up. */
  async client(): Promise<KilnClient> {
    const options = { connectionOptions: { address: this.temporalAddress() }, namespace: 'default' };
    this.#client ??= await KilnClient.connect(options);
    await this.#client.follow(options);
    return this.#client;
  }

  temporalAddress(): string {
    return readStack(this.stateDir)['temporal']?.address['grpc'] ?? '';
  }

  /** As `temporal workflow terminate` does: the workflow gets no say. */
  terminate(runId: string): Promise<void> {
    return this.terminateWorkflow(buildWorkflowId(runId));
  }

  async terminateWorkflow(workflowId: string): Promise<void> {
    await this.#temporal((client) => client.workflow.getHandle(workflowId).terminate('by the test'));
  }

  history(workflowId: string): Promise<History> {
    return this.#temporal((client) => client.workflow.getHandle(workflowId).fetchHistory());
  }

  async #temporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const connection = await Connection.connect({ address: this.temporalAddress() });
    try {
      return await work(new Client({ connection }));
    } finally {
      await connection.close();
    }
  }

  /** Undefined while there is no such build yet, or nobody to answer. */
  async status(runId: string): Promise<BuildStatus | undefined> {
    try {
      return await (await this.client()).status(runId);
    } catch {
      return undefined;
    }
  }

  /** Polls until the status is as wanted. */
  async until(runId: string, wanted: (status: BuildStatus) => boolean, withinMs = 300_000): Promise<BuildStatus> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const status = await this.status(runId);
      if (status !== undefined && wanted(status)) return status;
      if (status !== undefined && status.state !== 'Running') throw new Error(`ended as ${status.state} before that`);
      if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(status)?.slice(0, 500)}`);
      await pause(5);
    }
  }

  /** What the local Azure took and answered so far, held to the published models. */
  watched(): Watch {
    return watchTraffic(this.#traffic);
  }

  /** Ends it; throws where something of what its local Azure took or answered is not as the published models have it. */
  async close(): Promise<void> {
    await this.#client?.close();
    await this.kiln('stop');
    const watch = this.watched();
    rmSync(this.stateDir, { recursive: true, force: true, maxRetries: 5 });
    watch.verdict();
  }
}
