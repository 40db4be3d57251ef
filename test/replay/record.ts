/**
 * `npm run record-histories`: saves the histories that replay.test.ts replays, from builds on simulated machines. Run it
 * when workflow code changes in a way that former histories cannot follow, which after a release needs a patch instead.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestStack } from '../e2e/stack.ts';
import { DEFINITION, GROUP, shellTemplate } from '../e2e/templates.ts';
import { pause } from '../../src/client/services.ts';
import { templateWorkflowId } from '../../src/workflows/template-messages.ts';

const FOLDER = fileURLToPath(new URL('histories/', import.meta.url));

const distribute = [
  {
    type: 'SharedImage',
    runOutputName: 'gallery',
    galleryImageId: DEFINITION,
    targetRegions: [{ name: 'westeurope' }, { name: 'northeurope' }],
  },
  { type: 'VHD', runOutputName: 'vhd' },
];

const stack = new TestStack('simulated');
try {
  await stack.up();

  await stack.kiln('build', stack.write('success', shellTemplate(['true'], { distribute })), '--id', 'success');
  await save('success', 'kiln-build/success');
  await save('success-gallery', 'kiln-build/success/gallery');
  await save('success-vhd', 'kiln-build/success/vhd');

  const failing = shellTemplate(['# simulate: exit=7 stderr="no such package"'], { distribute });
  await stack.kiln('build', stack.write('failure', failing), '--id', 'failure');
  await save('failure', 'kiln-build/failure');

  const file = stack.write('cancel', shellTemplate(['true'], { distribute }));
  const build = stack.start('build', file, '--id', 'cancel');
  await stack.until('cancel', ({ stage }) => stage === 'Distributing');
  await (await stack.client()).cancel('cancel');
  await build.ended;
  await save('cancel', 'kiln-build/cancel');
  await save('cancel-gallery', 'kiln-build/cancel/gallery');

  await stack.kiln('distribute', 'success', '--region', 'eastus');
  await save('distribute', 'kiln-distribute/success');
  await stack.kiln('template', 'create', stack.write('stays', shellTemplate(['# simulate: seconds=3'])));
  await stack.kiln('trigger', 'create', 'stays', 'vendor');
  await stack.kiln('template', 'run', 'stays');
  await stack.kiln('template', 'run', 'stays', '--no-wait');
  await stack.kiln('template', 'cancel', 'stays');
  await stack.kiln('schedule', 'create', 'stays', '--cron', '0 3 * * *');
  await stack.kiln('schedule', 'run', 'stays');
  const [patch = ''] = await recent('stays');
  await save('patch', patch);
  await stack.kiln('schedule', 'retain', 'golden/debian-12', '--keep', '1', '--cron', '0 3 * * *');
  await stack.kiln('schedule', 'run', 'retain-debian-12');
  const [retain = ''] = await recent('retain-debian-12');
  await save('retain', retain);
  await stack.kiln('template', 'delete', 'stays');
  await save('template', templateWorkflowId(`${GROUP}/Microsoft.VirtualMachineImages/imageTemplates/stays`));
} finally {
  await stack.close();
}

/** What a schedule started, once it has ended. */
async function recent(name: string): Promise<string[]> {
  for (;;) {
    const { stdout } = await stack.kiln('schedule', 'show', name, '--json');
    const { recent: started } = JSON.parse(stdout) as { recent: string[] };
    const [last] = started;
    if (last !== undefined) {
      const { events } = await stack.history(last);
      if (events?.at(-1)?.workflowExecutionCompletedEventAttributes) return started;
    }
    await pause(200);
  }
}

async function save(name: string, workflowId: string): Promise<void> {
  const history = await stack.history(workflowId);
  // Processes, hosts and paths say nothing to a replay.
  const parsed: unknown = JSON.parse(historyToJSON(history), (key, value: unknown) =>
    key === 'identity' ? 'kiln' : key === 'stackTrace' ? '' : value,
  );
  writeFileSync(`${FOLDER}${name}.json`, `${JSON.stringify(parsed)}\n`);
}
