/** The outputs of a plan: where each goes, as which version, in which regions. Pure. */
import type { PlannedDistributor, SharedImageDistributor } from '../template/build-plan.ts';
import { hideSecrets } from '../arm-template/problems.ts';
import type { PlanReport } from '../workflows/messages.ts';
import { columns } from './columns.ts';
import { shortId } from './short-id.ts';

export interface OutputLook {
  report: PlanReport | undefined;
  width: number;
  /** Ids of another subscription say so. */
  subscriptionId: string;
}

export function outputTable(outputs: PlannedDistributor[], look: OutputLook): string[] {
  const rows = outputs.flatMap((output) =>
    placesOf(output, look).map((place, at) =>
      at === 0 ? [output.runOutputName, output.type, place] : ['', '', place],
    ),
  );
  return columns(rows, { width: look.width });
}

function placesOf(output: PlannedDistributor, { report, subscriptionId, width }: OutputLook): string[] {
  switch (output.type) {
    case 'ManagedImage':
      return [shortId(output.imageId, subscriptionId), output.location];
    case 'VHD':
      return [hideSecrets(output.uri ?? 'a blob in the staging account, kept with the logs until kiln delete')];
    case 'SharedImage': {
      const { targetRegions, excludeFromLatest, replicationMode, imageDefinitionId } = output;
      const notes = [
        versionText(output, report),
        ...(excludeFromLatest ? ['not offered as latest'] : []),
        ...(replicationMode === 'Shallow' ? ['shallow replication'] : []),
      ];
      const regions = targetRegions.map(({ name, replicaCount, storageAccountType }) => [
        name,
        replicaCount === 1 ? '1 replica' : `${replicaCount} replicas`,
        storageAccountType,
      ]);
      return [shortId(imageDefinitionId, subscriptionId), notes.join('; '), ...columns(regions, { width, indent: 0 })];
    }
  }
}

function versionText({ version, runOutputName }: SharedImageDistributor, report: PlanReport | undefined): string {
  if (version.scheme === 'explicit') return `version ${version.version}`;
  const of = version.scheme === 'latest' && version.major !== undefined ? ` of major ${version.major}` : '';
  const how = version.scheme === 'source' ? "the source's own" : `the highest${of}, with its patch raised by one`;
  const exact = report?.versions[runOutputName];
  return exact === undefined ? `version: ${how}` : `version ${exact} (${how})`;
}
