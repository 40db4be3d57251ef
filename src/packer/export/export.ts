/** From a build plan back to a Packer template, with what Packer has no word for. */
import type { BuildPlan } from '../../template/build-plan.ts';
import { DEFAULT_TIMEOUT_MINUTES } from '../../template/plan/plan-template.ts';
import { blockLines, Raw } from './hcl-text.ts';
import type { Block } from './hcl-text.ts';
import { labelOf, sourceBlock } from './source.ts';
import { provisioners } from './steps.ts';

/** @param path into the template, as in `properties.validate` */
export type Lost = (path: string, why: string) => void;

export interface ExportedTemplate {
  /** Of the Packer file. */
  name: string;
  text: string;
  /** Files that it names, by the paths that the template has. */
  files: string[];
  /** Files that are made, by the paths that they get. */
  made: Array<{ path: string; content: string }>;
  lost: Array<{ path: string; why: string }>;
}

/** @param packerPath where a file of the template is found from the folder of the Packer file */
export function exportPacker(plan: BuildPlan, packerPath: (path: string) => string): ExportedTemplate {
  const lines: ExportedTemplate['lost'] = [];
  const lost: Lost = (path, why) => void lines.push({ path, why });
  const files: string[] = [];
  const made: ExportedTemplate['made'] = [];
  const inFolder = (path: string): Raw => new Raw(`"\${path.root}/${path}"`);
  const { customize, template } = plan;
  const osType = customize.some(({ type }) => /^(PowerShell|Windows)/.test(type)) ? 'Windows' : 'Linux';
  const { block, variables } = sourceBlock(plan, osType, lost);
  const steps = provisioners(customize, {
    osType,
    lost,
    file: (path) => {
      files.push(path);
      return inFolder(packerPath(path));
    },
    write: (name, content) => {
      const path = packerPath(name);
      made.push({ path, content });
      return inFolder(path);
    },
  });
  withoutCounterpart(plan, lost);
  const name = labelOf(template.name);
  const blocks: Block[] = [
    { type: 'packer', attributes: {}, blocks: [{ type: 'required_plugins', attributes: plugins(plan) }] },
    ...Object.entries(variables).map(([variable, description]) => ({
      type: 'variable',
      labels: [variable],
      attributes: { type: new Raw('string'), description },
    })),
    block,
    { type: 'build', attributes: { sources: [`source.azure-arm.${name}`] }, blocks: steps },
  ];
  return { name, text: `${blocks.map((one) => blockLines(one).join('\n')).join('\n\n')}\n`, files, made, lost: lines };
}

function plugins({ customize }: BuildPlan): Record<string, unknown> {
  const azure = { source: 'github.com/hashicorp/azure', version: '~> 2' };
  const update = { source: 'github.com/rgl/windows-update', version: '>= 0.14.0' };
  return customize.some(({ type }) => type === 'WindowsUpdate') ? { azure, 'windows-update': update } : { azure };
}

function withoutCounterpart(plan: BuildPlan, lost: Lost): void {
  const { validate, optimize, errorHandling, autoRun, template, buildTimeoutInMinutes } = plan;
  lost('identity', `Packer signs in as who runs it, and not as ${template.identities.join(', ')}`);
  if (validate !== undefined) lost('properties.validate', 'Packer does not start what it has captured');
  if (optimize !== undefined) lost('properties.optimize', 'Packer does not optimize');
  if (errorHandling !== undefined) lost('properties.errorHandling', 'Packer is told by -on-error when it builds');
  if (autoRun === true) lost('properties.autoRun', 'Packer builds when it is called');
  if (buildTimeoutInMinutes !== DEFAULT_TIMEOUT_MINUTES) {
    lost('properties.buildTimeoutInMinutes', 'Packer has no limit for a whole build');
  }
  if (Object.keys(template.tags).length > 0) lost('tags', 'a Packer file is no resource that has tags');
}
