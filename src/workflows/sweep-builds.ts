/**
 * Removes what terminated builds and templates left: `terminate` skips compensation. One child an execution, named by it,
 * so that none is undone twice and one that could not be undone is tried again by the next sweep.
 */
import { executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import type { AbandonedBuild, Execution, Removal } from '../activities/contract.ts';
import { asking, removing } from './activity-proxies.ts';
import { failureType } from './build-failure.ts';
import { buildWorkflowId, QUERY_OUTPUT, QUERY_STATUS, WORKFLOWS } from './messages.ts';
import type { SweepReport, SweepRequest } from './messages.ts';
import { runContext } from './run-context.ts';
import { QUERY_STAGED } from './template-messages.ts';
import { removeValidationMachine } from './validate-image.ts';

export async function sweepBuilds({ olderThanSeconds }: SweepRequest): Promise<SweepReport[]> {
  const reports: SweepReport[] = [];
  for (const [workflowType, undo] of [
    [WORKFLOWS.buildImage, undoBuild],
    // After its runs, which it had in its group.
    [WORKFLOWS.imageTemplate, undoTemplate],
  ] as const) {
    const find = asking(`Look for ${workflowType} that were terminated`);
    const found = await find.findAbandonedBuilds({ workflowType, olderThanSeconds });
    for (const execution of found) await undoOnce(undo, execution, reports);
  }
  return reports;
}

async function undoOnce(
  undo: (execution: Execution) => Promise<Removal>,
  execution: Execution,
  reports: SweepReport[],
): Promise<void> {
  try {
    const removal = await executeChild(undo, {
      args: [execution],
      workflowId: `kiln-undo/${execution.workflowId}/${execution.executionId}`,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Undo ${execution.workflowId}`,
    });
    reports.push({ workflowId: execution.workflowId, ...removal });
  } catch (error) {
    // Undone by an earlier sweep, or still in use: the next one asks again.
    const waits = failureType(error) === 'StillRunning';
    if (!waits && !(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** What its deletion would have removed. */
export async function undoTemplate(execution: Execution): Promise<Removal> {
  const recall = asking('Recall what it had staged');
  const contexts = await recall.recallTemplate(execution, { query: QUERY_STAGED, buildPrefix: buildWorkflowId('') });
  const removals: Removal[] = [];
  for (const context of contexts) {
    removals.push(await removing(`Remove what is in ${context.staging.resourceGroup}`).removeStagingGroup(context));
  }
  return {
    removed: removals.flatMap(({ removed }) => removed),
    leftovers: removals.flatMap(({ leftovers }) => leftovers),
  };
}

/** The undos that the build would have made itself, in the same order. */
export async function undoBuild(execution: Execution): Promise<Removal> {
  const queries = { status: QUERY_STATUS, output: QUERY_OUTPUT };
  const build = await asking('Recall what it was making').recallBuild(execution, queries);
  const removal: Removal = { removed: [], leftovers: [] };
  if (build === undefined) return removal;
  for (const undo of undosOf(build)) {
    const { removed, leftovers } = await undo();
    removal.removed.push(...removed);
    removal.leftovers.push(...leftovers);
  }
  return removal;
}

function undosOf({ plan, outputs, hasLogs }: AbandonedBuild): Array<() => Promise<Removal>> {
  const run = runContext(plan);
  const { machine, staging } = plan;
  const dataDisks = machine.dataDisks?.length ?? 0;
  return [
    ...outputs.map((output) => () => removing(`Remove output ${output.runOutputName}`).removeOutput(run, output)),
    ...(plan.validate === undefined ? [] : [() => removeValidationMachine(run, machine)]),
    () => removing('Remove the build machine and its disks').removeMachine(run, { name: machine.name, dataDisks }),
    () => removing('Remove the network').removeNetwork(run, machine.subnetId === undefined),
    ...(hasLogs ? [] : [() => removing(`Remove ${staging.resourceGroup}`).removeStagingGroup(run)]),
  ];
}
