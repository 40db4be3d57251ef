/**
 * What a run has made and how to remove it. An undo is registered before its step starts, because a step that was
 * killed half-way may have made its resource all the same; undos are therefore safe when there is nothing to remove.
 */
import { CancellationScope } from '@temporalio/workflow';
import type { Removal } from '../activities/contract.ts';
import type { Leftover } from './messages.ts';

export interface Undo {
  /** What would be left if this could not be done. */
  what: string;
  /** `scaffold` goes however the build ends, `output` only when the build does not keep it. */
  kind: 'scaffold' | 'output';
  run(): Promise<Removal>;
}

export class UndoStack {
  readonly #undos: Undo[] = [];

  register(undo: Undo): void {
    this.#undos.push(undo);
  }

  /**
   * In reverse, each on its own, out of reach of cancellation. Answers what could not be removed.
   * @param keepScaffold why what was made for the build is left as it is, where a person asked for that
   */
  async unwind(keepOutputs: boolean, keepScaffold?: string): Promise<Leftover[]> {
    return CancellationScope.nonCancellable(async () => {
      const leftovers: Leftover[] = [];
      for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) {
        if (undo.kind === 'output' && keepOutputs) continue;
        if (undo.kind === 'scaffold' && keepScaffold !== undefined) {
          leftovers.push({ id: undo.what, reason: keepScaffold });
          continue;
        }
        try {
          leftovers.push(...(await undo.run()).leftovers);
        } catch (error) {
          leftovers.push({ id: undo.what, reason: rootMessage(error) });
        }
      }
      return leftovers;
    });
  }
}

/** The message of the innermost cause: Temporal wraps what an activity threw. */
function rootMessage(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return current instanceof Error ? current.message : String(current);
}
