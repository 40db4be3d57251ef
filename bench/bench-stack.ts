/** The product as a person drives it, in a folder of its own: the embedded stack, its client, builds of one shape. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KilnClient } from '../src/client/kiln-client.ts';
import { pause, readStack } from '../src/client/services.ts';
import { readSettings, subscriptionOf } from '../src/client/settings.ts';
import type { Settings } from '../src/client/settings.ts';
import { ensureStack, stopStack } from '../src/client/stack.ts';
import type { Stack } from '../src/client/stack.ts';
import { planFile } from '../src/template/index.ts';
import { buildWorkflowId } from '../src/workflows/messages.ts';
import type { BuildStatus } from '../src/workflows/messages.ts';
import { Client, Connection } from '@temporalio/client';

const GROUP = '/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/golden-images/providers';
const REGIONS = ['westeurope', 'northeurope', 'eastus', 'westus2'];

export interface Shape {
  customizers: number;
  /** Seconds that each customizer takes. */
  seconds: number;
  regions: number;
}

/** One operation of Azure's, with its own times. */
export interface Operation {
  kind: string;
  resourceId: string;
  startTime: string;
  endTime: string;
}

export class BenchStack {
  readonly settings: Settings;
  #stack: Stack | undefined;
  #client: KilnClient | undefined;
  #version = 0;

  /** `recorded` at a tenth of Azure's own times, or `quick`. */
  constructor(profile: 'quick' | 'recorded') {
    const stateDir = mkdtempSync(join(tmpdir(), 'kiln-bench-'));
    this.settings = readSettings({ stateDir, machine: 'simulated', profile, timeFactor: '0.1' });
  }

  async up(): Promise<KilnClient> {
    this.#stack ??= await ensureStack(this.settings, () => {});
    this.#client ??= await KilnClient.connect(this.#stack);
    return this.#client;
  }

  get subscriptionId(): string {
    return subscriptionOf(this.settings);
  }

  /** The template's text; each publishes a version of its own, as builds at once to one definition would compete. */
  template({ customizers, seconds, regions }: Shape): string {
    const version = `1.0.${this.#version++}`;
    return JSON.stringify({
      location: 'westeurope',
      identity: {
        type: 'UserAssigned',
        userAssignedIdentities: { [`${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`]: {} },
      },
      properties: {
        source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        customize: Array.from({ length: customizers }, (_, index) => ({
          type: 'Shell',
          name: `step ${index + 1}`,
          inline: [`# simulate: seconds=${seconds} stdout="done"`],
        })),
        distribute: [
          {
            type: 'SharedImage',
            runOutputName: 'gallery',
            galleryImageId: `${GROUP}/Microsoft.Compute/galleries/golden/images/debian-12/versions/${version}`,
            targetRegions: REGIONS.slice(0, regions).map((name) => ({ name })),
          },
        ],
      },
    });
  }

  /** Starts a build and waits for its end. Wall time is from the start to the answer. */
  async build(runId: string, shape: Shape): Promise<{ status: BuildStatus; wallMs: number }> {
    const client = await this.up();
    const planned = planFile(this.template(shape), {
      fileName: 'bench.json',
      parameters: {},
      subscriptionId: this.subscriptionId,
      resourceGroup: 'golden-images',
      runId,
    });
    const plan = planned.ok ? planned.plans[0] : undefined;
    if (plan === undefined) throw new Error(`the bench's own template is refused: ${JSON.stringify(planned)}`);
    const begun = performance.now();
    await client.start(plan, { template: '', files: '' });
    while (await client.isRunning(runId)) await pause(100);
    const wallMs = performance.now() - begun;
    const status = await client.status(runId);
    if (status.state !== 'Succeeded') throw new Error(`${runId}: ${JSON.stringify(status.failure)}`);
    return { status, wallMs };
  }

  async events(runId: string): Promise<number> {
    const connection = await Connection.connect(this.#stack?.connectionOptions ?? {});
    try {
      const history = await new Client({ connection }).workflow.getHandle(buildWorkflowId(runId)).fetchHistory();
      return history.events?.length ?? 0;
    } finally {
      await connection.close();
    }
  }

  /** All that the local Azure was asked so far, and how much of it was refused for being too much. */
  async calls(): Promise<{ total: number; throttled: number }> {
    return (await this.#diagnostics('calls')) as { total: number; throttled: number };
  }

  async operations(): Promise<Operation[]> {
    return (await this.#diagnostics('operations')) as Operation[];
  }

  pid(service: 'worker' | 'temporal' | 'azure'): number {
    const record = readStack(this.settings.stateDir)[service];
    if (record === undefined) throw new Error(`${service} is not running`);
    return record.pid;
  }

  async close(): Promise<void> {
    await this.#client?.close();
    await stopStack(this.settings.stateDir);
    rmSync(this.settings.stateDir, { recursive: true, force: true, maxRetries: 5 });
  }

  async #diagnostics(name: string): Promise<unknown> {
    const response = await fetch(`${this.#stack?.azure?.endpoint}/local-azure/${name}`);
    return response.json();
  }
}
