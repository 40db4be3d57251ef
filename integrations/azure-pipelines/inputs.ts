/** The template's parameters, named as the inputs of the Azure VM Image Builder task (AzureImageBuilderTask@1). */
import { resolve } from 'node:path';
import { ownId } from '../pipeline/own-id.ts';
import { Inputs } from '../pipeline/request.ts';
import type { Request } from '../pipeline/request.ts';
import { customizers, distributor, imageTemplate, platformImage, resourceIdOf } from '../pipeline/template-parts.ts';

const IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const PREFIX = 'KILN_INPUT_';
const PARTS = ['baseImage', 'baseImagePubOfferSku', 'customImageResourceId', 'imageVersionId', 'vmSize'];
const MORE_PARTS = ['vnetSubnetId', 'imageIdForDistribute', 'galleryImageId', 'replicationRegions'];

/** @param env `KILN_INPUT_<NAME>`, as a name that begins with INPUT_ does not pass through an agent's script step */
export function requestOf(env: NodeJS.ProcessEnv): Request {
  const inputs = new Inputs((name) => env[`${PREFIX}${name.toUpperCase()}`] ?? '');
  const { SYSTEM_DEFAULTWORKINGDIRECTORY: folder = process.cwd() } = env;
  const file = inputs.text('template');
  const given = inputs.text('id');
  const id = given === '' ? idOf(env) : given;
  const group = {
    subscriptionId: inputs.text('ibSubscription') || (env['AZURE_SUBSCRIPTION_ID'] ?? ''),
    resourceGroup: inputs.required('ibAzureResourceGroup'),
  };
  if (group.subscriptionId === '') inputs.problem('ibSubscription', 'is required, or AZURE_SUBSCRIPTION_ID');
  const minutes = inputs.minutes('buildTimeoutInMinutes');
  const parametersFile = inputs.text('parameters');
  const location = inputs.text('ibLocation');
  const made = file === '' ? partsOf(inputs, folder, id, group, minutes) : undefined;
  const request: Request = {
    template: made ?? resolve(folder, file),
    customizeFirst: made === undefined ? customizersOf(inputs, folder) : [],
    ...(minutes === undefined ? {} : { buildTimeoutInMinutes: minutes }),
    ...(parametersFile === '' ? {} : { parametersFile: resolve(folder, parametersFile) }),
    params: [],
    identities: inputs.list('managedIdentity').map((one) => resourceIdOf(one, IDENTITY, group)),
    ...group,
    ...(made === undefined && location !== '' ? { location } : {}),
    id,
    ownId: given === '',
    retry: inputs.flag('retry', true),
    onCancel: inputs.choice('onCancel', { cancel: 'cancel', detach: 'detach' }, 'cancel'),
    ignored: inputs.given(['storageAccountName', ...(made === undefined ? [...PARTS, ...MORE_PARTS] : ['parameters'])]),
  };
  inputs.check();
  return request;
}

/** Another attempt of the job is the same build. */
function idOf(env: NodeJS.ProcessEnv): string {
  const { BUILD_BUILDID = '', SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECTID, SYSTEM_STAGENAME, SYSTEM_JOBNAME } = env;
  const inputs = Object.entries(env)
    .filter(([name]) => name.startsWith(PREFIX))
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  const names = { SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECTID, SYSTEM_STAGENAME, SYSTEM_JOBNAME };
  return ownId('ado', BUILD_BUILDID, { ...names, inputs });
}

/** The build path comes to where the task puts it: below /tmp, or C:\buildArtifacts. */
function customizersOf(inputs: Inputs, folder: string): object[] {
  const path = inputs.text('packagePath');
  const script = inputs.lines('inlineScript');
  const windowsUpdate = inputs.flag('windowsUpdateProvisioner');
  const flags = { runElevated: inputs.flag('runElevated'), runAsSystem: inputs.flag('runAsSystem') };
  const provisioner = inputs.choice('provisioner', { shell: 'shell', powershell: 'powershell' }, 'shell');
  if (path === '' && script.length === 0 && !windowsUpdate) return [];
  const windows = provisioner === 'powershell';
  const into = windows ? 'C:\\buildArtifacts' : '/tmp';
  return customizers(inputs, 'packagePath', {
    windows,
    ...(path === '' ? {} : { artifacts: { path: resolve(folder, path), into } }),
    script,
    ...flags,
    windowsUpdate,
  });
}

function partsOf(
  inputs: Inputs,
  folder: string,
  id: string,
  group: { subscriptionId: string; resourceGroup: string },
  buildTimeoutInMinutes: number | undefined,
): Record<string, unknown> {
  const location = inputs.required('ibLocation', 'is required without a template file');
  inputs.required('managedIdentity', 'is required without a template file');
  return imageTemplate({
    name: `t_${id}`,
    location,
    buildTimeoutInMinutes,
    vmSize: inputs.text('vmSize'),
    subnetId: inputs.text('vnetSubnetId'),
    source: sourceOf(inputs),
    customize: customizersOf(inputs, folder),
    distribute: distributorOf(inputs, id, location, group),
  });
}

function sourceOf(inputs: Inputs): object {
  const types = { marketplace: 'urn', managedImage: 'imageId', gallery: 'versionId', sig: 'versionId' } as const;
  switch (inputs.choice<'urn' | 'imageId' | 'versionId'>('imageSource', types, 'urn')) {
    case 'imageId':
      return { type: 'ManagedImage', imageId: inputs.required('customImageResourceId') };
    case 'versionId':
      return { type: 'SharedImageVersion', imageVersionId: inputs.required('imageVersionId') };
    case 'urn': {
      const name = inputs.text('baseImagePubOfferSku') === '' ? 'baseImage' : 'baseImagePubOfferSku';
      const image = platformImage(inputs, name, inputs.required(name), inputs.text('baseImageVersion'));
      return { ...image, ...planOf(inputs) };
    }
  }
}

/** What an image of the marketplace that is paid for is bought by. */
function planOf(inputs: Inputs): object {
  const plan = inputs.text('platformImagePurchasePlan');
  if (plan === '') return {};
  const [planName, planProduct, planPublisher, ...more] = plan.split(':');
  if (!planName || !planProduct || !planPublisher || more.length > 0) {
    inputs.problem('platformImagePurchasePlan', `expected name:product:publisher, got ${plan}`);
  }
  return { planInfo: { planName, planProduct, planPublisher } };
}

function distributorOf(
  inputs: Inputs,
  id: string,
  location: string,
  group: { subscriptionId: string; resourceGroup: string },
): object {
  const types = { managedImage: 'ManagedImage', gallery: 'SharedImage', sig: 'SharedImage', vhd: 'VHD' } as const;
  const type = inputs.choice<'ManagedImage' | 'SharedImage' | 'VHD'>('distributeType', types, 'ManagedImage');
  const common = { type, runOutputName: '', tags: {} };
  if (type === 'SharedImage') {
    const regions = inputs.list('replicationRegions');
    const chosen = regions.length === 0 ? [location] : regions;
    return distributor({ ...common, resourceId: inputs.required('galleryImageId'), regions: chosen });
  }
  const image = inputs.text('imageIdForDistribute') || `mi_${id}`;
  const resourceId = resourceIdOf(image, 'Microsoft.Compute/images', group);
  return distributor({ ...common, resourceId, regions: [inputs.text('managedImageLocation') || location] });
}
