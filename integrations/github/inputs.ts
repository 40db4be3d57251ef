/** The action's inputs, named as those of azure/build-vm-image where both have them. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ownId } from '../pipeline/own-id.ts';
import { Inputs } from '../pipeline/request.ts';
import type { Request } from '../pipeline/request.ts';
import { customizers, distributor, imageTemplate, platformImage, resourceIdOf } from '../pipeline/template-parts.ts';

const IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';
/** Of a template that is made here; one from a file has its own. */
const PARTS = ['location', 'vm-size', 'source-image-type', 'source-image', 'dist-type', 'dist-resource-id'];
const MORE_PARTS = ['dist-location', 'run-output-name', 'dist-image-tags'];
const CUSTOMIZING = ['customizer-source', 'customizer-script', 'customizer-destination', 'customizer-windows-update'];

/** @param env the runner's: `INPUT_<NAME>` and `GITHUB_*` */
export function requestOf(env: NodeJS.ProcessEnv): Request {
  const inputs = new Inputs((name) => env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '');
  const named = inputs.text('image-builder-template-name');
  const file = inputs.text('template') || (/\.jsonc?$/i.test(named) ? named : '');
  const given = inputs.text('id');
  const id = given === '' ? idOf(env) : given;
  const group = {
    subscriptionId: inputs.text('subscription-id') || (env['AZURE_SUBSCRIPTION_ID'] ?? ''),
    resourceGroup: inputs.text('resource-group-name'),
  };
  if (group.subscriptionId === '') inputs.problem('subscription-id', 'is required, or AZURE_SUBSCRIPTION_ID');
  if (group.resourceGroup === '') inputs.problem('resource-group-name', 'is required');
  const minutes = inputs.minutes('build-timeout-in-minutes');
  const parametersFile = inputs.text('parameters');
  const made = file === '' ? partsOf(inputs, env, named, id, group, minutes) : undefined;
  const request: Request = {
    template: made ?? resolve(file),
    customizeFirst: made === undefined ? customizersOf(inputs, env) : [],
    ...(minutes === undefined ? {} : { buildTimeoutInMinutes: minutes }),
    ...(parametersFile === '' ? {} : { parametersFile }),
    params: inputs
      .text('param')
      .split('\n')
      .map((pair) => pair.trim())
      .filter((pair) => pair !== ''),
    identities: inputs.list('managed-identity').map((one) => resourceIdOf(one, IDENTITY, group)),
    ...group,
    id,
    ownId: given === '',
    retry: inputs.flag('retry', true),
    onCancel: inputs.choice('on-cancel', { cancel: 'cancel', detach: 'detach' }, 'cancel'),
    ignored:
      made === undefined ? inputs.given([...PARTS.slice(1), ...MORE_PARTS]) : inputs.given(['parameters', 'param']),
  };
  if (made === undefined && inputs.text('location') !== '') request.location = inputs.text('location');
  inputs.check();
  return request;
}

/** Another attempt of the same run is the same build; another leg of a matrix is another one. */
function idOf(env: NodeJS.ProcessEnv): string {
  const { GITHUB_RUN_ID = '', GITHUB_REPOSITORY, GITHUB_JOB, GITHUB_ACTION } = env;
  const inputs = Object.entries(env)
    .filter(([name]) => name.startsWith('INPUT_'))
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  return ownId('gh', GITHUB_RUN_ID, { GITHUB_REPOSITORY, GITHUB_JOB, GITHUB_ACTION, inputs });
}

function customizersOf(inputs: Inputs, env: NodeJS.ProcessEnv): object[] {
  const { GITHUB_WORKSPACE = process.cwd() } = env;
  const usual = resolve(GITHUB_WORKSPACE, 'workflow-artifacts');
  const path = inputs.text('customizer-source') || (existsSync(usual) ? usual : '');
  const script = inputs.lines('customizer-script');
  const update = inputs.flag('customizer-windows-update');
  if (path === '' && script.length === 0 && !update) return [];
  const system = inputs.choice('source-os-type', { linux: 'linux', windows: 'windows' }, 'linux');
  if (inputs.text('source-os-type') === '') {
    inputs.problem('source-os-type', `is required, linux or windows, with ${CUSTOMIZING.join(', ')}`);
  }
  const windows = system === 'windows';
  const into = inputs.text('customizer-destination') || (windows ? 'C:\\' : '/tmp');
  return customizers(inputs, 'customizer-source', {
    windows,
    ...(path === '' ? {} : { artifacts: { path: resolve(GITHUB_WORKSPACE, path), into } }),
    script,
    windowsUpdate: update,
  });
}

function partsOf(
  inputs: Inputs,
  env: NodeJS.ProcessEnv,
  named: string,
  id: string,
  group: { subscriptionId: string; resourceGroup: string },
  buildTimeoutInMinutes: number | undefined,
): Record<string, unknown> {
  const location = inputs.required('location', 'is required without a template file');
  const identity = inputs.list('managed-identity');
  if (identity.length === 0) inputs.problem('managed-identity', 'is required without a template file');
  inputs.required('source-os-type', 'is required: linux or windows');
  const regions = inputs.list('dist-location');
  const type = inputs.choice(
    'dist-type',
    { ManagedImage: 'ManagedImage', SharedImageGallery: 'SharedImage', SharedImage: 'SharedImage', VHD: 'VHD' },
    'ManagedImage',
  );
  const resourceId = inputs.text('dist-resource-id');
  if (type === 'SharedImage' && resourceId === '') inputs.problem('dist-resource-id', 'is required for a gallery');
  return imageTemplate({
    name: named === '' ? id : named,
    location,
    buildTimeoutInMinutes,
    vmSize: inputs.text('vm-size'),
    source: sourceOf(inputs),
    customize: customizersOf(inputs, env),
    distribute: distributor({
      type,
      resourceId: resourceId === '' ? resourceIdOf(`mi_${id}`, 'Microsoft.Compute/images', group) : resourceId,
      regions: regions.length === 0 ? [location] : regions,
      runOutputName: inputs.text('run-output-name'),
      tags: tagsOf(inputs, env),
    }),
  });
}

function sourceOf(inputs: Inputs): object {
  const types = {
    PlatformImage: 'urn',
    marketplace: 'urn',
    ManagedImage: 'imageId',
    SharedImageGallery: 'versionId',
  } as const;
  const type = inputs.choice('source-image-type', { ...types, SharedImageVersion: 'versionId' }, 'urn');
  const image = inputs.required('source-image');
  if (type === 'urn') return platformImage(inputs, 'source-image', image);
  return type === 'imageId'
    ? { type: 'ManagedImage', imageId: image }
    : { type: 'SharedImageVersion', imageVersionId: image };
}

function tagsOf(inputs: Inputs, env: NodeJS.ProcessEnv): Record<string, string> {
  const { GITHUB_SERVER_URL = '', GITHUB_REPOSITORY = '', GITHUB_RUN_ID = '', GITHUB_SHA = '' } = env;
  const tags = inputs.list('dist-image-tags').map((pair) => {
    const at = pair.indexOf(':');
    if (at < 1) inputs.problem('dist-image-tags', `expected name:value, got ${pair}`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
  });
  return {
    RunURL: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`,
    GitHubRepo: GITHUB_REPOSITORY,
    GithubCommit: GITHUB_SHA,
    ...Object.fromEntries(tags),
  };
}
