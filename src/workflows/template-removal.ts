/** The end of a template: what was staged for it goes. */
import type { RunContext } from '../activities/contract.ts';
import { removing } from './activity-proxies.ts';
import { describeFailure } from './build-failure.ts';
import { groupContext, namedGroupContext } from './template-state.ts';
import type { TemplateState } from './template-state.ts';

export function stagedBy(state: TemplateState): RunContext[] {
  const plan = state.submission?.plan;
  if (plan === undefined) return [];
  return [
    ...state.namedGroups.map((group) => namedGroupContext(state, plan, group)),
    // With all that is in it.
    ...(state.madeGroup ? [groupContext(state, plan)] : []),
  ];
}

/** Ends within a day, whatever Azure says: what could not be removed is named. */
export async function removeStaged(state: TemplateState): Promise<void> {
  await Promise.all(
    stagedBy(state).map(async (context) => {
      const { resourceGroup } = context.staging;
      try {
        const { leftovers } = await removing(`Remove what is in ${resourceGroup}`).removeStagingGroup(context);
        state.leftovers.push(...leftovers);
      } catch (error) {
        const { message } = describeFailure(error, 'CleaningUp', undefined);
        state.leftovers.push({ id: resourceGroup, reason: message });
      }
    }),
  );
}
