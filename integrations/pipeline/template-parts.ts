/** The parts of an image template as pipelines name them. */
import { lstatSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Inputs } from './request.ts';

/** `publisher:offer:sku[:version]` */
export function platformImage(inputs: Inputs, name: string, urn: string, version = 'latest'): object {
  const [publisher = '', offer = '', sku = '', own = version, ...more] = urn.split(':');
  if (urn !== '' && (publisher === '' || offer === '' || sku === '' || more.length > 0)) {
    inputs.problem(name, `expected publisher:offer:sku:version, got ${urn}`);
  }
  return { type: 'PlatformImage', publisher, offer, sku, version: own === '' ? 'latest' : own };
}

export interface Customizing {
  windows: boolean;
  /** Folder or file of the job's machine, and the folder of the build machine that it comes into. */
  artifacts?: { path: string; into: string };
  script: string[];
  runElevated?: boolean;
  runAsSystem?: boolean;
  windowsUpdate: boolean;
}

/** The folder comes in, the script runs, Windows is updated. */
export function customizers(inputs: Inputs, input: string, wanted: Customizing): object[] {
  const { windows, artifacts, script, runElevated = false, runAsSystem = false, windowsUpdate } = wanted;
  const elevated = runElevated || runAsSystem ? { runElevated: true, ...(runAsSystem ? { runAsSystem } : {}) } : {};
  const type = windows ? 'PowerShell' : 'Shell';
  return [
    ...(artifacts === undefined ? [] : copied(inputs, input, windows, artifacts)),
    ...(script.length === 0 ? [] : [{ type, name: 'customizer-script', inline: script, ...(windows ? elevated : {}) }]),
    ...(windows && windowsUpdate ? [WINDOWS_UPDATE] : []),
  ];
}

/** Recommended updates that are no previews, as the service's own pipeline steps install them. */
const WINDOWS_UPDATE = {
  type: 'WindowsUpdate',
  name: 'windows-update',
  searchCriteria: 'IsInstalled=0',
  filters: ["exclude:$_.Title -like '*Preview*'", 'include:$true'],
};

function copied(
  inputs: Inputs,
  input: string,
  windows: boolean,
  { path, into }: { path: string; into: string },
): object[] {
  const place = resolve(path);
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (stat === undefined) {
    inputs.problem(input, `there is no ${place}`);
    return [];
  }
  const name = basename(place);
  const separator = windows ? '\\' : '/';
  const destination = `${into.replace(/[\\/]+$/, '')}${separator}${stat.isDirectory() ? folderName(name) : name}`;
  if (stat.isDirectory()) return [{ type: 'File', name: 'copy-artifacts', destination, kiln: { folder: place } }];
  return [{ type: 'File', name: 'copy-artifacts', destination, kiln: { file: place } }];
}

/** As the service's own pipeline steps cut it. */
const folderName = (name: string): string => name.split('.')[0] || name;

export interface Distributing {
  type: 'ManagedImage' | 'SharedImage' | 'VHD';
  resourceId: string;
  /** Of the image, or of a gallery's version. */
  regions: string[];
  runOutputName: string;
  tags: Record<string, string>;
}

export function distributor({ type, resourceId, regions, runOutputName, tags }: Distributing): object {
  const base = { type, runOutputName: runOutputName === '' ? `${type}_distribute` : runOutputName };
  switch (type) {
    case 'ManagedImage':
      return { ...base, imageId: resourceId, location: regions[0] ?? '', artifactTags: tags };
    case 'SharedImage':
      return {
        ...base,
        galleryImageId: resourceId,
        targetRegions: regions.map((name) => ({ name })),
        artifactTags: tags,
      };
    case 'VHD':
      return base;
  }
}

export interface Parts {
  name: string;
  location: string;
  buildTimeoutInMinutes: number | undefined;
  vmSize: string;
  subnetId?: string;
  source: object;
  customize: object[];
  distribute: object;
}

export function imageTemplate(parts: Parts): Record<string, unknown> {
  const { name, location, buildTimeoutInMinutes, vmSize, subnetId = '', source, customize, distribute } = parts;
  const vmProfile = {
    ...(vmSize === '' ? {} : { vmSize }),
    ...(subnetId === '' ? {} : { vnetConfig: { subnetId } }),
  };
  return {
    type: 'Microsoft.VirtualMachineImages/imageTemplates',
    apiVersion: '2025-10-01',
    name,
    location,
    properties: {
      ...(buildTimeoutInMinutes === undefined ? {} : { buildTimeoutInMinutes }),
      ...(Object.keys(vmProfile).length === 0 ? {} : { vmProfile }),
      source,
      customize,
      distribute: [distribute],
    },
  };
}

/** A name is one in the template's own group. */
export function resourceIdOf(nameOrId: string, type: string, group: { subscriptionId: string; resourceGroup: string }) {
  if (nameOrId === '' || nameOrId.startsWith('/')) return nameOrId;
  return `/subscriptions/${group.subscriptionId}/resourceGroups/${group.resourceGroup}/providers/${type}/${nameOrId}`;
}
