/**
 * The build plan: a template with every default filled, every expression evaluated and every resource name fixed.
 * It is the only input of the workflow `buildImage`, so everything here is plain JSON.
 *
 * Two things cannot be known without asking Azure: the exact version behind `latest`, and what the source image is
 * (generation, operating system, disk size). The pre-flight activity answers them; see {@link ResolvedSource}.
 */

import type { GalleryKind } from './resource-id.ts';

/** Where and as what a build runs. Resource ids are in Azure's own casing. */
export interface BuildPlan {
  /** Format of this document. Raised when a field changes its meaning. */
  planVersion: 1;
  /** Identifies the run; also the workflow id's last part. Lower-case letters, digits and dashes, at most 40 characters. */
  runId: string;
  template: {
    /** `/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.VirtualMachineImages/imageTemplates/{name}` */
    id: string;
    name: string;
    subscriptionId: string;
    resourceGroup: string;
    /** Normalised region name, as in `westus2`. The build machine runs here. */
    location: string;
    /** The api-version whose rules the template was read by. */
    apiVersion: string;
    tags: Record<string, string>;
    /** User-assigned identities of the template; never empty. */
    identities: string[];
  };
  source: PlannedSource;
  customize: PlannedCustomizer[];
  /** Absent: the image is not validated. */
  validate?: PlannedValidation;
  /** Absent: nothing is optimized. */
  optimize?: PlannedOptimization;
  /** Absent: a build that fails is cleaned up. */
  errorHandling?: { onCustomizerError: OnError; onValidationError: OnError };
  distribute: PlannedDistributor[];
  machine: PlannedMachine;
  staging: StagingNames;
  /** A group of the template's own, in Azure's casing; `staging.resourceGroup` is its name. Its contents go, it stays. */
  stagingResourceGroup?: string;
  /** Whether creating the template starts a build; absent: no. */
  autoRun?: boolean;
  /** `managedResourceTags`; they are among `tags` too, which is where a build takes them from. */
  managedResourceTags?: Record<string, string>;
  /** Bounds the whole build, 1 to 960 (the template's 0 means 240). */
  buildTimeoutInMinutes: number;
  /** Written on every resource that the build makes; `kiln-run` in it is the ownership tag. */
  tags: Record<string, string>;
  /** What a person should know though nothing is wrong: fields accepted though the service would not, defaults chosen. */
  warnings: PlanWarning[];
}

/** Name of the tag that says which run made a resource. Nothing without this run's value is ever deleted. */
export const OWNERSHIP_TAG = 'kiln-run';

export interface PlanWarning {
  /** JSON path into the template, as in `properties.customize[2].name`. */
  path: string;
  message: string;
}

export type PlannedSource =
  | {
      type: 'PlatformImage';
      publisher: string;
      offer: string;
      sku: string;
      /** Exact, or `latest`. */
      version: string;
      plan?: { name: string; product: string; publisher: string };
    }
  | { type: 'ManagedImage'; imageId: string }
  /**
   * The id ends in `/versions/{exact}` or `/versions/latest`. A gallery that others share is named by its unique name,
   * `/sharedGalleries/…` or `/communityGalleries/…`, and its images by no resource id; absent: `own`.
   */
  | { type: 'SharedImageVersion'; imageVersionId: string; gallery?: GalleryKind };

/** What happens to the machine when a build fails; `abort` leaves it for a person to look at. */
export type OnError = 'cleanup' | 'abort';

/** One step inside the build machine. `index` counts from 0 in template order. */
export type PlannedCustomizer =
  ShellCustomizer | FileCustomizer | PowerShellCustomizer | WindowsRestartCustomizer | WindowsUpdateCustomizer;

/** One check in a machine that was booted from the output. Keys start with `check-`. */
export type PlannedValidator = ShellCustomizer | FileCustomizer | PowerShellCustomizer;

interface StepBase {
  index: number;
  /** The template's name, or `<type>-<index+1>`. */
  name: string;
  /** Safe as part of a resource name or blob name and unique in the build: `step-01-install-nginx`, at most 60 characters. */
  key: string;
  /** Before the step and each retry (`kiln.pauseBefore`). */
  pauseBeforeInSeconds?: number;
  /** How often a step that failed is tried again (`kiln.retries`). */
  retries?: number;
  /** Absent: as long as the build may take. */
  timeoutInSeconds?: number;
}

/** A file or packed folder of the machine where `kiln` runs (`kiln.file`), as it was when the plan was made. */
export interface LocalFile {
  /** As the template has it. */
  path: string;
  /** Lower-case hexadecimal digits. */
  sha256: string;
  bytes: number;
  /** The file itself, gzipped, in base64. Absent: too large for a plan; the client sends it once the build runs. */
  content?: string;
}

/** Lines that stand in the template, an address, or a file; `sha256` is in lower-case hexadecimal digits. */
export type PlannedScript =
  | { from: 'inline'; lines: string[] }
  | { from: 'uri'; uri: string; sha256?: string }
  | { from: 'file'; file: LocalFile };

interface ScriptBase extends StepBase {
  script: PlannedScript;
  /** `kiln.environment` */
  environment?: Record<string, string>;
}

export interface ShellCustomizer extends ScriptBase {
  type: 'Shell';
  /** The machine is restarted after the script and waited for (`kiln.restart` of the step). */
  restart?: { timeoutInSeconds: number };
  /** Absent: only 0. */
  validExitCodes?: number[];
  /** Starts the script, in Packer's words: `{{ .Vars }}` and `{{ .Path }}`. Absent: the script by itself. */
  executeCommand?: string;
}

export interface PowerShellCustomizer extends ScriptBase {
  type: 'PowerShell';
  /** With administrator rights. */
  runElevated: boolean;
  /** As SYSTEM; only together with `runElevated`. */
  runAsSystem: boolean;
  /** Never empty; `[0]` unless the template says otherwise. */
  validExitCodes: number[];
}

export interface WindowsRestartCustomizer extends StepBase {
  type: 'WindowsRestart';
  restartCommand: string;
  /** Absent: the machine is back when its agent answers. */
  restartCheckCommand?: string;
  restartTimeoutInSeconds: number;
}

export interface WindowsUpdateCustomizer extends StepBase {
  type: 'WindowsUpdate';
  searchCriteria: string;
  /** `include:` or `exclude:` and a PowerShell expression on `$_`, in order; the first that is true counts. */
  filters: string[];
  /** Updates in one round. */
  updateLimit: number;
}

export interface FileCustomizer extends StepBase {
  type: 'File';
  /** Either this or `file`. */
  sourceUri?: string;
  file?: LocalFile;
  /** `file` is a folder (`kiln.folder`), packed as tar.gz and unpacked into the folder `destination`. */
  unpack?: true;
  /** Path inside the machine: absolute, or below the folder that steps run in. */
  destination: string;
  sha256?: string;
}

export interface PlannedValidation {
  /** An image that failed is distributed all the same; the run is reported as failed. */
  continueDistributeOnFailure: boolean;
  /** No image is built: the validators run on the source image. */
  sourceValidationOnly: boolean;
  validators: PlannedValidator[];
}

export interface PlannedOptimization {
  vmBoot: boolean;
  workload?: { scriptUri?: string; sha256?: string };
}

export type PlannedDistributor = SharedImageDistributor | ManagedImageDistributor | VhdDistributor;

interface DistributorBase {
  index: number;
  runOutputName: string;
  artifactTags: Record<string, string>;
}

export interface SharedImageDistributor extends DistributorBase {
  type: 'SharedImage';
  /** The image definition's id, without a version. */
  imageDefinitionId: string;
  /** `explicit`: that version; `latest`: highest version in `major` (or of all) with its patch raised by one. */
  version: { scheme: 'explicit'; version: string } | { scheme: 'latest'; major?: number } | { scheme: 'source' };
  targetRegions: TargetRegion[];
  excludeFromLatest: boolean;
  /** Absent: `Full`. */
  replicationMode?: 'Full' | 'Shallow';
}

export interface TargetRegion {
  /** Normalised region name. */
  name: string;
  replicaCount: number;
  storageAccountType: 'Standard_LRS' | 'Standard_ZRS' | 'Premium_LRS';
}

export interface ManagedImageDistributor extends DistributorBase {
  type: 'ManagedImage';
  imageId: string;
  location: string;
}

export interface VhdDistributor extends DistributorBase {
  type: 'VHD';
  /** Where the blob goes; without it, container `vhds` of the staging account. */
  uri?: string;
}

export interface PlannedMachine {
  name: string;
  /** Absent: chosen by the source's generation once it is known (see {@link defaultVmSize}). */
  vmSize?: string;
  /** GiB; 0 keeps the source's size. */
  osDiskSizeGB: number;
  /** Identities given to the build machine (`vmProfile.userAssignedIdentities`). */
  identities: string[];
  /** `vmProfile.vnetConfig.subnetId`: an existing subnet; then no network and no public IP is made. */
  subnetId?: string;
  /** Azure Image Builder's own container and proxy machine would be there; Kiln has neither. */
  containerInstanceSubnetId?: string;
  proxyVmSize?: string;
  /** `additionalDataDisks` in GiB, by their logical unit numbers from 0; they become part of the image. Absent: none. */
  dataDisks?: Array<{ sizeGB: number }>;
}

/** Every name in the staging group, derived from the run id and the template so that a repeated create is the same PUT. */
export interface StagingNames {
  /** `IT_<group>_<template>`, shortened with a hash where it would pass 90 characters. */
  resourceGroup: string;
  /** 3 to 24 lower-case letters and digits. */
  storageAccount: string;
  virtualNetwork: string;
  subnet: string;
  securityGroup: string;
  publicIp: string;
  osDisk: string;
}

/** What pre-flight found out about the source, with `latest` replaced by the exact version. */
export interface ResolvedSource {
  type: PlannedSource['type'];
  /** What to show: `Canonical:UbuntuServer:18.04-LTS:18.04.202401161` or a resource id with the exact version. */
  description: string;
  /** Exact version; absent for a managed image. */
  exactVersion?: string;
  /** Resource id of the exact platform image version, gallery image version or managed image. */
  id: string;
  osType: 'Linux' | 'Windows';
  hyperVGeneration: 'V1' | 'V2';
  /** GiB. */
  osDiskSizeGB?: number;
  plan?: { name: string; product: string; publisher: string };
  /** An image that this build made, for the machine that validates it. */
  isOutput?: true;
}

/** Azure Image Builder's default sizes by generation (reference: JSON template, `vmSize`). */
export function defaultVmSize(generation: 'V1' | 'V2'): string {
  return generation === 'V2' ? 'Standard_D2ds_v4' : 'Standard_D1_v2';
}
