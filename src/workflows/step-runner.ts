/** Runs the steps of a stage inside a machine, one after the other, and keeps the record of each. */
import { isCancellation } from '@temporalio/workflow';
import type { Guest, RunContext, StagedStep, StepRole } from '../activities/contract.ts';
import { stepping } from './activity-proxies.ts';
import { failedStep } from './build-failure.ts';
import type { BuildRecord } from './build-record.ts';

const ROLE_OF = {
  Customizing: 'customizer',
  Optimizing: 'optimizer',
  Validating: 'validator',
} as const satisfies Record<string, StepRole>;

export class StepRunner {
  readonly #run: RunContext;
  readonly #record: BuildRecord;
  /** Name of the step that runs, or that failed. */
  #current: string | undefined;

  constructor(run: RunContext, record: BuildRecord) {
    this.#run = run;
    this.#record = record;
  }

  /** Those of one stage, in order; the first that fails ends it. A stage without steps is not entered. */
  async runStage(stage: keyof typeof ROLE_OF, machine: Guest, steps: StagedStep[]): Promise<void> {
    const own = steps.filter(({ role }) => role === ROLE_OF[stage]);
    if (own.length === 0) return;
    if (this.#record.status.stage !== stage) this.#record.enter(stage);
    for (const step of own) await this.#runStep(machine, step);
  }

  /** The step that failed or was cut off, once: what fails after it is not laid on it. */
  takeCurrent(): string | undefined {
    const current = this.#current;
    this.#current = undefined;
    return current;
  }

  async #runStep(machine: Guest, step: StagedStep): Promise<void> {
    this.#record.stepStarted(step.key);
    this.#current = step.name;
    try {
      const { runStep } = stepping(`${step.index + 1}. ${step.type} ${step.name}`);
      const result = await runStep(this.#run, machine, step);
      this.#record.stepEnded(step.key, 'Succeeded', result);
    } catch (error) {
      this.#record.stepEnded(step.key, isCancellation(error) ? 'Canceled' : 'Failed', failedStep(error));
      throw error;
    }
    this.#current = undefined;
  }
}
