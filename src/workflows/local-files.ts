/** Files of a plan that only the client has: the run waits until they are in its staging account. */
import { ApplicationFailure, condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { BuildPlan, LocalFile } from '../template/build-plan.ts';
import { localFileOf } from '../template/plan/local-files.ts';
import type { BuildRecord } from './build-record.ts';
import { SIGNAL_FILES_SENT } from './messages.ts';
import { runSteps } from './run-steps.ts';

/** For a client to come with them: the first, or another that takes over from it. */
const SENT_WITHIN = '2h';

export class LocalFiles {
  readonly #wanted: Map<string, LocalFile>;
  #sent = false;

  constructor(plan: BuildPlan) {
    const files = runSteps(plan, 'Linux').flatMap((step) => localFileOf(step) ?? []);
    this.#wanted = new Map(
      files.filter(({ content }) => content === undefined).map((file) => [file.sha256, file] as const),
    );
    if (this.wanted) setHandler(defineSignal(SIGNAL_FILES_SENT), () => void (this.#sent = true));
  }

  get wanted(): boolean {
    return this.#wanted.size > 0;
  }

  async arrive(record: BuildRecord, staging: { resourceGroup: string; storageAccount: string }): Promise<void> {
    const { resourceGroup, storageAccount } = staging;
    record.awaits({ resourceGroup, storageAccount, files: [...this.#wanted.values()] });
    const sent = await condition(() => this.#sent, SENT_WITHIN);
    record.awaits(undefined);
    if (sent) return;
    const paths = [...this.#wanted.values()].map(({ path }) => path).join(', ');
    throw ApplicationFailure.nonRetryable(
      `nobody sent ${paths} within ${SENT_WITHIN}: the command that has the files must stay until they are sent`,
      'FilesMissing',
    );
  }
}
