import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../local-azure/support.ts';
import { TestStack } from '../e2e/stack.ts';
import { DEFINITION, IDENTITY, putWindowsDefinition, shellTemplate } from '../e2e/templates.ts';
import { AzureJob, GitHubJob, valuesIn, variablesIn } from './jobs.ts';
import type { Job } from './jobs.ts';

const sandboxed = process.platform === 'linux' && process.getuid?.() === 0;

describe('pipelines against a Kiln that runs elsewhere', { skip: sandboxed ? false : 'the sandbox needs root' }, () => {
  const stack = new TestStack('sandbox');
  let github: GitHubJob;
  let azure: AzureJob;
  let subscription = '';
  let common: Record<string, string> = {};

  before(async () => {
    await stack.up();
    await putWindowsDefinition(stack.connection());
    const { caFile } = stack.connection();
    // Files go to the storage account, whose certificate a runner trusts by itself where it is Azure's.
    const elsewhere = { TEMPORAL_ADDRESS: stack.temporalAddress(), NODE_EXTRA_CA_CERTS: caFile };
    github = new GitHubJob(elsewhere);
    azure = new AzureJob(elsewhere);
    subscription = stack.connection().subscriptionId;
    common = { 'subscription-id': subscription, 'resource-group-name': 'golden-images' };
  });
  after(async () => {
    github.close();
    azure.close();
    await stack.close();
  });

  const says = (job: Job, text: string | RegExp): Promise<string> =>
    eventually(
      () => Promise.resolve(job.said()),
      (said) => (typeof text === 'string' ? said.includes(text) : text.test(said)),
      120_000,
    );
  const runIn = (said: string): string => /^run (\S+?):? /m.exec(said)?.[1] ?? '';
  const template = (name: string, lines: string[]): string => {
    writeFileSync(join(github.workspace, `${name}.json`), JSON.stringify(shellTemplate(lines)));
    return `${name}.json`;
  };

  it('a build from parts, whose runner is killed, is picked up by the next try, which reports it', async () => {
    const app = join(github.workspace, 'dist/app.d');
    mkdirSync(join(app, 'bin'), { recursive: true });
    const large = randomBytes(300_000);
    writeFileSync(join(app, 'large'), large);
    writeFileSync(join(app, 'bin/setup'), '#!/bin/sh\necho "set up as $(id -un)"\n', { mode: 0o755 });
    const inputs = {
      ...common,
      location: 'westeurope',
      'managed-identity': 'image-builder',
      'source-os-type': 'Linux',
      'source-image': 'Debian:debian-12:12-gen2:latest',
      'customizer-source': 'dist/app.d',
      'customizer-script': '/tmp/app/bin/setup\nsha256sum /tmp/app/large\nsleep 3\n',
      'dist-type': 'SharedImageGallery',
      'dist-resource-id': DEFINITION,
      'dist-image-tags': 'release:7,team:web',
    };
    const killed = github.step('4711', inputs);
    const runId = runIn(await says(killed, /^run gh-4711/m));
    assert.match(runId, /^gh-4711-[0-9a-f]{8}$/);
    await stack.until(runId, ({ steps }) => steps[1]?.state === 'Running');
    // Without a worker it cannot end before the next try has found it.
    stack.kill('worker');
    killed.child.kill('SIGKILL');
    await killed.ended;
    // What a pipeline builds is seldom the same bytes twice.
    writeFileSync(join(app, 'large'), 'other');
    const next = github.step('4711', inputs);
    await says(next, `attached to the build that is running as ${runId}`);
    assert.match(next.said(), /has other files than those that are here now, and keeps them/);
    await stack.up();
    assert.equal(await next.ended, 0, next.said());
    const outputs = valuesIn(next.file('OUTPUT'));
    assert.equal(outputs['run-id'], runId);
    assert.equal(outputs['imagebuilder-run-status'], 'succeeded');
    assert.match(outputs['custom-image-uri'] ?? '', /\/images\/debian-12\/versions\/1\.0\.0$/);
    assert.deepEqual(JSON.parse(outputs['image-ids'] ?? ''), [outputs['custom-image-uri']]);
    assert.deepEqual(JSON.parse(outputs['image-versions'] ?? ''), { SharedImage_distribute: '1.0.0' });
    assert.match(
      outputs['run-url'] ?? '',
      /^https:\/\/temporal\.example\/namespaces\/default\/workflows\/kiln-build%2Fgh-/,
    );
    const logs = await stack.kiln('logs', runId);
    assert.match(logs.stdout, /^set up as root$/m);
    assert.ok(logs.stdout.includes(createHash('sha256').update(large).digest('hex')), 'the folder came whole');
    const summary = next.file('STEP_SUMMARY');
    assert.match(summary, /^### ✅ .*: Succeeded$/m);
    assert.match(summary, /\| customizer 2 \| Shell customizer-script \| ✅ Succeeded \| 0 \|/);
    const again = github.step('4711', inputs);
    assert.equal(await again.ended, 0);
    assert.match(again.said(), /was built before: this is its result/);
    assert.deepEqual(valuesIn(again.file('OUTPUT')), outputs);
  });

  it("a template's failed customizer is told on the page, and what it printed is obeyed by nobody", async () => {
    const inputs = {
      ...common,
      template: template('fails', [
        'echo "::set-output name=x::y"',
        "echo 'a|b ``` ##vso[task.complete]' >&2",
        'exit 3',
      ]),
      'customizer-script': 'true',
      'source-os-type': 'linux',
    };
    const job = github.step('5', inputs);
    assert.equal(await job.ended, 1, job.said());
    assert.match(job.said(), /^::error title=customizer 2 \(Shell only\) failed with exit code 3::.*exited with 3/m);
    assert.doesNotMatch(job.said(), /^\s*::set-output|##vso\[/m);
    const outputs = valuesIn(job.file('OUTPUT'));
    assert.equal(outputs['imagebuilder-run-status'], 'failed');
    assert.equal(outputs['state'], 'Failed');
    assert.equal(outputs['custom-image-uri'], '');
    const summary = job.file('STEP_SUMMARY');
    assert.match(summary, /\*\*CustomizerFailed\*\* while Customizing, step <code>only<\/code>/);
    assert.match(summary, /````text\n.*a\|b ```/s);
    const told = github.step('5', {
      ...inputs,
      id: outputs['run-id'] ?? '',
      retry: 'false',
      'customizer-script': 'false',
    });
    assert.equal(await told.ended, 2);
    assert.match(
      told.said(),
      /^::error title=Kiln%3A bad input::--id%3A|^::error title=Kiln%3A bad input::--id: gh-5-/m,
    );
  });

  it('a cancelled job cancels its build in the seconds that it has, and its post step tells of the clean-up', async () => {
    const job = github.step('6', { ...common, template: template('canceled', ['sleep 600']) });
    const runId = runIn(await says(job, /^run gh-6/m));
    await stack.until(runId, ({ steps }) => steps[0]?.state === 'Running');
    job.child.kill('SIGINT');
    await says(job, 'cancelling, and waiting');
    job.child.kill('SIGTERM');
    assert.equal(await job.ended, 3);
    const post = github.post(job.env);
    assert.equal(await post.ended, 0, post.said());
    assert.match(job.file('STEP_SUMMARY'), /^### 🚫 canceled: Canceled$/m);
    assert.equal((await stack.status(runId))?.state, 'Canceled');
    assert.deepEqual((await stack.status(runId))?.leftovers, []);
  });

  it('with on-cancel detach the build goes on without the job', async () => {
    const inputs = { ...common, template: template('detached', ['sleep 4']), 'on-cancel': 'detach' };
    const job = github.step('7', inputs);
    const runId = runIn(await says(job, /^run gh-7/m));
    await stack.until(runId, ({ steps }) => steps[0]?.state === 'Running');
    job.child.kill('SIGINT');
    assert.equal(await job.ended, 3);
    assert.match(job.file('STEP_SUMMARY'), /goes on without this job/);
    const post = github.post(job.env);
    assert.equal(await post.ended, 0);
    const found = github.step('7', inputs);
    assert.equal(await found.ended, 0, found.said());
    assert.equal(valuesIn(found.file('OUTPUT'))['run-id'], runId);
  });

  it('bad inputs are told together, and a bad template by its own paths; nothing is started', async () => {
    const before = await (await stack.client()).list();
    const empty = github.step('8', { 'source-image': 'Debian:debian-12', retry: 'perhaps' });
    assert.equal(await empty.ended, 2);
    const [, told = ''] = /^::error title=Kiln%3A bad input::(.*)$/m.exec(empty.said()) ?? [];
    for (const name of ['subscription-id', 'resource-group-name', 'location', 'managed-identity', 'source-os-type']) {
      assert.match(told, new RegExp(`%0A  ${name}: is required`));
    }
    assert.match(told, /source-image: expected publisher:offer:sku:version/);
    assert.match(told, /retry: expected true or false, got perhaps/);
    writeFileSync(
      join(github.workspace, 'odd.json'),
      JSON.stringify(shellTemplate([], { customize: [{ type: 'Shell', inline: ['true'] }, { type: 'Shell' }] })),
    );
    const odd = github.step('8', {
      ...common,
      template: 'odd.json',
      'customizer-script': 'true',
      'source-os-type': 'linux',
    });
    assert.equal(await odd.ended, 2);
    assert.match(odd.said(), /properties\.customize\[1\]: expected exactly one of scriptUri and inline/);
    assert.deepEqual(await (await stack.client()).list(), before);
  });

  it('the steps of Azure Pipelines build for Windows from a build path, with outputs and a summary', async () => {
    mkdirSync(join(azure.workspace, 'drop/webapp'), { recursive: true });
    writeFileSync(join(azure.workspace, 'drop/webapp/webconfig.ps1'), "'configured'\n");
    const parameters = {
      ibSubscription: subscription,
      ibAzureResourceGroup: 'golden-images',
      ibLocation: 'westeurope',
      managedIdentity: IDENTITY,
      baseImagePubOfferSku: 'MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2',
      provisioner: 'powershell',
      windowsUpdateProvisioner: true,
      packagePath: 'drop/webapp',
      inlineScript: '& \'c:\\buildArtifacts\\webapp\\webconfig.ps1\' # simulate: stdout="configured"',
      storageAccountName: 'aibstorage',
      distributeType: 'sig',
      galleryImageId: DEFINITION.replace('debian-12', 'windows'),
      replicationRegions: 'westeurope, northeurope',
    };
    const job = azure.step('42', parameters);
    assert.equal(await job.ended, 0, job.said());
    const variables = variablesIn(job.said());
    assert.match(variables['imageUri'] ?? '', /\/images\/windows\/versions\/1\.0\.0$/);
    assert.match(variables['templateName'] ?? '', /^t_ado-42-[0-9a-f]{8}$/);
    assert.equal(variables['pirSku'], '2022-datacenter-g2');
    assert.match(variables['pirVersion'] ?? '', /^\d+\.\d+\.\d+$/);
    assert.match(job.said(), /^##vso\[task\.setvariable variable=imageUri;isoutput=true\]\/subscriptions/m);
    assert.match(job.said(), /^##vso\[task\.logissue type=warning\]Kiln: storageAccountName means nothing here/m);
    const [, summary = ''] = /^##vso\[task\.uploadsummary\](.*)$/m.exec(job.said()) ?? [];
    assert.match(readFileSync(summary, 'utf8'), /✅ northeurope/);
    const plan = await (await stack.client()).planOf(variables['run-id'] ?? '');
    assert.deepEqual(
      plan.customize.map((step) => [step.type, step.type === 'File' ? step.destination : '']),
      [
        ['File', 'C:\\buildArtifacts\\webapp'],
        ['PowerShell', ''],
        ['WindowsUpdate', ''],
      ],
    );
  });

  it('a failed customizer of Azure Pipelines is an issue of the job, and a cancelled one is cleaned up', async () => {
    const parameters = { ibSubscription: subscription, ibAzureResourceGroup: 'golden-images', template: 'image.json' };
    const write = (lines: string[]): void =>
      writeFileSync(join(azure.workspace, 'image.json'), JSON.stringify(shellTemplate(lines)));
    write(['echo "no; such%package]" >&2', 'exit 4']);
    const failed = azure.step('43', parameters);
    assert.equal(await failed.ended, 1, failed.said());
    assert.match(
      failed.said(),
      /^##vso\[task\.logissue type=error\]customizer 1 \(Shell only\) failed with exit code 4: .*no; such%AZP25package\]/m,
    );
    write(['sleep 600']);
    const canceled = azure.step('44', parameters);
    const runId = runIn(await says(canceled, /^run ado-44/m));
    await stack.until(runId, ({ steps }) => steps[0]?.state === 'Running');
    // The agent signals the process that it started, which is not the one that the script runs in but for `exec`.
    canceled.child.kill('SIGINT');
    await says(canceled, 'cancelling, and waiting');
    canceled.child.kill('SIGTERM');
    assert.equal(await canceled.ended, 3);
    const summaries = readdirSync(azure.workspace).length;
    const post = azure.step('44', parameters, 'canceled', canceled.said());
    assert.equal(await post.ended, 0, post.said());
    assert.equal(readdirSync(azure.workspace).length, summaries + 2);
    assert.equal((await stack.status(runId))?.state, 'Canceled');
  });
});
