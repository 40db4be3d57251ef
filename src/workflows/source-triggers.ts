/** `SourceImage` triggers of a template: a new version of its source starts a run. */
import { ApplicationFailure, condition, upsertMemo } from '@temporalio/workflow';
import { asking } from './activity-proxies.ts';
import { end } from './operation-end.ts';
import { TRIGGER_MEMO } from './template-messages.ts';
import type { OperationView, Refusal } from './template-messages.ts';
import type { TemplateRuns } from './template-runs.ts';
import type { TemplateState } from './template-state.ts';

/** How often Azure is asked. The service does not say how often it looks. */
const LOOK_EVERY = '1h';
/** Failures in a row after which a trigger is off. The service says `multiple`. */
const MAX_FAILURES = 3;

export class SourceTriggers {
  readonly #state: TemplateState;
  readonly #runs: TemplateRuns;
  #asked = false;
  #looking = false;

  constructor(state: TemplateState, runs: TemplateRuns) {
    this.#state = state;
    this.#runs = runs;
    runs.onEnd((run) => {
      for (const trigger of state.triggers) {
        if (run.state === 'Succeeded') {
          // A good run of a person's own brings a trigger back.
          trigger.failures = 0;
          trigger.status = healthy();
        } else if (run.by === 'trigger' && run.state !== 'Canceled') {
          trigger.failures++;
          if (trigger.failures >= MAX_FAILURES) trigger.status = deactivated(run.message);
        }
      }
    });
  }

  get busy(): boolean {
    return this.#looking;
  }

  checkNow(): void {
    this.#asked = true;
  }

  put(name: string, operation: OperationView): void {
    const { triggers } = this.#state;
    if (!triggers.some((trigger) => trigger.name === name)) {
      triggers.push({ name, kind: 'SourceImage', status: healthy(), failures: 0 });
      this.#remember();
    }
    end(operation, 'Succeeded');
  }

  delete(name: string, operation: OperationView): void {
    this.#state.triggers = this.#state.triggers.filter((trigger) => trigger.name !== name);
    this.#remember();
    end(operation, 'Succeeded');
  }

  /** Where it is, for whoever counts the triggers of a region without asking each template. */
  #remember(): void {
    const { triggers, submission } = this.#state;
    upsertMemo({ [TRIGGER_MEMO]: triggers.length === 0 ? null : (submission?.plan.template.location ?? null) });
  }

  mustExist(name: string): void {
    if (this.#state.triggers.some((trigger) => trigger.name === name)) return;
    throw ApplicationFailure.nonRetryable(`The trigger ${name} does not exist.`, 'NotFound' satisfies Refusal);
  }

  mustBeAlone(name: string): void {
    const other = this.#state.triggers.find((trigger) => trigger.name !== name);
    if (other === undefined) return;
    const message = `A template has one SourceImage trigger: ${other.name} is there already.`;
    throw ApplicationFailure.nonRetryable(message, 'Conflict' satisfies Refusal);
  }

  /** Goes on until the workflow ends. */
  watch(): void {
    const active = (): boolean => this.#state.triggers.some(({ status }) => status.code === 'Healthy');
    const look = async (): Promise<never> => {
      for (;;) {
        // Nothing is timed, and so nothing is in the history, while there is no trigger.
        await condition(active);
        await condition(() => this.#asked || !active(), LOOK_EVERY);
        this.#asked = false;
        if (!active()) continue;
        this.#looking = true;
        try {
          await this.#look();
        } finally {
          this.#looking = false;
        }
      }
    };
    look().catch(() => {});
  }

  async #look(): Promise<void> {
    const state = this.#state;
    const plan = state.submission?.plan;
    if (plan === undefined || state.provisioningState !== 'Succeeded' || this.#runs.busy) return;
    let found: string | undefined;
    try {
      found = await asking('Look for a new version of the source').findSourceVersion(plan);
    } catch {
      // Azure could not be asked for longer than the retries took; the next turn asks again.
      return;
    }
    const known = state.built === undefined ? state.exactVersion : state.built.exactVersion;
    if (found === undefined || found === known || this.#runs.busy) return;
    await this.#runs.run({ by: 'trigger' });
  }
}

const healthy = () => ({ code: 'Healthy' as const, message: 'Trigger is active.', time: new Date().toISOString() });

const deactivated = (reason: string) => ({
  code: 'Deactivated' as const,
  message: `Trigger is off: ${MAX_FAILURES} builds in a row failed. A good run of the template brings it back. ${reason}`,
  time: new Date().toISOString(),
});
