/** The whole stack in a folder of its own, as a person has it: the command, its services, their processes. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LocalAzureConnection } from '../../src/local-azure/core.ts';
import { readSettings } from '../../src/client/settings.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';

const KILN = fileURLToPath(new URL('../../bin/kiln.js', import.meta.url));
export const EXAMPLE = fileURLToPath(new URL('../../examples/golden-linux.json', import.meta.url));

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export class TestStack {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'kiln-e2e-'));
  readonly #machine: string;

  constructor(machine: 'simulated' | 'sandbox' | 'auto') {
    this.#machine = machine;
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      KILN_STATE_DIR: this.stateDir,
      KILN_CACHE_DIR: readSettings({}).cacheDir,
      KILN_MACHINE: this.#machine,
      NO_COLOR: '1',
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
  start(...args: string[]): { ended: Promise<Outcome>; interrupt(): void } {
    const child = spawn(process.execPath, [KILN, ...args], { env: this.#environment() });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return {
      ended: new Promise((resolve) => child.on('exit', (code) => resolve({ code: code ?? -1, stdout, stderr }))),
      interrupt: () => void child.kill('SIGINT'),
    };
  }

  /** SIGKILL, as a crash would. */
  kill(service: 'worker' | 'temporal' | 'azure'): void {
    const stack = JSON.parse(readFileSync(join(this.stateDir, 'stack.json'), 'utf8')) as Record<
      string,
      { pid: number }
    >;
    const pid = stack[service]?.pid;
    if (pid === undefined) throw new Error(`${service} is not running`);
    process.kill(pid, 'SIGKILL');
  }

  connection(): LocalAzureConnection {
    return JSON.parse(readFileSync(join(this.stateDir, 'azure/connection.json'), 'utf8')) as LocalAzureConnection;
  }

  async status(runId: string): Promise<BuildStatus | undefined> {
    const { code, stdout } = await this.kiln('show', runId, '--json');
    return code === 0 ? (JSON.parse(stdout) as BuildStatus) : undefined;
  }

  /** Polls until the status is as wanted. */
  async until(runId: string, wanted: (status: BuildStatus) => boolean, withinMs = 120_000): Promise<BuildStatus> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const status = await this.status(runId);
      if (status !== undefined && wanted(status)) return status;
      if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(status)?.slice(0, 500)}`);
    }
  }

  async close(): Promise<void> {
    await this.kiln('stop');
    rmSync(this.stateDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
