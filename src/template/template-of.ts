/** Back from a plan to an image template of the newest api-version, with every default written out. */
import { NEWEST_API_VERSION } from './api-versions/api-versions.ts';
import type {
  BuildPlan,
  LocalFile,
  PlannedCustomizer,
  PlannedDistributor,
  PlannedScript,
  PlannedSource,
  ShellCustomizer,
} from './build-plan.ts';
import { formatDuration } from './duration.ts';

/** A resource as a deployment template has it. Planned again, it gives the same plan. */
export function templateOf(plan: BuildPlan): Record<string, unknown> {
  const { template, machine, validate, optimize, errorHandling, managedResourceTags, stagingResourceGroup } = plan;
  const { identities, name, location, tags } = template;
  return {
    type: 'Microsoft.VirtualMachineImages/imageTemplates',
    apiVersion: NEWEST_API_VERSION,
    name,
    location,
    tags,
    identity: { type: 'UserAssigned', userAssignedIdentities: Object.fromEntries(identities.map((id) => [id, {}])) },
    properties: {
      source: sourceOf(plan.source),
      customize: plan.customize.map(stepOf),
      ...(validate === undefined
        ? {}
        : {
            validate: {
              continueDistributeOnFailure: validate.continueDistributeOnFailure,
              sourceValidationOnly: validate.sourceValidationOnly,
              inVMValidations: validate.validators.map(stepOf),
            },
          }),
      ...(optimize === undefined
        ? {}
        : {
            optimize: {
              vmBoot: { state: optimize.vmBoot ? 'Enabled' : 'Disabled' },
              ...(optimize.workload === undefined
                ? {}
                : {
                    workload: {
                      state: 'Enabled',
                      ...(optimize.workload.scriptUri === undefined ? {} : { scriptUri: optimize.workload.scriptUri }),
                      ...checksumOf(optimize.workload),
                    },
                  }),
            },
          }),
      distribute: plan.distribute.map(distributorOf),
      ...(errorHandling === undefined ? {} : { errorHandling }),
      ...(plan.autoRun === true ? { autoRun: { state: 'Enabled' } } : {}),
      ...(managedResourceTags === undefined ? {} : { managedResourceTags }),
      ...(stagingResourceGroup === undefined ? {} : { stagingResourceGroup }),
      buildTimeoutInMinutes: plan.buildTimeoutInMinutes,
      vmProfile: {
        ...(machine.vmSize === undefined ? {} : { vmSize: machine.vmSize }),
        osDiskSizeGB: machine.osDiskSizeGB,
        userAssignedIdentities: machine.identities,
        vnetConfig: {
          ...(machine.subnetId === undefined ? {} : { subnetId: machine.subnetId }),
          ...(machine.proxyVmSize === undefined ? {} : { proxyVmSize: machine.proxyVmSize }),
          ...(machine.containerInstanceSubnetId === undefined
            ? {}
            : { containerInstanceSubnetId: machine.containerInstanceSubnetId }),
        },
      },
      ...(machine.dataDisks === undefined ? {} : { additionalDataDisks: machine.dataDisks }),
    },
  };
}

function sourceOf(source: PlannedSource): Record<string, unknown> {
  switch (source.type) {
    case 'ManagedImage':
      return { ...source };
    case 'SharedImageVersion':
      return { type: source.type, imageVersionId: source.imageVersionId };
    case 'PlatformImage': {
      const { plan, ...image } = source;
      if (plan === undefined) return image;
      return { ...image, planInfo: { planName: plan.name, planProduct: plan.product, planPublisher: plan.publisher } };
    }
  }
}

const checksumOf = ({ sha256 }: { sha256?: string }): { sha256Checksum?: string } =>
  sha256 === undefined ? {} : { sha256Checksum: sha256 };

function scriptOf(script: PlannedScript): Record<string, unknown> {
  switch (script.from) {
    case 'inline':
      return { inline: script.lines };
    case 'uri':
      return { scriptUri: script.uri, ...checksumOf(script) };
    case 'file':
      return {};
  }
}

function kilnOf(step: PlannedCustomizer): { kiln?: Record<string, unknown> } {
  const { pauseBeforeInSeconds: pause, timeoutInSeconds: within, retries } = step;
  const kiln = {
    ...fileOf('script' in step ? (step.script.from === 'file' ? step.script.file : undefined) : undefined),
    ...(step.type === 'File' ? fileOf(step.file, step.unpack) : {}),
    ...('environment' in step ? { environment: step.environment } : {}),
    ...(step.type === 'Shell' ? shellOf(step) : {}),
    ...(pause === undefined ? {} : { pauseBefore: formatDuration(pause) }),
    ...(within === undefined ? {} : { timeout: formatDuration(within) }),
    ...(retries === undefined ? {} : { retries }),
  };
  return Object.keys(kiln).length === 0 ? {} : { kiln };
}

const fileOf = (file: LocalFile | undefined, folder = false): { file?: string; folder?: string } =>
  file === undefined ? {} : { [folder ? 'folder' : 'file']: file.path };

function shellOf({ restart, validExitCodes, executeCommand }: ShellCustomizer): Record<string, unknown> {
  return {
    ...(restart === undefined ? {} : { restart: { timeout: formatDuration(restart.timeoutInSeconds) } }),
    ...(validExitCodes === undefined ? {} : { validExitCodes }),
    ...(executeCommand === undefined ? {} : { executeCommand }),
  };
}

function stepOf(step: PlannedCustomizer): Record<string, unknown> {
  return { ...azureStepOf(step), ...kilnOf(step) };
}

function azureStepOf(step: PlannedCustomizer): Record<string, unknown> {
  const { type, name } = step;
  switch (type) {
    case 'Shell':
      return { type, name, ...scriptOf(step.script) };
    case 'PowerShell': {
      const { runElevated, runAsSystem, validExitCodes } = step;
      return { type, name, ...scriptOf(step.script), runElevated, runAsSystem, validExitCodes };
    }
    case 'File': {
      const { sourceUri, destination } = step;
      return { type, name, ...(sourceUri === undefined ? {} : { sourceUri }), destination, ...checksumOf(step) };
    }
    case 'WindowsRestart': {
      const { restartCommand, restartCheckCommand, restartTimeoutInSeconds } = step;
      return {
        type,
        name,
        restartCommand,
        ...(restartCheckCommand === undefined ? {} : { restartCheckCommand }),
        restartTimeout: formatDuration(restartTimeoutInSeconds),
      };
    }
    case 'WindowsUpdate': {
      const { searchCriteria, filters, updateLimit } = step;
      return { type, name, searchCriteria, filters, updateLimit };
    }
  }
}

function distributorOf(distributor: PlannedDistributor): Record<string, unknown> {
  const { type, runOutputName, artifactTags } = distributor;
  const base = { type, runOutputName, artifactTags };
  switch (distributor.type) {
    case 'ManagedImage':
      return { ...base, imageId: distributor.imageId, location: distributor.location };
    case 'VHD':
      return { ...base, ...(distributor.uri === undefined ? {} : { uri: distributor.uri }) };
    case 'SharedImage': {
      const { imageDefinitionId, version, targetRegions, excludeFromLatest, replicationMode } = distributor;
      return {
        ...base,
        galleryImageId:
          version.scheme === 'explicit' ? `${imageDefinitionId}/versions/${version.version}` : imageDefinitionId,
        targetRegions,
        excludeFromLatest,
        ...(version.scheme === 'latest' ? { versioning: { scheme: 'Latest', major: version.major ?? -1 } } : {}),
        ...(version.scheme === 'source' ? { versioning: { scheme: 'Source' } } : {}),
        ...(replicationMode === undefined ? {} : { replicationMode }),
      };
    }
  }
}
