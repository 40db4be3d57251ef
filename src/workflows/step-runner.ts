/** Runs the steps of a stage inside a machine, one after the other, and keeps the record of each. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Guest, RunContext, StagedStep, StepResult, StepRole } from '../activities/contract.ts';
import { stepping } from './activity-proxies.ts';
import { failedStep, failureType } from './build-failure.ts';
import type { BuildRecord } from './build-record.ts';

const ROLE_OF = {
  Customizing: 'customizer',
  Optimizing: 'optimizer',
  Validating: 'validator',
} as const satisfies Record<string, StepRole>;

/** What the step itself did. A machine that is lost is no more there for another try. */
const TRIED_AGAIN = new Set([
  'CustomizerFailed',
  'CustomizerTimedOut',
  'ValidatorFailed',
  'RestartTimedOut',
  'UpdatesStuck',
]);

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
      this.#record.stepEnded(step.key, 'Succeeded', await this.#tried(machine, step));
    } catch (error) {
      const canceled = isCancellation(error) || CancellationScope.current().consideredCancelled;
      this.#record.stepEnded(step.key, canceled ? 'Canceled' : 'Failed', failedStep(error));
      throw error;
    }
    this.#current = undefined;
  }

  /** Each try has a run command and logs of its own, so that none of them is found in the place of another. */
  async #tried(machine: Guest, step: StagedStep): Promise<StepResult> {
    const { retries = 0, pauseBeforeInSeconds, index, type, name, key } = step;
    for (let retry = 0; ; retry++) {
      if (retry > 0) this.#record.stepRetried(key, retry);
      if (pauseBeforeInSeconds !== undefined) await sleep(`${pauseBeforeInSeconds}s`);
      const { runStep } = stepping(`${index + 1}. ${type} ${name}${retry === 0 ? '' : `, retry ${retry}`}`);
      try {
        const result = await runStep(
          this.#run,
          machine,
          retry === 0 ? step : { ...step, key: `${key}-retry-${retry}` },
        );
        if (retry === 0) return result;
        const note = `succeeded at retry ${retry} of ${retries}`;
        return { ...result, note: result.note === undefined ? note : `${note}; ${result.note}` };
      } catch (error) {
        if (retry === retries || !TRIED_AGAIN.has(failureType(error) ?? '')) throw error;
      }
    }
  }
}
