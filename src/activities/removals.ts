/**
 * Removing what a run made. Each removal asks first whose the resource is and deletes only what carries this run's tag;
 * what is gone already is done; what is there and not ours is named with the reason.
 */
import type { OperationState, PollerLike } from '@azure/core-lro';
import { attempt, orNotFound } from '../azure/errors.ts';
import { finish } from '../azure/operations.ts';
import type { Removal, RunContext } from './contract.ts';
import { isOurs } from './tags.ts';

interface Found {
  id?: string;
  tags?: Record<string, string>;
  /** Of a disk. */
  diskState?: string;
}

export interface Removable {
  what: string;
  get: () => Promise<Found>;
  /** What must be let go of before it can be deleted. */
  release?: (found: Found) => Promise<void>;
  delete: () => PollerLike<OperationState<void>, void>;
  /**
   * Nothing that is removed later has it in it. Azure may not find for a moment what it has just made, so one that is not
   * there is looked for once more.
   */
  alone?: true;
}

/** Longer than Azure's reads were seen to be behind its writes. */
const LOOK_AGAIN_MS = 1000;

/** One after the other, as each is in use by the one before; what is listed together goes at once. */
export async function removeInOrder(run: RunContext, resources: Array<Removable | Removable[]>): Promise<Removal> {
  const removal: Removal = { removed: [], leftovers: [] };
  for (const step of resources) {
    const removals = await Promise.all([step].flat().map((resource) => removeOne(run, resource)));
    removal.removed.push(...removals.flatMap(({ removed }) => removed));
    removal.leftovers.push(...removals.flatMap(({ leftovers }) => leftovers));
  }
  return removal;
}

async function removeOne(run: RunContext, { what, get, release, delete: remove, alone }: Removable): Promise<Removal> {
  const look = () => attempt(`look for ${what}`, () => orNotFound(get()));
  let found = await look();
  if (found === undefined && alone === true) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    found = await look();
  }
  if (found === undefined) return { removed: [], leftovers: [] };
  const id = found.id ?? what;
  if (!isOurs(run, found.tags)) {
    return { removed: [], leftovers: [{ id, reason: 'it does not carry the tag of this run' }] };
  }
  await release?.(found);
  await finish(`delete ${what}`, remove);
  return { removed: [id], leftovers: [] };
}
