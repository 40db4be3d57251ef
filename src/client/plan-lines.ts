/** A template as a person reads it, and what Azure answered about it: for `kiln validate` and `kiln plan`. Pure. */
import { styleText } from 'node:util';
import type { BuildPlan, PlannedSource } from '../template/build-plan.ts';
import { hideSecrets } from '../arm-template/problems.ts';
import { parseResourceId } from '../template/resource-id.ts';
import type { PlanReport } from '../workflows/messages.ts';
import { columns } from './columns.ts';
import { costLines, costTitle } from './costs/cost-lines.ts';
import type { Estimate } from './costs/estimate.ts';
import { outputTable } from './output-lines.ts';
import { permissionLines } from './permission-lines.ts';
import { idInGroup, shortId } from './short-id.ts';
import { stepTable } from './step-lines.ts';

export interface PlanLook {
  /** What Azure answered; absent: it was not asked. */
  report?: PlanReport;
  /** What a build would cost; absent: it is not known. */
  costs?: Estimate;
  /** Columns of the terminal, or those that a file is read in. */
  width: number;
  color: boolean;
}

export function planLines(plan: BuildPlan, { report, costs, width, color }: PlanLook): string[] {
  const styled = (style: 'bold' | 'yellow', text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const section = (title: string, lines: string[]): string[] =>
    lines.length === 0
      ? []
      : ['', ...columns([[title]], { width, indent: 0 }).map((line) => styled('bold', line)), ...lines];
  const { template, customize, validate, warnings } = plan;
  const { subscriptionId } = template;
  const title = `${template.name} in ${template.location}, by the rules of api-version ${template.apiVersion}`;
  return [
    ...columns([[title]], { width, indent: 0 }).map((line) => styled('bold', line)),
    ...columns(facts(plan, report), { width }),
    ...section('customizers', stepTable(customize, width)),
    ...section(validationTitle(plan), stepTable(validate?.validators ?? [], width)),
    ...section('outputs', outputTable(plan.distribute, { report, width, subscriptionId })),
    ...(report === undefined ? [] : resourceSections(report, width).flatMap(([name, lines]) => section(name, lines))),
    ...(costs === undefined ? [] : section(costTitle(costs), costLines(costs, width))),
    ...section('permissions needed', permissionLines(report?.permissions ?? [], { width, subscriptionId })),
    ...section(
      'warnings',
      columns(
        warnings.map(({ path, message }) => [`${path === '' ? '' : `${path}: `}${message}`]),
        { width },
      ).map((line) => styled('yellow', line)),
    ),
  ];
}

function facts(plan: BuildPlan, report: PlanReport | undefined): string[][] {
  const short = (id: string): string => shortId(id, plan.template.subscriptionId);
  const { template, machine, staging, source, stagingResourceGroup, errorHandling, optimize } = plan;
  const disks = (machine.dataDisks ?? []).map(({ sizeGB }) => `${sizeGB} GiB`);
  const size = report?.vmSize ?? machine.vmSize ?? "the source's generation decides";
  const group =
    stagingResourceGroup === undefined
      ? 'made for the build; its logs stay until kiln delete'
      : "the template's own: emptied, and kept if it was there before";
  return [
    ['source', sourceText(source, short)],
    ...(report === undefined ? [] : [['', pinnedText(report)]]),
    ...(source.type === 'PlatformImage' && source.plan !== undefined
      ? [['', `sold under the plan ${source.plan.publisher} ${source.plan.product} ${source.plan.name}`]]
      : []),
    [
      'machine',
      `${size}, ${machine.osDiskSizeGB === 0 ? "disk of the source's size" : `disk of ${machine.osDiskSizeGB} GiB`}`,
    ],
    ...(disks.length === 0 ? [] : [['', `data disks: ${disks.join(', ')}`]]),
    ['network', machine.subnetId === undefined ? 'one of its own, with nothing let in' : short(machine.subnetId)],
    ...machine.identities.map((id, at) => [at === 0 ? 'machine as' : '', short(id)]),
    ...template.identities.map((id, at) => [at === 0 ? 'builds as' : '', short(id)]),
    ['time limit', `${plan.buildTimeoutInMinutes} minutes for the whole build`],
    ['staging', `${staging.resourceGroup} (${group})`],
    ...(errorHandling === undefined
      ? []
      : [
          [
            'on error',
            `customizer: ${errorHandling.onCustomizerError}, validation: ${errorHandling.onValidationError}`,
          ],
        ]),
    ...(optimize === undefined ? [] : [['optimize', optimizationText(optimize)]]),
    ...(plan.autoRun === true ? [['auto run', 'where the template is created as a resource']] : []),
  ];
}

function sourceText(source: PlannedSource, short: (id: string) => string): string {
  switch (source.type) {
    case 'PlatformImage':
      return `${source.type} ${source.publisher}:${source.offer}:${source.sku}, version ${source.version}`;
    case 'ManagedImage':
      return `${source.type} ${short(source.imageId)}`;
    case 'SharedImageVersion':
      return `${source.type} ${short(source.imageVersionId)}`;
  }
}

function pinnedText({ source }: PlanReport): string {
  return `is ${source.description} (${source.osType}, generation ${source.hyperVGeneration})`;
}

function optimizationText({ vmBoot, workload }: NonNullable<BuildPlan['optimize']>): string {
  const script = workload?.scriptUri === undefined ? '' : ` by ${hideSecrets(workload.scriptUri)}`;
  return [...(vmBoot ? ['start of the machine'] : []), ...(workload === undefined ? [] : [`workload${script}`])].join(
    ', ',
  );
}

function validationTitle({ validate }: BuildPlan): string {
  const where =
    validate?.sourceValidationOnly === true ? 'the source image; nothing is built' : 'the image that was made';
  const failed = validate?.continueDistributeOnFailure === true ? '; it is distributed even if one fails' : '';
  return `validators, on a machine from ${where}${failed}`;
}

/** By resource group, in the order in which they would be made. */
function resourceSections({ resources }: PlanReport, width: number): Array<[title: string, lines: string[]]> {
  const groups = new Map<string, string[][]>();
  for (const { id, note = '' } of resources) {
    const parsed = parseResourceId(id);
    const group = parsed?.resourceGroup ?? /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)$/i.exec(id)?.[1];
    const title = group === undefined ? 'would create' : `would create in resource group ${group}`;
    const short = parsed === undefined ? (group === undefined ? hideSecrets(id) : 'the group') : idInGroup(id);
    groups.set(title, [...(groups.get(title) ?? []), [short, note]]);
  }
  return [...groups].map(([title, rows]) => [title, columns(rows, { width, whole: [0] })]);
}
