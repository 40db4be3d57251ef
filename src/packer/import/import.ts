/** From a Packer file to image templates with their files, and a report of what became of each setting. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { PackerBuild, PackerOptions } from '../model.ts';
import { PackerError } from '../place.ts';
import { readHcl } from '../read-hcl.ts';
import { readJsonTemplate } from '../read-json.ts';
import { Report } from '../report.ts';
import { imageParts } from './azure-arm.ts';
import { Collected } from './collected.ts';
import type { OutputFile } from './collected.ts';
import { idOf } from './literals.ts';
import { holdsMoment, withMoments } from './moments.ts';
import { importSteps } from './steps/index.ts';

export interface ImportedTemplate {
  /** Of the template, and of its file. */
  name: string;
  /** A deployment template. */
  template: Record<string, unknown>;
  files: OutputFile[];
}

export interface Imported {
  templates: ImportedTemplate[];
  report: Report;
}

/** The group and the identity that the local Azure comes with, and that `kiln init` names. */
const GROUP = 'golden-images';
const IDENTITY = 'image-builder';

/** @throws PackerError with every problem, where the file cannot be taken over at all */
export async function importPacker(path: string, options: PackerOptions): Promise<Imported> {
  const report = new Report();
  if (!existsSync(path)) throw new PackerError([{ place: { file: path, line: 1 }, message: 'is not there' }]);
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const builds = await readBuilds(path, options, report);
  const templates = builds.flatMap((build) => template(build, folder, options.now, report) ?? []);
  if (templates.length === 0 && report.problems.length === 0) {
    const found = [...new Set(builds.map(({ type }) => type))].join(', ');
    report.problem(
      { file: path, line: 1 },
      `there is no build of an azure-arm source${found === '' ? '' : ` (${found})`}`,
    );
  }
  if (report.problems.length > 0) throw new PackerError(report.problems);
  return { templates: named(templates), report };
}

function readBuilds(path: string, options: PackerOptions, report: Report): Promise<PackerBuild[]> | PackerBuild[] {
  const older = !statSync(path).isDirectory() && !/\.hcl$|\.pkr\.json$/.test(path);
  if (older) return readJsonTemplate(path, options, report);
  return readHcl(path, options, report);
}

function template(build: PackerBuild, folder: string, now: Date, report: Report): ImportedTemplate | undefined {
  const { name, type, label, source, provisioners, postProcessors } = build;
  if (type !== 'azure-arm') {
    report.add('refused', source.place, `${type}.${name}`, 'is no azure-arm source, and Kiln builds for Azure only');
    return undefined;
  }
  const { location, tags, osType, parameters, properties } = imageParts(source);
  source.close();
  const collected = new Collected(resolve(folder), { name, type, label, osType });
  importSteps(provisioners, collected, report);
  for (const { kind, place } of postProcessors) {
    report.add(
      'refused',
      place,
      `post-processor ${kind}`,
      'nothing is done after a build: do it with what kiln show --json says',
    );
  }
  const made = nameOf(name);
  const timed = withMoments({ properties: { ...properties, customize: collected.steps }, tags }, now);
  for (const file of collected.files) {
    if ('content' in file && report.asksForTime && holdsMoment(file.content, now)) {
      report.add('lost', source.place, file.path, 'holds the time of this import');
    }
  }
  if (report.asksForTime && holdsMoment(JSON.stringify(timed.value), now)) {
    report.add(
      'lost',
      source.place,
      type,
      `the template of ${name} holds the time of this import, in a form of its own`,
    );
  }
  return {
    name: made,
    files: collected.files,
    template: {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      contentVersion: '1.0.0.0',
      parameters: {
        ...parameters,
        ...(report.asksForTime ? timed.parameters : {}),
        identityGroup: {
          type: 'string',
          defaultValue: GROUP,
          metadata: { description: 'Resource group of the identity that Azure wants a template to have.' },
        },
      },
      resources: [
        {
          type: 'Microsoft.VirtualMachineImages/imageTemplates',
          apiVersion: '2025-10-01',
          name: made,
          location,
          tags: report.asksForTime ? timed.value.tags : tags,
          identity: { type: 'UserAssigned', userAssignedIdentities: { [identityId()]: {} } },
          properties: report.asksForTime ? timed.value.properties : { ...properties, customize: collected.steps },
        },
      ],
    },
  };
}

function identityId(): string {
  const id = idOf({ group: GROUP, type: 'Microsoft.ManagedIdentity/userAssignedIdentities', names: [IDENTITY] });
  return id.replace(`'${GROUP}'`, "parameters('identityGroup')");
}

const nameOf = (name: string): string => name.replaceAll(/[^A-Za-z0-9-_.]+/g, '-').slice(0, 60) || 'image';

/** Two builds may be called the same; their files may not. */
function named(templates: ImportedTemplate[]): ImportedTemplate[] {
  return templates.map((one, index) => {
    const before = templates.slice(0, index).filter(({ name }) => name === one.name).length;
    return before === 0 ? one : { ...one, name: `${one.name}-${before + 1}` };
  });
}
