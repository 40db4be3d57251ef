/** How a build is started, whoever starts it: what lists and the Web UI show of it. */
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import type { BuildPlan } from '../template/build-plan.ts';
import { buildWorkflowId, SEARCH_ATTRIBUTES } from './messages.ts';

export function buildOptions(plan: BuildPlan): {
  workflowId: string;
  memo: Record<string, unknown>;
  staticSummary: string;
  typedSearchAttributes: SearchAttributePair[];
} {
  const { name } = plan.template;
  return {
    workflowId: buildWorkflowId(plan.runId),
    memo: { templateName: name },
    staticSummary: `Build ${name}`,
    typedSearchAttributes: [
      { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.template, 'KEYWORD'), value: name },
      { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.target, 'KEYWORD'), value: targetOf(plan) },
    ],
  };
}

/** The image definition of the first gallery distributor, or what else the build makes. */
function targetOf({ distribute }: BuildPlan): string {
  const [first] = distribute.toSorted(
    (left, right) => Number(right.type === 'SharedImage') - Number(left.type === 'SharedImage'),
  );
  switch (first?.type) {
    case 'SharedImage':
      return first.imageDefinitionId;
    case 'ManagedImage':
      return first.imageId;
    case 'VHD':
    case undefined:
      return first?.runOutputName ?? '';
  }
}
