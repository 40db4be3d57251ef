import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { requestOf as azureRequest } from '../../integrations/azure-pipelines/inputs.ts';
import { requestOf as githubRequest } from '../../integrations/github/inputs.ts';
import { harmless } from '../../integrations/pipeline/job-page.ts';
import type { Request } from '../../integrations/pipeline/request.ts';
import { findingsOf, renumbered, resultsOf } from '../../integrations/pipeline/results.ts';
import { summaryOf } from '../../integrations/pipeline/summary.ts';
import { planFile } from '../../src/template/index.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { action, pipeline, ROOT } from './jobs.ts';

const IMAGE = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i';
const VERSION = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/y/images/d/versions/1.2.3';

const github = (inputs: Record<string, string>): Request =>
  githubRequest({
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    GITHUB_RUN_ID: '12',
    GITHUB_REPOSITORY: 'team/images',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'c0ffee',
    GITHUB_WORKSPACE: '/nowhere',
  });

const azure = (parameters: Record<string, string>): Request =>
  azureRequest({
    ...Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [`KILN_INPUT_${name.toUpperCase()}`, value]),
    ),
    BUILD_BUILDID: '34',
  });

/** The plan of a request that is made of parts: what is not valid is refused. */
function planOf({ template, identities, id }: Request): BuildPlan {
  const result = planFile(JSON.stringify(template), {
    fileName: 'inputs',
    parameters: {},
    subscriptionId: 's',
    resourceGroup: 'g',
    identities,
    runId: id,
  });
  assert.ok(result.ok, JSON.stringify(result));
  const [plan] = result.plans;
  assert.ok(plan !== undefined);
  return plan;
}

const PARTS = {
  'subscription-id': 's',
  'resource-group-name': 'g',
  location: 'westeurope',
  'managed-identity': 'builder',
  'source-os-type': 'linux',
  'source-image': 'Debian:debian-12:12-gen2:latest',
};

describe('the inputs of the action', () => {
  it('are those that it declares, and its outputs those that it sets', () => {
    const code = ['inputs.ts', 'main.ts', '../pipeline/run-build.ts']
      .map((file) => readFileSync(join(ROOT, 'integrations/github', file), 'utf8'))
      .join('\n');
    for (const name of [...Object.keys(action.inputs), ...Object.keys(action.outputs)]) {
      assert.match(code, new RegExp(`['" ]${name}\\b`), `nothing reads or sets ${name}`);
    }
    const read = [...code.matchAll(/inputs\.(?:text|required|flag|choice|list|lines|minutes)\(\s*'([^']+)'/g)];
    for (const [, name = ''] of read) assert.ok(name in action.inputs, `action.yml does not declare ${name}`);
    assert.deepEqual([action.runs.using, action.runs['post-if']], ['node24', 'cancelled()']);
  });

  it('make a managed image in the resource group, with the tags of the run, unless they say otherwise', () => {
    const plan = planOf(github(PARTS));
    const [output] = plan.distribute;
    assert.ok(output?.type === 'ManagedImage');
    assert.match(output.imageId, /\/resourceGroups\/g\/providers\/Microsoft\.Compute\/images\/mi_gh-12-[0-9a-f]{8}$/);
    assert.deepEqual(output.artifactTags, {
      RunURL: 'https://github.com/team/images/actions/runs/12',
      GitHubRepo: 'team/images',
      GithubCommit: 'c0ffee',
    });
    assert.match(plan.template.identities[0] ?? '', /\/resourceGroups\/g\/.*\/userAssignedIdentities\/builder$/);
    assert.equal(plan.buildTimeoutInMinutes, 240);
    const more = planOf(github({ ...PARTS, 'build-timeout-in-minutes': '30', 'vm-size': 'Standard_D4s_v5' }));
    assert.deepEqual([more.buildTimeoutInMinutes, more.machine.vmSize], [30, 'Standard_D4s_v5']);
  });

  it('name every source and every distributor', () => {
    const source = (type: string, image: string) =>
      planOf(github({ ...PARTS, 'source-image-type': type, 'source-image': image })).source;
    assert.deepEqual(source('managedimage', IMAGE), { type: 'ManagedImage', imageId: IMAGE });
    assert.equal(source('SharedImageGallery', VERSION).type, 'SharedImageVersion');
    const output = (more: Record<string, string>) => planOf(github({ ...PARTS, ...more })).distribute[0];
    assert.equal(output({ 'dist-type': 'vhd', 'run-output-name': 'disk' })?.runOutputName, 'disk');
    const gallery = output({
      'dist-type': 'SharedImageGallery',
      'dist-resource-id': VERSION,
      'dist-location': 'westeurope, northeurope',
      'dist-image-tags': 'a:b:c',
    });
    assert.ok(gallery?.type === 'SharedImage');
    assert.deepEqual(gallery.version, { scheme: 'explicit', version: '1.2.3' });
    assert.deepEqual(
      gallery.targetRegions.map(({ name }) => name),
      ['westeurope', 'northeurope'],
    );
    assert.equal(gallery.artifactTags['a'], 'b:c');
  });

  it('update Windows at the end, and run the script before', () => {
    const { customize } = planOf(
      github({
        ...PARTS,
        'source-os-type': 'Windows',
        'customizer-script': '1\n2\n',
        'customizer-windows-update': 'true',
      }),
    );
    assert.deepEqual(
      customize.map(({ type }) => type),
      ['PowerShell', 'WindowsUpdate'],
    );
    assert.ok(customize[0]?.type === 'PowerShell' && customize[0].script.from === 'inline');
    assert.deepEqual(customize[0].script.lines, ['1', '2']);
  });

  it('give an id that is the same for another attempt only, unless they name one', () => {
    const id = (more: Record<string, string> = {}): string => github({ ...PARTS, ...more }).id;
    assert.equal(id(), id());
    assert.notEqual(id(), id({ location: 'northeurope' }));
    assert.deepEqual([github({ ...PARTS, id: 'mine' }).id, github({ ...PARTS, id: 'mine' }).ownId], ['mine', false]);
    assert.match(github({ ...PARTS }).id, /^[a-z0-9][a-z0-9-]{0,36}$/);
  });

  it('of a template file are those around it; others are named as not used', () => {
    const request = github({
      'subscription-id': 's',
      'resource-group-name': 'g',
      'image-builder-template-name': 'images/web.json',
      'source-os-type': 'linux',
      'customizer-script': 'true',
      'vm-size': 'Standard_D2s_v5',
      'build-timeout-in-minutes': '30',
      param: 'a=1\nb=x=y\n',
    });
    assert.equal(request.template, resolve('images/web.json'));
    assert.deepEqual(request.params, ['a=1', 'b=x=y']);
    assert.deepEqual(request.ignored, ['vm-size']);
    assert.deepEqual(request.customizeFirst, [{ type: 'Shell', name: 'customizer-script', inline: ['true'] }]);
    assert.equal(request.buildTimeoutInMinutes, 30);
  });
});

describe('the parameters of the template of Azure Pipelines', () => {
  const TASK = {
    ibSubscription: 's',
    ibAzureResourceGroup: 'g',
    ibLocation: 'westeurope',
    managedIdentity: 'builder',
    baseImage: 'Debian:debian-12:12-gen2',
  };

  it('are all handed to the step, and all read by it', () => {
    const code = readFileSync(join(ROOT, 'integrations/azure-pipelines/inputs.ts'), 'utf8');
    const [, build] = pipeline.steps;
    const passed = Object.keys(build?.env ?? {}).filter((name) => name.startsWith('KILN_INPUT_'));
    const own = ['name', 'kilnPath', 'temporalApiKey'];
    const names = pipeline.parameters.map(({ name }) => name).filter((name) => !own.includes(name));
    assert.deepEqual(passed.toSorted(), names.map((name) => `KILN_INPUT_${name.toUpperCase()}`).toSorted());
    for (const name of names) assert.match(code, new RegExp(`'${name}'`), `nothing reads ${name}`);
    const read = [...code.matchAll(/inputs\.(?:text|required|flag|list|lines|minutes)\('([^']+)'/g)];
    for (const [, name = ''] of read) assert.ok(names.includes(name), `the template has no ${name}`);
  });

  it('name every source and every distributor, and a subnet', () => {
    const plan = (more: Record<string, string>): BuildPlan => planOf(azure({ ...TASK, ...more }));
    assert.equal(plan({ baseImageVersion: '1.2.3' }).source.type, 'PlatformImage');
    assert.equal(plan({ imageSource: 'managedimage', customImageResourceId: IMAGE }).source.type, 'ManagedImage');
    assert.equal(plan({ imageSource: 'gallery', imageVersionId: VERSION }).source.type, 'SharedImageVersion');
    const bought = plan({ platformImagePurchasePlan: 'a:b:c' }).source;
    assert.deepEqual(bought.type === 'PlatformImage' ? bought.plan : {}, { name: 'a', product: 'b', publisher: 'c' });
    assert.equal(plan({ distributeType: 'vhd' }).distribute[0]?.type, 'VHD');
    assert.equal(plan({ distributeType: 'sig', galleryImageId: VERSION }).distribute[0]?.type, 'SharedImage');
    const image = plan({ managedImageLocation: 'northeurope' }).distribute[0];
    assert.equal(image?.type === 'ManagedImage' ? image.location : '', 'northeurope');
    const subnet = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/x';
    assert.equal(plan({ vnetSubnetId: subnet }).machine.subnetId, subnet);
    assert.throws(() => azure({ ...TASK, imageSource: 'gallery' }), /imageVersionId: is required/);
  });
});

describe('what a job installs', () => {
  it('is what is imported by what it runs', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const follow = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const imports = readFileSync(file, 'utf8').matchAll(
        /^(?:import|export) (?!type )[^;]*?from '([^']+)'|^import '([^']+)'/gm,
      );
      for (const [, from, bare = from ?? ''] of imports) {
        if (bare.startsWith('.')) follow(join(file, '..', bare));
        else if (!bare.startsWith('node:'))
          packages.add(
            bare
              .split('/')
              .slice(0, bare.startsWith('@') ? 2 : 1)
              .join('/'),
          );
      }
    };
    for (const host of ['github', 'azure-pipelines']) {
      for (const entry of ['main', 'post']) follow(join(ROOT, 'integrations', host, `${entry}.ts`));
    }
    const installed = readFileSync(join(ROOT, 'integrations/client-packages.json'), 'utf8');
    assert.deepEqual([...packages].toSorted(), JSON.parse(installed));
  });
});

describe('what a page shows', () => {
  const status: BuildStatus = {
    runId: 'r',
    templateName: 'web<b>|',
    templateId: '/t',
    state: 'Failed',
    stage: 'Distributing',
    stages: [{ stage: 'Checking', startTime: '2026-01-01T00:00:00Z', endTime: '2026-01-01T00:01:05Z' }],
    steps: [],
    outputs: [
      {
        runOutputName: 'gallery',
        type: 'SharedImage',
        state: 'PartiallySucceeded',
        artifactId: VERSION,
        version: '1.2.3',
        regions: [
          { name: 'westeurope', state: 'Succeeded', progress: 100, attempts: 1 },
          { name: 'northeurope', state: 'Failed', progress: 0, attempts: 3, message: 'no room' },
        ],
      },
      { runOutputName: 'disk', type: 'VHD', state: 'Succeeded', artifactUri: 'https://x/vhds/disk.vhd', regions: [] },
    ],
    leftovers: [{ id: '/left', reason: 'locked' }],
    warnings: ['careful'],
  };

  it('has no markup of others, and a failed region, leftovers and warnings beside the log', () => {
    const summary = summaryOf(status, 'https://ui/x');
    assert.match(summary, /^### ❌ web&lt;b>\\\|: Failed$/m);
    assert.match(summary, /took 1 min 5 s · \[history\]\(https:\/\/ui\/x\)/);
    assert.match(summary, /✅ westeurope<br>❌ northeurope/);
    assert.deepEqual(
      findingsOf(status).map(({ level, title, message }) => `${level} ${title}: ${message}`),
      ['error gallery: northeurope: no room', 'warning left behind: /left: locked', 'warning Kiln: careful'],
    );
  });

  it('gives the steps that follow ids, versions and addresses of what was made', () => {
    const { imageUri, imageIds, imageVersions, vhdUri } = resultsOf([status]);
    assert.deepEqual([imageUri, imageIds, imageVersions], [VERSION, [VERSION], { gallery: '1.2.3' }]);
    assert.equal(vhdUri, 'https://x/vhds/disk.vhd');
    assert.equal(resultsOf([{ ...status, outputs: status.outputs.slice(1) }]).imageUri, vhdUri);
  });

  it('holds no command for the runner that reads it', () => {
    for (const line of ['::error::x', '  ::add-mask::x', 'a ##vso[task.complete]', '##[group]x', 'a\n::set-output']) {
      assert.doesNotMatch(harmless(line), /^\s*::|##vso\[|##\[/m);
    }
    assert.equal(harmless('a::b #1'), 'a::b #1');
  });

  it("counts customizers as they stand in the template's file", () => {
    assert.equal(
      renumbered('properties.customize[0].x, properties.customize[3].y', 2),
      'customizer 1 of the inputs.x, properties.customize[1].y',
    );
  });
});
