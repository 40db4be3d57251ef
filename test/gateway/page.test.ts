import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { planFile } from '../../src/template/index.ts';
import { buildWorkflowId, SEARCH_ATTRIBUTES, WORKFLOWS } from '../../src/workflows/messages.ts';
import { TestStack } from '../e2e/stack.ts';
import { DEFINITION, GROUP, shellTemplate } from '../e2e/templates.ts';
import { NO_BROWSER, objections, openBrowser, picture, tooWide } from './browser.ts';

const WITHIN_MS = 30_000;
const MANY = 1000;

const step = (name: string, line: string) => ({ type: 'Shell', name, inline: [`# simulate: ${line}`] });

const named = (name: string, customize: object[], more: object = {}) => ({
  ...shellTemplate([], { customize, ...more }),
  name,
});

const gallery = {
  type: 'SharedImage',
  runOutputName: 'gallery',
  galleryImageId: DEFINITION,
  targetRegions: [{ name: 'westeurope' }, { name: 'northeurope' }, { name: 'uksouth' }],
};
const managed = {
  type: 'ManagedImage',
  runOutputName: 'managed',
  imageId: `${GROUP}/Microsoft.Compute/images/web-server`,
  location: 'westeurope',
};

const WEB_SERVER = named(
  'web-server',
  [
    step('harden', 'seconds=1 stdout="PermitRootLogin no\\nPasswordAuthentication no\\n"'),
    step(
      'install-nginx',
      'seconds=2 stdout="Setting up nginx-common (1.22.1-9) ...\\nSetting up nginx (1.22.1-9) ...\\n"',
    ),
    step('welcome-page', 'seconds=0 stdout="wrote /var/www/html/index.html\\n"'),
  ],
  { distribute: [gallery, managed] },
);
const DATABASE = named('database', [
  step('mount-data', 'seconds=0'),
  step(
    'install-postgresql',
    'exit=100 stdout="Reading package lists...\\n" stderr="E: Unable to locate package postgresql-17\\n<b>no markup</b>\\n"',
  ),
]);
const BATCH_WORKER = named('batch-worker', [step('compile', 'seconds=600')]);

describe('the page, in Chromium', { skip: NO_BROWSER }, () => {
  const stack = new TestStack('simulated', { KILN_PROFILE: 'instant' });
  let dev: ReturnType<TestStack['start']>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let origin = '';
  const broken: string[] = [];
  let many: Promise<void> | undefined;

  before(async () => {
    ({ dev } = await stack.upWithGateway());
    const resources = [WEB_SERVER, DATABASE, BATCH_WORKER];
    const file = stack.write('templates', {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      contentVersion: '1.0.0.0',
      resources,
    });
    const made = await stack.kiln('template', 'create', file);
    assert.equal(made.code, 0, made.stderr);
    const scheduled = await stack.kiln('schedule', 'create', 'web-server', '--cron', '0 3 * * 2');
    assert.equal(scheduled.code, 0, scheduled.stderr);
    browser = await openBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
    page = await context.newPage();
    page.setDefaultTimeout(WITHIN_MS);
    page.on('pageerror', (error) => broken.push(error.message));
  });
  after(async () => {
    await browser?.close();
    dev.signal('SIGTERM');
    await dev.ended;
    await stack.close();
  });

  const link = (): string => /^page +(\S+)$/m.exec(dev.said())?.[1] ?? '';
  const runIdShown = (): string => decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
  const title = (state: string) => page.locator('.run-head .badge', { hasText: state }).waitFor();
  async function run(template: string): Promise<string> {
    await page.goto(`${origin}/kiln/`);
    await page.getByRole('button', { name: `Run ${template}` }).click();
    await page.waitForURL('**/kiln/runs/**');
    return runIdShown();
  }

  it('shows nobody anything without a session, and a link lets in once', async () => {
    origin = new URL(link()).origin;
    for (const path of ['me', 'runs', 'templates', 'events/overview', 'events/runs/x', 'runs/x/logs/y/stdout']) {
      const answer = await fetch(`${origin}/kiln/api/${path}`);
      assert.equal(answer.status, 401, path);
    }
    await page.goto(`${origin}/kiln/`);
    await page.getByText('kiln page').waitFor();
    assert.equal(await page.locator('main').isVisible(), false);
    // The same address with something behind the hash would not be loaded again.
    await page.goto('about:blank');
    await page.goto(link());
    await page
      .getByRole('row', { name: /web-server/ })
      .first()
      .waitFor();
    assert.equal(page.url(), `${origin}/kiln/`, 'the key is gone from the address');
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);

    const another = await browser.newContext();
    const stranger = await another.newPage();
    await stranger.goto(link());
    await stranger.getByText('This link has been used').waitFor();
    await another.close();
  });

  it('takes wishes only from itself', async () => {
    const headers = { cookie: (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ') };
    const body = JSON.stringify({ id: 'x', requestId: 'y' });
    for (const more of [{}, { origin: 'https://evil.example' }, { origin, 'sec-fetch-site': 'same-site' }]) {
      const answer = await fetch(`${origin}/kiln/api/templates/run`, {
        method: 'POST',
        body,
        headers: { ...headers, ...more },
      });
      assert.equal(answer.status, 403, JSON.stringify(more));
    }
    const answer = await fetch(`${origin}/kiln/api/me`, { headers: { ...headers, host: 'kiln.evil.example' } });
    assert.notEqual(answer.status, 500);
    const { headers: told } = await fetch(`${origin}/kiln/`);
    assert.match(told.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'; style-src 'self'/);
  });

  it('starts a build and follows it to its end without a reload', async () => {
    const schedule = page.getByRole('row', { name: /web-server/ }).first();
    assert.match((await schedule.textContent()) ?? '', /in \d days?schedule web-server/);
    const runId = await run('web-server');
    await page.evaluate('globalThis.sameDocument = true');
    await title('Customizing');
    // The log of a step comes by itself, while the next one runs.
    await page.getByText('PasswordAuthentication no').waitFor();
    await page.locator('.step', { hasText: 'install-nginx' }).getByText('Running').waitFor();
    await title('Succeeded');
    assert.equal(await page.evaluate('globalThis.sameDocument'), true);

    const status = await stack.status(runId);
    assert.equal(status?.state, 'Succeeded');
    const version = status?.outputs.find(({ runOutputName }) => runOutputName === 'gallery')?.artifactId ?? '';
    await page.getByText(version).waitFor();
    for (const { name } of gallery.targetRegions) {
      const bar = page.getByRole('progressbar', { name: `Replicated to ${name}` });
      assert.equal(await bar.getAttribute('value'), '100');
      await page.getByText(`to ${name}`, { exact: false }).first().waitFor();
    }
    await picture(page, 'page-run');
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await page.getByRole('button', { name: 'Copy the address of gallery' }).click();
    await page.getByText('Copied').first().waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), version);
    const temporal = await page.getByRole('link', { name: /Temporal/ }).getAttribute('href');
    assert.match(
      temporal ?? '',
      new RegExp(`^http://127.0.0.1:\\d+/namespaces/default/workflows/kiln-build%2F${runId}/`),
    );
    // Side by side: the network and the storage account began before either had ended.
    const stage = page.locator('.stage', { hasText: 'Provisioning' });
    assert.match((await stage.textContent()) ?? '', /Network without a way in.*Storage account/s);
  });

  it('shows why a build failed, and tries again', async () => {
    const failed = await run('database');
    await page.getByRole('heading', { name: /Failed in step install-postgresql exit code 100/ }).waitFor();
    await page.getByLabel('The last lines of stderr').getByText('E: Unable to locate package postgresql-17').waitFor();
    await page.getByLabel('The last lines of stderr').getByText('<b>no markup</b>').waitFor();
    await picture(page, 'page-failure');
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(failed));
    await title('Failed');
    assert.notEqual(runIdShown(), failed);
    assert.equal((await stack.status(runIdShown()))?.failure?.exitCode, 100);
  });

  it('cancels a build after asking, by keyboard alone, and goes on when the gateway is killed', async () => {
    const runId = await run('batch-worker');
    await page.goto(`${origin}/kiln/`);
    await page
      .getByRole('row', { name: /batch-worker/ })
      .getByText('Customizing')
      .waitFor();
    await page
      .locator('.templates')
      .getByRole('row', { name: /batch-worker/ })
      .getByText('Running')
      .waitFor();
    await picture(page, 'page');
    many = startMany();
    await page.locator('.runs').getByRole('link', { name: 'batch-worker' }).click();
    await page.locator('.step', { hasText: 'compile' }).getByText('Running').waitFor();
    stack.kill('gateway');
    await page.getByRole('alert').getByText('The connection was lost').waitFor();
    await page.getByRole('alert').waitFor({ state: 'hidden' });

    for (let presses = 0; presses < 12; presses++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement.textContent')) === 'Cancel') break;
    }
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Cancel this run?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.equal((await stack.status(runId))?.state, 'Running');
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await title('Canceled');
    await page.getByRole('heading', { name: /Canceled in step compile/ }).waitFor();
    assert.equal(await page.locator('#told').textContent(), 'The run has ended: canceled');
    assert.equal((await stack.status(runId))?.state, 'Canceled');
  });

  it('runs what kiln build had built again, under a name of its own', async () => {
    const planned = planFile(JSON.stringify(shellTemplate(['# nothing'])), {
      fileName: 'small.json',
      parameters: {},
      subscriptionId: stack.connection().subscriptionId,
      resourceGroup: 'golden-images',
      runId: 'small-1',
    });
    assert.ok(planned.ok);
    for (const plan of planned.plans) await (await stack.client()).start(plan, { template: 'digest', files: '' });
    await page.goto(`${origin}/kiln/runs/small-1`);
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL('**/kiln/runs/small-1-again-*');
    await title('Succeeded');
    const [first, again] = [await stack.status('small-1'), await stack.status(runIdShown())];
    assert.notEqual(again?.logs?.resourceGroup, first?.logs?.resourceGroup);
    assert.notEqual(again?.outputs[0]?.version, first?.outputs[0]?.version);
    await page.goto(`${origin}/kiln/runs/there-is-none`);
    await page.getByText('There is no run there-is-none').waitFor();
  });

  it('lists a thousand runs a page at a time, and finds among them', async (t) => {
    await many;
    await page.goto(`${origin}/kiln/`);
    const rows = page.locator('.runs tbody tr');
    await page.getByRole('button', { name: /^Running 1,?000$/ }).waitFor();
    const began = Date.now();
    await page.reload();
    await rows.first().waitFor();
    t.diagnostic(`a reload of the list among ${MANY} runs: ${Date.now() - began} ms`);
    assert.equal(await rows.count(), 25);
    const [first] = await rows.allTextContents();
    await page.getByRole('button', { name: 'Older runs' }).click();
    await page.getByText('Page 2', { exact: true }).waitFor();
    assert.notEqual((await rows.allTextContents())[0], first);
    await page.getByRole('button', { name: 'Newer runs' }).click();
    await page.getByText('Page 1', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^Failed/ }).click();
    await page.getByRole('row', { name: /database-.*-2/ }).waitFor();
    assert.equal(await rows.count(), 2);
    await page.getByRole('button', { name: /^All/ }).click();
    await page.getByLabel('Template or run begins with').fill('idle-0777');
    await page.getByRole('row', { name: /idle-0777/ }).waitFor();
    assert.equal(await rows.count(), 1);
    assert.match(page.url(), /\?q=idle-0777$/);
    await page.getByLabel('Template or run begins with').fill("o'clock \\ %");
    await page.getByText('No run is like that').waitFor();
  });

  it('is good for every reader: WCAG, light and dark, wide and narrow', async () => {
    const runs = ['web-server', 'database'].map((name) =>
      page.locator('.templates tr', { hasText: name }).locator('a.state'),
    );
    await page.goto(`${origin}/kiln/`);
    const addresses = ['/kiln/'];
    for (const found of runs) addresses.push((await found.getAttribute('href')) ?? '');
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 360],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 860 });
      for (const address of addresses) {
        await page.goto(`${origin}${address}`);
        await page
          .locator(address === '/kiln/' ? '.runs tbody tr' : '.stages li')
          .first()
          .waitFor();
        assert.deepEqual(await objections(page), [], `${address} ${colorScheme}`);
        assert.deepEqual(await tooWide(page), [], `${address} at ${width}`);
      }
    }
    await page.getByRole('button', { name: 'Theme: auto' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    assert.equal(await page.evaluate('getComputedStyle(document.documentElement).colorScheme'), 'light');
  });

  it('forgets who signs out', async () => {
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('kiln page').waitFor();
    assert.deepEqual(await context.cookies(), []);
    assert.deepEqual(broken, []);
  });

  /** As lists see builds, and no more than that: on a queue that no worker asks. */
  async function startMany(): Promise<void> {
    const connection = await Connection.connect({ address: stack.temporalAddress() });
    const { workflow } = new Client({ connection });
    const template = defineSearchAttributeKey(SEARCH_ATTRIBUTES.template, 'KEYWORD');
    const start = (index: number) => {
      const name = `idle-${String(index).padStart(4, '0')}`;
      return workflow.start(WORKFLOWS.buildImage, {
        workflowId: buildWorkflowId(name),
        taskQueue: 'nobody',
        args: [],
        memo: { templateName: name },
        typedSearchAttributes: [{ key: template, value: name }],
      });
    };
    for (let first = 0; first < MANY; first += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => start(first + index)));
    }
    await connection.close();
  }
});
